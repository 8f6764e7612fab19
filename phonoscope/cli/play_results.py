"""The results of plays, on the terminal and as JSON."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from phonoscope.cli.terminal import columns, painted, wrapped
from phonoscope.escape import printable
from phonoscope.messages import gettext, ngettext
from phonoscope.text import between, number, percent

if TYPE_CHECKING:
    from phonoscope.api import Catalogue, IngestSummary
    from phonoscope.catalogue.schema.play_results import PlaysSummaryRow

LISTED = 10
"""Groups that are listed; JSON and the table play_groups have all."""
_COLOUR = {"artificial": "red", "undecided": "yellow"}
_BOOKKEEPING = ("scan_id", "batch")


def json_of(
    catalogue: Catalogue, summaries: Sequence[IngestSummary], found: list[PlaysSummaryRow]
) -> dict[str, Any]:
    """Return the documented shape of ``phonoscope plays --json``.

    A folder with several formats gives several summaries; the first is at the top level, as for a
    single file, and all are in ``read_by_format``.
    """
    read = summaries[0].to_json() if summaries else {}
    if len(summaries) > 1:
        read["read_by_format"] = [summary.to_json() for summary in summaries]
    return {
        **read,
        "format": "phonoscope-plays/1",
        "weighed": [_json_of(catalogue, one) for one in found],
    }


def _json_of(catalogue: Catalogue, one: PlaysSummaryRow) -> dict[str, Any]:
    return {**dataclasses.asdict(one), "groups": _groups(catalogue, one.source)}


def _groups(catalogue: Catalogue, source: str) -> list[dict[str, Any]]:
    table = catalogue.table("play_groups")
    rows = table.filter(table.source == source).order_by("group_id").drop("source", *_BOOKKEEPING)
    return rows.to_pyarrow().to_pylist()


def results_of(catalogue: Catalogue, one: PlaysSummaryRow) -> str:
    """Return the results of one log as a block of lines."""
    groups = _groups(catalogue, one.source)
    rows: list[tuple[str, str]] = [
        (gettext("plays"), _plays(one)),
        (gettext("artificial"), wrapped(_artificial(one))),
        (gettext("undecided"), wrapped(_undecided(one))),
    ]
    rows += [
        (gettext("group {n}", n=group["group_id"]), _group(group)) for group in groups[:LISTED]
    ]
    if len(groups) > LISTED:
        more = ngettext(
            "{n} more group in the table play_groups",
            "{n} more groups in the table play_groups",
            len(groups) - LISTED,
        )
        rows.append(("", more))
    rows.append(("", wrapped(gettext('"No sign found" doesn\'t prove that people listen.'))))
    title = gettext("Plays of {source}", source=printable(one.source))
    return f"{painted(title, 'bold')}\n{columns(rows)}"


def _plays(one: PlaysSummaryRow) -> str:
    return gettext(
        "{plays} of {tracks} by {accounts}",
        plays=_n_plays(one.plays),
        tracks=_n_tracks(one.tracks),
        accounts=_n_accounts(one.accounts),
    )


def _artificial(one: PlaysSummaryRow) -> str:
    if not one.artificial_plays:
        return gettext("no sign found")
    low, high = between(one.share_low, one.share_high)
    return gettext(
        "{plays}, which is {share} (95% interval {low} to {high}), by {accounts}; {tracks} "
        "affected",
        plays=_n_plays(one.artificial_plays),
        share=percent(one.artificial_share),
        low=low,
        high=high,
        accounts=_n_accounts(one.artificial_accounts),
        tracks=_n_tracks(one.artificial_tracks),
    )


def _undecided(one: PlaysSummaryRow) -> str:
    if not one.undecided_plays:
        return gettext("none")
    low, high = between(one.doubt_low, one.doubt_high)
    return gettext(
        "{plays} by {accounts}; with the artificial ones {share} ({low} to {high})",
        plays=_n_plays(one.undecided_plays),
        accounts=_n_accounts(one.undecided_accounts),
        share=percent(one.doubt_share),
        low=low,
        high=high,
    )


_VERDICTS = {"artificial": gettext("artificial"), "undecided": gettext("undecided")}


def _group(group: dict[str, Any]) -> str:
    verdict = group["verdict"]
    head = gettext(
        "{verdict}, {score} points: {accounts}, {tracks}, {plays}",
        verdict=_VERDICTS[verdict],
        score=number(group["score"], 1),
        accounts=_n_accounts(group["accounts"]),
        tracks=_n_tracks(group["tracks"]),
        plays=_n_plays(group["plays"]),
    )
    reasons = (wrapped(gettext("- {reason}", reason=each)) for each in group["reasons"])
    return "\n".join([painted(head, _COLOUR.get(verdict, "dim")), *reasons])


def _n_plays(total: int) -> str:
    return ngettext("{n} play", "{n} plays", total)


def _n_tracks(total: int) -> str:
    return ngettext("{n} track", "{n} tracks", total)


def _n_accounts(total: int) -> str:
    return ngettext("{n} account", "{n} accounts", total)

"""What plays came to, on the terminal and as JSON."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from phonoscope.cli.terminal import columns, painted, wrapped
from phonoscope.escape import printable
from phonoscope.text import between, counted, percent

if TYPE_CHECKING:
    from phonoscope.api import Catalogue, IngestSummary
    from phonoscope.catalogue.schema.play_results import PlaysSummaryRow

LISTED = 10
"""Groups that are listed; JSON and table play_groups have all."""
_COLOUR = {"artificial": "red", "undecided": "yellow"}
_BOOKKEEPING = ("scan_id", "batch")


def json_of(
    catalogue: Catalogue, summary: IngestSummary | None, found: list[PlaysSummaryRow]
) -> dict[str, Any]:
    """Return the documented shape of ``phonoscope plays --json``."""
    read = {} if summary is None else summary.to_json()
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
    """Return what the plays of a log came to, as a block of lines."""
    groups = _groups(catalogue, one.source)
    low, high = between(one.share_low, one.share_high)
    plays = f"{counted(one.plays, 'play')} of {counted(one.tracks, 'track')} by "
    artificial = (
        f"{counted(one.artificial_plays, 'play')}, {percent(one.artificial_share)} ({low} to "
        f"{high}), by {counted(one.artificial_accounts, 'account')}; "
        f"{counted(one.artificial_tracks, 'track')} concerned"
    )
    doubt = (
        f"{counted(one.undecided_plays, 'play')} by {counted(one.undecided_accounts, 'account')}"
    )
    rows = [
        ("plays", plays + counted(one.accounts, "account")),
        ("artificial", wrapped(artificial) if one.artificial_plays else "no sign found"),
        ("undecided", doubt if one.undecided_plays else "none"),
    ]
    rows += [(f"group {group['group_id']}", _group(group)) for group in groups[:LISTED]]
    if len(groups) > LISTED:
        rows.append(("", f"{counted(len(groups) - LISTED, 'more group')} in table play_groups"))
    rows.append(("", wrapped("No sign found does not mean that people listen.")))
    return f"{painted(f'Plays of {printable(one.source)}', 'bold')}\n{columns(rows)}"


def _group(group: dict[str, Any]) -> str:
    colour = _COLOUR.get(group["verdict"], "dim")
    head = (
        f"{painted(group['verdict'], colour)}, {group['score']:.1f} points: "
        f"{counted(group['accounts'], 'account')}, {counted(group['tracks'], 'track')}, "
        f"{counted(group['plays'], 'play')}"
    )
    return "\n".join([head, *(wrapped(f"- {reason}") for reason in group["reasons"])])

"""Known-human recordings that the detector calls generated, and signs of a remaster.

A remaster can be made with tools that leave the traces of a neural decoder: stem separators,
enhancers, noise removers. The recording is human, its date is old, and the detector finds what it
looks for. Another copy of the same recording that shows no sign is evidence for that.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from phonoscope.catalogue.locations import Locations
from phonoscope.catalogue.reader import CatalogueReader
from phonoscope.detector.generated import ORDINARY, Band
from phonoscope.linking.years import years_of
from phonoscope.local_null.known_human import years_of_tracks
from phonoscope.messages import gettext, sentences

if TYPE_CHECKING:
    import ibis.expr.types as ir

MOST = 50
"""Recordings that are listed."""
CALLED = (Band.GENERATED.value, Band.PARTLY_GENERATED.value)
_REMASTER = re.compile(
    r"re-?master|remix|restored|restoration|enhance|upmix|de-?noise", re.IGNORECASE
)


class RemasterSign(StrEnum):
    """Evidence that a neural tool processed a human recording."""

    OLDER_COPY = "older-copy"
    """An older copy in the catalogue shows no sign."""
    COPY = "copy"
    """A copy that isn't known to be older shows no sign."""
    TITLE = "title"
    """The title or album says that it is a remaster."""
    LATER_RELEASE = "later-release"
    """A linked track was released in a later year than the recording."""


@dataclass(frozen=True)
class FlaggedHuman:
    """A recording that is known to be human and called generated."""

    recording_id: str
    file: str
    """Its first file, as it is shown."""
    title: str | None
    artist: str | None
    year: int | None
    """Year of its date tag."""
    verdict: str
    p_value: float | None
    local_p_value: float | None
    signs: tuple[RemasterSign, ...]
    """Evidence for a remaster, strongest first; empty if there is none."""
    copy: str | None
    """The copy without a sign, as it is shown."""
    copy_year: int | None
    says: str
    """All of that in sentences."""


def flagged_humans(
    catalogue: CatalogueReader, verdicts: ir.Table, locations: Locations
) -> tuple[list[FlaggedHuman], int]:
    """Return known-human recordings whose sound the detector calls generated.

    Parameters
    ----------
    catalogue
        An opened catalogue.
    verdicts
        From :func:`phonoscope.local_null.local_verdicts.local_verdicts`.
    locations
        How to name files.

    Returns
    -------
    tuple
        Up to 50 of them, the most suspicious first, and how many there are.
    """
    called = verdicts.filter(
        verdicts["known_human"]
        & (verdicts["basis"] == "detected")
        & verdicts["verdict"].isin(CALLED)
    )
    total = int(called.count().to_pyarrow().as_py())
    if not total:
        return [], 0
    rows = called.order_by(["p_value", "recording_id"]).limit(MOST).to_pyarrow().to_pylist()
    ids = {row["recording_id"] for row in rows}
    from phonoscope.matching.recording.match_store import (  # noqa: PLC0415  (heavy: 0.4 s)
        linked,
    )

    groups = {name: group - {name} for group in linked(catalogue) for name in group & ids}
    copies = {copy for others in groups.values() for copy in others}
    facts = _facts(catalogue, ids | copies)
    tracks = years_of_tracks(catalogue, ids)
    quiet = _without_sign(verdicts, copies)
    made = [
        _flagged(row, facts, sorted(groups.get(row["recording_id"], set()) & quiet),
                 tracks.get(row["recording_id"], ()), locations)
        for row in rows
    ]  # fmt: skip
    return made, total


def _facts(catalogue: CatalogueReader, ids: Iterable[str]) -> dict[str, dict[str, Any]]:
    recordings, files = catalogue.table("recordings"), catalogue.table("files")
    names = sorted(ids)
    mine = recordings.filter(recordings["recording_id"].isin(names))
    columns = ("recording_id", "tag_title", "tag_artist", "tag_album", "tag_date")
    rows = mine.select(*columns).to_pyarrow()
    years = years_of(rows["tag_date"].cast(pa.string()).combine_chunks()).to_pylist()
    known = {
        row["recording_id"]: {**row, "year": year, "uri": ""}
        for row, year in zip(rows.to_pylist(), years, strict=True)
    }
    held = files.filter(files["recording_id"].isin(names))
    first = held.group_by("recording_id").agg(uri=held["uri"].min()).to_pyarrow().to_pylist()
    for row in first:
        if row["recording_id"] in known:
            known[row["recording_id"]]["uri"] = row["uri"]
    return known


def _without_sign(verdicts: ir.Table, ids: Iterable[str]) -> set[str]:
    quiet = verdicts.filter(
        verdicts["recording_id"].isin(sorted(ids) or [""]) & (verdicts["p_value"] >= ORDINARY)
    )
    return set(quiet.select("recording_id").to_pyarrow()["recording_id"].to_pylist())


def _flagged(
    row: Mapping[str, Any],
    facts: Mapping[str, Mapping[str, Any]],
    quiet: Sequence[str],
    released: Sequence[int],
    locations: Locations,
) -> FlaggedHuman:
    mine = facts[row["recording_id"]]
    copies = [facts[name] for name in quiet if name in facts]
    # The oldest; those without a year last.
    copies.sort(key=lambda one: (one["year"] is None, one["year"] or 0, one["uri"]))
    copy = next(iter(copies), None)
    is_older = copy is not None and None not in (copy["year"], mine["year"])
    is_older = is_older and copy is not None and copy["year"] < mine["year"]
    texts = " ".join(filter(None, (mine["tag_title"], mine["tag_album"])))
    first = mine["year"] or min(released, default=0)
    signs = {
        RemasterSign.OLDER_COPY: is_older,
        RemasterSign.COPY: copy is not None and not is_older,
        RemasterSign.TITLE: bool(_REMASTER.search(texts)),
        RemasterSign.LATER_RELEASE: max(released, default=0) > first,
    }
    found = tuple(sign for sign, holds in signs.items() if holds)
    name = locations.name(copy["uri"]) if copy else None
    year = copy["year"] if copy else None
    later = max(released, default=0)
    return FlaggedHuman(
        row["recording_id"],
        locations.name(mine["uri"]),
        mine["tag_title"],
        mine["tag_artist"],
        mine["year"],
        row["verdict"],
        row["p_value"],
        row["local_p_value"],
        found,
        name,
        year,
        _says(found, name or "", year, later),
    )


def _says(signs: Sequence[RemasterSign], copy: str, year: int | None, later: int) -> str:
    tool = gettext(
        "A neural tool may have processed it, such as a stem separator, an enhancer or a noise "
        "remover."
    )
    if not signs:
        none = gettext("The catalogue has no evidence for a remaster.")
        return sentences(tool, none)
    words = {
        RemasterSign.OLDER_COPY: gettext(
            "An older copy of the same recording ({file}, {year}) shows no sign of a generator, "
            "which points to a remaster.",
            file=copy,
            year=str(year),
        ),
        RemasterSign.COPY: gettext(
            "A copy of the same recording ({file}) shows no sign of a generator, which points to a "
            "later change.",
            file=copy,
        ),
        RemasterSign.TITLE: gettext("Its title or album says that it was mastered again."),
        RemasterSign.LATER_RELEASE: gettext(
            "It was released again in {year}, according to a linked track.", year=str(later)
        ),
    }
    return sentences(tool, *(words[sign] for sign in signs))

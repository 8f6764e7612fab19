"""One recording, many tracks: how often an ISRC comes, and whether its tracks agree."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from phonoscope.findings.base import (
    Answer,
    Chart,
    Figure,
    QuerySession,
    ResultColumn,
    ResultTable,
    Share,
    cannot_tell,
    finding,
)
from phonoscope.findings.plots.bars import horizontal_bars
from phonoscope.findings.shared.isrc_counts import Runs, runs_of
from phonoscope.findings.shared.marks import NO_TRACKS, all_tracks
from phonoscope.text import count, counted, number, percent

if TYPE_CHECKING:
    import ibis.expr.types as ir

TITLES_FROM = 2_000_000
"""Tracks from which titles are compared for one ISRC in a hundred only."""
MOST_DRAWN = 10
"""Tracks of one ISRC that have a bar of their own."""


@dataclass(frozen=True)
class _Codes:
    tracks: int
    stated: int
    """Tracks with something where an ISRC belongs."""
    well_formed: int


@finding(
    name="isrcs",
    title="ISRCs",
    question="How many tracks are the same recording?",
    needs={"tracks": ("isrc_code", "duration_ms", "name")},
)
def isrcs(catalogue: QuerySession) -> Answer:
    """Count tracks by ISRC.

    Method
    ------
    An ISRC names one recording. Codes are compared as numbers, so hyphens and case make no
    difference (ISO 3901); malformed ones are counted apart and belong to no group. Tracks of
    one code differ in duration when the longest and the shortest are more than 2 s apart,
    compared in tenths of a second; what is longer than 27 minutes counts as 27. Titles are
    compared as written, but for case and spaces around them.

    Caveats
    -------
    The same recording on an album, a single and a compilation is three tracks by right. Codes
    are given by labels and distributors and given again by mistake: a shared code is no proof
    of the same sound, another code none of another. A remaster gets a new code, or does not.
    Where several sources were ingested, a recording comes once for each.
    """
    tracks = catalogue.table("tracks")
    total = all_tracks(catalogue)
    if not total:
        return cannot_tell(NO_TRACKS)
    stated = total - catalogue.empty("tracks", "isrc_code")
    runs = runs_of(tracks, stated)
    codes = _Codes(total, stated, runs.tracks)
    if not codes.well_formed:
        return cannot_tell("No track of this catalogue has a well-formed ISRC.")
    several, titles = _titles(tracks, total)
    return _answer(codes, runs, several, titles)


def _answer(codes: _Codes, runs: Runs, several: int, titles: int) -> Answer:
    """Put counts into words.

    Parameters
    ----------
    codes, runs
        What was counted.
    several, titles
        Codes of several tracks whose titles were compared, and those of them that differ.
    """
    shared = Share(sum(n for k, n in runs.isrcs.items() if k > 1), runs.unique)
    malformed = Share(codes.stated - codes.well_formed, codes.stated)
    missing = Share(codes.tracks - codes.stated, codes.tracks)
    differing = Share(runs.differing, shared.hits) if shared.hits else None
    named = Share(titles, several) if several else None
    mean = codes.well_formed / runs.unique
    figures = [
        Figure("tracks_per_isrc", mean, "tracks", None, runs.unique),
        Figure("unique_isrcs", runs.unique, "ISRCs", None, codes.well_formed),
        Figure("most_tracks_of_an_isrc", max(runs.isrcs), "tracks", None, runs.unique),
        shared.figure("isrcs_with_several_tracks_share"),
        missing.figure("isrc_missing_share"),
        malformed.figure("isrc_malformed_share"),
    ]
    told = ""
    if differing:
        figures.append(differing.figure("isrcs_differing_in_duration_share"))
        told = f" Of those, {differing} differ by more than 2\u00a0s in duration"
        told += f", about {named} in title." if named else "."
    if named:
        figures.append(named.figure("isrcs_differing_in_title_share"))
    return Answer(
        headline=f"{count(codes.well_formed)} tracks share {counted(runs.unique, 'ISRC')}, "
        f"{number(mean, 2)} tracks each; {shared} of the codes are on several tracks.{told}",
        note=_note(missing, malformed),
        certainty=_certainty(runs, shared, named),
        figures=tuple(figures),
        chart=_chart(runs),
        tables=(_table(runs),),
        claim=f"{number(mean, 2)} tracks an ISRC",
    )


def _note(missing: Share, malformed: Share) -> str:
    parts = []
    if missing.hits:
        many = counted(missing.hits, "track")
        parts.append(f"{many} ({missing}) {'has' if missing.hits == 1 else 'have'} no ISRC.")
    if malformed.hits:
        codes = counted(malformed.hits, "code")
        told = "is not well-formed" if malformed.hits == 1 else "are not well-formed"
        parts.append(f"{codes} ({malformed} of those stated) {told}.")
    return " ".join(parts)


def _certainty(runs: Runs, shared: Share, named: Share | None) -> str:
    parts = [f"Every code was counted, none was estimated (n\u00a0=\u00a0{runs.unique:,})."]
    if named and named.total < shared.hits:
        low, high = (percent(end) for end in named.interval)
        parts.append(
            f"Titles were compared for one code in a hundred, those whose number ends in 00: "
            f"{named} ({low} to {high}, 95% interval, n\u00a0=\u00a0{named.total:,})."
        )
    return " ".join(parts)


def _titles(tracks: ir.Table, total: int) -> tuple[int, int]:
    """Return how many codes of several tracks were looked at, and how many differ in title."""
    looked = tracks.filter(tracks.isrc_code >= 0, tracks.name.notnull())
    if total >= TITLES_FROM:
        looked = looked.filter(looked.isrc_code % 100 == 0)
    title = looked.name.strip().lower()
    codes = looked.group_by("isrc_code").agg(n=looked.count(), first=title.min(), last=title.max())
    several = codes.filter(codes.n > 1)
    differ = (several["first"] != several["last"]).cast("int64").sum()
    (found,) = several.agg(codes=several.count(), differ=differ).to_pyarrow().to_pylist()
    return found["codes"], found["differ"] or 0


def _grouped(runs: Runs) -> list[tuple[str, int]]:
    """Return codes by number of tracks, the many-track ones together."""
    groups: Counter[int] = Counter()
    for tracks, isrcs in runs.isrcs.items():
        groups[min(tracks, MOST_DRAWN)] += isrcs
    return [
        (f"{MOST_DRAWN} or more" if k == MOST_DRAWN else counted(k, "track"), groups[k])
        for k in sorted(groups)
    ]


def _chart(runs: Runs) -> Chart | None:
    rows = [(label, n, f"{count(n)} ({percent(n / runs.unique)})") for label, n in _grouped(runs)]
    alt = f"ISRCs by the number of their tracks: {', '.join(f'{a}: {c}' for a, _, c in rows)}."
    return horizontal_bars(rows, alt=alt, label_px=90)


def _table(runs: Runs) -> ResultTable:
    columns = (ResultColumn("tracks", "Tracks of one ISRC"), ResultColumn("isrcs", "ISRCs"))
    rows = tuple(sorted(runs.isrcs.items()))[:200]
    return ResultTable("tracks_per_isrc", "ISRCs by number of tracks", columns, rows)

"""How many tracks share an ISRC, and whether their durations and titles agree."""

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
from phonoscope.messages import Message, gettext, ngettext, sentences
from phonoscope.text import joined, number, percent

if TYPE_CHECKING:
    import ibis.expr.types as ir

TITLES_FROM = 2_000_000
"""Tracks from which titles are compared for 1% of the ISRCs only."""
MOST_DRAWN = 10
"""Tracks per ISRC from which ISRCs share a bar."""


@dataclass(frozen=True)
class _Codes:
    tracks: int
    stated: int
    """Tracks with any text as their ISRC."""
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
    An ISRC identifies one recording. Codes are compared as numbers, so hyphens and case make no
    difference (ISO 3901). Malformed codes are counted separately. Tracks that share a code differ
    in duration when the longest and the shortest are more than 2 s apart, compared in tenths of a
    second; durations over 27 minutes count as 27. Titles are compared without regard to case and
    surrounding spaces.

    Caveats
    -------
    The same recording on an album, a single and a compilation makes three tracks, and that is
    correct. Labels and distributors assign codes and sometimes reuse one by mistake: a shared
    code doesn't prove the same sound, and different codes don't prove different sound. A remaster
    may or may not get a new code. If several sources were ingested, a recording appears once per
    source.
    """
    tracks = catalogue.table("tracks")
    total = all_tracks(catalogue)
    if not total:
        return cannot_tell(NO_TRACKS)
    stated = total - catalogue.empty("tracks", "isrc_code")
    runs = runs_of(tracks, stated)
    codes = _Codes(total, stated, runs.tracks)
    if not codes.well_formed:
        return cannot_tell(
            gettext("No track of this catalogue has a well-formed ISRC."), "no-values"
        )
    several, titles = _titles(tracks, total)
    return _answer(codes, runs, several, titles)


def _answer(codes: _Codes, runs: Runs, several: int, titles: int) -> Answer:
    """Write counts.

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
    if differing:
        figures.append(differing.figure("isrcs_differing_in_duration_share"))
    if named:
        figures.append(named.figure("isrcs_differing_in_title_share"))
    return Answer(
        headline=sentences(
            _shared(shared, mean), _differing(differing, named) if differing else ""
        ),
        note=_note(missing, malformed),
        certainty=_certainty(runs, shared, named),
        figures=tuple(figures),
        chart=_chart(runs),
        tables=(_table(runs),),
        claim=gettext("{mean} tracks per ISRC", mean=number(mean, 2)),
    )


def _shared(shared: Share, mean: float) -> Message:
    return ngettext(
        "{share} of {n} ISRC (95% interval {low} to {high}) is on several tracks, and there are "
        "{mean} tracks per ISRC.",
        "{share} of {n} ISRCs (95% interval {low} to {high}) are on several tracks, and there are "
        "{mean} tracks per ISRC.",
        shared.total,
        mean=number(mean, 2),
        **shared.words,
    )


def _differing(differing: Share, named: Share | None) -> Message:
    if named is None:
        return gettext(
            "Of the ISRCs on several tracks, {share} (95% interval {low} to {high}) have durations "
            "that differ by more than 2\u00a0s.",
            **differing.words,
        )
    return gettext(
        "Of the ISRCs on several tracks, {share} (95% interval {low} to {high}) have durations "
        "that differ by more than 2\u00a0s, and {titles} have different titles.",
        titles=named.text,
        **differing.words,
    )


def _note(missing: Share, malformed: Share) -> str:
    absent = ngettext(
        "{n} track ({share}) has no ISRC.",
        "{n} tracks ({share}) have no ISRC.",
        missing.hits,
        share=missing.text,
    )
    odd = ngettext(
        "{n} ISRC ({share} of those stated) is malformed.",
        "{n} ISRCs ({share} of those stated) are malformed.",
        malformed.hits,
        share=malformed.text,
    )
    return sentences(absent if missing.hits else "", odd if malformed.hits else "")


def _certainty(runs: Runs, shared: Share, named: Share | None) -> str:
    exact = gettext("The counts of ISRCs are exact (n\u00a0=\u00a0{n}).", n=runs.unique)
    if named is None or named.total >= shared.hits:
        return exact
    titles = gettext(
        "Titles are compared for 1% of the ISRCs, those whose number ends in 00: {share} (95% "
        "interval {low} to {high}, n\u00a0=\u00a0{n}).",
        n=named.total,
        **named.words,
    )
    return sentences(exact, titles)


def _titles(tracks: ir.Table, total: int) -> tuple[int, int]:
    """Return how many shared codes were compared by title, and how many differ."""
    looked = tracks.filter(tracks.isrc_code >= 0)
    if total >= TITLES_FROM:
        looked = looked.filter(looked.isrc_code % 100 == 0)
    counts = looked.group_by("isrc_code").agg(n=looked.count())
    # Titles are read of these only, and once, because text costs more than numbers.
    shared = looked.select("isrc_code", "name").semi_join(counts.filter(counts.n > 1), "isrc_code")
    shared = shared.filter(shared.name.notnull())
    title = shared.name.strip().lower()
    named = shared.group_by("isrc_code").agg(n=shared.count(), first=title.min(), last=title.max())
    several = named.filter(named.n > 1)
    differ = (several["first"] != several["last"]).cast("int64").sum()
    (found,) = several.agg(codes=several.count(), differ=differ).to_pyarrow().to_pylist()
    return found["codes"], found["differ"] or 0


def _grouped(runs: Runs) -> list[tuple[str, int]]:
    """Return codes by number of tracks; the largest groups share a row."""
    groups: Counter[int] = Counter()
    for tracks, isrcs in runs.isrcs.items():
        groups[min(tracks, MOST_DRAWN)] += isrcs
    return [
        (
            gettext("{low} or more", low=k)
            if k == MOST_DRAWN
            else ngettext("{n} track", "{n} tracks", k),
            groups[k],
        )
        for k in sorted(groups)
    ]


def _chart(runs: Runs) -> Chart | None:
    rows = [
        (label, n, gettext("{n} ({share})", n=n, share=percent(n / runs.unique)))
        for label, n in _grouped(runs)
    ]
    each = [gettext("{label}: {value}", label=label, value=value) for label, _, value in rows]
    alt = gettext("ISRCs by number of tracks: {groups}.", groups=joined(each))
    return horizontal_bars(rows, alt=alt, label_px=90)


def _table(runs: Runs) -> ResultTable:
    columns = (
        ResultColumn("tracks", gettext("Tracks per ISRC")),
        ResultColumn("isrcs", gettext("ISRCs")),
    )
    rows = tuple(sorted(runs.isrcs.items()))[:200]
    return ResultTable("tracks_per_isrc", gettext("ISRCs by number of tracks"), columns, rows)

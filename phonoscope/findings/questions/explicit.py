"""How many tracks are marked explicit, and since when."""

from __future__ import annotations

from phonoscope.findings.base import (
    Answer,
    Chart,
    QuerySession,
    ResultColumn,
    ResultTable,
    Share,
    cannot_tell,
    finding,
)
from phonoscope.findings.plots.trend import Panel, Point, over_years
from phonoscope.findings.shared.marks import NO_TRACKS, all_tracks, marks, undated
from phonoscope.text import counted, percent

FEWEST = 100
"""Tracks of a year from which it is drawn."""


@finding(
    name="explicit",
    title="Explicit",
    question="How many tracks are marked explicit?",
    needs={"tracks": ("explicit", "release_year")},
)
def explicit(catalogue: QuerySession) -> Answer:
    """Count marks by year of release.

    Method
    ------
    Tracks marked explicit among those with a mark at all, counted exactly, in all and by the
    year of release as written.

    Caveats
    -------
    A service writes 'not explicit' both for what is clean and for what nobody has judged, so
    these are shares of marks, not of words. Marking became usual over the years: older releases
    may be unmarked rather than clean.
    """
    if not all_tracks(catalogue):
        return cannot_tell(NO_TRACKS)
    rows = _marks(catalogue)
    total = sum(n for _, _, n in rows)
    if not total:
        return cannot_tell("No track of this catalogue is marked explicit or not explicit.")
    share = Share(sum(hits for _, hits, _ in rows), total)
    years = [(year, Share(hits, n)) for year, hits, n in rows if year]
    drawn = [(year, one) for year, one in years if one.total >= FEWEST]
    top = max(drawn, key=lambda item: item[1].value, default=None)
    told = f"; among those of {top[0]} {top[1]}, the most of any year" if top else ""
    missing = all_tracks(catalogue) - total
    note = f"{counted(missing, 'track')} have no mark." if missing else ""
    return Answer(
        headline=f"{share} of the tracks are marked explicit{told}.",
        note=" ".join(filter(None, (note, undated(catalogue)))),
        certainty=share.certainty(),
        figures=(
            share.figure("explicit_share"),
            *(one.figure(f"explicit_{year}_share") for year, one in years),
        ),
        chart=_chart(drawn) if len(drawn) > 1 else None,
        tables=(_table(years),) if years else (),
        claim=f"{share} explicit",
    )


def _marks(catalogue: QuerySession) -> list[tuple[int | None, int, int]]:
    table = catalogue.cached(marks)
    marked = table.filter(table.explicit.notnull())
    found = marked.group_by("release_year").agg(
        hits=marked.explicit.ifelse(marked.tracks, 0).sum(), n=marked.tracks.sum()
    )
    rows = found.order_by("release_year").to_pyarrow().to_pylist()
    return [(row["release_year"], row["hits"], row["n"]) for row in rows]


def _chart(years: list[tuple[int, Share]]) -> Chart:
    points = [
        Point(
            year,
            one.value,
            *one.interval,
            f"{year}: {one} of {counted(one.total, 'track')}",
        )
        for year, one in years
    ]
    first, last = years[0], years[-1]
    alt = (
        f"Share of tracks marked explicit by year of release, from {percent(first[1].value)} in "
        f"{first[0]} to {percent(last[1].value)} in {last[0]}."
    )
    return over_years([Panel("tracks marked explicit", points, "~%")], alt=alt)


def _table(years: list[tuple[int, Share]]) -> ResultTable:
    columns = (
        ResultColumn("year", "Year of release", "text"),
        ResultColumn("tracks", "Tracks with a mark"),
        ResultColumn("explicit", "Marked explicit"),
        ResultColumn("share", "Share", "share"),
        ResultColumn("low", "At least", "share", on_page=False),
        ResultColumn("high", "At most", "share", on_page=False),
    )
    rows = tuple((str(y), s.total, s.hits, s.value, *s.interval) for y, s in years)
    return ResultTable("explicit_by_year", "Explicit by year of release", columns, rows)

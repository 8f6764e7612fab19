"""How many tracks are marked explicit, and in which years."""

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
from phonoscope.messages import Message, gettext, ngettext, sentences

FEWEST = 100
"""Tracks of a year from which it is drawn."""


@finding(
    name="explicit",
    title="Explicit",
    question="How many tracks are marked explicit?",
    needs={"tracks": ("explicit", "release_year")},
)
def explicit(catalogue: QuerySession) -> Answer:
    """Count marks by release year.

    Method
    ------
    Tracks marked explicit are counted among all tracks that have a mark, in total and by the
    release year as written.

    Caveats
    -------
    A service writes 'not explicit' both for clean tracks and for tracks that nobody has judged,
    so this is a share of marks, not of words. Marks became common over the years: older releases
    may be unmarked rather than clean.
    """
    if not all_tracks(catalogue):
        return cannot_tell(NO_TRACKS)
    rows = _marks(catalogue)
    total = sum(n for _, _, n in rows)
    if not total:
        return cannot_tell(
            gettext("No track of this catalogue is marked explicit or not explicit."), "no-values"
        )
    share = Share(sum(hits for _, hits, _ in rows), total)
    years = [(year, Share(hits, n)) for year, hits, n in rows if year]
    drawn = [(year, one) for year, one in years if one.total >= FEWEST]
    top = max(drawn, key=lambda item: item[1].value, default=None)
    missing = all_tracks(catalogue) - total
    unmarked = ngettext("{n} track has no mark.", "{n} tracks have no mark.", missing)
    return Answer(
        headline=_headline(share, top),
        note=sentences(unmarked if missing else "", undated(catalogue)),
        certainty=share.certainty(),
        figures=(
            share.figure("explicit_share"),
            *(one.figure(f"explicit_{year}_share") for year, one in years),
        ),
        chart=_chart(drawn) if len(drawn) > 1 else None,
        tables=(_table(years),) if years else (),
        claim=gettext("{share} explicit", share=share.text),
    )


def _headline(share: Share, top: tuple[int, Share] | None) -> Message:
    if top is None:
        return ngettext(
            "{share} of {n} track (95% interval {low} to {high}) is marked explicit.",
            "{share} of {n} tracks (95% interval {low} to {high}) are marked explicit.",
            share.total,
            **share.words,
        )
    year, most = top
    return gettext(
        "{share} of {n} tracks (95% interval {low} to {high}) are marked explicit; the highest "
        "share of any release year is {most} in {year}.",
        n=share.total,
        most=most.text,
        year=str(year),
        **share.words,
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
            ngettext(
                "{year}: {share} of {n} track",
                "{year}: {share} of {n} tracks",
                one.total,
                year=str(year),
                share=one.text,
            ),
        )
        for year, one in years
    ]
    (first, lowest), (last, highest) = years[0], years[-1]
    alt = gettext(
        "Share of tracks marked explicit by release year: {from} in {first}, {to} in {last}.",
        **{
            "from": lowest.text,
            "first": str(first),
            "to": highest.text,
            "last": str(last),
        },
    )
    return over_years([Panel(gettext("Tracks marked explicit"), points, "~%")], alt=alt)


def _table(years: list[tuple[int, Share]]) -> ResultTable:
    columns = (
        ResultColumn("year", gettext("Release year"), "text"),
        ResultColumn("tracks", gettext("Tracks with a mark")),
        ResultColumn("explicit", gettext("Marked explicit")),
        ResultColumn("share", gettext("Share"), "share"),
        ResultColumn("low", gettext("At least"), "share", on_page=False),
        ResultColumn("high", gettext("At most"), "share", on_page=False),
    )
    rows = tuple((str(y), s.total, s.hits, s.value, *s.interval) for y, s in years)
    return ResultTable(
        "explicit_by_year", gettext("Explicit tracks by release year"), columns, rows
    )

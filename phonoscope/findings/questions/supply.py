"""How much is released, and who releases more than people can."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeAlias

from phonoscope.escape import printable
from phonoscope.findings.base import (
    Answer,
    Chart,
    Figure,
    QuerySession,
    ResultColumn,
    ResultTable,
    cannot_tell,
    finding,
)
from phonoscope.findings.plots.trend import Panel, Point, over_years
from phonoscope.findings.shared.credits import by_artist, names_of
from phonoscope.findings.shared.marks import NO_TRACKS, all_tracks, tracks_by_year, undated
from phonoscope.text import count, counted, number

if TYPE_CHECKING:
    import ibis.expr.types as ir

DAYS = 365.25
A_DAY = 365
"""Releases of one name in a year from which it is called faster than one a day."""
LISTED = 50
LEAST_DRAWN = 0.0001
"""Share of all that the last year must have to end the chart."""

_Fast: TypeAlias = tuple[str, str, int, float]
"""Name, years, how many in these years, and how many a year."""


@finding(
    name="supply",
    title="Supply",
    question="How much is released, and by whom faster than one a day?",
    needs={"albums": ("release_year", "label"), "track_artists": ("release_year",)},
)
def supply(catalogue: QuerySession) -> Answer:
    """Count releases by year, and the fastest names.

    Method
    ------
    Releases (albums, singles and whatever the source calls so) by year of their date, and a day
    is a year of them over 365.25. Labels as written are ranked by releases in one year, artists
    by dated tracks over the years from their first to their last. Counts are exact. Where the
    source has no table of releases, tracks are counted in their place.

    Caveats
    -------
    The year of the present is not over, and what a service removed is missing, which makes past
    years smaller. A label that is a distributor releases for thousands of people; an artist id
    such as 'Various Artists', or an orchestra with a century of recordings put out at once, is
    fast without a machine. A rate is a reason to look, no verdict.
    """
    if not all_tracks(catalogue):
        return cannot_tell(NO_TRACKS)
    albums = catalogue.table("albums")
    has_albums = bool(albums.limit(1).to_pyarrow().num_rows)
    what = "release" if has_albums else "track"
    years = _by_year(albums) if has_albums else tracks_by_year(catalogue)
    if not years:
        return cannot_tell("Neither releases nor tracks of this catalogue have a year of release.")
    (top, most) = max(years, key=lambda item: item[1])
    # A handful of dates in the future must not squeeze the course of the others.
    enough = LEAST_DRAWN * sum(n for _, n in years)
    until = max((year for year, n in years if n >= enough), default=top)
    drawn = [(year, n) for year, n in years if year <= until]
    labels, fast = _labels(albums if has_albums else catalogue.table("tracks"))
    artists, fast_artists = _artists(catalogue)
    names = [
        f"{counted(fast, 'time')} a label put out more than one {what} a day for a year"
        if fast
        else "",
        f"{counted(fast_artists, 'artist')} put out more than one track a day"
        if fast_artists
        else "",
    ]
    told = "; ".join(filter(None, names))
    return Answer(
        headline=f"The year with the most {what}s is {top}: {count(most)}, "
        f"{number(most / DAYS, 0 if most >= 10 * DAYS else 1)} a day."
        + (f" {told[0].upper()}{told[1:]}." if told else ""),
        note=undated(catalogue),
        certainty="Every row was counted; the numbers are exact for this catalogue.",
        figures=(
            *(Figure(f"{what}s_{year}", n, f"{what}s", None, None) for year, n in years),
            *(
                Figure(f"{what}s_per_day_{year}", n / DAYS, f"{what}s a day", None, n)
                for year, n in years
            ),
            Figure("label_years_over_one_a_day", fast, "label years", None, None),
            Figure("artists_over_one_a_day", fast_artists, "artists", None, None),
        ),
        chart=_chart(drawn, what) if len(drawn) > 1 else None,
        tables=tuple(
            t
            for t in (
                _year_table(years, what),
                _fastest("label", labels, what),
                _fastest("artist", artists, "track"),
            )
            if t.rows
        ),
        claim=f"{number(most / DAYS)} {what}s a day in {top}" if most >= 10 * DAYS else "",
    )


def _by_year(albums: ir.Table) -> list[tuple[int, int]]:
    dated = albums.filter(albums.release_year.notnull())
    found = dated.group_by("release_year").agg(n=dated.count()).order_by("release_year")
    return [(row["release_year"], row["n"]) for row in found.to_pyarrow().to_pylist()]


def _labels(rows: ir.Table) -> tuple[list[_Fast], int]:
    """Return the fastest labels (name, year, releases), and how many a year were too fast."""
    import ibis  # noqa: PLC0415  (heavy: 0.8 s)

    # Few labels have so many at all: only theirs are grouped by year.
    labels = rows.filter(rows.label.notnull()).group_by("label").agg(n=lambda t: t.count())
    large = labels.filter(labels.n > A_DAY).select("label")
    known = rows.filter(rows.release_year.notnull()).semi_join(large, "label")
    years = known.group_by("label", "release_year").agg(n=known.count())
    fast = years.filter(years.n > A_DAY)
    fast = fast.mutate(in_all=fast.count().over(ibis.window()))
    order = [ibis.desc("n"), ibis.asc("label"), ibis.asc("release_year")]
    found = fast.order_by(order).limit(LISTED).to_pyarrow().to_pylist()
    top = [(row["label"], str(row["release_year"]), row["n"], row["n"]) for row in found]
    return top, found[0]["in_all"] if found else 0


def _artists(catalogue: QuerySession) -> tuple[list[_Fast], int]:
    """Return the artists with the most tracks a year, and how many exceed one a day."""
    import ibis  # noqa: PLC0415  (heavy: 0.8 s)

    counts = catalogue.cached(by_artist)
    a_year = counts.dated / (counts["last"] - counts["first"] + 1)
    fast = counts.mutate(a_year=a_year).filter(a_year > A_DAY)
    fast = fast.mutate(in_all=fast.count().over(ibis.window()))
    order = [ibis.desc("a_year"), ibis.asc("artist_id")]
    found = fast.order_by(order).limit(LISTED).to_pyarrow().to_pylist()
    names = names_of(catalogue, [row["artist_id"] for row in found])
    top = [
        (
            names.get(row["artist_id"], row["artist_id"]),
            "{first} to {last}".format(**row) if row["last"] > row["first"] else str(row["first"]),
            row["dated"],
            row["a_year"],
        )
        for row in found
    ]
    return top, found[0]["in_all"] if found else 0


def _chart(years: Sequence[tuple[int, int]], what: str) -> Chart:
    points = [
        Point(year, n, n, n, f"{year}: {counted(n, what)}, {number(n / DAYS, 1)} a day")
        for year, n in years
    ]
    first, last = years[0], years[-1]
    alt = (
        f"{what.capitalize()}s by year, from {count(first[1])} in {first[0]} to {count(last[1])} "
        f"in {last[0]}."
    )
    return over_years([Panel(f"{what}s a year", points, "~s")], alt=alt)


def _year_table(years: Sequence[tuple[int, int]], what: str) -> ResultTable:
    columns = (
        ResultColumn("year", "Year", "text"),
        ResultColumn(f"{what}s", f"{what.capitalize()}s"),
        ResultColumn("a_day", "A day", "decimal"),
    )
    return ResultTable(
        f"{what}s_by_year",
        f"{what.capitalize()}s by year",
        columns,
        tuple((str(year), n, n / DAYS) for year, n in years),
    )


def _fastest(one: str, rows: Sequence[_Fast], what: str) -> ResultTable:
    columns = (
        ResultColumn(one, one.capitalize(), "text"),
        ResultColumn("years", "Years", "text"),
        ResultColumn(f"{what}s", f"{what.capitalize()}s"),
        ResultColumn("a_day", "A day", "decimal"),
    )
    cells = tuple((printable(name), years, n, a_year / DAYS) for name, years, n, a_year in rows)
    return ResultTable(
        f"fastest_{one}s", f"{one.capitalize()}s above one {what} a day", columns, cells
    )

"""How much is released, and who releases more than people can."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from phonoscope.audio.source import printable
from phonoscope.findings.base import (
    Answer,
    Asked,
    Chart,
    Column,
    Figure,
    Finding,
    Table,
    cannot_tell,
)
from phonoscope.findings.credits import by_artist, names_of
from phonoscope.findings.dates import year_of
from phonoscope.findings.days import NO_TRACKS, all_tracks, by_year, undated
from phonoscope.findings.lines import Panel, Point, over_years
from phonoscope.findings.words import count, counted, number

DAYS = 365.25
A_DAY = 365
"""Releases of one name in a year from which it is called faster than one a day."""
LISTED = 50
CANDIDATES = 100
"""Artists with the most tracks whose years are looked at."""
METHOD = (
    "Releases (albums, singles and whatever the source calls so) by year of their date, and a day "
    "is a year of them over 365.25. Labels as written are ranked by releases in one year; artists "
    "by tracks in one year, among the hundred with the most tracks in all. Counts are exact. Where "
    "the source has no table of releases, tracks are counted in their place."
)
MISLEADS = (
    "The year of the present is not over, and what a service removed is missing, which makes past "
    "years smaller. A label that is a distributor releases for thousands of people; an artist id "
    "such as 'Various Artists', or an orchestra with a century of recordings put out at once, is "
    "fast without a machine. A rate is a reason to look, no verdict."
)


def ask(catalogue: Asked) -> Answer:
    """Count releases by year, and the fastest names."""
    if not all_tracks(catalogue):
        return cannot_tell(NO_TRACKS)
    albums = catalogue.table("albums")
    has_albums = bool(albums.limit(1).to_pyarrow().num_rows)
    what = "release" if has_albums else "track"
    years = _by_year(albums) if has_albums else _of_tracks(catalogue)
    if not years:
        return cannot_tell("Neither releases nor tracks of this catalogue have a year of release.")
    (top, most) = max(years, key=lambda item: item[1])
    labels, fast = _labels(albums if has_albums else catalogue.table("tracks"))
    artists = _artists(catalogue)
    told = (
        f" {counted(fast, 'time')} a label put out more than one a day for a year." if fast else ""
    )
    return Answer(
        headline=f"The year with the most {what}s is {top}: {count(most)}, "
        f"{number(most / DAYS, 0 if most >= 10 * DAYS else 1)} a day.{told}",
        note=undated(catalogue),
        certainty="Every row was counted; the numbers are exact for this catalogue.",
        figures=(
            *(Figure(f"{what}s_{year}", n, f"{what}s", None, None) for year, n in years),
            *(
                Figure(f"{what}s_per_day_{year}", n / DAYS, f"{what}s a day", None, n)
                for year, n in years
            ),
            Figure("label_years_over_one_a_day", fast, "label years", None, None),
        ),
        chart=_chart(years, what) if len(years) > 1 else None,
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


def _by_year(albums: Any) -> list[tuple[int, int]]:
    dates = albums.group_by("release_date").agg(n=albums.count())
    dated = dates.mutate(year=year_of(dates.release_date)).filter(lambda t: t.year.notnull())
    found = dated.group_by("year").agg(n=dated.n.sum()).order_by("year").to_pyarrow().to_pylist()
    return [(int(row["year"]), row["n"]) for row in found]


def _of_tracks(catalogue: Asked) -> list[tuple[int, int]]:
    return [(row["year"], row["tracks"]) for row in by_year(catalogue, tracks="tracks")]


def _labels(rows: Any) -> tuple[list[tuple[str, int, int]], int]:
    """Return the fastest labels (name, year, releases), and how many a year were too fast."""
    import ibis  # noqa: PLC0415  (heavy: 0.8 s)

    known = rows.filter(rows.label.notnull(), rows.release_date.notnull())
    # By the date's first four signs: a year is told from them below, among few.
    years = known.group_by("label", year=known.release_date.substr(0, 4)).agg(n=known.count())
    fast = years.filter(years.n > A_DAY)
    counted_all = fast.mutate(in_all=fast.count().over(ibis.window()))
    order = [ibis.desc("n"), ibis.asc("label"), ibis.asc("year")]
    rows = counted_all.order_by(order).limit(LISTED).to_pyarrow().to_pylist()
    top = [(r["label"], int(r["year"]), r["n"]) for r in rows if r["year"].isdecimal()]
    return top, rows[0]["in_all"] if rows else 0


def _artists(catalogue: Asked) -> list[tuple[str, int, int]]:
    """Return artists by tracks in their fastest year: name, year, tracks."""
    import ibis  # noqa: PLC0415  (heavy: 0.8 s)

    counts = catalogue.once(by_artist)
    top = counts.filter(counts.tracks > A_DAY)
    top = top.order_by([ibis.desc("tracks"), ibis.asc("artist_id")]).limit(CANDIDATES)
    ids = top.artist_id.to_pyarrow().to_pylist()
    if not ids:
        return []
    credits, tracks = catalogue.table("track_artists"), catalogue.table("tracks")
    theirs = credits.filter(credits.artist_id.isin(ids)).select("source", "track_id", "artist_id")
    dated = tracks.select("source", "track_id", "release_date")
    joined = theirs.inner_join(dated, ["source", "track_id"])
    joined = joined.mutate(year=year_of(joined.release_date)).filter(lambda t: t.year.notnull())
    years = joined.group_by("artist_id", "year").agg(n=joined.count())
    rows = years.filter(years.n > A_DAY).to_pyarrow().to_pylist()
    names = names_of(catalogue, ids)
    found = [(names.get(r["artist_id"], r["artist_id"]), int(r["year"]), r["n"]) for r in rows]
    return sorted(found, key=lambda item: (-item[2], item[0]))[:LISTED]


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


def _year_table(years: Sequence[tuple[int, int]], what: str) -> Table:
    columns = (
        Column("year", "Year", "text"),
        Column(f"{what}s", f"{what.capitalize()}s"),
        Column("a_day", "A day", "decimal"),
    )
    return Table(
        f"{what}s_by_year",
        f"{what.capitalize()}s by year",
        columns,
        tuple((str(year), n, n / DAYS) for year, n in years),
    )


def _fastest(one: str, rows: Sequence[tuple[str, int, int]], what: str) -> Table:
    columns = (
        Column(one, one.capitalize(), "text"),
        Column("year", "Year", "text"),
        Column(f"{what}s", f"{what.capitalize()}s"),
        Column("a_day", "A day", "decimal"),
    )
    cells = tuple((printable(name), str(year), n, n / DAYS) for name, year, n in rows)
    return Table(f"fastest_{one}s", f"{one.capitalize()}s above one {what} a day", columns, cells)


FINDING = Finding(
    name="supply",
    title="Supply",
    question="How much is released, and by whom faster than one a day?",
    order=280,
    needs={"albums": ("release_date", "label"), "tracks": ("release_date", "label")},
    ask=ask,
    method=METHOD,
    misleads=MISLEADS,
)

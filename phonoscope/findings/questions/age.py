"""Popularity against the age of releases."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

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
from phonoscope.findings.plots.trend import Panel, Point, over_years
from phonoscope.findings.shared.marks import NO_TRACKS, all_tracks, marks, undated
from phonoscope.findings.shared.mean import mean_interval
from phonoscope.text import counted, number

POPULAR = 50
"""Popularity from which a track counts as popular."""
FEWEST = 100
"""Tracks of a year from which its mean is drawn."""
LATEST_SHARE = 0.0001
"""Share of the tracks that a year must have to count as the catalogue's latest."""


@finding(
    name="age",
    title="Popularity and age",
    question="Is popularity a matter of being new?",
    needs={"tracks": ("popularity", "release_year")},
)
def age(catalogue: QuerySession) -> Answer:
    """Average popularity by year of release.

    Method
    ------
    Mean popularity by year of release, exactly; and of the tracks with a popularity of 50 or
    more, how many came out in the catalogue's latest year or the year before. The latest year
    is the last one with at least one track in ten thousand, so that a typing error in a date
    does not move it. The correlation is Pearson's, between year and popularity over all tracks.

    Caveats
    -------
    That new songs are popular is partly true by definition: services document that popularity
    weighs recent plays most. It says nothing of plays over a song's life. Old releases that are
    here at all were chosen, new ones were not; and a new edition of an old song counts as new.
    """
    if not all_tracks(catalogue):
        return cannot_tell(NO_TRACKS)
    years = _years(catalogue)
    total = sum(row["tracks"] for row in years)
    if not total:
        return cannot_tell("No track of this catalogue has both a popularity and a year.")
    latest = max(row["year"] for row in years if row["tracks"] >= LATEST_SHARE * total)
    recent = [row for row in years if latest - 1 <= row["year"] <= latest]
    popular = sum(row["popular"] for row in years)
    new = Share(sum(row["tracks"] for row in recent), total)
    of_popular = Share(sum(row["popular"] for row in recent), popular) if popular else None
    since = f"{latest - 1} and {latest}"
    told = f"; of those with {POPULAR} or more, {of_popular}" if of_popular else ""
    correlation = _correlation(years)
    figures = [
        new.figure("recent_share"),
        *([of_popular.figure("recent_of_popular_share")] if of_popular else []),
        *([Figure("year_popularity_correlation", correlation, "", None, total)]
          if correlation is not None else []),
    ]  # fmt: skip
    drawn = [row for row in years if row["tracks"] >= FEWEST]
    return Answer(
        headline=f"Of all tracks {new} came out in {since}{told}.",
        note=undated(catalogue),
        certainty=(of_popular or new).certainty()
        + (
            f" Correlation of year and popularity: {number(correlation, 3)}."
            if correlation is not None
            else ""
        ),
        figures=tuple(figures),
        chart=_chart(drawn) if len(drawn) > 1 else None,
        tables=(_table(years),),
    )


def _years(catalogue: QuerySession) -> list[dict[str, Any]]:
    table = catalogue.cached(marks)
    known = table.filter(table.popularity.between(0, 100), table.release_year.notnull())
    sums = known.popularity * known.tracks
    found = known.group_by(year=known.release_year).agg(
        tracks=known.tracks.sum(),
        sums=sums.sum(),
        squares=(sums * known.popularity).sum(),
        popular=(known.popularity >= POPULAR).ifelse(known.tracks, 0).sum(),
    )
    rows: list[dict[str, Any]] = found.order_by("year").to_pyarrow().to_pylist()
    return rows


def _correlation(years: Sequence[dict[str, Any]]) -> float | None:
    """Return Pearson's correlation over tracks; ``None`` when either does not vary."""
    n = sum(row["tracks"] for row in years)
    # Whole numbers all along, so that nothing is lost where sums nearly cancel.
    x = sum(row["tracks"] * row["year"] for row in years)
    xx = sum(row["tracks"] * row["year"] ** 2 for row in years)
    y, yy = (sum(row[name] for row in years) for name in ("sums", "squares"))
    xy = sum(row["sums"] * row["year"] for row in years)
    spread = (n * xx - x * x) * (n * yy - y * y)
    return (n * xy - x * y) / math.sqrt(spread) if spread else None


def _chart(years: Sequence[dict[str, Any]]) -> Chart:
    points = []
    for row in years:
        mean, interval = mean_interval(row["sums"], row["squares"], row["tracks"])
        says = f"{row['year']}: {number(mean, 2)}, {counted(row['tracks'], 'track')}"
        points.append(Point(row["year"], mean, *interval, says))
    alt = (
        f"Mean popularity by year of release: {number(points[0].value, 1)} for "
        f"{points[0].year}, {number(points[-1].value, 1)} for {points[-1].year}."
    )
    return over_years([Panel("mean popularity, 0 to 100", points, "~g")], alt=alt)


def _table(years: Sequence[dict[str, Any]]) -> ResultTable:
    columns = (
        ResultColumn("year", "Year of release", "text"),
        ResultColumn("tracks", "Tracks"),
        ResultColumn("mean_popularity", "Mean popularity", "decimal"),
        ResultColumn("popular", f"With {POPULAR} or more"),
    )
    rows = tuple(
        (str(row["year"]), row["tracks"], row["sums"] / row["tracks"], row["popular"])
        for row in years
    )
    return ResultTable("popularity_by_year", "Popularity by year of release", columns, rows)

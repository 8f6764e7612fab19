"""Popularity by the age of releases."""

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
from phonoscope.messages import Message, gettext, ngettext, sentences
from phonoscope.text import number

POPULAR = 50
"""Popularity from which a track counts as popular."""
FEWEST = 100
"""Tracks of a year from which its mean is drawn."""
LATEST_SHARE = 0.0001
"""Smallest share of the tracks with which a year counts as the catalogue's latest."""


@finding(
    name="age",
    title="Popularity and age",
    question="Are new tracks more popular than old ones?",
    needs={"tracks": ("popularity", "release_year")},
)
def age(catalogue: QuerySession) -> Answer:
    """Average popularity by year of release.

    Method
    ------
    The mean popularity of each release year is exact. Tracks with a popularity of 50 or more
    are popular here. They are counted by whether they came out in the catalogue's latest two
    years. The latest year is the last one with at least 0.01% of the tracks, so that a mistyped
    date doesn't shift it. The correlation is Pearson's, between year and popularity over all
    tracks.

    Caveats
    -------
    New songs are popular partly by definition: services document that popularity gives recent
    plays the most weight. It doesn't measure the plays of a song's lifetime. Old releases in a
    catalogue are a selection, while new ones are not. A new edition of an old song counts as new.
    """
    if not all_tracks(catalogue):
        return cannot_tell(NO_TRACKS)
    years = _years(catalogue)
    total = sum(row["tracks"] for row in years)
    if not total:
        return cannot_tell(
            gettext("No track of this catalogue has both a popularity and a release year."),
            "no-values",
        )
    latest = max(row["year"] for row in years if row["tracks"] >= LATEST_SHARE * total)
    recent = [row for row in years if latest - 1 <= row["year"] <= latest]
    popular = sum(row["popular"] for row in years)
    new = Share(sum(row["tracks"] for row in recent), total)
    of_popular = Share(sum(row["popular"] for row in recent), popular) if popular else None
    correlation = _correlation(years)
    figures = [
        new.figure("recent_share"),
        *([of_popular.figure("recent_of_popular_share")] if of_popular else []),
        *([Figure("year_popularity_correlation", correlation, "", None, total)]
          if correlation is not None else []),
    ]  # fmt: skip
    drawn = [row for row in years if row["tracks"] >= FEWEST]
    return Answer(
        headline=_headline(new, of_popular, latest),
        note=undated(catalogue),
        certainty=_certainty(of_popular or new, correlation),
        figures=tuple(figures),
        chart=_chart(drawn) if len(drawn) > 1 else None,
        tables=(_table(years),),
    )


def _headline(new: Share, of_popular: Share | None, latest: int) -> Message:
    years: dict[str, str | int] = {"before": str(latest - 1), "latest": str(latest)}
    if of_popular is None:
        return ngettext(
            "{share} of {n} track (95% interval {low} to {high}) was released in {before} or "
            "{latest}; no track has a popularity of {popular} or more.",
            "{share} of {n} tracks (95% interval {low} to {high}) were released in {before} or "
            "{latest}; no track has a popularity of {popular} or more.",
            new.total,
            popular=POPULAR,
            **years,
            **new.words,
        )
    return ngettext(
        "{share} of {n} track with a popularity of {popular} or more (95% interval {low} to "
        "{high}) was released in {before} or {latest}, compared with {all} of all tracks.",
        "{share} of {n} tracks with a popularity of {popular} or more (95% interval {low} to "
        "{high}) were released in {before} or {latest}, compared with {all} of all tracks.",
        of_popular.total,
        popular=POPULAR,
        all=new.text,
        **years,
        **of_popular.words,
    )


def _certainty(share: Share, correlation: float | None) -> str:
    if correlation is None:
        return share.certainty()
    return sentences(
        share.certainty(),
        gettext(
            "The correlation of release year and popularity is {correlation}.",
            correlation=number(correlation, 3),
        ),
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
        text = ngettext(
            "{year}: mean popularity {mean}, {n} track",
            "{year}: mean popularity {mean}, {n} tracks",
            row["tracks"],
            year=str(row["year"]),
            mean=number(mean, 2),
        )
        points.append(Point(row["year"], mean, *interval, text))
    alt = gettext(
        "Mean popularity by release year: {from} for {first}, {to} for {last}.",
        **{
            "from": number(points[0].value, 1),
            "first": str(points[0].year),
            "to": number(points[-1].value, 1),
            "last": str(points[-1].year),
        },
    )
    return over_years([Panel(gettext("Mean popularity, 0 to 100"), points, "~g")], alt=alt)


def _table(years: Sequence[dict[str, Any]]) -> ResultTable:
    columns = (
        ResultColumn("year", gettext("Release year"), "text"),
        ResultColumn("tracks", gettext("Tracks")),
        ResultColumn("mean_popularity", gettext("Mean popularity"), "decimal"),
        ResultColumn("popular", gettext("Popularity of {popular} or more", popular=POPULAR)),
    )
    rows = tuple(
        (str(row["year"]), row["tracks"], row["sums"] / row["tracks"], row["popular"])
        for row in years
    )
    return ResultTable("popularity_by_year", gettext("Popularity by release year"), columns, rows)

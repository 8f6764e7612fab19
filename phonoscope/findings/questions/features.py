"""What a service measured in tracks: means and spread, and how both changed with the years."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

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
from phonoscope.findings.questions.keys import NO_FEATURES
from phonoscope.findings.shared.mean import mean_interval
from phonoscope.interval import Z_95, Interval
from phonoscope.linking.sample import NUMBERS
from phonoscope.text import counted, joined, measured, number

if TYPE_CHECKING:
    import ibis.expr.types as ir

FEATURES: Mapping[str, str] = {
    "danceability": "danceability",
    "energy": "energy",
    "valence": "valence",
    "tempo_bpm": "tempo, BPM",
    "loudness_db": "loudness, dB",
    "speechiness": "speechiness",
    "acousticness": "acousticness",
    "instrumentalness": "instrumentalness",
    "liveness": "liveness",
}
"""Columns with what a person calls them."""
DRAWN = ("danceability", "energy", "valence", "tempo_bpm")
EXACT_TO = 1_000_000
"""Tracks up to which all are read; of more, a random sample of about as many."""
_PARTS, _SQUARED_PARTS = 1_000_000, 1000
"""Parts of a unit in which features, and those whose squares, are added up."""
_LARGEST = 10_000.0
"""Values beyond are no tempo, loudness or share; sums of squares stay whole numbers below this."""
FEWEST = 100
"""Tracks of a year from which it is drawn and counts for a trend."""


@dataclass(frozen=True)
class _Year:
    year: int
    tracks: Mapping[str, int]
    sums: Mapping[str, float]
    squares: Mapping[str, float]

    def mean(self, name: str) -> tuple[float, Interval]:
        return mean_interval(self.sums[name], self.squares[name], self.tracks[name])

    def variance(self, name: str) -> float:
        n = self.tracks[name]
        return max(0.0, self.squares[name] / n - (self.sums[name] / n) ** 2)


@dataclass(frozen=True)
class _Trend:
    """A straight line through the means of years."""

    per_decade: float
    interval: Interval


@finding(
    name="features",
    title="Audio features",
    question="What do tracks sound like by a service's word, and are they becoming alike?",
    needs={"features": ("danceability", "energy", "valence"), "tracks": ("release_year", "sample")},
)
def features(catalogue: QuerySession) -> Answer:
    """Average a service's features, and by year of release.

    Method
    ------
    Means and standard deviations of a service's own numbers, added up in millionths. Tempi of 0
    are no tempi. Over the years: the mean of each year of release with at least 100 tracks, and
    a straight line through those means, weighted by their tracks. Of a large catalogue a random
    sample of about one million tracks is read, by a number told from their ids. Sameness: the
    spread of a year is the root of the mean variance of danceability, energy, valence and
    tempo, each in units of its spread over all years; 1 is as varied as the whole.

    Caveats
    -------
    What a service calls danceability or valence is its secret; two providers agree on little
    but energy (correlations on 230 songs: energy 0.65, tempo 0.20, valence 0.08, danceability
    0.04). The tracks of a year are those in the catalogue today, not those heard then; genres
    come and go. A trend of the mean is not a trend of any one kind of music.
    """
    tracks = catalogue.table("tracks")
    share = _share(catalogue)
    sampled = share < NUMBERS
    if sampled:
        tracks = tracks.filter(tracks["sample"] < share)
    features = catalogue.cached(_looked_at)
    whole = _whole(features)
    if not any(whole.tracks.values()):
        return cannot_tell(NO_FEATURES)
    years = _years(tracks, features)
    trends = {name: trend for name in FEATURES if (trend := _trend(years, name))}
    return Answer(
        headline=_headline(whole, trends),
        note="" if years else "No track with features has a year of release, so no course is told.",
        certainty=_certainty(whole, years, trends, sampled),
        figures=(*_means(whole), *_slopes(trends), *_sameness(years, whole)),
        chart=_chart(years, whole) if len(years) > 1 else None,
        tables=tuple(t for t in (_table(whole, trends), _by_year(years)) if t.rows),
    )


def _share(catalogue: QuerySession) -> int:
    """Return how many of the sample numbers are looked at."""
    total = int(catalogue.table("features").count().to_pyarrow().as_py())
    return NUMBERS if total <= EXACT_TO else max(1, NUMBERS * EXACT_TO // total)


def _looked_at(catalogue: QuerySession) -> ir.Table:
    """Return the rows of features that are looked at: all, or a sample."""
    features = catalogue.table("features")
    share = _share(catalogue)
    if share < NUMBERS:
        features = features.filter(features["sample"] < share)
    return features.select("track_id", *FEATURES)


def _sums(rows: ir.Table) -> dict[str, Any]:
    """Return Ibis sums of every feature, for one row or for groups.

    In whole parts of a unit, so that they are the same in whatever order they are added.
    """
    sums: dict[str, Any] = {}
    for name in FEATURES:
        value = rows[name].cast("float64")
        known = value.between(0.001 if name == "tempo_bpm" else -_LARGEST, _LARGEST)
        value = known.ifelse(value, None)
        whole, coarse = (
            (value * parts).round().cast("int64") for parts in (_PARTS, _SQUARED_PARTS)
        )
        sums[f"{name}_n"] = whole.count()
        sums[f"{name}_sum"] = whole.sum()
        sums[f"{name}_squares"] = (coarse * coarse).sum()
    return sums


def _year(row: Mapping[str, Any], year: int) -> _Year:
    def named(end: str, parts: int) -> dict[str, Any]:
        return {name: (row[f"{name}_{end}"] or 0) / parts for name in FEATURES}

    counts = {name: row[f"{name}_n"] for name in FEATURES}
    return _Year(year, counts, named("sum", _PARTS), named("squares", _SQUARED_PARTS**2))


def _whole(features: ir.Table) -> _Year:
    (row,) = features.agg(**_sums(features)).to_pyarrow().to_pylist()
    return _year(row, 0)


def _years(tracks: ir.Table, features: ir.Table) -> list[_Year]:
    """Return sums by year of release, of years with enough tracks."""
    dated = tracks.filter(tracks.release_year.notnull()).select("track_id", "release_year")
    # Features of a file of their own have a source of their own, but a service's ids are one.
    dated = dated.group_by("track_id").agg(year=dated.release_year.min())
    joined = features.inner_join(dated, "track_id")
    found = joined.group_by("year").agg(**_sums(joined)).order_by("year").to_pyarrow().to_pylist()
    years = [_year(row, row["year"]) for row in found]
    return [year for year in years if max(year.tracks.values()) >= FEWEST]


def _trend(years: Sequence[_Year], name: str) -> _Trend | None:
    """Fit a line through the means of years, weighted by tracks; ``None`` under four years."""
    rows = [
        (y.year, y.sums[name] / y.tracks[name], y.tracks[name]) for y in years if y.tracks[name]
    ]
    if len(rows) < 4:
        return None
    weight = sum(n for _, _, n in rows)
    x0 = sum(n * x for x, _, n in rows) / weight
    y0 = sum(n * y for _, y, n in rows) / weight
    spread = sum(n * (x - x0) ** 2 for x, _, n in rows)
    slope = sum(n * (x - x0) * (y - y0) for x, y, n in rows) / spread
    # From how far the years lie off the line, not from the many tracks: years are what repeats.
    left = sum(n * (y - y0 - slope * (x - x0)) ** 2 for x, y, n in rows)
    error = math.sqrt(left / (len(rows) - 2) / spread)
    low, high = (10 * (slope + sign * Z_95 * error) for sign in (-1, 1))
    return _Trend(10 * slope, Interval(low, high))


def _headline(whole: _Year, trends: Mapping[str, _Trend]) -> str:
    def mean(name: str) -> str:
        value = whole.sums[name] / whole.tracks[name]
        return measured(value, "BPM") if name == "tempo_bpm" else number(value, 2)

    known = [n for n in DRAWN if whole.tracks[n]] or [n for n in FEATURES if whole.tracks[n]]
    told = ", ".join(f"{_plain(name)} {mean(name)}" for name in known)
    sure = {n: t for n, t in trends.items() if n in DRAWN and t.interval.low * t.interval.high > 0}
    moves = [
        f"{joined([_plain(n) for n in names])} {verb if len(names) > 1 else verb + 's'}"
        for verb, names in (
            ("rise", [n for n, t in sure.items() if t.per_decade > 0]),
            ("fall", [n for n, t in sure.items() if t.per_decade < 0]),
        )
        if names
    ]
    course = f" Over the years {', '.join(moves)}." if moves else ""
    return f"On average, by a service's word: {told}.{course}"


def _plain(name: str) -> str:
    return FEATURES[name].partition(",")[0]


def _certainty(
    whole: _Year, years: Sequence[_Year], trends: Mapping[str, _Trend], sampled: bool
) -> str:
    most = max(whole.tracks.values())
    parts = [
        f"All numbers rest on a random sample of {counted(most, 'track')} with features; the table "
        "has their intervals."
        if sampled
        else f"Means are exact for the {counted(most, 'track')} with features."
    ]
    if years:
        of = sum(max(year.tracks.values()) for year in years)
        parts.append(f"The years rest on {counted(of, 'track')}.")
    slopes = [
        f"{_plain(name)} {number(t.per_decade, 3)} ({number(t.interval.low, 3)} to "
        f"{number(t.interval.high, 3)})"
        for name, t in trends.items()
        if name in DRAWN
    ]
    if slopes:
        parts.append(
            f"Change a decade, with 95% intervals from how far the years lie off the line: "
            f"{', '.join(slopes)}."
        )
    return " ".join(parts)


def _means(whole: _Year) -> list[Figure]:
    figures = []
    for name in FEATURES:
        if n := whole.tracks[name]:
            mean, interval = whole.mean(name)
            unit = {"tempo_bpm": "BPM", "loudness_db": "dB"}.get(name, "")
            figures.append(Figure(f"{name}_mean", mean, unit, interval, n))
            figures.append(Figure(f"{name}_sd", math.sqrt(whole.variance(name)), unit, None, n))
    return figures


def _slopes(trends: Mapping[str, _Trend]) -> list[Figure]:
    return [
        Figure(f"{name}_per_decade", trend.per_decade, "a decade", trend.interval)
        for name, trend in trends.items()
    ]


def spread_of(year: _Year, whole: _Year) -> float | None:
    """Return how varied a year is against the whole; ``None`` when a feature has no spread."""
    ratios = [
        year.variance(name) / whole.variance(name)
        for name in DRAWN
        if year.tracks[name] and whole.variance(name) > 0
    ]
    return math.sqrt(sum(ratios) / len(ratios)) if len(ratios) == len(DRAWN) else None


def _sameness(years: Sequence[_Year], whole: _Year) -> list[Figure]:
    spreads = [s for year in years if (s := spread_of(year, whole)) is not None]
    if len(spreads) < 2:
        return []
    return [
        Figure("spread_first_year", spreads[0], "of the whole", None, None),
        Figure("spread_last_year", spreads[-1], "of the whole", None, None),
    ]


def _chart(years: Sequence[_Year], whole: _Year) -> Chart:
    panels = []
    for name in DRAWN:
        points = []
        for year in years:
            if year.tracks[name]:
                mean, interval = year.mean(name)
                says = (
                    f"{year.year}: {FEATURES[name]} {number(mean, 2)}, "
                    f"{counted(year.tracks[name], 'track')}"
                )
                points.append(Point(year.year, mean, *interval, says))
        if points:
            panels.append(Panel(FEATURES[name], points, "~g", zero=False))
    spreads = [(year, spread_of(year, whole)) for year in years]
    varied = [
        Point(y.year, s, s, s, f"{y.year}: {number(s, 2)} of the spread of the whole")
        for y, s in spreads
        if s is not None
    ]
    if varied:
        panels.append(Panel("spread of the year, 1 is that of the whole", varied, "~g", zero=False))
    alt = (
        f"Means of {', '.join(FEATURES[name] for name in DRAWN)}, and the spread, by year of "
        f"release from {years[0].year} to {years[-1].year}."
    )
    return over_years(panels, alt=alt)


def _table(whole: _Year, trends: Mapping[str, _Trend]) -> ResultTable:
    columns = (
        ResultColumn("feature", "Feature", "text"),
        ResultColumn("tracks", "Tracks"),
        ResultColumn("mean", "Mean", "decimal"),
        ResultColumn("mean_low", "Mean at least", "decimal", on_page=False),
        ResultColumn("mean_high", "Mean at most", "decimal", on_page=False),
        ResultColumn("sd", "Standard deviation", "decimal"),
        ResultColumn("per_decade", "Change a decade", "decimal"),
        ResultColumn("low", "At least", "decimal"),
        ResultColumn("high", "At most", "decimal"),
    )
    rows = tuple(
        (FEATURES[name], n, whole.mean(name)[0], *whole.mean(name)[1],
         math.sqrt(whole.variance(name)),
         *((t.per_decade, *t.interval) if (t := trends.get(name)) else (None, None, None)))
        for name in FEATURES
        if (n := whole.tracks[name])
    )  # fmt: skip
    return ResultTable("features", "Audio features of a service", columns, rows)


def _by_year(years: Sequence[_Year]) -> ResultTable:
    columns = (
        ResultColumn("year", "Year of release", "text"),
        *(ResultColumn(name, title.capitalize(), "decimal") for name, title in FEATURES.items()),
    )
    rows = tuple(
        (
            str(year.year),
            *(year.sums[n] / year.tracks[n] if year.tracks[n] else None for n in FEATURES),
        )
        for year in years
    )
    return ResultTable("features_by_year", "Mean features by year of release", columns, rows)

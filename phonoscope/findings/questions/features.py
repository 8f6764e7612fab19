"""What a service measured in tracks: means and spread, and how both change over the years."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from phonoscope.catalogue.schema.metadata import SHARES
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
from phonoscope.findings.shared.sources import sources_of
from phonoscope.interval import Z_95, Interval
from phonoscope.linking.sample import NUMBERS
from phonoscope.messages import Message, gettext, ngettext, sentences
from phonoscope.text import joined, measured, number

if TYPE_CHECKING:
    import ibis.expr.types as ir

FEATURES: Mapping[str, str] = {
    "danceability": gettext("Danceability"),
    "energy": gettext("Energy"),
    "valence": gettext("Valence"),
    "tempo_bpm": gettext("Tempo, BPM"),
    "loudness_db": gettext("Loudness, dB"),
    "speechiness": gettext("Speechiness"),
    "acousticness": gettext("Acousticness"),
    "instrumentalness": gettext("Instrumentalness"),
    "liveness": gettext("Liveness"),
}
"""Columns with their titles."""
_IN_SENTENCES: Mapping[str, str] = {
    "danceability": gettext("danceability"),
    "energy": gettext("energy"),
    "valence": gettext("valence"),
    "tempo_bpm": gettext("tempo"),
    "loudness_db": gettext("loudness"),
    "speechiness": gettext("speechiness"),
    "acousticness": gettext("acousticness"),
    "instrumentalness": gettext("instrumentalness"),
    "liveness": gettext("liveness"),
}
DRAWN = ("danceability", "energy", "valence", "tempo_bpm")
EXACT_TO = 1_000_000
"""Tracks up to which all are read; a larger catalogue is sampled down to about as many."""
_PARTS, _SQUARED_PARTS = 1_000_000, 1000
"""Parts of a unit in which values, and values to be squared, are added up."""
_LARGEST = 10_000.0
"""Values beyond are errors; sums of squares of smaller ones stay exact whole numbers."""
_RANGE = {"tempo_bpm": (0.001, _LARGEST), **dict.fromkeys(SHARES, (0.0, 1.0))}
"""Values that count, by feature; others are errors, or on another scale."""
_OUTSIDE = gettext(
    "All audio features lie outside 0 to 1, so they have another scale, perhaps percent."
)
FEWEST = 100
"""Tracks of a year from which it is drawn and counts for a trend."""


@dataclass(frozen=True)
class _Year:
    year: int
    tracks: Mapping[str, int]
    sums: Mapping[str, float]
    squares: Mapping[str, float]
    outside: int
    """Values outside 0 to 1, which are left out."""

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
    question="What do tracks sound like according to a service, and are they becoming more alike?",
    needs={"features": ("danceability", "energy", "valence"), "tracks": ("release_year", "sample")},
)
def features(catalogue: QuerySession) -> Answer:
    """Average a service's features, in total and by release year.

    Method
    ------
    Means and standard deviations come from a service's own numbers, added up in millionths.
    Tempos of 0 are left out, and so are values outside 0 to 1 where 0 to 1 is the scale. The trend
    is a straight line through the means of release years with at least 100 tracks, weighted by
    their tracks. A large catalogue is sampled: about one million tracks are read, chosen by a
    number derived from their ids. The spread of a year is the root of the mean variance of
    danceability, energy, valence and tempo, each relative to its variance over all years; 1 means
    as varied as the whole.

    Caveats
    -------
    Services don't publish how they measure danceability or valence, and two providers agree only
    on energy (correlations on 230 songs: energy 0.65, tempo 0.20, valence 0.08, danceability
    0.04). The tracks of a year are those in the catalogue today, not those played then; genres
    come and go. A trend of the mean isn't a trend of any one kind of music.
    """
    tracks = catalogue.table("tracks")
    share = _share(catalogue)
    sampled = share < NUMBERS
    if sampled:
        tracks = tracks.filter(tracks["sample"] < share)
    sums = _by_release_year(catalogue, tracks)
    whole = _whole(sums)
    if not any(whole.tracks.values()):
        return cannot_tell(_OUTSIDE if whole.outside else NO_FEATURES)
    years = _years(sums)
    trends = {name: trend for name in FEATURES if (trend := _trend(years, name))}
    return Answer(
        headline=_headline(whole, trends),
        note=sentences(
            ngettext(
                "{n} value outside 0 to 1 was left out.",
                "{n} values outside 0 to 1 were left out.",
                whole.outside,
            )
            if whole.outside
            else "",
            ""
            if years
            else gettext("No track with features has a release year, so there is no trend."),
        ),
        certainty=_certainty(whole, years, trends, sampled),
        figures=(*_means(whole), *_slopes(trends), *_sameness(years, whole)),
        chart=_chart(years, whole) if len(years) > 1 else None,
        tables=tuple(t for t in (_table(whole, trends), _by_year(years)) if t.rows),
    )


def _share(catalogue: QuerySession) -> int:
    """Return how many of the sample numbers are read."""
    total = int(catalogue.table("features").count().to_pyarrow().as_py())
    return NUMBERS if total <= EXACT_TO else max(1, NUMBERS * EXACT_TO // total)


def _read(catalogue: QuerySession) -> ir.Table:
    """Return the rows of features that are read: all, or a sample."""
    features = catalogue.table("features")
    share = _share(catalogue)
    if share < NUMBERS:
        features = features.filter(features["sample"] < share)
    return features.select("track_id", *FEATURES)


def _sums(rows: ir.Table) -> dict[str, Any]:
    """Return Ibis sums of every feature, for groups of rows.

    They count whole parts of a unit, so that the order of rows doesn't change them.
    """
    sums: dict[str, Any] = {}
    for name in FEATURES:
        value = rows[name].cast("float64")
        known = value.between(*_RANGE.get(name, (-_LARGEST, _LARGEST)))
        if name in SHARES:
            sums[f"{name}_outside"] = (~known).fill_null(False).cast("int64").sum()
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
    outside = sum(row[f"{name}_outside"] or 0 for name in SHARES)
    return _Year(year, counts, named("sum", _PARTS), named("squares", _SQUARED_PARTS**2), outside)


def _whole(sums: Sequence[Mapping[str, Any]]) -> _Year:
    """Return the sums of all years, and of tracks without one."""
    names = {name for row in sums for name in row} - {"year"}
    return _year(Counter({name: sum(row[name] or 0 for row in sums) for name in names}), 0)


def _years(sums: Sequence[Mapping[str, Any]]) -> list[_Year]:
    """Return sums by release year, of years with enough tracks."""
    years = [_year(row, row["year"]) for row in sums if row["year"] is not None]
    return [year for year in years if max(year.tracks.values()) >= FEWEST]


def _by_release_year(catalogue: QuerySession, tracks: ir.Table) -> list[dict[str, Any]]:
    """Return sums by release year, in order; one is of tracks without a year."""
    features = _read(catalogue)
    dated = tracks.filter(tracks.release_year.notnull())
    # Features from a separate file have another source, but the ids of the service are the same.
    dated = dated.select(of="track_id", year="release_year")
    if len(sources_of(catalogue, "tracks")) > 1:
        dated = dated.group_by("of").agg(year=dated.year.min())
    joined = features.left_join(dated, features.track_id == dated["of"])
    found = joined.group_by("year").agg(**_sums(joined)).order_by("year")
    rows: list[dict[str, Any]] = found.to_pyarrow().to_pylist()
    return rows


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
    # The error comes from the distances of the years to the line: years vary, not just tracks.
    left = sum(n * (y - y0 - slope * (x - x0)) ** 2 for x, y, n in rows)
    error = math.sqrt(left / (len(rows) - 2) / spread)
    low, high = (10 * (slope + sign * Z_95 * error) for sign in (-1, 1))
    return _Trend(10 * slope, Interval(low, high))


def _headline(whole: _Year, trends: Mapping[str, _Trend]) -> str:
    def mean(name: str) -> Message:
        value = whole.sums[name] / whole.tracks[name]
        return gettext(
            "{feature} {mean}",
            feature=_IN_SENTENCES[name],
            mean=measured(value, "BPM") if name == "tempo_bpm" else number(value, 2),
        )

    known = [n for n in DRAWN if whole.tracks[n]] or [n for n in FEATURES if whole.tracks[n]]
    means = ngettext(
        "{n} track has these values according to the service: {means}.",
        "{n} tracks have these averages according to the service: {means}.",
        max(whole.tracks.values()),
        means=joined([mean(name) for name in known]),
    )
    sure = {n: t for n, t in trends.items() if n in DRAWN and t.interval.low * t.interval.high > 0}
    rising = [_IN_SENTENCES[n] for n, t in sure.items() if t.per_decade > 0]
    falling = [_IN_SENTENCES[n] for n, t in sure.items() if t.per_decade < 0]
    return sentences(means, _rising(rising) if rising else "", _falling(falling) if falling else "")


def _rising(features: Sequence[str]) -> Message:
    return ngettext(
        "Over the release years, {features} rises.",
        "Over the release years, {features} rise.",
        len(features),
        features=joined(features),
    )


def _falling(features: Sequence[str]) -> Message:
    return ngettext(
        "Over the release years, {features} falls.",
        "Over the release years, {features} fall.",
        len(features),
        features=joined(features),
    )


def _certainty(
    whole: _Year, years: Sequence[_Year], trends: Mapping[str, _Trend], sampled: bool
) -> str:
    most = max(whole.tracks.values())
    sample = ngettext(
        "The numbers come from a random sample of {n} track with features; the table has their "
        "intervals.",
        "The numbers come from a random sample of {n} tracks with features; the table has their "
        "intervals.",
        most,
    )
    exact = ngettext(
        "The values are exact for the {n} track with features.",
        "The averages are exact for the {n} tracks with features.",
        most,
    )
    by_year = ngettext(
        "The yearly averages come from {n} track.",
        "The yearly averages come from {n} tracks.",
        sum(max(year.tracks.values()) for year in years),
    )
    slopes = [
        gettext(
            "{feature} {change} ({low} to {high})",
            feature=_IN_SENTENCES[name],
            change=number(trend.per_decade, 3),
            low=number(trend.interval.low, 3),
            high=number(trend.interval.high, 3),
        )
        for name, trend in trends.items()
        if name in DRAWN
    ]
    changes = gettext(
        "Change per decade, with 95% intervals from the distances of the years to the line: "
        "{changes}.",
        changes=joined(slopes or [""]),
    )
    return sentences(
        sample if sampled else exact, by_year if years else "", changes if slopes else ""
    )


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
    """Return how varied a year is relative to the whole; ``None`` when a feature has no spread."""
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
                text = ngettext(
                    "{year}: {feature} {mean}, {n} track",
                    "{year}: {feature} {mean}, {n} tracks",
                    year.tracks[name],
                    year=str(year.year),
                    feature=_IN_SENTENCES[name],
                    mean=number(mean, 2),
                )
                points.append(Point(year.year, mean, *interval, text))
        if points:
            panels.append(Panel(FEATURES[name], points, "~g", zero=False))
    spreads = [(year, spread_of(year, whole)) for year in years]
    varied = [Point(y.year, s, s, s, _spread_text(y.year, s)) for y, s in spreads if s is not None]
    if varied:
        title = gettext("Spread of the year (1 is that of all years)")
        panels.append(Panel(title, varied, "~g", zero=False))
    alt = gettext(
        "Means of {features}, and the spread, by release year, {first} to {last}.",
        features=joined([_IN_SENTENCES[name] for name in DRAWN]),
        first=str(years[0].year),
        last=str(years[-1].year),
    )
    return over_years(panels, alt=alt)


def _spread_text(year: int, spread: float) -> Message:
    return gettext(
        "{year}: {spread} times the spread of all years", year=str(year), spread=number(spread, 2)
    )


def _table(whole: _Year, trends: Mapping[str, _Trend]) -> ResultTable:
    columns = (
        ResultColumn("feature", gettext("Feature"), "text"),
        ResultColumn("tracks", gettext("Tracks")),
        ResultColumn("mean", gettext("Mean"), "decimal"),
        ResultColumn("mean_low", gettext("Mean at least"), "decimal", on_page=False),
        ResultColumn("mean_high", gettext("Mean at most"), "decimal", on_page=False),
        ResultColumn("sd", gettext("Standard deviation"), "decimal"),
        ResultColumn("per_decade", gettext("Change per decade"), "decimal"),
        ResultColumn("low", gettext("At least"), "decimal"),
        ResultColumn("high", gettext("At most"), "decimal"),
    )
    rows = tuple(
        (FEATURES[name], n, whole.mean(name)[0], *whole.mean(name)[1],
         math.sqrt(whole.variance(name)),
         *((t.per_decade, *t.interval) if (t := trends.get(name)) else (None, None, None)))
        for name in FEATURES
        if (n := whole.tracks[name])
    )  # fmt: skip
    return ResultTable("features", gettext("Audio features of a service"), columns, rows)


def _by_year(years: Sequence[_Year]) -> ResultTable:
    columns = (
        ResultColumn("year", gettext("Release year"), "text"),
        *(ResultColumn(name, title, "decimal") for name, title in FEATURES.items()),
    )
    rows = tuple(
        (
            str(year.year),
            *(year.sums[n] / year.tracks[n] if year.tracks[n] else None for n in FEATURES),
        )
        for year in years
    )
    return ResultTable("features_by_year", gettext("Mean features by release year"), columns, rows)

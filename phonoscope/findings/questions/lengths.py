"""How long tracks are said to be, and how that changed with the years."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from phonoscope.findings.base import (
    Answer,
    Figure,
    QuerySession,
    ResultColumn,
    ResultTable,
    cannot_tell,
    finding,
)
from phonoscope.findings.plots.trend import Panel, Point, over_years
from phonoscope.findings.shared.marks import NO_TRACKS, all_tracks, undated
from phonoscope.findings.shared.mean import mean_interval
from phonoscope.findings.shared.seconds import histogram_of, seconds, timed
from phonoscope.interval import Interval, median_ranks
from phonoscope.text import clock, counted, measured

FEWEST = 100
"""Tracks of a year from which its mean is drawn."""


@dataclass(frozen=True)
class _Mean:
    year: int
    tracks: int
    mean_s: float
    interval: Interval


@finding(
    name="lengths",
    title="Length of tracks",
    question="How long are the tracks, and did that change?",
    needs={"tracks": ("duration_ms", "release_year")},
)
def lengths(catalogue: QuerySession) -> Answer:
    """Average durations by year of release.

    Method
    ------
    Durations as the source states them, not as decoded; those of 0 and of more than ten hours
    are left out. The median is counted by whole second; means come from exact sums of
    milliseconds, their intervals from the spread of whole seconds.

    Caveats
    -------
    The year is that of the release: a song of 1960 on a compilation of 2010 counts for 2010. A
    mean moves with what is added, such as short tracks made for streams, or whole DJ sets.
    Every interval takes the catalogue as a sample; for the catalogue itself the mean is exact.
    """
    total = all_tracks(catalogue)
    if not total:
        return cannot_tell(NO_TRACKS)
    histogram = histogram_of(catalogue)
    count_s = sum(histogram.values())
    if not count_s:
        return cannot_tell("No track of this catalogue has a duration above 0.")
    years, mean = _years(catalogue)
    median = _ranked(histogram, (count_s + 1) // 2)
    drawn = [year for year in years if year.tracks >= FEWEST]
    rest = total - count_s
    return Answer(
        headline=_headline(median, mean, drawn),
        note=" ".join(
            filter(
                None,
                (
                    f"{counted(rest, 'track')} have no duration, one of 0, or more than ten hours."
                    if rest
                    else "",
                    undated(catalogue),
                ),
            )
        ),
        certainty=_certainty(mean, count_s),
        figures=(
            Figure("duration_median_s", median + 0.5, "s", _median_interval(histogram), count_s),
            Figure("duration_mean_s", mean.mean_s, "s", mean.interval, count_s),
            *(
                Figure(f"mean_duration_{y.year}_s", y.mean_s, "s", y.interval, y.tracks)
                for y in years
            ),
        ),
        chart=over_years([_panel(drawn)], alt=_alt(drawn)) if len(drawn) > 1 else None,
        tables=tuple(t for t in (_by_year(years), _by_minute(histogram, count_s)) if t.rows),
    )


def _years(catalogue: QuerySession) -> tuple[list[_Mean], _Mean]:
    """Return the means of years of release, and of all tracks."""
    known = timed(catalogue.cached(seconds))
    whole = known.tracks * known.second
    found = known.group_by("release_year").agg(
        tracks=known.tracks.sum(),
        duration_ms=known.duration_ms.sum(),
        whole_s=whole.sum(),
        squares_s2=(whole * known.second).sum(),
    )
    rows = found.order_by("release_year").to_pyarrow().to_pylist()
    names = ("tracks", "duration_ms", "whole_s", "squares_s2")
    years = [_mean(row) for row in rows if row["release_year"] is not None]
    return years, _mean({name: sum(row[name] for row in rows) for name in names})


def _mean(sums: Mapping[str, int]) -> _Mean:
    """Return the mean of exact milliseconds, its interval by the spread of whole seconds."""
    tracks = sums["tracks"]
    whole, ends = mean_interval(sums["whole_s"], sums["squares_s2"], tracks)
    mean = sums["duration_ms"] / 1000 / tracks
    interval = Interval(*(mean + end - whole for end in ends))
    return _Mean(sums.get("release_year", 0), tracks, mean, interval)


def _ranked(histogram: Mapping[int, int], rank: int) -> int:
    seen = 0
    for second, n in histogram.items():
        seen += n
        if seen >= rank:
            return second
    raise IndexError(rank)


def _median_interval(histogram: Mapping[int, int]) -> Interval | None:
    total = sum(histogram.values())
    ranks = median_ranks(total)
    if ranks is None:
        return None
    return Interval(*(_ranked(histogram, rank) + 0.5 for rank in ranks))


def _headline(median: int, mean: _Mean, drawn: list[_Mean]) -> str:
    told = f"The middle track lasts {clock(median)}, the mean is {clock(mean.mean_s)}"
    if len(drawn) < 2:
        return f"{told}."
    first, last = drawn[0], drawn[-1]
    return (
        f"{told}; tracks of {first.year} last {clock(first.mean_s)} on average, those of "
        f"{last.year} {clock(last.mean_s)}."
    )


def _certainty(mean: _Mean, timed: int) -> str:
    low, high = (measured(end, "s", 1) for end in mean.interval)
    return (
        f"Exact for the {counted(timed, 'duration')} of this catalogue. If it is a sample of "
        f"something larger, the mean there lies between {low} and {high} (95% interval)."
    )


def _panel(drawn: list[_Mean]) -> Panel:
    points = [
        Point(
            y.year,
            y.mean_s,
            *y.interval,
            f"{y.year}: {clock(y.mean_s)} on average, {counted(y.tracks, 'track')}",
        )
        for y in drawn
    ]
    return Panel("mean duration, s", points, ",d")


def _alt(drawn: list[_Mean]) -> str:
    return (
        f"Mean duration by year of release, from {clock(drawn[0].mean_s)} in {drawn[0].year} to "
        f"{clock(drawn[-1].mean_s)} in {drawn[-1].year}."
    )


def _by_year(years: list[_Mean]) -> ResultTable:
    columns = (
        ResultColumn("year", "Year of release", "text"),
        ResultColumn("tracks", "Tracks"),
        ResultColumn("mean_s", "Mean duration, s", "decimal"),
        ResultColumn("low", "At least", "decimal", on_page=False),
        ResultColumn("high", "At most", "decimal", on_page=False),
    )
    rows = tuple((str(y.year), y.tracks, y.mean_s, *y.interval) for y in years)
    return ResultTable("mean_duration_by_year", "Mean duration by year of release", columns, rows)


def _by_minute(histogram: Mapping[int, int], timed: int) -> ResultTable:
    minutes: dict[int, int] = {}
    for second, n in histogram.items():
        minute = min(second // 60, 10)
        minutes[minute] = minutes.get(minute, 0) + n
    columns = (
        ResultColumn("minutes", "Minutes", "text"),
        ResultColumn("tracks", "Tracks"),
        ResultColumn("share", "Share", "share"),
    )
    rows = tuple(
        ("10 or more" if minute == 10 else f"{minute} to {minute + 1}", n, n / timed)
        for minute, n in sorted(minutes.items())
    )
    return ResultTable("duration_by_minute", "Tracks by whole minute", columns, rows)

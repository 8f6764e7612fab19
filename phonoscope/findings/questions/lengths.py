"""How long tracks are according to their metadata, and how that changed over the years."""

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
from phonoscope.messages import Message, gettext, ngettext, sentences
from phonoscope.text import clock, measured

FEWEST = 100
"""Tracks of a year from which its mean is drawn."""
LAST_MINUTE = 10
"""Minutes from which durations share a row."""


@dataclass(frozen=True)
class _Mean:
    year: int
    tracks: int
    mean_s: float
    interval: Interval


@finding(
    name="lengths",
    title="Length of tracks",
    question="How long are the tracks, and has that changed?",
    needs={"tracks": ("duration_ms", "release_year")},
)
def lengths(catalogue: QuerySession) -> Answer:
    """Average durations by release year.

    Method
    ------
    These are the durations that the source states, not those of decoded sound. Durations of 0
    and of more than ten hours are left out. The median is counted by whole second. Means come
    from exact sums of milliseconds, and their intervals from the spread of whole seconds.

    Caveats
    -------
    The year is that of the release: a song from 1960 on a compilation from 2010 counts for 2010.
    A mean moves when certain kinds are added, such as short tracks made for streaming, or whole
    DJ sets. Every interval treats the catalogue as a sample; for the catalogue itself the mean is
    exact.
    """
    total = all_tracks(catalogue)
    if not total:
        return cannot_tell(NO_TRACKS)
    histogram = histogram_of(catalogue)
    count_s = sum(histogram.values())
    if not count_s:
        return cannot_tell(
            gettext("No track of this catalogue has a duration above 0."), "no-values"
        )
    years, mean = _years(catalogue)
    median = _ranked(histogram, (count_s + 1) // 2)
    drawn = [year for year in years if year.tracks >= FEWEST]
    rest = total - count_s
    return Answer(
        headline=_headline(median, mean, drawn),
        note=sentences(_left_out(rest) if rest else "", undated(catalogue)),
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
    """Return the means of release years, and of all tracks."""
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


def _left_out(tracks: int) -> Message:
    return ngettext(
        "{n} track is left out: its duration is missing, 0 or more than ten hours.",
        "{n} tracks are left out: their duration is missing, 0 or more than ten hours.",
        tracks,
    )


def _headline(median: int, mean: _Mean, drawn: list[_Mean]) -> Message:
    low, high = _ends(mean.interval)
    words = {"mean": clock(mean.mean_s), "low": low, "high": high, "median": clock(median)}
    if len(drawn) < 2:
        return ngettext(
            "{n} track lasts {mean}.",
            "{n} tracks last {mean} on average (95% interval {low} to {high}); the median is "
            "{median}.",
            mean.tracks,
            **words,
        )
    first, last = drawn[0], drawn[-1]
    return gettext(
        "{n} tracks last {mean} on average (95% interval {low} to {high}), with a median of "
        "{median}; the average went from {from} in {first} to {to} in {last}.",
        n=mean.tracks,
        first=str(first.year),
        last=str(last.year),
        **words,
        **{"from": clock(first.mean_s), "to": clock(last.mean_s)},
    )


def _ends(interval: Interval) -> tuple[str, str]:
    """Return the ends of an interval as on a player, or in tenths where those are the same."""
    low, high = (clock(end) for end in interval)
    if low != high:
        return low, high
    return measured(interval.low, "s", 1), measured(interval.high, "s", 1)


def _certainty(mean: _Mean, timed: int) -> str:
    exact = gettext(
        "The mean and the median are exact for this catalogue (n\u00a0=\u00a0{n}).", n=timed
    )
    low, high = (measured(end, "s", 1) for end in mean.interval)
    sample = gettext(
        "If it is a sample of a larger collection, the mean there is {low} to {high} (95% "
        "interval).",
        low=low,
        high=high,
    )
    return sentences(exact, sample if timed > 1 else "")


def _panel(drawn: list[_Mean]) -> Panel:
    points = [
        Point(
            y.year,
            y.mean_s,
            *y.interval,
            ngettext(
                "{year}: {mean} on average, {n} track",
                "{year}: {mean} on average, {n} tracks",
                y.tracks,
                year=str(y.year),
                mean=clock(y.mean_s),
            ),
        )
        for y in drawn
    ]
    return Panel(gettext("Mean duration, s"), points, ",d")


def _alt(drawn: list[_Mean]) -> Message:
    first, last = drawn[0], drawn[-1]
    return gettext(
        "Mean duration by release year: {from} in {first}, {to} in {last}.",
        **{
            "from": clock(first.mean_s),
            "first": str(first.year),
            "to": clock(last.mean_s),
            "last": str(last.year),
        },
    )


def _by_year(years: list[_Mean]) -> ResultTable:
    columns = (
        ResultColumn("year", gettext("Release year"), "text"),
        ResultColumn("tracks", gettext("Tracks")),
        ResultColumn("mean_s", gettext("Mean duration, s"), "decimal"),
        ResultColumn("low", gettext("At least"), "decimal", on_page=False),
        ResultColumn("high", gettext("At most"), "decimal", on_page=False),
    )
    rows = tuple((str(y.year), y.tracks, y.mean_s, *y.interval) for y in years)
    return ResultTable(
        "mean_duration_by_year", gettext("Mean duration by release year"), columns, rows
    )


def _by_minute(histogram: Mapping[int, int], timed: int) -> ResultTable:
    minutes: dict[int, int] = {}
    for second, n in histogram.items():
        minute = min(second // 60, LAST_MINUTE)
        minutes[minute] = minutes.get(minute, 0) + n
    columns = (
        ResultColumn("minutes", gettext("Minutes"), "text"),
        ResultColumn("tracks", gettext("Tracks")),
        ResultColumn("share", gettext("Share"), "share"),
    )
    rows = tuple(
        (
            gettext("{low} or more", low=minute)
            if minute == LAST_MINUTE
            else gettext("{low} to {high}", low=minute, high=minute + 1),
            n,
            n / timed,
        )
        for minute, n in sorted(minutes.items())
    )
    return ResultTable("duration_by_minute", gettext("Tracks by whole minute"), columns, rows)

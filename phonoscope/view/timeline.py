"""The stretches of a recording over time: columns to draw, a table, and a sentence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise

from phonoscope.detector.generated import Segment
from phonoscope.text import clock, count, counted, measured
from phonoscope.view.verdict import likelihood

MOST_COLUMNS = 360
"""More would be thinner than two pixels, and no finger could meet one."""
EVEN = 0.5
"""From here on a stretch is more likely a generator's than not."""
_LEAST_WIDTH = 0.05
"""Percent; even a stretch of no length can be seen."""


@dataclass(frozen=True)
class TimelineColumn:
    """One column of the timeline: a stretch, or several that stand for their highest."""

    highest: Segment
    start_s: float
    end_s: float
    count: int
    left: float
    """Percent of the timeline's width."""
    width: float

    @property
    def is_high(self) -> bool:
        """Whether it is more likely a generator's than not."""
        return self.highest.p_generated >= EVEN

    @property
    def height(self) -> float:
        """Percent of the timeline's height; what was weighed never vanishes."""
        return round(max(2.0, 100 * min(self.highest.p_generated, 1.0)), 2)

    @property
    def time(self) -> str:
        """From when to when, in words."""
        return f"{moment(self.start_s)} to {moment(self.end_s)}"

    @property
    def says(self) -> str:
        """What it shows, in words."""
        p = likelihood(self.highest.p_generated)
        if self.count == 1:
            return f"{self.time}: {p}"
        return f"{self.time}: at most {p}, at {moment(self.highest.start_s)}"


@dataclass(frozen=True)
class Timeline:
    """All columns in order, and what they show in words."""

    columns: tuple[TimelineColumn, ...]
    stretches: int
    """How many stretches there are in all."""
    says: str

    @property
    def is_thinned(self) -> bool:
        """Whether a column stands for several stretches."""
        return self.stretches > len(self.columns)


def timeline_of(segments: Sequence[Segment], duration_s: float | None) -> Timeline | None:
    """Lay out stretches over time; ``None`` when there are none.

    Parameters
    ----------
    segments
        Stretches weighed on their own.
    duration_s
        Duration of the recording, s, which is the width of the spectrogram too.
    """
    ordered = sorted(segments, key=lambda s: s.start_s)
    if not ordered:
        return None
    total_s = duration_s or max(s.end_s for s in ordered)
    runs = _thinned(ordered, total_s)
    # A stretch may reach into the next one; it is drawn up to there.
    ends = [min(max(s.end_s for s in run), after[0].start_s) for run, after in pairwise(runs)]
    ends.append(max(s.end_s for s in runs[-1]))
    columns = tuple(_column(run, end, total_s) for run, end in zip(runs, ends, strict=True))
    return Timeline(columns, len(ordered), _in_words(ordered))


def _thinned(ordered: list[Segment], total_s: float) -> list[list[Segment]]:
    if len(ordered) <= MOST_COLUMNS:
        return [[segment] for segment in ordered]

    def bin_of(segment: Segment) -> int:
        return min(MOST_COLUMNS - 1, int(MOST_COLUMNS * segment.start_s / total_s))

    return [list(run) for _, run in groupby(ordered, key=bin_of)]


def _column(run: list[Segment], end_s: float, total_s: float) -> TimelineColumn:
    start_s = run[0].start_s
    left = min(100.0, 100 * max(0.0, start_s) / total_s)
    right = min(100.0, 100 * end_s / total_s)
    return TimelineColumn(
        highest=max(run, key=lambda s: s.p_generated),
        start_s=start_s,
        end_s=min(end_s, total_s),
        count=len(run),
        left=round(left, 3),
        width=round(max(_LEAST_WIDTH, right - left), 3),
    )


def _in_words(ordered: Sequence[Segment]) -> str:
    highest = max(ordered, key=lambda s: s.p_generated)
    high = sum(s.p_generated >= EVEN for s in ordered)
    lengths = sorted(s.end_s - s.start_s for s in ordered)
    typical = measured(lengths[len(lengths) // 2], "s")
    where = f"{moment(highest.start_s)} to {moment(highest.end_s)}"
    if len(ordered) == 1:
        return f"One stretch, {where}: {likelihood(highest.p_generated)}."
    few = "none" if high == 0 else "all" if high == len(ordered) else count(high)
    return (
        f"{counted(len(ordered), 'stretch', 'stretches')} of about {typical}; {few} of them more "
        f"likely a generator\u2019s than not. The highest, {likelihood(highest.p_generated)}, is "
        f"{where}."
    )


def moment(seconds: float) -> str:
    """Return a place in time as on a player; never with a decimal as a duration may have."""
    return clock(seconds) if seconds >= 10 else f"0:{seconds:02.0f}"

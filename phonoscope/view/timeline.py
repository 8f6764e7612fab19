"""The segments of a recording over time: columns to draw, a table, and a sentence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise

from phonoscope.detector.generated import Segment
from phonoscope.messages import Localised, gettext, ngettext, sentences
from phonoscope.text import measured, position
from phonoscope.view.verdict import likelihood

MOST_COLUMNS = 360
"""More would be thinner than two pixels, too thin to touch."""
EVEN = 0.5
"""From here on a segment is more likely generated than not."""
_LEAST_WIDTH = 0.05
"""Percent, so that even a segment of no length is visible."""


@dataclass(frozen=True)
class TimelineColumn:
    """One column of the timeline: a segment, or the highest of several."""

    highest: Segment
    start_s: float
    end_s: float
    count: int
    left: float
    """Percent of the timeline's width."""
    width: float

    @property
    def is_high(self) -> bool:
        """Whether it is more likely generated than not."""
        return self.highest.p_generated >= EVEN

    @property
    def height(self) -> float:
        """Percent of the timeline's height; never 0, so that every scored segment is visible."""
        return round(max(2.0, 100 * min(self.highest.p_generated, 1.0)), 2)

    @property
    def time(self) -> Localised:
        """From when to when, in words."""
        return span(self.start_s, self.end_s)

    @property
    def says(self) -> Localised:
        """What it shows, in words."""
        p = likelihood(self.highest.p_generated)
        if self.count == 1:
            return gettext("{time}: {probability}", time=self.time, probability=p)
        return gettext(
            "{time}: up to {probability}, at {place}",
            time=self.time,
            probability=p,
            place=position(self.highest.start_s),
        )


@dataclass(frozen=True)
class Timeline:
    """All columns in order, and what they show in words."""

    columns: tuple[TimelineColumn, ...]
    stretches: int
    """How many segments there are in all."""
    says: Localised

    @property
    def is_thinned(self) -> bool:
        """Whether a column shows several segments."""
        return self.stretches > len(self.columns)


def timeline_of(segments: Sequence[Segment], duration_s: float | None) -> Timeline | None:
    """Lay out segments over time; ``None`` if there are none.

    Parameters
    ----------
    segments
        Segments that were scored on their own.
    duration_s
        Duration of the recording, s, which is the width of the spectrogram too.
    """
    ordered = sorted(segments, key=lambda s: s.start_s)
    if not ordered:
        return None
    total_s = duration_s or max(s.end_s for s in ordered)
    runs = _thinned(ordered, total_s)
    # A segment may overlap the next one; it is drawn up to there.
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


def _in_words(ordered: Sequence[Segment]) -> Localised:
    highest = max(ordered, key=lambda s: s.p_generated)
    p, where = likelihood(highest.p_generated), span(highest.start_s, highest.end_s)
    if len(ordered) == 1:
        return gettext("One segment, {time}: {probability}.", time=where, probability=p)
    lengths = sorted(s.end_s - s.start_s for s in ordered)
    return sentences(
        ngettext(
            "{n} segment of about {length}.",
            "{n} segments of about {length}.",
            len(ordered),
            length=measured(lengths[len(lengths) // 2], "s"),
        ),
        _how_many_high(sum(s.p_generated >= EVEN for s in ordered), len(ordered)),
        gettext("The highest, {probability}, is {time}.", probability=p, time=where),
    )


def _how_many_high(high: int, total: int) -> Localised:
    if high == 0:
        return gettext("None is more likely generated than not.")
    if high == total:
        return gettext("All are more likely generated than not.")
    return ngettext(
        "{n} is more likely generated than not.", "{n} are more likely generated than not.", high
    )


def span(start_s: float, end_s: float) -> Localised:
    """Return a part of a recording as on a player.

    >>> span(4.0, 92.0)
    '0:04 to 1:32'
    """
    return gettext("{start} to {end}", start=position(start_s), end=position(end_s))

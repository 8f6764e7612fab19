"""Where the score of a recording changes: stretches that differ significantly.

A recording that a generator made only in part has a stretch that scores higher than the rest. The
search is circular binary segmentation (Olshen, Venkatraman, Lucito & Wigler 2004, *Circular binary
segmentation for the analysis of array-based DNA copy number data*, Biostatistics 5): of all pairs
of change points, the pair is taken whose inside differs most from its outside by a t statistic, and
all parts are searched again.

Windows overlap, so their scores are correlated: with ``overlap`` segments a window, the mean of n
scores has the variance of the mean of n / ``overlap`` independent ones, and windows across a change
belong to neither side. On 80 recordings the scores had no other correlation. Every p-value is
corrected for the number of places where a change could have been found, and for the number of
parts that were searched (Bonferroni).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from phonoscope.detector.generated import Stretch

SIGNIFICANT = 0.05
"""Largest corrected p-value of a change."""
LEAST_S = 15.0
"""Least sounding time of a stretch."""
MOST_PLACES = 256
"""Most places of a change that are tried; a longer recording is tried at every second place, or
fewer. It bounds the time to a few hundredths of a second for each change."""
MOST_SEARCHED = 64
"""Most parts that are searched."""
_Values = NDArray[np.float64]
_Places = int | NDArray[np.intp]


def stretches_of(
    scores: ArrayLike,
    spans: Sequence[tuple[float, float]],
    frames: ArrayLike,
    null_p: Callable[[float], float],
    *,
    overlap: int = 3,
) -> tuple[Stretch, ...]:
    """Divide a recording where its score changes significantly.

    Parameters
    ----------
    scores : array_like, shape (n,)
        Log odds of each window, in order. Window k covers the segments k to k + ``overlap`` - 1.
    spans
        Start and end of each window's middle segment, s, in order; the first and the last reach to
        the ends of the recording.
    frames : array_like, shape (n,)
        Sounding spectra of each window, 0 or more. The score of a window with few of them counts
        less, in proportion to the most; at 0, or where its score isn't finite, it is ignored.
    null_p
        p-value against human music of a mean score, 0 to 1.
    overlap
        Segments of a window, an odd number.

    Returns
    -------
    tuple of Stretch
        Two or more, in order, without gaps; none if the score doesn't change significantly.
        :attr:`Stretch.p_value` is that of the stretch's mean score, and ``called`` isn't decided.

    Raises
    ------
    ValueError
        When the arguments have different lengths, or ``overlap`` is even.

    Examples
    --------
    >>> spans = [(5.0 * k, 5.0 * k + 5.0) for k in range(40)]
    >>> scores = np.where(np.arange(40) < 20, -3.0, 5.0) + 0.3 * np.cos(np.arange(40.0) ** 2)
    >>> halves = stretches_of(scores, spans, np.full(40, 80), lambda score: 0.5 ** (score + 3))
    >>> [(s.start_s, s.end_s) for s in halves]
    [(0.0, 100.0), (100.0, 200.0)]
    """
    values, weights = _weighted(scores, frames)
    if len(spans) != values.size or overlap % 2 == 0:
        raise ValueError("scores, spans and frames have one length, and overlap is odd")
    if not weights.any():
        return ()
    course = _Course.of(values, weights, spans, overlap)
    changes = _changes(course)
    if not changes:
        return ()
    ends = [0, *sorted(changes), course.segments]
    times = [spans[0][0], *(spans[at - overlap // 2][0] for at in ends[1:-1]), spans[-1][1]]
    return tuple(
        Stretch(
            times[i],
            times[i + 1],
            null_p(course.mean(ends[i], ends[i + 1])),
            changes.get(ends[i]),
        )
        for i in range(len(ends) - 1)
    )


def _weighted(scores: ArrayLike, frames: ArrayLike) -> tuple[_Values, _Values]:
    values, weights = np.array(scores, np.float64), np.array(frames, np.float64)
    if values.ndim != 1 or values.shape != weights.shape:
        raise ValueError("scores, spans and frames have one length, and overlap is odd")
    weights = np.where(np.isfinite(values) & np.isfinite(weights), np.maximum(weights, 0.0), 0.0)
    return np.where(weights > 0, values, 0.0), weights / max(weights.max(initial=0.0), 1e-9)


class _Sums(NamedTuple):
    """Weights, weighted scores and weighted squares of some windows, added up."""

    weight: _Values
    score: _Values
    square: _Values

    def plus(self, other: _Sums) -> _Sums:
        return _Sums(
            self.weight + other.weight, self.score + other.score, self.square + other.square
        )

    @property
    def spread(self) -> _Values:
        """Weighted sum of squares around the mean."""
        squares = self.square - self.score**2 / np.maximum(self.weight, 1e-9)
        return np.asarray(np.maximum(squares, 0.0))

    @property
    def mean(self) -> _Values:
        return np.asarray(self.score / np.maximum(self.weight, 1e-9))


@dataclass(frozen=True, eq=False)
class _Course:
    """Scores as running sums, so that any part's mean takes constant time.

    Parts are given by their first segment and the one after their last; only windows that lie
    inside count.
    """

    sums: NDArray[np.float64]
    """Running sums of weight, weighted score and weighted square, shape (3, windows + 1)."""
    seconds: _Values
    """Running sounding time before each segment, s, shape (segments + 1,)."""
    overlap: int

    @classmethod
    def of(
        cls, values: _Values, weights: _Values, spans: Sequence[tuple[float, float]], overlap: int
    ) -> _Course:
        """Add up."""
        terms = np.stack([weights, weights * values, weights * values**2])
        half, lengths = overlap // 2, np.array([end - start for start, end in spans])
        # The first and the last span hold the segments before and after the middle ones.
        sounding = np.concatenate([np.zeros(half), weights * lengths, np.zeros(half)])
        return cls(
            np.pad(np.cumsum(terms, axis=1), ((0, 0), (1, 0))),
            np.concatenate([[0.0], np.cumsum(sounding)]),
            overlap,
        )

    @property
    def segments(self) -> int:
        return self.seconds.size - 1

    def inside(self, start: _Places, end: _Places) -> _Sums:
        """Return the sums over windows inside parts; 0 for a part shorter than a window."""
        first, stop = np.broadcast_arrays(start, np.asarray(end) - self.overlap + 1)
        first = np.minimum(first, self.sums.shape[1] - 1)
        stop = np.maximum(stop, first)
        return _Sums(*(self.sums[:, stop] - self.sums[:, first]))

    def mean(self, start: int, end: int) -> float:
        """Return the mean score of a part."""
        return float(self.inside(start, end).mean)

    def most_different(self, start: int, end: int) -> _Part | None:
        """Return the part of a part that differs most; ``None`` where nothing can be compared."""
        step = -(-(end - start) // MOST_PLACES)
        places = np.unique([*range(start, end, step), end])
        first, last = np.triu_indices(places.size, 1)
        left, right = places[first], places[last]
        mine = self._seconds(left, right)
        before, after = self._seconds(start, left), self._seconds(right, end)
        # Either side of each change is long enough; outside of the recording there is none.
        comparable = (mine >= LEAST_S) & (before + after >= LEAST_S)
        comparable &= (left == start) | (before >= LEAST_S)
        comparable &= (right == end) | (after >= LEAST_S)
        left, right = left[comparable], right[comparable]
        inside = self.inside(left, right)
        outside = self.inside(start, left).plus(self.inside(right, end))
        t, freedom = self._t(inside, outside)
        if not t.size or t.max() <= 0.0:
            return None
        best = int(t.argmax())
        p_value = _two_sided(float(t[best]), float(freedom[best])) * self._places(start, end)
        return _Part(int(left[best]), int(right[best]), start, end, min(1.0, p_value))

    def _seconds(self, start: _Places, end: _Places) -> _Values:
        return np.asarray(self.seconds[end] - self.seconds[start])

    def _places(self, start: int, end: int) -> float:
        """Return how many independent pairs of change points a part has."""
        independent = float(self.inside(start, end).weight) / self.overlap
        return max(1.0, independent * (independent - 1) / 2)

    def _t(self, one: _Sums, other: _Sums) -> tuple[_Values, _Values]:
        """Return t statistics of differences of means, and degrees of freedom; 0 for too few."""
        weight, spread = one.weight + other.weight, one.spread + other.spread
        freedom = weight / self.overlap - 2
        known = (freedom >= 1) & (one.weight > 0) & (other.weight > 0)
        variance = spread / np.maximum(freedom, 1.0)
        error = variance * (1 / np.maximum(one.weight, 1e-9) + 1 / np.maximum(other.weight, 1e-9))
        t = np.abs(one.mean - other.mean) / np.sqrt(np.maximum(error, 1e-12))
        return np.where(known, t, 0.0), freedom


class _Part(NamedTuple):
    """A part that differs from the rest of the part that was searched."""

    start: int
    end: int
    searched_start: int
    searched_end: int
    p_value: float
    """Corrected for the places where it could have been found."""


def _two_sided(t: float, freedom: float) -> float:
    from scipy.special import stdtr  # noqa: PLC0415  (most recordings are too short to need it)

    return float(2 * stdtr(freedom, -t))


def _changes(course: _Course) -> dict[int, float]:
    """Return the segments at which a stretch begins, with the corrected p-values."""
    found: list[_Part] = []
    waiting, searched = [(0, course.segments)], 0
    while waiting and searched < MOST_SEARCHED:
        start, end = waiting.pop(0)
        part = course.most_different(start, end)
        if part is None:
            continue
        searched += 1
        if part.p_value <= SIGNIFICANT:
            found.append(part)
            cut = sorted({start, part.start, part.end, end})
            waiting += list(pairwise(cut))
    changes: dict[int, float] = {}
    known = {0, course.segments}
    for part in found:
        # What was found inside of a part that isn't one isn't one, either.
        inside = {part.searched_start, part.searched_end} <= known
        p_value = min(1.0, part.p_value * searched)
        if inside and p_value <= SIGNIFICANT:
            for at in {part.start, part.end} - known:
                changes[at] = p_value
            known |= {part.start, part.end}
    return changes

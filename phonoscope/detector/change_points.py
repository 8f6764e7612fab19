"""Where the score of a recording changes: stretches that differ significantly.

A recording that a generator made only in part has a stretch that scores higher than the rest. The
search is circular binary segmentation (Olshen, Venkatraman, Lucito & Wigler 2004, *Circular binary
segmentation for the analysis of array-based DNA copy number data*, Biostatistics 5): of all pairs
of change points, the pair is taken whose inside differs most from its outside by a t statistic, and
all parts are searched again.

Windows overlap, so their scores are correlated: with ``overlap`` segments a window, the mean of n
scores has the variance of the mean of n / ``overlap`` independent ones, and windows across a change
belong to neither side. On 80 recordings the scores had no other correlation. The variance comes
from the deviations around both means, or, if that is smaller, from differences of windows that
share no segment (von Neumann 1941): further changes enlarge the first one much more. Every p-value
is corrected for the number of places where a change could have been found, and for the number of
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
_LEAST = 1e-9
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
    >>> segments = np.where(np.arange(42) < 21, -3.0, 5.0) + 0.3 * np.cos(np.arange(42.0) ** 2)
    >>> scores = np.convolve(segments, np.ones(3) / 3, "valid")
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
            float(times[i]),
            float(times[i + 1]),
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


class _Part(NamedTuple):
    """A part that differs from the rest of the part that was searched."""

    start: int
    end: int
    searched_start: int
    searched_end: int
    p_value: float
    """Corrected for the places where it could have been found."""


class _Best(NamedTuple):
    """The part with the smallest p-value, before any correction."""

    p_value: float
    start: int
    end: int


@dataclass(frozen=True, eq=False)
class _Course:
    """Scores as running sums, so that any part's mean and spread take constant time.

    Parts are given by their first segment and the one after their last; only windows that lie
    inside count.
    """

    sums: _Values
    """Running sums of :func:`_terms`, shape (5, windows + 1)."""
    seconds: _Values
    """Running sounding time before each segment, s, shape (segments + 1,)."""
    overlap: int

    @classmethod
    def of(
        cls, values: _Values, weights: _Values, spans: Sequence[tuple[float, float]], overlap: int
    ) -> _Course:
        """Add up."""
        half, lengths = overlap // 2, np.array([end - start for start, end in spans])
        # The first and the last span hold the segments before and after the middle ones.
        sounding = np.concatenate([np.zeros(half), weights * lengths, np.zeros(half)])
        return cls(
            np.pad(np.cumsum(_terms(values, weights, overlap), axis=1), ((0, 0), (1, 0))),
            np.concatenate([[0.0], np.cumsum(sounding)]),
            overlap,
        )

    @property
    def segments(self) -> int:
        return self.seconds.size - 1

    def inside(self, start: _Places, end: _Places) -> _Values:
        """Return the sums over parts, shape (5, ...); 0 for a part that is shorter than a window.

        A difference lies inside where both of its windows do.
        """
        first, stop = np.broadcast_arrays(start, np.asarray(end) - self.overlap + 1)
        first = np.minimum(first, self.sums.shape[1] - 1)
        own, differences = np.maximum(stop, first), np.maximum(stop - self.overlap, first)
        return np.concatenate([
            self.sums[:3, own] - self.sums[:3, first],
            self.sums[3:, differences] - self.sums[3:, first],
        ])  # fmt: skip

    def mean(self, start: int, end: int) -> float:
        """Return the mean score of a part."""
        weight, score, *_ = self.inside(start, end)
        return float(score / np.maximum(weight, _LEAST))

    def most_different(self, start: int, end: int) -> _Part | None:
        """Return the part of a part that differs most; ``None`` where nothing can be compared."""
        step = -(-(end - start) // MOST_PLACES)
        places = np.unique([*range(start, end, step), end])
        first, last = np.triu_indices(places.size, 1)
        best = self._best(start, end, places[first], places[last])
        if best is not None and step > 1:
            near = np.arange(-step, step + 1)
            lefts, rights = (
                np.clip(at + (near if start < at < end else near[:1] * 0), start, end)
                for at in best[1:]
            )
            left, right = np.meshgrid(lefts, rights)
            best = self._best(start, end, left.ravel(), right.ravel())
        if best is None:
            return None
        p_value = min(1.0, best.p_value * self._places(start, end))
        return _Part(best.start, best.end, start, end, p_value)

    def _best(
        self, start: int, end: int, left: NDArray[np.intp], right: NDArray[np.intp]
    ) -> _Best | None:
        mine = self._seconds(left, right)
        before, after = self._seconds(start, left), self._seconds(right, end)
        # Either side of each change is long enough; outside of the recording there is none.
        comparable = (mine >= LEAST_S) & (before + after >= LEAST_S)
        comparable &= (left == start) | (before >= LEAST_S)
        comparable &= (right == end) | (after >= LEAST_S)
        left, right = left[comparable], right[comparable]
        if not left.size:
            return None
        one = self.inside(left, right)
        other = self.inside(start, left) + self.inside(right, end)
        weight, other_weight = np.maximum(one[0], _LEAST), np.maximum(other[0], _LEAST)
        difference = np.abs(one[1] / weight - other[1] / other_weight)
        known = (one[0] > 0) & (other[0] > 0)
        found = []
        for variance, freedom in (
            self._by_deviations(one, other),
            self._by_differences(one, other),
        ):
            error = variance * self.overlap * (1 / weight + 1 / other_weight)
            t = np.where(known & (freedom >= 1), difference / np.sqrt(error + _LEAST**2), 0.0)
            at = int(t.argmax())
            if t[at] > 0:
                # Two variances were tried.
                p_value = 2 * _two_sided(float(t[at]), float(freedom[at]))
                found.append(_Best(p_value, int(left[at]), int(right[at])))
        return min(found, default=None)

    def _by_deviations(self, one: _Values, other: _Values) -> tuple[_Values, _Values]:
        """Return the variance of a window's score around both means, and its freedom."""
        spread = sum(p[2] - p[1] ** 2 / np.maximum(p[0], _LEAST) for p in (one, other))
        freedom = (one[0] + other[0]) / self.overlap - 2
        return np.maximum(spread, 0.0) / self.overlap / np.maximum(freedom, 1.0), freedom

    def _by_differences(self, one: _Values, other: _Values) -> tuple[_Values, _Values]:
        """Return the variance from differences, which further changes enlarge less."""
        count = one[3] + other[3]
        freedom = 2 / 3 * count / self.overlap
        return (one[4] + other[4]) / np.maximum(count, _LEAST), freedom

    def _seconds(self, start: _Places, end: _Places) -> _Values:
        return np.asarray(self.seconds[end] - self.seconds[start])

    def _places(self, start: int, end: int) -> float:
        """Return how many independent pairs of change points a part has."""
        independent = float(self.inside(start, end)[0]) / self.overlap
        return max(1.0, independent * (independent - 1) / 2)


def _terms(values: _Values, weights: _Values, overlap: int) -> _Values:
    """Return weight, weighted score and square; weight and square of differences, shape (5, n).

    A difference is that of a window and the first one that shares no segment with it.
    """
    n = values.size
    own, other = weights[: max(0, n - overlap)], weights[overlap:]
    # The harmonic mean: 1 for two whole windows, 0 with a silent one.
    both = 2 * own * other / np.maximum(own + other, _LEAST)
    differences = (values[overlap:] - values[: own.size]) ** 2 / 2
    rows = np.zeros((5, n))
    rows[:3] = weights, weights * values, weights * values**2
    rows[3:, : own.size] = both, both * both * differences
    return rows


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

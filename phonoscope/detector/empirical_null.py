"""The null of one collection: how human recordings of that collection score.

A model ships with the scores of its own human recordings. In another collection, with other
encoders, studios and genres, human music scores differently, so the same threshold gives other
false alarms. Efron (2004, *Large-scale simultaneous hypothesis testing: the choice of a null
hypothesis*, JASA 99:96-104) estimates the null from the data at hand and calls it empirical. Here
it is made of recordings that are known to be human, so it needs no assumption on the others.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from phonoscope.interval import Interval

FEWEST = 50
"""Fewer known-human recordings than this say nothing about rare scores."""
ENOUGH = 200
"""With fewer than this, p-values are widened, and a group of recordings has no null of its own."""
LEAST_P = 1e-12
"""Smallest p-value: no tail is known that far out."""
_LEAST_SCALE = 0.05
"""Least scale of a tail, log odds; smaller ones are rounding of the stored probabilities."""
_WIDENED = 1.645
"""Standard errors by which the scale of a small null's tail is widened: the end of a 90% interval,
as in the nulls that a model ships (:class:`phonoscope.detector.calibration.Null`)."""
_RESAMPLES = 400

Scores = NDArray[np.float64]


def log_odds(p_generated: ArrayLike) -> Scores:
    """Return the scores behind calibrated probabilities, which are monotone in them.

    Parameters
    ----------
    p_generated
        Probabilities of one model, 0 to 1, any shape.

    Returns
    -------
    ndarray, float64
        Log odds, -40 to 40. Probabilities of 0 and 1 have those ends: the model clips there, too.

    Examples
    --------
    >>> [round(float(score), 3) for score in log_odds([0.0, 0.5, 0.9, 1.0])]
    [-40.0, 0.0, 2.197, 40.0]
    """
    p = np.asarray(p_generated, np.float64)
    with np.errstate(divide="ignore"):
        scores: Scores = np.clip(np.log(p) - np.log1p(-p), -40.0, 40.0)
    return scores


@dataclass(frozen=True, eq=False)
class EmpiricalNull:
    """Scores of known-human recordings, and the tail that continues where their counts end.

    A p-value is a conformal one, (1 + recordings with at least this score) / (1 + recordings),
    as far as recordings were counted (Vovk, Gammerman & Shafer 2005). In the top tenth, or
    twentieth of more than 800, it is an exponential through the last counted score, the limit law
    of thin tails (Pickands 1975), because a count of one or two says little. With fewer than
    :data:`ENOUGH` recordings, counts and tail are the upper ends of 90% intervals.

    Examples
    --------
    >>> null = EmpiricalNull.of(np.random.default_rng(1).exponential(size=1_000))
    >>> p_values = null.p_values([0.0, 1.0, 4.6, 9.2])
    >>> [float(f"{p:.1g}") for p in p_values]
    [1.0, 0.4, 0.01, 0.0003]
    """

    scores: Scores
    """Ascending, shape (n,)."""
    tail_start: float
    tail_scale: float
    """Mean distance beyond the start."""
    tail_share: float
    """p-value where the tail starts."""

    @classmethod
    def of(cls, scores: ArrayLike) -> EmpiricalNull:
        """Fit to scores of known-human recordings, one each, shape (n,); n is at least 50.

        Raises
        ------
        ValueError
            For fewer than :data:`FEWEST` scores, or one that isn't a number.
        """
        ordered = np.sort(np.asarray(scores, np.float64))
        if ordered.size < FEWEST or not np.isfinite(ordered).all():
            raise ValueError(f"a null needs {FEWEST} finite scores, not {ordered.size}")
        top = _tail_size(ordered.size)
        start = float(ordered[-top - 1])
        mean, n = (ordered[-top:] - start).mean(), ordered.size
        scale, share = _scale(mean, top, n), _lifted((1 + top) / (1 + n), n)
        return cls(ordered, start, float(scale), float(share))

    @property
    def widened(self) -> bool:
        """Whether p-values are upper limits, because the recordings are few."""
        return self.scores.size < ENOUGH

    @property
    def least_counted(self) -> float:
        """The smallest p-value that recordings were counted for; the tail continues below."""
        return 1 / (1 + self.scores.size)

    def p_values(self, scores: ArrayLike) -> Scores:
        """Return the share of known-human recordings with these scores or higher ones.

        Parameters
        ----------
        scores
            Scores of recordings that aren't in the null, any shape.

        Returns
        -------
        ndarray
            p-values, :data:`LEAST_P` to 1, same shape.
        """
        given = np.asarray(scores, np.float64)
        at_least = self.scores.size - np.searchsorted(self.scores, given, side="left")
        counted = _lifted((1 + at_least) / (1 + self.scores.size), self.scores.size)
        beyond = np.maximum(given - self.tail_start, 0.0)
        tail = self.tail_share * np.exp(-beyond / self.tail_scale)
        return np.clip(np.where(given >= self.tail_start, tail, counted), LEAST_P, 1.0)

    def leave_one_out(self) -> Scores:
        """Return the p-value of each recording of the null, judged by all others, shape (n,).

        In the order of :attr:`scores`. The same as fitting a null without each of them, in one
        pass.
        """
        falling = self.scores[::-1]
        rest = falling.size - 1
        top = _tail_size(rest)
        place = np.arange(falling.size)
        inside = place <= top  # without this one, the tail reaches one further down
        start = np.where(inside, falling[top + 1], falling[top])
        total = np.where(inside, falling[: top + 1].sum() - falling, falling[:top].sum())
        scale = _scale(total / top - start, top, falling.size)
        first_alike = falling.size - np.searchsorted(self.scores, falling, side="left")
        # It counts itself, which is the 1 of the formula.
        counted = _lifted(first_alike / (1 + rest), falling.size)
        beyond = np.maximum(falling - start, 0.0)
        tail = _lifted((1 + top) / (1 + rest), falling.size) * np.exp(-beyond / scale)
        p_values = np.clip(np.where(falling >= start, tail, counted), LEAST_P, 1.0)
        return p_values[::-1]

    def uncertainty(self, level: float = 0.01) -> Interval:
        """Return the 90% interval of the true false alarms where the p-value is ``level``.

        From 400 resamples of the recordings (Efron 1979, *Bootstrap methods*), with a fixed seed.
        It holds for recordings that don't depend on each other; those of one album do.

        Parameters
        ----------
        level
            A p-value as for :meth:`threshold`.
        """
        threshold = self.threshold(level)
        rng = np.random.default_rng(1)
        found = [
            float(EmpiricalNull.of(rng.choice(self.scores, self.scores.size)).p_values(threshold))
            for _ in range(_RESAMPLES)
        ]
        low, high = np.quantile(found, [0.05, 0.95])
        return Interval(float(low), float(high))

    def threshold(self, level: float) -> float:
        """Return the score whose p-value is ``level``, which is in the tail.

        Raises
        ------
        ValueError
            When the level isn't above 0 and at most :attr:`tail_share`.
        """
        if not 0.0 < level <= self.tail_share:
            raise ValueError(f"the tail has p-values from 0 to {self.tail_share:.3g}, not {level}")
        return self.tail_start + self.tail_scale * math.log(self.tail_share / level)


def _tail_size(recordings: int) -> int:
    """Return how many of the highest scores the tail is fitted to: a tenth, later a twentieth."""
    return max(10, min(math.ceil(recordings / 10), max(40, math.ceil(recordings / 20))))


def _scale(mean: ArrayLike, top: int, recordings: int) -> Scores:
    """Return the scale of a tail from the mean distance of its ``top`` scores."""
    widening = 1 + _WIDENED / math.sqrt(top) if recordings < ENOUGH else 1.0
    return np.maximum(np.asarray(mean, np.float64), _LEAST_SCALE) * widening


def _lifted(share: ArrayLike, recordings: int) -> Scores:
    """Return counted shares, of few recordings the upper ends of their 90% intervals."""
    p = np.asarray(share, np.float64)
    return p + _WIDENED * np.sqrt(p * (1 - p) / recordings) if recordings < ENOUGH else p

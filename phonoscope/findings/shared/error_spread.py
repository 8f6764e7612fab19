"""How often the detector errs, and how far that varies between groups of recordings.

Each family of generators is missed at its own rate, and each source of human music is flagged at
its own rate. A catalogue is another draw from this variety: its music comes from families and
sources that weren't in the trial. So what counts is the error rate of the next group, and not only
that of those seen.

The mean and the variance between groups are the estimates of DerSimonian & Laird (1986),
*Meta-analysis in clinical trials* (Controlled Clinical Trials 7:177-188). The limits for the next
group are those of Korn & Graubard (1998), *Confidence intervals for proportions with small expected
number of positive counts* (Survey Methodology 24:193-201): exact limits for as many independent
recordings as would vary that much, with a t-quantile for the number of groups.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from phonoscope.lazy import LazyModule

if TYPE_CHECKING:
    from scipy import special
else:
    special = LazyModule("scipy.special")

_ROUNDS = 20
"""Rounds until variance and weights agree; each round changes less than the one before."""

Array = NDArray[np.float64]


class Limits(NamedTuple):
    """Lower and upper limits of rates, 0 to 1."""

    low: Array
    high: Array


class ErrorSpread(NamedTuple):
    """Error rates at each edge; each array has shape (edges,)."""

    mean: Array
    """Mean over groups, 0 to 1."""
    between: Array
    """Variance of the true rate between groups."""
    of_mean: Array
    """Variance of the mean from the limited number of recordings."""
    seen: Array
    """Sum of the squared weights of the groups: one over how many groups the mean rests on."""
    groups: int
    recordings: int

    def of_next(self, tail: float) -> Limits:
        """Return limits of the rate of a group that wasn't seen.

        Parameters
        ----------
        tail
            Probability beyond each limit.
        """
        more = self._few_groups(tail) * self.between * (1.0 + self.seen)
        return self._limits(more + self.of_mean, tail)

    def of_all(self, tail: float) -> Limits:
        """Return limits of the mean, for music that is a mix of just these groups."""
        more = self._few_groups(tail) * self.between * self.seen
        return self._limits(more + self.of_mean, tail)

    def with_spread_of(self, other: ErrorSpread) -> ErrorSpread:
        """Return these rates with the relative spread of another trial."""
        relative = other.between / np.maximum(other.mean, 0.5 / other.recordings) ** 2
        return self._replace(
            between=relative * self.mean**2, seen=0.0 * self.seen, groups=other.groups
        )

    def _few_groups(self, tail: float) -> float:
        """Return by how much a variance from few groups is raised for its limits."""
        if self.groups < 2:
            return 1.0
        return float((special.stdtrit(self.groups - 1, tail) / special.ndtri(tail)) ** 2)

    def _limits(self, variance: Array, tail: float) -> Limits:
        least = 0.5 / (self.recordings + 1.0)
        mean = np.clip(self.mean, least, 1.0 - least)
        as_many = np.minimum(mean * (1.0 - mean) / variance, self.recordings)
        return exact(self.mean * as_many, as_many, tail)


def exact(hits: ArrayLike, total: ArrayLike, tail: float) -> Limits:
    """Return the limits of a counted share by Clopper & Pearson (1934).

    Parameters
    ----------
    hits, total
        Counts, which need not be whole; 0 <= hits <= total and 0 < total.
    tail
        Probability beyond each limit.
    """
    hits = np.asarray(hits, np.float64)
    misses = np.asarray(total, np.float64) - hits
    some, rest = hits > 0.0, misses > 0.0
    # If one of the two counts is 0, the limit is the end of the scale.
    low = np.where(some, special.betaincinv(np.where(some, hits, 1.0), misses + 1.0, tail), 0.0)
    high = np.where(
        rest, special.betaincinv(hits + 1.0, np.where(rest, misses, 1.0), 1.0 - tail), 1.0
    )
    return Limits(low, high)


def error_spread(counts: NDArray[np.int64]) -> ErrorSpread | None:
    """Return how far error rates vary.

    The relative spread of an edge is taken to be at least that of the next, where more errors are
    counted: far in the tail, few errors can hide how much groups differ.

    Parameters
    ----------
    counts
        Recordings, shape (groups, edges + 1), with the worst errors first: of human music those
        with the lowest p-values, of machine-made music those with the highest.

    Returns
    -------
    ErrorSpread or None
        For each edge the rate of recordings in the columns before it; ``None`` without recordings.
    """
    counts = counts[counts.sum(axis=1) > 0]
    if not len(counts):
        return None
    sizes = counts.sum(axis=1, keepdims=True).astype(np.float64)
    rates = counts.cumsum(axis=1)[:, :-1] / sizes
    least = 0.5 / (sizes.sum() + 1.0)
    between, mean = np.full(rates.shape[1], 0.05), rates.mean(axis=0)
    for _ in range(_ROUNDS):
        likely = np.clip(mean, least, 1.0 - least)
        within = likely * (1.0 - likely) / sizes
        weights = 1.0 / (between + within)
        weights /= weights.sum(axis=0)
        mean = (weights * rates).sum(axis=0)
        shrunk = weights * (1.0 - weights)
        excess = (weights * (rates - mean) ** 2).sum(axis=0) - (shrunk * within).sum(axis=0)
        between = np.maximum(excess / np.maximum(shrunk.sum(axis=0), 1e-12), 0.0)
        between = between if len(counts) > 1 else 0.0 * mean
    relative = np.sqrt(between) / np.maximum(mean, least)
    relative = np.maximum.accumulate(relative[::-1])[::-1]
    squares = (weights**2).sum(axis=0)
    return ErrorSpread(
        mean,
        (relative * np.maximum(mean, least)) ** 2 if len(counts) > 1 else between,
        (weights**2 * within).sum(axis=0),
        squares,
        len(counts),
        int(sizes.sum()),
    )

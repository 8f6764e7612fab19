"""How alike the recordings of one release are judged, and how many false alarms that explains.

The recordings of one album share instruments, a studio and a mastering chain. When the detector is
wrong about one of them, it is more likely to be wrong about the others. So ten false alarms on one
album are rarer than one, but not as rare as chance alone would make them.

A source of human music has its own rate of false alarms; these rates vary between sources as a beta
distribution. The number of false alarms among n recordings of a source is then beta-binomial
(Skellam 1948, *A probability distribution derived from the binomial distribution by regarding the
probability of success as variable between the sets of trials*, J R Stat Soc B 10:257-261). It has
two parameters: the mean rate, and the correlation of two recordings of a source, which is 0 for
independent recordings and 1 where a source is flagged as a whole or not at all.

The correlation is estimated by maximum likelihood from human sources that the detector wasn't
trained on. False alarms are too rare to show it, so all p-values up to :data:`COMMON` count, with
one correlation. Where a rarer kind has one that is clearly higher, that one is used. Statements use
the upper ends of intervals from the likelihood ratio, so that a trial with few sources gives
cautious answers.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from phonoscope.defaults import FALSE_ALARMS
from phonoscope.detector.rates import Rates

COMMON = 0.1
"""Largest p-value up to which recordings are counted to estimate the correlation."""
FEWEST = 20
"""Sources from which the interval of their correlation is used; its theory needs many."""
HIGHEST = 0.98
"""Correlation where nothing is known about it."""
_DROP = 2.3263478740408408**2 / 2
"""How far the log-likelihood may fall below its maximum: 99% on each side for many sources. Two
upper limits hold together with at least 95% in simulations, also for few sources."""
_CORRELATIONS = np.concatenate([[0.0], np.geomspace(1e-3, HIGHEST, 150)])
_SHARES = np.geomspace(1e-6, 1 - 1e-6, 1000)

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Dependence:
    """False alarms in releases of human music, all made alike: a beta-binomial distribution.

    Examples
    --------
    A trial of 100 sources with 20 recordings each, 2 of which were called generated:

    >>> from phonoscope.detector.rates import Counted
    >>> sources = [Counted("x", (1, 3, 16))] * 2 + [Counted("y", (0, 3, 17))] * 98
    >>> found = dependence(Rates((0.001, 0.1), tuple(sources), ()))
    >>> round(found.expected(26), 3), int(found.most(26))
    (0.026, 1)
    >>> float(found.at_least(22, 26)) < 1e-6
    True
    """

    threshold: float
    """p-value up to which a recording is called generated."""
    sources: int
    """Human sources in the trial, none of them used in training."""
    recordings: int
    """Their recordings."""
    called: int
    """False alarms among them."""
    share: float
    """Expected share of false alarms, 0 to 1: that of the trial, and at least the threshold."""
    highest_share: float
    """Upper limit of the share, 0 to 1."""
    correlation: float
    """Correlation of two recordings of one source, 0 to 1."""
    highest_correlation: float
    """Its upper limit, 0 to 1; :data:`HIGHEST` where nothing is known about it."""

    @property
    def is_known(self) -> bool:
        """Whether the trial has enough sources to limit the correlation."""
        return self.highest_correlation < HIGHEST

    @property
    def unseen_share(self) -> float:
        """Largest share of human releases that may be unlike every source of the trial.

        The distribution says nothing about those. 95% limit for none among all sources (Clopper &
        Pearson 1934).
        """
        return float(1 - 0.05 ** (1 / self.sources)) if self.sources else 1.0

    def expected(self, recordings: int) -> float:
        """Return how many of some human recordings are called by chance, on average."""
        return recordings * self.share

    def at_least(self, called: ArrayLike, recordings: ArrayLike) -> Array:
        """Return the share of human releases in which as many recordings or more are called.

        Parameters
        ----------
        called, recordings
            Whole numbers, 0 <= called <= recordings, of the same shape. Each pair may stand for
            many releases; the cost is one sum per different number of recordings.

        Returns
        -------
        numpy.ndarray
            At most this share, 0 to 1, of the same shape.
        """
        k, n = np.broadcast_arrays(np.asarray(called, np.int64), np.asarray(recordings, np.int64))
        found = np.empty(n.shape)
        for size in np.unique(n):
            here = n == size
            found[here] = self._tails(int(size))[k[here]]
        return found

    def most(self, recordings: ArrayLike, error: float | ArrayLike = 0.01) -> NDArray[np.int64]:
        """Return how many recordings are called in human releases, all but a few of them.

        Parameters
        ----------
        recordings
            Recordings of a release.
        error
            Share of human releases that may have more, above 0.

        Returns
        -------
        numpy.ndarray
            From 0 to ``recordings``.
        """
        n, e = np.broadcast_arrays(np.asarray(recordings, np.int64), np.asarray(error, np.float64))
        found = np.empty(n.shape, np.int64)
        for at in np.ndindex(n.shape):
            # Tails fall with the count, from 1 for none.
            found[at] = int((self._tails(int(n[at])) > e[at]).sum()) - 1
        return found

    def _tails(self, recordings: int) -> Array:
        """Return the shares with 0, 1, ... recordings called or more, shape (recordings + 1,).

        A weaker correlation makes few false alarms more frequent, and a stronger one makes many
        more frequent. Any correlation up to the limit is possible, so the highest share counts.
        """
        return _tails(recordings, self.highest_share, self.highest_correlation)


def dependence(rates: Rates, threshold: float = FALSE_ALARMS) -> Dependence:
    """Estimate the dependence of false alarms from a trial.

    Parameters
    ----------
    rates
        The trial: human recordings by source and p-value.
    threshold
        p-value up to which a recording is called generated; the nearest of the trial's edges is
        used, by their ratio.
    """
    edge = min(rates.edges, key=lambda at: abs(np.log(at / threshold)))
    return _estimated(rates, edge)


@lru_cache(maxsize=8)
def _estimated(rates: Rates, edge: float) -> Dependence:
    first = rates.edges.index(edge)
    last = max(first, sum(at <= COMMON for at in rates.edges) - 1)
    counts = rates.by_source
    sizes = counts.sum(axis=1)
    used = (sizes > 0).sum()
    up_to = np.cumsum(counts[:, : last + 1], axis=1)[:, first:]
    rest = (sizes - up_to[:, -1])[:, None]
    tail = np.diff(up_to, axis=1, prepend=0)
    shares = np.diff([0.0, *rates.edges[first : last + 1], 1.0])
    low, estimate, highest = correlation(np.concatenate([tail, rest], axis=1), shares)
    for called, share in zip(up_to.T, np.cumsum(shares), strict=False):
        counted = np.stack([called, sizes - called], axis=1)
        low, _, limit = correlation(counted, np.array([share, 1 - share]))
        if low > highest:
            highest = limit
    if used < FEWEST:
        highest = HIGHEST
    called, recordings = int(up_to[:, 0].sum()), int(sizes.sum())
    return Dependence(
        threshold=edge,
        sources=int(used),
        recordings=recordings,
        called=called,
        share=max(edge, called / recordings) if recordings else 1.0,
        highest_share=max(edge, highest_share(up_to[:, 0], sizes, highest)),
        correlation=estimate,
        highest_correlation=highest,
    )


def correlation(counts: NDArray[np.int64], shares: Array) -> tuple[float, float, float]:
    """Return the correlation of recordings of one source, with a 98% interval.

    Parameters
    ----------
    counts
        Recordings by source and kind, shape (sources, kinds); with two kinds, called and not
        called, this is the beta-binomial distribution, with more the Dirichlet-multinomial one
        (Mosimann 1962, Biometrika 49:65-82), in which all kinds have one correlation.
    shares
        Expected share of each kind, shape (kinds,); the sum is 1. Where p-values are right, these
        are their ranges. Shares that were counted would explain a part of the correlation.

    Returns
    -------
    low, estimate, high
        0 to 1. Without two recordings of a rare kind nothing is known: 0, 0 and the highest.
    """
    total = counts.sum(axis=0)
    if total.sum() - total.max(initial=0) < 2:
        return 0.0, 0.0, HIGHEST
    urn = _CORRELATIONS / (1 - _CORRELATIONS)
    # The probability of the counts of a source is a product of linear terms, as in Pólya's urn. The
    # terms of all sources are the same, so counting the sources that have each is enough.
    found = -_terms(np.ones_like(urn), urn, _reaching(counts.sum(axis=1)))
    for of_kind, share in zip(counts.T, shares, strict=True):
        found += _terms(np.full_like(urn, share), urn, _reaching(of_kind))
    inside = np.flatnonzero(found >= found.max() - _DROP)
    low, high = max(0, inside[0] - 1), min(found.size - 1, inside[-1] + 1)
    return (
        float(_CORRELATIONS[low]),
        float(_CORRELATIONS[found.argmax()]),
        float(_CORRELATIONS[high]),
    )


def _reaching(sizes: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return how many sizes are above 0, above 1, and so on."""
    return sizes.size - np.cumsum(np.bincount(sizes, minlength=1))[: sizes.max(initial=0)]


def _terms(start: Array, urn: Array, times: NDArray[np.int64]) -> Array:
    return np.log(start[:, None] + urn[:, None] * np.arange(times.size)) @ times


def highest_share(called: ArrayLike, recordings: ArrayLike, correlated: float) -> float:
    """Return the upper end of a 98% interval of the share called, over all sources.

    Parameters
    ----------
    called, recordings
        Whole numbers by source, shape (sources,).
    correlated
        Correlation of recordings of one source, 0 to 1; with a higher one the interval is wider.
    """
    k, n = np.asarray(called, np.int64), np.asarray(recordings, np.int64)
    of_called, of_rest = _reaching(k), _reaching(n - k)
    share = np.concatenate([_SHARES, [k.sum() / max(1, n.sum())]])
    share = np.sort(share[(share > 0) & (share < 1)])
    urn = np.full_like(share, correlated / (1 - correlated))
    found = _terms(share, urn, of_called) + _terms(1 - share, urn, of_rest)
    return float(share[np.flatnonzero(found >= found.max() - _DROP)[-1]])


@lru_cache(maxsize=4096)
def _tails(recordings: int, share: float, most_correlated: float) -> Array:
    some = np.append(np.geomspace(1e-4, 1.0, 16) * most_correlated, 0.0)
    possible = [beta_binomial(recordings, share, float(one)) for one in some]
    # Small probabilities are added first, so that the smallest keep their digits.
    tails = [np.cumsum(one[::-1])[::-1] for one in possible]
    return np.minimum(np.max(tails, axis=0), 1.0)


def beta_binomial(recordings: int, share: float, correlated: float) -> Array:
    """Return the probabilities that 0, 1, ... of some recordings are called.

    Parameters
    ----------
    recordings
        Recordings of one source, at least 0.
    share
        Mean share called, 0 to 1.
    correlated
        Correlation of two recordings, at least 0 and below 1.

    Returns
    -------
    numpy.ndarray
        Shape (recordings + 1,); the sum is 1.

    Examples
    --------
    >>> beta_binomial(2, 0.5, 0.0).round(3).tolist(), beta_binomial(2, 0.5, 0.5).round(3).tolist()
    ([0.25, 0.5, 0.25], [0.375, 0.25, 0.375])
    """
    urn = correlated / (1 - correlated)
    at = np.arange(recordings)
    with np.errstate(divide="ignore"):
        called, rest, every, factorial = (
            np.concatenate([[0.0], np.cumsum(np.log(start + step * at))])
            for start, step in ((share, urn), (1 - share, urn), (1.0, urn), (1.0, 1.0))
        )
        ways = factorial[-1] - factorial - factorial[::-1]
        return np.exp(ways + called + rest[::-1] - every[-1])

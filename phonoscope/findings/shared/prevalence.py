"""The share of machine-made recordings in a group, estimated from a detector that errs both ways.

The flagged share isn't the machine-made share: it includes false alarms and lacks what the
detector missed. Rogan & Gladen (1978), *Estimating prevalence from the results of a screening
test* (Am J Epidemiol 107:71-76), correct for both. Let q be the share flagged, s the share of
machine-made and f the share of human recordings that the detector flags. Then the true share is
p = (q - f) / (s - f).

But s differs between families of generators and f between sources of human music, and a group may
hold one family only, or human music of one kind. So s and f have the limits of a family and of a
source that weren't in the trial (:mod:`phonoscope.findings.shared.error_spread`). And recordings
are flagged at several p-values. At a low one, false alarms are rare and families differ; at a high
one, nearly every family is found and sources differ. Each p-value gives an interval, and the answer
is what they have in common: low p-values bound small shares from below, high ones bound all shares
from above. If they have nothing in common, the rates don't apply to this music.

The interval of one p-value is that of Zou & Donner (2008), *Construction of confidence limits about
effect measures* (Stat Med 27:1693-1702): the distances from an estimate to its limits add up in
squares. As in Fieller (1954), it contains each share p for which the limits of
q - (p s + (1 - p) f) enclose 0. One thing is different. Most families are found nearly always, so
that s is close to its upper limit for most groups: there, distances must not add up in squares.
The lower limit of the share therefore takes s as its upper limit.

The estimate is the mean of the estimates at all p-values, weighted by their variances.
``bench/share_coverage.py`` measures how often the interval contains the true share.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from phonoscope.detector.rates import Rates
from phonoscope.findings.shared.error_spread import ErrorSpread, error_spread, exact

WIDEST = 0.3
"""Widest useful interval: beyond it the group is too small, or the rates are too uncertain."""
RELIABLE: Final = ""
NO_SEPARATION: Final = "no-separation"
NO_FIT: Final = "rates-do-not-fit"
TOO_FEW: Final = "too-few-recordings"
FAMILIES_DIFFER: Final = "families-differ"
SOURCES_DIFFER: Final = "human-music-differs"
REASONS = (RELIABLE, NO_SEPARATION, NO_FIT, TOO_FEW, FAMILIES_DIFFER, SOURCES_DIFFER)
"""Why an estimate isn't reliable; see :attr:`Estimates.reason`."""
FEWEST_GROUPS = 10
"""Artists of a catalogue's own human music from which its spread is estimated."""
_TAIL = 0.025
"""Probability beyond each limit of a 95% interval."""
_DEPENDENT = 2.0
"""For how many independent intervals the intervals of several p-values count. Flags at one p-value
are flags at the next, so that they err together: in simulations, six count for fewer than two."""
_ROUNDS = 6
"""Rounds until the estimate and the weights agree."""

Array = NDArray[np.float64]


class Estimates(NamedTuple):
    """Estimated true shares of groups; each array has shape (groups,)."""

    share: Array
    """0 to 1; NaN when the detector cannot separate the groups."""
    low: Array
    high: Array
    """Limits of the 95% interval, 0 to 1, around the share."""
    reason: NDArray[np.str_]
    """Why the estimate isn't reliable, one of :data:`REASONS`: the detector separates nothing; no
    share explains how many are flagged; or the interval is wider than :data:`WIDEST`, because the
    group is small, because families of generators are found unequally often, or because sources of
    human music are flagged unequally often."""

    @property
    def enough(self) -> NDArray[np.bool_]:
        """Whether the interval is at most :data:`WIDEST` wide."""
        return self.high - self.low <= WIDEST

    @property
    def fits(self) -> NDArray[np.bool_]:
        """Whether a true share explains how many are flagged; see :func:`estimate`."""
        return self.reason != NO_FIT


class _Known(NamedTuple):
    """A rate at each edge, with its limits."""

    rate: Array
    low: Array
    high: Array
    between: Array
    """Variance between groups."""

    def at(self, some: NDArray[np.bool_]) -> _Known:
        return _Known(*(part[some] for part in self))

    def certain(self) -> _Known:
        """Return the rates as if they were the same everywhere and known."""
        return _Known(self.rate, self.rate, self.rate, 0.0 * self.between)


class _Within(NamedTuple):
    """What the trials leave possible; each array has shape (groups,)."""

    low: Array
    high: Array
    fits: NDArray[np.bool_]


def estimate(
    flagged: ArrayLike, recordings: ArrayLike, rates: Rates, *, whole: bool = False
) -> Estimates:
    """Estimate the true share of machine-made recordings in each of some groups.

    If more are flagged than the rate for machine-made music explains, or fewer than the rate for
    human music does, the rates don't apply to this group. The interval then extends to where a
    detector without misses, or without false alarms, would put it. Otherwise wrong rates would
    shrink it to a point. If the p-values contradict each other, it extends over all of them.

    The cost grows with the number of groups, not of recordings.

    Parameters
    ----------
    flagged
        Recordings with a p-value up to each of the edges of ``rates``, shape (groups, edges), or
        (groups,) for a single edge; whole numbers, 0 <= flagged <= recordings.
    recordings
        Recordings scored, shape (groups,) or one number for all groups, at least 1 each.
    rates
        How often the detector is right and wrong.
    whole
        Whether the group is a whole catalogue. Local rates are its own; a part of it may differ.

    Examples
    --------
    >>> rates = Rates.at(0.001, human=20_000, human_flagged=20, machine=2_000, machine_found=1_800)
    >>> found = estimate([130], [1_000], rates)
    >>> [round(float(limit[0]), 3) for limit in (found.share, found.low, found.high)]
    [0.143, 0.119, 0.169]
    """
    edges = len(rates.edges)
    hits = np.asarray(flagged, np.int64).reshape(-1, edges)
    total = np.broadcast_to(np.asarray(recordings, np.int64), len(hits))
    if not len(total):
        return _nothing(0)
    tail = _TAIL / (_DEPENDENT if edges > 1 else 1.0)
    trial = _trial(rates, tail, whole=whole)
    if trial is None:
        return _nothing(len(total))
    f, s, some = trial
    hits = hits[:, some]
    share = _share(hits, total, f, s)
    q = _flagged(hits, total, tail)
    found = _within(q, f, s)
    share = np.clip(share, found.low, found.high)
    reason = np.where(found.fits, RELIABLE, NO_FIT).astype("<U20")
    wide = found.fits & (found.high - found.low > WIDEST)
    if wide.any():
        reason[wide] = _why(_Known(*(part[wide] for part in q)), f, s)
    return Estimates(share, found.low, found.high, reason)


def _nothing(groups: int) -> Estimates:
    zeros = np.zeros(groups)
    reason = np.full(groups, NO_SEPARATION, "<U20")
    return Estimates(zeros + np.nan, zeros, zeros + 1.0, reason)


def _trial(
    rates: Rates, tail: float, *, whole: bool
) -> tuple[_Known, _Known, NDArray[np.bool_]] | None:
    """Return false alarms, sensitivity, and the edges at which the detector tells them apart."""
    alarms = error_spread(rates.shipped_by_source)
    misses = error_spread(rates.by_family[:, ::-1])
    if rates.local:
        alarms = _local(rates, alarms)
    if alarms is None or misses is None:
        return None
    limits = alarms.of_all(tail) if rates.local and whole else alarms.of_next(tail)
    missed = misses.of_next(tail)
    f = _Known(alarms.mean, *limits, alarms.between)
    # Misses are counted from the highest p-values, so their edges are in reverse.
    s = _Known(
        *(
            part[::-1]
            for part in (1.0 - misses.mean, 1.0 - missed.high, 1.0 - missed.low, misses.between)
        )
    )
    some = s.rate > f.rate
    return (f.at(some), s.at(some), some) if some.any() else None


def _local(rates: Rates, shipped: ErrorSpread | None) -> ErrorSpread | None:
    """Return the false alarms of a catalogue's own music, with a spread from enough groups."""
    own = error_spread(rates.by_source)
    if own is None or shipped is None or own.groups >= FEWEST_GROUPS:
        return own
    return own.with_spread_of(shipped)


def _flagged(hits: NDArray[np.int64], total: NDArray[np.int64], tail: float) -> _Known:
    """Return the shares flagged with their exact limits, each shape (groups, edges)."""
    low, high = np.empty(hits.shape), np.empty(hits.shape)
    for edge, column in enumerate(hits.T):
        # Many small groups have the same counts, and limits cost more than all the rest.
        pairs, member = np.unique(column * (total.max() + 1) + total, return_inverse=True)
        limits = exact(*np.divmod(pairs, total.max() + 1), tail)
        low[:, edge], high[:, edge] = (limit[member.ravel()] for limit in limits)
    rate = hits / total[:, None]
    return _Known(rate, low, high, np.zeros(hits.shape))


def _share(hits: NDArray[np.int64], total: NDArray[np.int64], f: _Known, s: _Known) -> Array:
    """Return the weighted mean of the estimates at all edges, shape (groups,)."""
    reach = s.rate - f.rate
    each = (hits / total[:, None] - f.rate) / reach
    share = np.full(len(total), 0.5)
    for _ in range(_ROUNDS if each.shape[1] > 1 else 1):
        p = share[:, None]
        likely = (1.0 - p) * f.rate + p * s.rate
        counted = likely * (1.0 - likely) / total[:, None]
        spread = (1.0 - p) ** 2 * f.between + p**2 * s.between
        weights = reach**2 / np.maximum(counted + spread, np.finfo(float).tiny)
        share = np.clip((weights * each).sum(axis=1) / weights.sum(axis=1), 0.0, 1.0)
    return share


def _within(q: _Known, f: _Known, s: _Known) -> _Within:
    """Return what the intervals of all edges have in common, or all of them if nothing is."""
    above, below = q.high - q.rate, q.rate - q.low
    false, missed = f.high - f.rate, s.rate - s.low
    gap, rest_gap, reach = q.rate - f.rate, s.rate - q.rate, s.rate - f.rate
    low = _least(gap, s.high - f.rate, below, false, 0.0)
    # The same for the least share that is not machine-made.
    rest = _least(rest_gap, reach, above, missed, f.rate - f.low)
    more, fewer = low > 1.0, rest > 1.0
    low = np.where(more, _least(gap, 1.0 - f.rate, below, false, 0.0), low)
    rest = np.where(fewer, _least(rest_gap, s.rate, above, missed, 0.0), rest)
    highest, lowest = low.max(axis=1), 1.0 - rest.max(axis=1)
    agree = highest <= lowest
    return _Within(
        np.clip(np.where(agree, highest, low.min(axis=1)), 0.0, 1.0),
        np.clip(np.where(agree, lowest, 1.0 - rest.min(axis=1)), 0.0, 1.0),
        agree & ~(more | fewer).any(axis=1),
    )


def _why(q: _Known, f: _Known, s: _Known) -> NDArray[np.str_]:
    """Return why intervals are wide, by what would narrow them.

    Where the edges would contradict each other, the number of recordings isn't what is missing.
    """
    known, same_families, same_sources = (
        ~found.fits | (found.high - found.low <= WIDEST)
        for found in (
            _within(q, f.certain(), s.certain()),
            _within(q, f, s.certain()),
            _within(q, f.certain(), s),
        )
    )
    return np.select(
        [~known, same_families, same_sources],
        [TOO_FEW, FAMILIES_DIFFER, SOURCES_DIFFER],
        FAMILIES_DIFFER,
    )


def _least(
    gap: Array, reach: Array, gap_unsure: Array, start_unsure: Array, end_unsure: ArrayLike
) -> Array:
    """Return the least p at which ``gap - p * reach`` may be 0.

    This is the smaller root of (gap - p reach)^2 = gap_unsure^2 + (1 - p)^2 start_unsure^2 +
    p^2 end_unsure^2, written so that nothing cancels; 0 if p = 0 already satisfies it.

    Parameters
    ----------
    gap
        Distance from the share flagged to the rate that p = 0 would give.
    reach
        Distance between the rates for p = 0 and p = 1, above 0.
    gap_unsure, start_unsure, end_unsure
        Distance to the limit of the share flagged, of the rate for p = 0, and of that for p = 1.
    """
    gap2, start2, end2 = gap_unsure**2, start_unsure**2, np.square(end_unsure)
    a = reach**2 - start2 - end2
    b = gap * reach - start2
    c = gap**2 - gap2 - start2
    root = np.sqrt(np.maximum(b * b - a * c, 0.0))
    away = (gap > 0) & (c > 0)
    return np.where(away, c / np.where(away, b + root, 1.0), 0.0)

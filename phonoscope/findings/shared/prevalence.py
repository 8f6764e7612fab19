"""The share of machine-made recordings in a group, estimated from a detector that errs both ways.

The flagged share isn't the machine-made share: it includes false alarms and lacks what the
detector missed. Rogan & Gladen (1978), *Estimating prevalence from the results of a screening
test* (Am J Epidemiol 107:71-76), correct for both. Let q be the share flagged, s the share of
machine-made and f the share of human recordings that the detector flags. Then the true share is
p = (q - f) / (s - f).

The interval includes the uncertainty of q, s and f. The interval of Lang & Reiczigel (2014; Prev
Vet Med 113:13-22) is too narrow for small groups, and most groups of a catalogue are small. With
five recordings or fewer it contained the true share in as few as 85 of 100 simulations at nominal
95, and in the other 15 its lower limit was too high, which is a false accusation here. So the
limits are those of Zou & Donner (2008), *Construction of confidence limits about effect measures*
(Stat Med 27:1693-1702): the distances from an estimate to its limits, here the exact ones of
Clopper & Pearson (1934), add up in squares. As in Fieller (1954), the interval contains each share
p for which the limits of q - (p s + (1 - p) f) enclose 0. In 7,776 settings of rates, shares and
sizes from one recording to a million it contained the true share in 94 to 100 of 100 simulations,
erred on either side in at most 4, and was 5% wider in the median than that of Lang & Reiczigel.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import betaincinv

from phonoscope.detector.rates import Rates

WIDEST = 0.3
"""Widest useful interval: beyond it the group is too small, or the rates are too uncertain."""
_TAIL = 0.025
"""Probability beyond each limit of a 95% interval."""

Array = NDArray[np.float64]


class Estimates(NamedTuple):
    """Estimated true shares of groups; each array has shape (groups,)."""

    share: Array
    """0 to 1; NaN when the detector cannot separate the groups."""
    low: Array
    high: Array
    """Limits of the 95% interval, 0 to 1, around the share."""
    fits: NDArray[np.bool_]
    """Whether a true share explains how many are flagged; see :func:`estimate`."""

    @property
    def enough(self) -> NDArray[np.bool_]:
        """Whether the interval is at most :data:`WIDEST` wide."""
        return self.high - self.low <= WIDEST


class _Known(NamedTuple):
    """A counted share, with the distances to its exact 95% limits."""

    share: Array
    below: Array
    above: Array


def estimate(flagged: ArrayLike, recordings: ArrayLike, rates: Rates) -> Estimates:
    """Estimate the true share of machine-made recordings in each of some groups.

    If more are flagged than the rate for machine-made music explains, or fewer than the rate for
    human music does, the rates don't apply to this group. The interval then extends to where a
    detector without misses, or without false alarms, would put it. Otherwise wrong rates would
    shrink it to a point.

    Parameters
    ----------
    flagged
        Recordings flagged, shape (groups,); 0 <= flagged <= recordings.
    recordings
        Recordings scored, shape (groups,), at least 1 each.
    rates
        How often the detector is right and wrong.

    Examples
    --------
    >>> rates = Rates.at(0.001, human=20_000, human_flagged=20, machine=2_000, machine_found=1_800)
    >>> found = estimate([130], [1_000], rates)
    >>> [round(float(limit[0]), 3) for limit in (found.share, found.low, found.high)]
    [0.143, 0.121, 0.169]
    """
    hits = np.atleast_1d(np.asarray(flagged, np.float64))
    q = _known(hits, np.atleast_1d(np.asarray(recordings, np.float64)))
    if not _tells_apart(rates):
        nothing = np.zeros(hits.shape)
        return Estimates(nothing + np.nan, nothing, nothing + 1.0, nothing == 0.0)
    s = _known(np.asarray(rates.machine_found), np.asarray(rates.machine))
    f = _known(np.asarray(rates.human_flagged), np.asarray(rates.human))
    share = np.clip((q.share - f.share) / (s.share - f.share), 0.0, 1.0)
    low = _least(q.share - f.share, s.share - f.share, q.below, f.above, s.above)
    # The same for the least share that is not machine-made.
    rest = _least(s.share - q.share, s.share - f.share, q.above, s.below, f.below)
    more, fewer = low > 1.0, rest > 1.0
    without_misses = _least(q.share - f.share, 1.0 - f.share, q.below, f.above, 0.0)
    without_alarms = _least(s.share - q.share, s.share, q.above, s.below, 0.0)
    return Estimates(
        share,
        np.where(more, without_misses, low),
        1.0 - np.where(fewer, without_alarms, rest),
        ~(more | fewer),
    )


def _tells_apart(rates: Rates) -> bool:
    """Whether the detector flagged machine-made music more often than human music in its trial."""
    return rates.machine_found * rates.human > rates.human_flagged * rates.machine


def _known(hits: Array, total: Array) -> _Known:
    """Return a counted share with the distances to its Clopper-Pearson limits."""
    misses = total - hits
    share = hits / total
    # If one of the two counts is 0, the limit is the end of the scale.
    low = np.where(hits > 0, betaincinv(np.maximum(hits, 1), misses + 1, _TAIL), 0.0)
    high = np.where(misses > 0, betaincinv(hits + 1, np.maximum(misses, 1), 1 - _TAIL), 1.0)
    return _Known(share, share - low, high - share)


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

"""How sure: intervals for shares and medians."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Z_95 = 1.959963984540054
"""Standard normal quantile of a two-sided 95 % interval."""


class Interval(NamedTuple):
    """An interval that holds the true value with 95 % confidence."""

    low: float
    high: float


def wilson(hits: int, total: int) -> Interval:
    """Wilson score interval of a share, 95 %.

    Wilson (1927), *Probable inference, the law of succession, and statistical inference*.
    Unlike the normal approximation it stays inside 0 to 1 and holds for small numbers and
    for none.

    Parameters
    ----------
    hits, total
        0 <= hits <= total, total > 0.

    Examples
    --------
    >>> low, high = wilson(0, 10)
    >>> round(low, 3), round(high, 3)
    (0.0, 0.278)
    """
    # Counts from a catalogue of anyone may contradict each other.
    total = max(total, 1)
    share, z2 = min(max(hits / total, 0.0), 1.0), Z_95**2
    centre = (share + z2 / (2 * total)) / (1 + z2 / total)
    half = Z_95 * math.sqrt(share * (1 - share) / total + z2 / (4 * total**2)) / (1 + z2 / total)
    return Interval(
        0.0 if hits == 0 else max(0.0, centre - half),
        1.0 if hits == total else min(1.0, centre + half),
    )


def median_ranks(total: int) -> tuple[int, int] | None:
    """Ranks, counted from 1, of the values that enclose the median with 95 % confidence.

    Distribution-free, from the binomial distribution (Conover, *Practical Nonparametric
    Statistics*, 3.2), by its normal approximation.

    Returns
    -------
    (low, high) or None
        ``None`` under 6 values, which cannot enclose the median with 95 % confidence.
    """
    if total < 6:
        return None
    half = Z_95 * math.sqrt(total) / 2
    low = max(1, math.floor(total / 2 - half))
    return low, total + 1 - low


def unit_intervals(
    share: NDArray[np.float64] | float, units: NDArray[np.float64] | float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return 95 % intervals of shares of things that come in units: plays by accounts, by tracks.

    Wilson's score interval with the effective number of units in place of the number of plays
    (Kish, *Survey Sampling*, 1965, 11.7): an account that plays a track 300 times says it once.

    Parameters
    ----------
    share
        0 to 1.
    units
        Effective number: squared sum of the units' plays by the sum of their squares; over 0.
    """
    z2 = Z_95**2
    centre = (share + z2 / (2 * units)) / (1 + z2 / units)
    half = Z_95 * np.sqrt(share * (1 - share) / units + z2 / (4 * units**2)) / (1 + z2 / units)
    low = np.where(share == 0, 0.0, np.maximum(0.0, centre - half))
    return low, np.where(share == 1, 1.0, np.minimum(1.0, centre + half))

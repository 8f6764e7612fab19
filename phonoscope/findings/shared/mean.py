"""Means of whole groups, from exact sums, with their intervals."""

from __future__ import annotations

import math

from phonoscope.interval import Z_95, Interval


def mean_interval(total: float, squares: float, count: int) -> tuple[float, Interval]:
    """Return a mean and its 95% interval, taking the rows as a sample.

    The interval is the normal one, mean +- 1.96 standard errors; under two rows it is the mean
    alone.

    Parameters
    ----------
    total, squares
        Sums of the values and of their squares.
    count
        Values, at least 1.
    """
    mean = total / count
    if count < 2:
        return mean, Interval(mean, mean)
    variance = max(0.0, (squares - total * mean) / (count - 1))
    half = Z_95 * math.sqrt(variance / count)
    return mean, Interval(mean - half, mean + half)

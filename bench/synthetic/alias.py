"""Drawing from any discrete distribution by one look into a table (Walker 1977, Vose 1991)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def alias(weights: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return the alias table of a distribution.

    Parameters
    ----------
    weights
        Not negative, shape (n,); any sum above 0.

    Returns
    -------
    keep, other
        Draw a bucket k of 0 to n - 1 evenly and u in [0, 1): the value is k where
        u < keep[k], else other[k].
    """
    scaled = weights * (len(weights) / weights.sum())
    keep, other = np.ones(len(weights)), np.arange(len(weights))
    small = [k for k, value in enumerate(scaled) if value < 1.0]
    large = [k for k, value in enumerate(scaled) if value >= 1.0]
    while small and large:
        low, high = small.pop(), large[-1]
        keep[low], other[low] = scaled[low], high
        scaled[high] -= 1.0 - scaled[low]
        if scaled[high] < 1.0:
            small.append(large.pop())
    return keep, other


def aliases(rows: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return the alias tables of several distributions, one after the other.

    Parameters
    ----------
    rows
        Shape (distributions, n).

    Returns
    -------
    keep, other
        Shape (distributions * n,); ``other`` counts within its own distribution.
    """
    made = [alias(row) for row in rows]
    return np.concatenate([m[0] for m in made]), np.concatenate([m[1] for m in made])

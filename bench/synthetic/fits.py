"""Joint distributions with given margins, by iterative proportional fitting.

Deming & Stephan (1940), *On a least squares adjustment of a sampled frequency table when the
expected marginal totals are known*; the tilt by the mean is that of minimum discrimination
information (Kullback 1959).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
ROUNDS = 200


def with_margins(start: Array, rows: Array, columns: Array) -> Array:
    """Return the table with these margins whose odds ratios are those of ``start``."""
    table = start.copy()
    for _ in range(ROUNDS):
        table *= (columns / table.sum(0))[None, :]
        table *= (rows / table.sum(1))[:, None]
    return table


def with_means(values: Array, rows: Array, columns: Array, means: Array) -> Array:
    """Return a table with these margins, each row tilted to a mean of its own.

    Parameters
    ----------
    values
        What each column stands for, shape (columns,).
    rows, columns
        Margins; both sum to 1.
    means
        Mean of ``values`` wanted in each row. Their mean over ``rows`` should be that over
        ``columns``; what differs is spread over the rows.
    """
    scale = values.std() or 1.0
    tilt = np.zeros(len(rows))
    base = columns.copy()
    table = np.outer(rows, columns)
    means = means + (columns @ values - rows @ means)
    for _ in range(ROUNDS):
        for _ in range(3):
            table = base[None, :] * np.exp(
                tilt[:, None] * (values[None, :] - values.mean()) / scale
            )
            table /= table.sum(1)[:, None]
            mean = table @ values
            variance = table @ values**2 - mean**2
            tilt += np.clip((means - mean) / (variance / scale), -0.5, 0.5)
        table *= rows[:, None]
        base *= columns / table.sum(0)
    return table

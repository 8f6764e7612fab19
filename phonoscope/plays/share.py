"""The share of artificial plays in a log, and how far wrong verdicts and chance can move it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from phonoscope.interval import unit_intervals


class Share(NamedTuple):
    """A share with its 95% interval, each 0 to 1."""

    share: float
    low: float
    high: float


class Shares(NamedTuple):
    """The share of artificial plays, and that of artificial and undecided ones."""

    artificial: Share
    """Its upper end counts undecided plays as artificial, because they may be."""
    with_undecided: Share


def shares(
    plays: NDArray[np.int64], artificial: NDArray[np.int64], undecided: NDArray[np.int64]
) -> Shares | None:
    """Return both shares of the plays of a log.

    The units are right or wrong together: groups, and accounts without one. So Wilson's interval
    takes the effective number of units (Kish, *Survey Sampling*, 1965). Chance isn't all: a unit in
    doubt may be artificial. The interval of the artificial share therefore reaches from the lower
    end without undecided plays to the upper end with all of them. Artificial plays that look like
    people's are in neither.

    Parameters
    ----------
    plays, artificial, undecided
        Plays of each unit, and those with each verdict; whole numbers of at least 0.

    Returns
    -------
    Shares or None
        ``None`` without plays.

    Examples
    --------
    >>> units = np.array([90] + [10] * 91)
    >>> found = shares(units, np.where(units == 90, 90, 0), np.array([0] * 82 + [10] * 10))
    >>> [round(value, 2) for one in found for value in one]
    [0.09, 0.04, 0.31, 0.19, 0.11, 0.31]
    """
    total = float(plays.sum())
    if not total:
        return None
    units = total**2 / float((plays.astype(np.float64) ** 2).sum())
    either = float(artificial.sum() + undecided.sum()) / total
    only = float(artificial.sum()) / total
    low, high = (float(end) for end in unit_intervals(either, units))
    return Shares(
        Share(only, float(unit_intervals(only, units)[0]), high), Share(either, low, high)
    )

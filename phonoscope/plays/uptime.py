"""Accounts that never rest: they play on, without a pause, for longer than people of the log do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

LEAST_H = 36.0
"""Nobody stays awake so long; a family, a relay of people or a program does."""
TIMES = 3.0
"""In long logs, and where times are rough, people seem to: then this many times their median."""
BUSY = 200
"""Plays of an account from which on its pauses say something."""


@dataclass(frozen=True)
class Uptime:
    """Which accounts never rest.

    Attributes
    ----------
    nonstop
        Whether an account never rests, by number of account; shape (accounts,).
    hours
        Accounts that play so long without a pause of four hours never rest.
    """

    nonstop: NDArray[np.bool_]
    hours: float


def uptime(longest_run_s: NDArray[Any], plays: NDArray[Any]) -> Uptime:
    """Find the accounts that never rest.

    Parameters
    ----------
    longest_run_s
        Longest time that each account plays without a pause, s, shape (accounts,).
    plays
        Plays of each account, shape (accounts,).

    Examples
    --------
    >>> found = uptime(np.array([3600.0, 7200.0, 200_000.0]), np.array([300, 300, 300]))
    >>> found.nonstop.tolist(), found.hours
    ([False, False, True], 36.0)
    """
    runs_h = np.asarray(longest_run_s, float) / 3600
    busy = runs_h[np.asarray(plays) >= BUSY]
    usual_h = float(np.median(busy)) if len(busy) else 0.0
    hours = max(LEAST_H, TIMES * usual_h)
    return Uptime(runs_h >= hours, hours)

"""Accounts that never pause: they play for longer than the people of the log without a pause."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

LEAST_H = 36.0
"""Hours that nobody stays awake; a family, people in shifts or a program can play so long."""
TIMES = 3.0
"""In long logs, or with rough times, people seem to. Then this multiple of their median counts."""
BUSY = 200
"""Least plays of an account to judge it by its pauses."""


@dataclass(frozen=True)
class Uptime:
    """Which accounts never pause.

    Attributes
    ----------
    nonstop
        Whether an account never pauses, by number of account; shape (accounts,).
    hours
        Hours without a pause of four hours from which on an account counts as nonstop.
    """

    nonstop: NDArray[np.bool_]
    hours: float


def uptime(longest_run_s: NDArray[Any], plays: NDArray[Any]) -> Uptime:
    """Find the accounts that never pause.

    Parameters
    ----------
    longest_run_s
        Longest time that each account plays without a pause, s; shape (accounts,).
    plays
        Plays of each account; shape (accounts,).

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

"""Who never rests: accounts that play on, without a pause, for longer than people of the log do."""

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
class Awake:
    """Who never rests.

    Attributes
    ----------
    who
        By number of account.
    hours
        Accounts that play so long without a pause of four hours are taken for such.
    """

    who: NDArray[np.bool_]
    hours: float


def awake(longest_run_s: NDArray[Any], plays: NDArray[Any]) -> Awake:
    """Tell it from the longest time that each account plays without a pause, s, and its plays."""
    runs_h = np.asarray(longest_run_s, float) / 3600
    busy = runs_h[np.asarray(plays) >= BUSY]
    usual_h = float(np.median(busy)) if len(busy) else 0.0
    hours = max(LEAST_H, TIMES * usual_h)
    return Awake(runs_h >= hours, hours)

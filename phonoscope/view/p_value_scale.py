"""Where a p-value lies between ordinary human music and what is called generated."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

from phonoscope.detector.generated import ORDINARY, Band
from phonoscope.text import number
from phonoscope.view.scale import Tick
from phonoscope.view.verdict import OF

_RAREST = 1e-4
"""The scale reaches down to at least one human recording in ten thousand."""


class Zone(NamedTuple):
    """A part of the scale that leads to one verdict."""

    band: Band
    left: float
    """Percent of the scale's width."""
    width: float


@dataclass(frozen=True)
class PValueScale:
    """A logarithmic scale of human look-alikes: common at the left, rare at the right."""

    zones: tuple[Zone, ...]
    ticks: tuple[Tick, ...]
    at: float
    """Place of the recording, percent of the width."""
    is_beyond: bool
    """Whether it is rarer than the end of the scale."""


def p_value_scale(p_value: float | None, target: float | None) -> PValueScale | None:
    """Return the scale of a p-value; ``None`` for a verdict without one.

    Parameters
    ----------
    p_value
        Share of human music that looks as much like a generator's output, 0 to 1.
    target
        Share up to which a recording is called generated.
    """
    if p_value is None or target is None or not 0 < target < 1:
        return None
    decades = math.ceil(-math.log10(min(_RAREST, target / 2)) - 1e-9)

    def place(share: float) -> float:
        return round(min(100.0, 100 * -math.log10(max(share, 1e-300)) / decades), 3)

    ordinary, called = place(max(ORDINARY, target)), place(target)
    zones = (
        Zone(Band.NO_SIGN_FOUND, 0.0, ordinary),
        Zone(Band.UNDECIDED, ordinary, round(called - ordinary, 3)),
        Zone(Band.GENERATED, called, round(100.0 - called, 3)),
    )
    ticks = tuple(Tick(round(100 * k / decades, 3), _label(k)) for k in range(decades + 1))
    return PValueScale(
        tuple(zone for zone in zones if zone.width > 0),
        ticks,
        place(min(p_value, 1.0)),
        p_value < 10.0**-decades,
    )


def _label(decade: int) -> str:
    found = OF / 10**decade
    return number(found, max(0, -round(math.log10(found))))

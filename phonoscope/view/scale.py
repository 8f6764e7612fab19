"""Labels along the axes of a spectrogram, placed as percentages of its sides."""

from __future__ import annotations

import math
from typing import NamedTuple

from phonoscope.text import clock, measured

_HERTZ = (100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000)
_STEPS_S = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 18_000, 36_000)
MOST_TIMES = 8
LOWEST_HZ = 40.0
"""Lower end of a spectrogram's axis, Hz."""


class Tick(NamedTuple):
    """A label and its place."""

    percent: float
    """From the top, or from the left."""
    label: str


def frequency_ticks(highest_hz: float) -> list[Tick]:
    """Return labels of a logarithmic frequency axis, Hz below 1 kHz and kHz above."""
    lowest_hz = min(LOWEST_HZ, highest_hz / 4)
    octaves = math.log(highest_hz / lowest_hz)
    return [
        Tick(
            round(100 * math.log(highest_hz / hz) / octaves, 3),
            measured(hz / 1000, "kHz") if hz >= 1_000 else measured(hz, "Hz"),
        )
        for hz in _HERTZ
        # A label too close to an end would be cut off.
        if 1.25 * lowest_hz < hz < highest_hz / 1.06
    ]


def time_step(length_s: float) -> int:
    """Return the distance of labels on a time axis of this length, s."""
    return next((s for s in _STEPS_S if length_s / s <= MOST_TIMES), _STEPS_S[-1])


def time_ticks(duration_s: float, step_s: int | None = None) -> list[Tick]:
    """Return labels of a time axis."""
    if duration_s <= 0:
        return []
    step = step_s or time_step(duration_s)
    times = [k * step for k in range(1, min(10 * MOST_TIMES, math.ceil(duration_s / step)))]
    label = clock if step >= 10 else lambda s: measured(s, "s")
    return [Tick(round(100 * s / duration_s, 3), label(s)) for s in times if s < 0.97 * duration_s]

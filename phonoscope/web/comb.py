"""The teeth of a comb: the expected places, and which of them have a peak."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from phonoscope.features.artefacts import NOTABLE_SCORE, NOTABLE_TOOTH_DB
from phonoscope.messages import Message, gettext
from phonoscope.text import measured

FEW_TEETH = 16
"""Up to this many are legible in one plot; of more, a second plot shows a part."""
CLOSE_TEETH = 12
_MOST_RISE_DB = 6.0
"""Limit on each tooth, so that one loud partial doesn't choose the part by itself."""


@dataclass(frozen=True)
class Tooth:
    """One multiple of the comb's spacing."""

    hz: float
    rise_db: float
    """How far the spectrum rises there over the points halfway to the next teeth, dB."""

    @property
    def is_met(self) -> bool:
        """Whether the spectrum has it."""
        return self.rise_db >= NOTABLE_TOOTH_DB

    @property
    def says(self) -> Message:
        """What it shows, in words."""
        where = measured(self.hz, "Hz", 1)
        if not self.is_met:
            return gettext("Multiple at {frequency}, without a peak", frequency=where)
        rise = measured(self.rise_db, "dB", 1)
        return gettext("Peak at {frequency}, {rise} high", frequency=where, rise=rise)


def stands_out(descriptors: Mapping[str, Any]) -> bool:
    """Whether the strongest comb is strong enough to mention."""
    return (descriptors.get("comb_score") or 0.0) >= NOTABLE_SCORE and (
        descriptors.get("comb_tooth_db") or 0.0
    ) >= NOTABLE_TOOTH_DB


def teeth_of(
    excess: NDArray[np.float64], bin_hz: float, band_hz: tuple[float, float], spacing_hz: float
) -> list[Tooth]:
    """Measure every tooth of a comb inside a band.

    Parameters
    ----------
    excess
        Rise of the spectrum over its local floor, dB, shape (n,).
    bin_hz
        Distance of bins, Hz.
    band_hz
        Lowest and highest frequency, Hz.
    spacing_hz
        The comb's spacing, Hz.
    """
    # Teeth closer than two bins look like one.
    spacing_hz = max(spacing_hz, 2 * bin_hz)
    first, last = int(np.ceil(band_hz[0] / spacing_hz)), int(band_hz[1] / spacing_hz)

    def height(hz: float) -> float:
        at = min(max(round(hz / bin_hz), 1), excess.size - 2)
        return float(excess[at - 1 : at + 2].max())

    teeth = []
    for hz in (k * spacing_hz for k in range(first, last + 1)):
        between = (height(hz - spacing_hz / 2) + height(hz + spacing_hz / 2)) / 2
        teeth.append(Tooth(hz, height(hz) - between))
    return teeth


def close_look(teeth: Sequence[Tooth]) -> Sequence[Tooth]:
    """Return the highest run of teeth; none if there are few in total."""
    if len(teeth) <= FEW_TEETH:
        return ()
    rises = np.clip([tooth.rise_db for tooth in teeth], 0.0, _MOST_RISE_DB)
    first = int(np.convolve(rises, np.ones(CLOSE_TEETH), "valid").argmax())
    return teeth[first : first + CLOSE_TEETH]

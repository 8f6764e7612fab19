"""The teeth of a comb: where they should stand, and which of them do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from phonoscope.features.artefacts import NOTABLE_SCORE, NOTABLE_TOOTH_DB
from phonoscope.text import number

FEW_TEETH = 16
"""Up to so many are told apart where all are drawn; of more, a part is looked at closely."""
CLOSE_TEETH = 12
_MOST_RISE_DB = 6.0
"""One loud partial on a tooth must not choose the close look by itself."""


@dataclass(frozen=True)
class Tooth:
    """One multiple of the comb's spacing."""

    hz: float
    rise_db: float
    """How far the spectrum there rises over the points half way to the next teeth, dB."""

    @property
    def is_met(self) -> bool:
        """Whether the spectrum shows it."""
        return self.rise_db >= NOTABLE_TOOTH_DB

    @property
    def says(self) -> str:
        """What it shows, in words."""
        at = f"Tooth at {number(self.hz, 1)} Hz"
        return f"{at}, {self.rise_db:.1f} dB over the points between" if self.is_met else at


def stands_out(descriptors: Mapping[str, Any]) -> bool:
    """Whether the strongest comb is strong enough to be put into words."""
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
        From where to where to look, Hz.
    spacing_hz
        The comb's spacing, Hz.
    """
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
    """Return the run of teeth that stand highest; none when all of them are few."""
    if len(teeth) <= FEW_TEETH:
        return ()
    rises = np.clip([tooth.rise_db for tooth in teeth], 0.0, _MOST_RISE_DB)
    first = int(np.convolve(rises, np.ones(CLOSE_TEETH), "valid").argmax())
    return teeth[first : first + CLOSE_TEETH]

"""How often the detector is right and wrong, on recordings that it wasn't trained on."""

from __future__ import annotations

from dataclasses import dataclass

from phonoscope.detector.model import model


@dataclass(frozen=True)
class Rates:
    """Counts behind the two error rates of the rule ``p_value <= threshold``."""

    threshold: float
    """The p-value up to which a recording counts as flagged."""
    human: int
    """Human recordings in the test."""
    human_flagged: int
    """Flagged ones among them: false alarms."""
    machine: int
    """Machine-made recordings in the test, of families that weren't in training."""
    machine_found: int
    """Flagged ones among them."""


def detector_rates() -> Rates:
    """Return the rates of the detector that this version ships."""
    return Rates(**model().facts["rates"])

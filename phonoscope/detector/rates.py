"""How often the detector is right and wrong, counted on recordings it was not trained on."""

from __future__ import annotations

from dataclasses import dataclass

from phonoscope.detector.model import model


@dataclass(frozen=True)
class Rates:
    """Counts behind the two error rates of the rule ``p_value <= threshold``."""

    threshold: float
    """The p-value up to which a recording counts as flagged."""
    human: int
    """Human recordings it was tried on."""
    human_flagged: int
    """Of those, how many it flagged: false alarms."""
    machine: int
    """Machine-made recordings it was tried on, of families left out of training."""
    machine_found: int
    """Of those, how many it flagged."""


def detector_rates() -> Rates:
    """Return the rates of the detector that this version ships."""
    return Rates(**model().facts["rates"])

"""A calibration in numbers: for the command, the report and Python."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from phonoscope.catalogue.locations import Locations
from phonoscope.catalogue.reader import CatalogueReader
from phonoscope.local_null.calibration import Calibration, current
from phonoscope.local_null.flagged import FlaggedHuman, flagged_humans
from phonoscope.local_null.listed import Entry
from phonoscope.local_null.local_verdicts import (
    VerdictCounts,
    local_verdicts,
    scanned_since,
    verdict_counts,
)


@dataclass(frozen=True)
class CalibrationSummary:
    """The calibration in use, and what it gives now."""

    calibration: Calibration
    verdicts: tuple[VerdictCounts, ...]
    """Recordings by verdict: as stored, and by local p-values."""
    scanned_since: int
    """Recordings that the same model scored later. They have no local p-value until the next
    calibration."""
    flagged: tuple[FlaggedHuman, ...]
    """Known-human recordings that the detector calls generated, at most 50."""
    flagged_in_all: int
    """How many there are."""
    not_found: tuple[Entry, ...] = ()
    """The first entries of a list that name no recording; empty for a stored calibration."""

    def to_json(self) -> dict[str, Any]:
        """Return the documented JSON shape of ``phonoscope calibrate --json``."""
        return {
            "format": "phonoscope-calibrate/1",
            **self.calibration.to_json(),
            "verdicts": [asdict(one) for one in self.verdicts],
            "scanned_since": self.scanned_since,
            "flagged_in_all": self.flagged_in_all,
            "flagged": [asdict(one) for one in self.flagged],
            "not_found_entries": [one._asdict() for one in self.not_found],
        }


def summary_of(
    catalogue: CatalogueReader, locations: Locations, not_found: tuple[Entry, ...] = ()
) -> CalibrationSummary | None:
    """Return the calibration in use with its numbers; ``None`` if there is none.

    Parameters
    ----------
    catalogue
        An opened catalogue.
    locations
        How to name files.
    not_found
        Entries of the list it was made with that name no recording.
    """
    calibration = current(catalogue)
    if calibration is None:
        return None
    verdicts = local_verdicts(catalogue, calibration)
    flagged, in_all = flagged_humans(catalogue, verdicts, locations)
    return CalibrationSummary(
        calibration,
        tuple(verdict_counts(verdicts)),
        scanned_since(verdicts),
        tuple(flagged),
        in_all,
        not_found,
    )

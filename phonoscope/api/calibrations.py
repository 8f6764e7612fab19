"""Calibrations of a catalogue by its own human recordings."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from phonoscope.defaults import BEFORE_YEAR
from phonoscope.errors import UsageError
from phonoscope.messages import gettext

if TYPE_CHECKING:
    from phonoscope.catalogue.reader import CatalogueReader
    from phonoscope.catalogue.store import Store
    from phonoscope.local_null.summary import CalibrationSummary
    from phonoscope.progress import Progress

_FIRST_YEAR, _LAST_YEAR = 1900, 2100


def calibrate(
    store: Store,
    catalogue: CatalogueReader,
    *,
    known_human: str | os.PathLike[str] | None,
    before: int | None,
    full_paths: bool,
    progress: Progress | None,
) -> CalibrationSummary:
    """Calibrate a catalogue; see :meth:`phonoscope.api.Catalogue.calibrate`."""
    from phonoscope.catalogue.locations import locations_of
    from phonoscope.local_null.calibrate import calibrate
    from phonoscope.local_null.known_human import by_date, by_list
    from phonoscope.local_null.summary import summary_of

    if known_human is not None and before is not None:
        raise UsageError(
            gettext("Give a list of known-human recordings or a year, not both."),
            code="list-and-year",
        )
    year = BEFORE_YEAR if before is None else before
    if not _FIRST_YEAR <= year <= _LAST_YEAR:
        raise UsageError(
            gettext("A year is from 1900 to 2100, not {year}.", year=str(year)), code="not-a-year"
        )
    with store.pinned():
        known = by_date(catalogue, year) if known_human is None else by_list(catalogue, known_human)
        calibrate(store, catalogue, known, progress)
    locations = locations_of(catalogue, full=full_paths)
    made = summary_of(catalogue, locations, known.not_found_entries)
    if made is None:
        raise AssertionError("the calibration that was just written is gone")
    return made


def calibration(catalogue: CatalogueReader, *, full_paths: bool) -> CalibrationSummary | None:
    """Return the calibration in use; see :meth:`phonoscope.api.Catalogue.calibration`."""
    from phonoscope.catalogue.locations import locations_of
    from phonoscope.local_null.summary import summary_of

    return summary_of(catalogue, locations_of(catalogue, full=full_paths))

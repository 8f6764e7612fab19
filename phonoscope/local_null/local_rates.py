"""The detector's false alarms, counted on a catalogue's own human recordings."""

from __future__ import annotations

from collections import defaultdict
from typing import NamedTuple

from phonoscope.catalogue.reader import CatalogueReader
from phonoscope.detector.rates import Rates
from phonoscope.local_null.calibration import current

_UNKNOWN = "unknown artist"


class LocalRates(NamedTuple):
    """Rates to estimate a share with, and what they rest on."""

    rates: Rates
    """With the catalogue's own false alarms, or as they were given."""
    says: str
    """How often known-human recordings would be called generated; empty without a calibration."""
    ignored: str
    """Why a calibration isn't used; empty where one is used or there is none."""


def local_rates(catalogue: CatalogueReader, rates: Rates, model: str) -> LocalRates:
    """Return rates with the false alarms of a catalogue's own human recordings.

    They are counted by artist, because recordings of one artist aren't independent.

    Parameters
    ----------
    catalogue
        An opened catalogue.
    rates
        Rates of the model.
    model
        Name of the model to which they belong, as verdicts record it.
    """
    calibration = current(catalogue)
    if calibration is None:
        return LocalRates(rates, "", "")
    if ignored := calibration.ignored(model):
        return LocalRates(rates, "", ignored)
    local, recordings = catalogue.table("local_p_values"), catalogue.table("recordings")
    mine = local.filter(
        (local["calibration_id"] == calibration.row.calibration_id) & local["known_human"]
    )
    named = recordings.select("recording_id", "tag_artist")
    rows = mine.left_join(named, "recording_id").select("tag_artist", "shipped_p_value")
    by_artist: dict[str, list[float]] = defaultdict(list)
    for row in rows.to_pyarrow().to_pylist():
        if row["shipped_p_value"] is not None:
            artist = (row["tag_artist"] or "").strip() or _UNKNOWN
            by_artist[artist].append(row["shipped_p_value"])
    sources = [rates.counted(name, p_values) for name, p_values in sorted(by_artist.items())]
    return LocalRates(rates.with_human(sources), calibration.says(), "")

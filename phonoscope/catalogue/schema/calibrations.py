"""Results of `calibrate`: nulls made of a catalogue's own recordings, and their p-values.

All calibrations are kept. The newest row of table ``calibrations`` is the one in use; it is
written last, so the other tables are complete when it is there.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from phonoscope.columns import column

_ID = "Id of the calibration; ids sort by time."
_BANDWIDTH = "Bandwidth of the recordings in the null: 'narrow', 'middle' or 'wide'; 'any' for all."
_CHAIN = (
    "How the recordings in the null were encoded: a lossy codec such as 'mp3', 'lossless', "
    "'lossless-from-lossy', 'lossy' for all of these, or 'any'."
)


@dataclass(frozen=True)
class CalibrationRow:
    """One calibration: which recordings it rests on, and how well the shipped null fits them."""

    calibration_id: str = column(_ID)
    made_utc: datetime = column("When it was made, UTC.")
    version: str = column("Version of Phonoscope.")
    model: str = column("Model that scored the recordings; others aren't in it.")
    rule: str = column("How known-human recordings were chosen: 'date' or 'list'.")
    before_year: int | None = column("With a date: all dates of a recording are before this year.")
    known_human: int = column("Known-human recordings in the null.")
    artists: int = column("Different artists among them, by tag.")
    of_one_artist: int = column("Most recordings among them by one artist.")
    called: int = column("Of them: the shipped verdict calls them generated or partly generated.")
    up_to_001: int = column("Of them: the shipped p-value is at most 0.001.")
    up_to_01: int = column("Of them: the shipped p-value is at most 0.01.")
    up_to_05: int = column("Of them: the shipped p-value is at most 0.05.")
    judged: int = column("Recordings that got a local p-value.")
    not_scored: int = column("Recordings without a score.")
    other_model: int = column("Recordings that another model scored; they got no p-value.")
    stated_later: int = column(
        "With a date: recordings dated earlier whose other tags or tracks name that year or a "
        "later one. They may be new masters, so they aren't in the null."
    )
    not_found: int = column("With a list: entries that name no recording of the catalogue.")
    widened: bool = column("Whether p-values are upper limits, because the recordings are few.")


@dataclass(frozen=True, eq=False)
class CalibrationNullRow:
    """One null: known-human recordings of one channel, and the tail of their scores."""

    calibration_id: str = column(_ID)
    bandwidth: str = column(_BANDWIDTH)
    chain: str = column(_CHAIN)
    recordings: int = column("Known-human recordings in it.")
    judged: int = column("Recordings that were judged by it.")
    tail_start: float = column("Score where the tail starts, log odds.")
    tail_scale: float = column("Scale of the exponential tail, log odds.")
    tail_share: float = column("Local p-value where the tail starts.")
    one_percent_low: float = column(
        "True share of false alarms where the local p-value is 0.01: lower end of a 90% interval."
    )
    one_percent_high: float = column("The same: upper end.")
    scores: NDArray[np.float64] = column(
        "Scores of its recordings, log odds of p_generated, ascending."
    )


@dataclass(frozen=True)
class LocalPValueRow:
    """One recording, judged by known-human recordings of its own catalogue."""

    calibration_id: str = column(_ID)
    recording_id: str = column("Recording, as in table recordings.")
    p_value: float = column(
        "Share of known-human recordings of this catalogue, in a similar channel, that look at "
        "least as much like a generator's output; 0 to 1. One that is known to be human itself is "
        "judged by the others."
    )
    shipped_p_value: float | None = column(
        "p_value of its verdict at that time, by the null that comes with the model."
    )
    known_human: bool = column("Whether it is one of the known-human recordings.")
    bandwidth: str = column(_BANDWIDTH)
    chain: str = column(_CHAIN)

"""Whether a recording was made by a music generator.

The detector scores what the sound shows (:class:`Detection`); a mark in the file says what the
file declares. The two stay apart: every number here was detected, and ``basis`` says which of
the two the verdict rests on.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from phonoscope.columns import column
from phonoscope.defaults import FALSE_ALARMS
from phonoscope.disclosure.declared_status import MACHINE_MAKING, WHOLE_PARTS
from phonoscope.disclosure.model import Declaration


class Band(StrEnum):
    """The verdict in one word."""

    GENERATED = "generated"
    PARTLY_GENERATED = "partly-generated"
    UNDECIDED = "undecided"
    NO_SIGN_FOUND = "no-sign-found"
    UNREADABLE = "unreadable"


DEFAULT_FALSE_ALARMS = FALSE_ALARMS
"""Share of human music that may be called generated, unless the user says otherwise."""
ORDINARY = 0.1
"""From this p-value on a recording looks like ordinary human music: no sign found."""
LONG_ORDINARY_S = 30.0
"""So much ordinary music on end in a recording that is suspicious as a whole makes it a part."""


@dataclass(frozen=True)
class Segment:
    """A stretch of a recording, scored on its own."""

    start_s: float = column("Start of the stretch, s from the start of the recording.")
    end_s: float = column("End of the stretch, s.")
    p_generated: float = column("Probability that the stretch came from a generator, 0 to 1.")


@dataclass(frozen=True)
class Detection:
    """What the detector makes of one recording's evidence."""

    p_generated: float
    """Probability of a generator, 0 to 1."""
    p_value: float
    """Share of human music, sent through a like channel, that looks as much like one; 0 to 1."""
    generator: str | None
    """Family of generators it resembles most; ``None`` for one that is not known."""
    generator_confidence: float | None
    """Probability of that family given that it was generated, 0 to 1."""
    p_voice: float | None
    """Probability of a converted or synthetic singing voice, 0 to 1."""
    segments: tuple[Segment, ...]
    """Stretches of about 5 s, in order."""
    lines_hz: tuple[float, ...]
    """Frequencies whose lines spoke most for a generator, Hz, ascending; at most 6."""
    p_value_part: float
    """p-value of the most suspicious run of stretches, corrected for having searched for it."""
    longest_ordinary_s: float
    """Longest run of stretches that each look like ordinary human music, s."""
    least_counted: float
    """The least p-value that rests on counting; smaller ones are extrapolated."""
    model: str
    """Name, version and hash of the weights."""


@dataclass(frozen=True)
class Verdict:
    """A verdict with what it rests on."""

    verdict: Band = column("generated, partly-generated, undecided, no-sign-found or unreadable.")
    basis: str = column(
        "What the verdict rests on: 'detected', 'declared' (a mark in the file) or 'none'."
    )
    says: str = column("The verdict in a sentence.")
    p_generated: float | None = column(
        "Probability of a generator, detected, 0 to 1; empty when too short or quiet to weigh.",
        default=None,
    )
    p_value: float | None = column(
        "Share of human music, sent through a like channel, that looks as much like one; 0 to 1.",
        default=None,
    )
    generator: str | None = column(
        "Family of generators it resembles, detected; empty when unknown.", default=None
    )
    generator_confidence: float | None = column(
        "Probability of that family given that it was generated, 0 to 1.", default=None
    )
    p_voice: float | None = column(
        "Probability of a converted or synthetic singing voice, 0 to 1. Experimental.",
        default=None,
    )
    false_alarms: float | None = column(
        "Share of human music that may be called generated, as it was set for this verdict.",
        default=None,
    )
    model: str | None = column(
        "Name, version and hash of the model that weighed it; empty without one.", default=None
    )


UNREADABLE = Verdict(Band.UNREADABLE, "none", "Could not be examined; see the error.")


def judge(
    declared: Sequence[Declaration],
    detection: Detection | None = None,
    *,
    false_alarms: float = DEFAULT_FALSE_ALARMS,
) -> Verdict:
    """Decide on one recording.

    Parameters
    ----------
    declared
        Marks found in the file.
    detection
        What the detector makes of the sound; ``None`` when it is too short or quiet to score.
    false_alarms
        Share of human music that may be called generated, 0 to 1.

    Returns
    -------
    Verdict
        By what was detected where that suffices, else by a mark that declares a machine.
    """
    detected = _detected(detection, false_alarms)
    mark = _machine_mark(declared)
    if mark is None or detected.verdict in (Band.GENERATED, Band.PARTLY_GENERATED):
        return detected
    whole = mark.part in WHOLE_PARTS
    what = "it was" if whole else "a part of it was"
    by = f" with {mark.tool}" if mark.tool else ""
    return dataclasses.replace(
        detected,
        verdict=Band.GENERATED if whole else Band.PARTLY_GENERATED,
        basis="declared",
        says=f"Declared, not detected: a mark in the file ({mark.place}) says that {what} made by "
        f"a machine{by}.",
    )


def detected_band(verdict: Verdict) -> Band | None:
    """Return the band of the sound alone, whatever the file declares.

    A verdict rests on a mark only where the sound did not suffice for one, so what was
    detected lies on one side or the other of what is ordinary.
    :func:`phonoscope.catalogue.declared_vs_detected.detected` does the same over a table.

    Returns
    -------
    Band or None
        ``None`` when the sound was not detection.
    """
    if verdict.basis == "detected":
        return verdict.verdict
    if verdict.p_value is None or math.isnan(verdict.p_value):
        return None
    return Band.NO_SIGN_FOUND if verdict.p_value >= ORDINARY else Band.UNDECIDED


def _machine_mark(declared: Sequence[Declaration]) -> Declaration | None:
    """Return the mark that declares most: one of the whole before one of a part."""
    machine = [d for d in declared if d.making in MACHINE_MAKING]
    whole = [d for d in machine if d.part in WHOLE_PARTS]
    return next(iter(whole or machine), None)


def _detected(detection: Detection | None, false_alarms: float) -> Verdict:
    if detection is None:
        return Verdict(
            Band.UNDECIDED,
            "none",
            "Undecided: too short or too quiet to weigh, and no mark declares a generator. That "
            "is not a sign of human making.",
        )
    band, says = _band(detection, false_alarms)
    named = band in (Band.GENERATED, Band.PARTLY_GENERATED)
    return Verdict(
        band,
        "detected",
        says,
        p_generated=detection.p_generated,
        p_value=detection.p_value,
        generator=detection.generator if named else None,
        generator_confidence=detection.generator_confidence if named else None,
        p_voice=detection.p_voice,
        false_alarms=false_alarms,
        model=detection.model,
    )


def _band(detection: Detection, false_alarms: float) -> tuple[Band, str]:
    looks = f"{in_words(detection)} as much like a generator's output"
    if detection.p_value <= false_alarms:
        if detection.longest_ordinary_s >= LONG_ORDINARY_S:
            return Band.PARTLY_GENERATED, (
                f"Detected in a part: {looks}, but {detection.longest_ordinary_s:.0f} s on end "
                "show no sign of one."
            )
        return Band.GENERATED, f"Detected: {looks}."
    if detection.p_value_part <= false_alarms:
        return Band.PARTLY_GENERATED, (
            f"Detected in a part: as a whole, {looks}, but one stretch of it does far more."
        )
    if detection.p_value < ORDINARY:
        return Band.UNDECIDED, (
            f"Undecided: {looks}. That is unusual, and not enough to say that a machine made it."
        )
    return Band.NO_SIGN_FOUND, (
        f"No sign of a generator found: {looks}. That is not a sign of human making."
    )


def round_down(number: float) -> int:
    """Return a number to two digits that is no more than it: "fewer than 1 in" claims no more.

    >>> round_down(279.0), round_down(4207.4), round_down(10_000.0)
    (270, 4200, 10000)
    """
    unit = 10 ** max(0, len(str(int(number))) - 2)
    return int(number // unit * unit)


def in_words(detection: Detection) -> str:
    """Say how many human recordings look as much like a generator's output."""
    least = max(detection.least_counted, 1e-4)
    if detection.p_value < least:
        return f"fewer than 1 in {round_down(1 / least):,} human recordings look"
    if detection.p_value < 0.02:
        return f"about 1 in {1 / detection.p_value:,.0f} human recordings looks"
    return f"about {100 * detection.p_value:.0f} % of human recordings look"

"""Whether a recording was made by a music generator.

The detector scores what the sound shows (:class:`Detection`). A mark in the file is what the file
declares. The two stay apart: every number is detected, and ``basis`` names the one that the verdict
is based on.
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
from phonoscope.escape import printable
from phonoscope.messages import Message, gettext, sentences
from phonoscope.text import percent, span


class Band(StrEnum):
    """The verdict in one word."""

    GENERATED = "generated"
    PARTLY_GENERATED = "partly-generated"
    UNDECIDED = "undecided"
    NO_SIGN_FOUND = "no-sign-found"
    UNREADABLE = "unreadable"


DEFAULT_FALSE_ALARMS = FALSE_ALARMS
"""Share of human music that may be called generated, by default."""
ORDINARY = 0.1
"""From this p-value on a recording looks like ordinary human music: no sign found."""
LONG_ORDINARY_S = 30.0
"""With this much ordinary music without a break, only a part of a suspicious recording counts as
generated."""


@dataclass(frozen=True)
class Segment:
    """About five seconds of a recording, scored on their own."""

    start_s: float = column("Start of the segment, s from the start of the recording.")
    end_s: float = column("End of the segment, s.")
    p_generated: float = column("Probability that a generator made the segment, 0 to 1.")


@dataclass(frozen=True)
class Detection:
    """What the detector finds in one recording."""

    p_generated: float
    """Probability of a generator, 0 to 1."""
    p_value: float
    """Share of human music, through a similar channel, that looks at least as much like a
    generator's output; 0 to 1."""
    generator: str | None
    """Family of generators that it resembles most; ``None`` when unknown."""
    generator_confidence: float | None
    """Probability of that family, if it was generated; 0 to 1."""
    p_voice: float | None
    """Probability of a converted or synthetic singing voice, 0 to 1."""
    segments: tuple[Segment, ...]
    """Segments of about 5 s, in order."""
    lines_hz: tuple[float, ...]
    """Frequencies of the lines that are the strongest evidence, Hz, ascending; at most 6."""
    p_value_part: float
    """p-value of the most suspicious run of segments, corrected for the search for it."""
    longest_ordinary_s: float
    """Longest run of segments that each look like ordinary human music, s."""
    least_counted: float
    """The smallest p-value that was counted; smaller ones are extrapolated."""
    model: str
    """Name, version and hash of the weights."""


@dataclass(frozen=True)
class Verdict:
    """A verdict and what it is based on."""

    verdict: Band = column("generated, partly-generated, undecided, no-sign-found or unreadable.")
    basis: str = column(
        "What the verdict is based on: 'detected', 'declared' (a mark in the file) or 'none'."
    )
    says: str = column("The verdict in sentences, in English.")
    p_generated: float | None = column(
        "Probability of a generator, detected, 0 to 1; empty when too short or quiet to score.",
        default=None,
    )
    p_value: float | None = column(
        "Share of human music, through a similar channel, that looks at least as much like a "
        "generator's output; 0 to 1.",
        default=None,
    )
    generator: str | None = column(
        "Family of generators that it resembles, detected; empty when unknown.", default=None
    )
    generator_confidence: float | None = column(
        "Probability of that family, if it was generated; 0 to 1.", default=None
    )
    p_voice: float | None = column(
        "Probability of a converted or synthetic singing voice, 0 to 1. Experimental.",
        default=None,
    )
    false_alarms: float | None = column(
        "Share of human music that may be called generated: the setting for this verdict.",
        default=None,
    )
    model: str | None = column(
        "Name, version and hash of the model that scored it; empty without one.", default=None
    )


NOT_HUMAN = gettext("This doesn't mean that a person made it.")
"""Part of every verdict without a sign of a generator."""

UNREADABLE = Verdict(
    Band.UNREADABLE, "none", gettext("The file couldn't be analysed; the error says why.")
)


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
        What the detector finds; ``None`` when the sound is too short or quiet to score.
    false_alarms
        Share of human music that may be called generated, 0 to 1.

    Returns
    -------
    Verdict
        Based on the sound if that shows a generator, else on a mark that declares a machine.
    """
    detected = _detected(detection, false_alarms)
    mark = _machine_mark(declared)
    if mark is None or detected.verdict in (Band.GENERATED, Band.PARTLY_GENERATED):
        return detected
    return dataclasses.replace(
        detected,
        verdict=Band.GENERATED if mark.part in WHOLE_PARTS else Band.PARTLY_GENERATED,
        basis="declared",
        says=_declared(mark),
    )


def _declared(mark: Declaration) -> str:
    place = printable(mark.place)
    if mark.part in WHOLE_PARTS:
        if mark.tool:
            return gettext(
                "Declared, not detected: a mark in the file ({place}) says that a machine made "
                "it with {tool}.",
                place=place,
                tool=printable(mark.tool),
            )
        return gettext(
            "Declared, not detected: a mark in the file ({place}) says that a machine made it.",
            place=place,
        )
    if mark.tool:
        return gettext(
            "Declared, not detected: a mark in the file ({place}) says that a machine made a part "
            "of it with {tool}.",
            place=place,
            tool=printable(mark.tool),
        )
    return gettext(
        "Declared, not detected: a mark in the file ({place}) says that a machine made a part of "
        "it.",
        place=place,
    )


def detected_band(verdict: Verdict) -> Band | None:
    """Return the band of the sound alone, whatever the file declares.

    A verdict is based on a mark only where the sound isn't enough for one. The sound is then either
    undecided or without a sign.
    :func:`phonoscope.catalogue.declared_vs_detected.detected` does the same for a table.

    Returns
    -------
    Band or None
        ``None`` when the sound wasn't scored.
    """
    if verdict.basis == "detected":
        return verdict.verdict
    if verdict.p_value is None or math.isnan(verdict.p_value):
        return None
    return Band.NO_SIGN_FOUND if verdict.p_value >= ORDINARY else Band.UNDECIDED


def _machine_mark(declared: Sequence[Declaration]) -> Declaration | None:
    """Return the mark that declares most: of the whole before of a part."""
    machine = [d for d in declared if d.making in MACHINE_MAKING]
    whole = [d for d in machine if d.part in WHOLE_PARTS]
    return next(iter(whole or machine), None)


def _detected(detection: Detection | None, false_alarms: float) -> Verdict:
    if detection is None:
        return Verdict(
            Band.UNDECIDED,
            "none",
            sentences(
                gettext(
                    "Undecided: the recording is too short or too quiet to score, and no mark "
                    "declares a generator."
                ),
                NOT_HUMAN,
            ),
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
    often = how_often(detection)
    if detection.p_value <= false_alarms:
        if detection.longest_ordinary_s >= LONG_ORDINARY_S:
            ordinary = gettext(
                "But {duration} without a break show no sign of a generator.",
                duration=span(detection.longest_ordinary_s),
            )
            return Band.PARTLY_GENERATED, sentences(
                gettext("Detected: partly generated."), often, ordinary
            )
        return Band.GENERATED, sentences(gettext("Detected: generated."), often)
    if detection.p_value_part <= false_alarms:
        part = gettext(
            "Detected: partly generated. One part looks like a generator's output; the recording "
            "as a whole looks more ordinary."
        )
        return Band.PARTLY_GENERATED, sentences(part, often)
    if detection.p_value < ORDINARY:
        unusual = gettext("That is unusual, but not enough to call it generated.")
        return Band.UNDECIDED, sentences(gettext("Undecided."), often, unusual)
    return Band.NO_SIGN_FOUND, sentences(gettext("No sign of a generator found."), often, NOT_HUMAN)


def round_down(number: float) -> int:
    """Return a number rounded down to two digits, so that "fewer than 1 in" stays true.

    >>> round_down(279.0), round_down(4207.4), round_down(10_000.0)
    (270, 4200, 10000)
    """
    unit = 10 ** max(0, len(str(int(number))) - 2)
    return int(number // unit * unit)


def how_often(detection: Detection) -> Message:
    """Return how often human recordings look as much like a generator's output, as a sentence."""
    least = max(detection.least_counted, 1e-4)
    if detection.p_value < least:
        return gettext(
            "Fewer than 1 in {n} human recordings look this much like a generator's output.",
            n=round_down(1 / least),
        )
    if detection.p_value < 0.02:
        return gettext(
            "About 1 in {n} human recordings looks this much like a generator's output.",
            n=round(1 / detection.p_value),
        )
    return gettext(
        "About {share} of human recordings look this much like a generator's output.",
        share=percent(detection.p_value),
    )

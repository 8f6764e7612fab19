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
from phonoscope.detector.alteration import HARMLESS, altered_in_words
from phonoscope.disclosure.declared_status import MACHINE_MAKING, WHOLE_PARTS
from phonoscope.disclosure.model import Declaration
from phonoscope.escape import printable
from phonoscope.messages import Message, gettext, ngettext, sentences
from phonoscope.text import joined, percent, position

NO_VOICE_MODEL = "no-model"
"""Why there is no probability of a synthetic voice (docs/decisions/no-voice-model.md)."""
VOICE_NOT_MEASURED = gettext(
    "No model of synthetic voices is right often enough on voices from sources that it wasn't "
    "trained on."
)
"""The same as a sentence."""


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


@dataclass(frozen=True)
class Segment:
    """About five seconds of a recording, scored on their own."""

    start_s: float = column("Start of the segment, s from the start of the recording.")
    end_s: float = column("End of the segment, s.")
    p_generated: float = column("Probability that a generator made the segment, 0 to 1.")


@dataclass(frozen=True)
class Stretch:
    """A run of segments that differs significantly from the runs next to it."""

    start_s: float = column("Start of the stretch, s from the start of the recording.")
    end_s: float = column("End of the stretch, s.")
    p_value: float = column(
        "Share of human music, through a similar channel, that looks at least as much like a "
        "generator's output as this stretch; 0 to 1, not corrected for the number of stretches."
    )
    p_change: float | None = column(
        "p-value of the change at the start of the stretch, corrected for the number of changes "
        "that were tested; 0 to 1, empty for the first stretch."
    )
    called: bool = column("Whether the stretch alone is called generated.", default=False)


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
    segments: tuple[Segment, ...]
    """Segments of about 5 s, in order."""
    lines_hz: tuple[float, ...]
    """Frequencies of the lines that are the strongest evidence, Hz, ascending; at most 6."""
    p_value_part: float
    """p-value of the most suspicious run of segments, corrected for the search for it."""
    least_counted: float
    """The smallest p-value that was counted; smaller ones are extrapolated."""
    model: str
    """Name, version and hash of the model."""
    stretches: tuple[Stretch, ...] = ()
    """Stretches that differ significantly, in order: two or more, or none where nothing changes
    (:func:`phonoscope.detector.change_points.stretches_of`)."""
    altered: str | None = None
    """How the recording seems to have been altered, a key of
    :data:`phonoscope.detector.alteration.ALTERATIONS`; ``None`` when no alteration was noticed. The
    p-value is then that against altered human music."""
    plain_tones: bool = False
    """Whether it is plain tones and nothing else
    (:func:`phonoscope.detector.plain_tones.are_plain_tones`): its numbers then say nothing."""


@dataclass(frozen=True)
class Verdict:
    """A verdict and what it is based on."""

    verdict: Band = column("generated, partly-generated, undecided, no-sign-found or unreadable.")
    basis: str = column(
        "What the verdict is based on: 'detected', 'declared' (a mark in the file) or 'none'."
    )
    says: str = column("The verdict in sentences, in English.")
    p_generated: float | None = column(
        "Probability of a generator, detected, 0 to 1; empty where the sound is too short, too "
        "quiet or only plain tones.",
        default=None,
    )
    p_value: float | None = column(
        "Share of human music, through a similar channel, that looks at least as much like a "
        "generator's output; 0 to 1.",
        default=None,
    )
    p_value_part: float | None = column(
        "The same of the most suspicious part, corrected for the search for it; 0 to 1.",
        default=None,
    )
    altered: str | None = column(
        "How the recording seems to have been altered, which hides traces: 'pitch-or-tempo' or "
        "'too-altered'. It is then generated or undecided. Empty when no alteration was noticed.",
        default=None,
    )
    lines_hz: tuple[float, ...] | None = column(
        "Frequencies of the lines that are the strongest evidence of a generator, Hz, ascending, "
        "at most 6; none where the sound looks ordinary.",
        default=(),
    )
    generator: str | None = column(
        "Family of generators that it resembles, detected, or several that share a decoder, joined "
        "by ' or '; empty when unknown.",
        default=None,
    )
    generator_confidence: float | None = column(
        "Probability of that family, if it was generated; 0 to 1.", default=None
    )
    p_voice: float | None = column(
        "Probability of a converted or synthetic singing voice, 0 to 1. Not measured: empty, and "
        "p_voice_reason says why. Version 0.1 wrote numbers, which don't hold for voices that its "
        "model wasn't trained on.",
        default=None,
    )
    p_voice_reason: str | None = column(
        "Why p_voice is empty: 'no-model', because no model is right often enough on voices from "
        "sources that it wasn't trained on. Empty in rows of version 0.1.",
        default=NO_VOICE_MODEL,
    )
    false_alarms: float | None = column(
        "Share of human music that may be called generated: the setting for this verdict.",
        default=None,
    )
    model: str | None = column(
        "Name, version and hash of the model that scored it; empty without one.", default=None
    )
    stretches: tuple[Stretch, ...] = ()
    """Stretches that differ significantly, in order; none where nothing changes. They are rows of
    table ``stretches``."""


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


def verdict_kind(verdict: str, basis: str | None) -> str:
    """Return how to show a verdict: one by declaration alone never looks like one by sound.

    Parameters
    ----------
    verdict, basis
        As in a verdict.

    Returns
    -------
    str
        The verdict, or ``declared-`` and the verdict where only a mark says so. Words, signs and
        colours are by this name.

    Examples
    --------
    >>> verdict_kind("generated", "detected"), verdict_kind("generated", "declared")
    ('generated', 'declared-generated')
    """
    return f"declared-{verdict}" if basis == "declared" else verdict


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
    p_value = _number(verdict.p_value)
    if p_value is None:
        return None
    part, limit = _number(verdict.p_value_part), _number(verdict.false_alarms)
    is_rare_part = part is not None and limit is not None and part <= limit
    if verdict.altered or is_rare_part or p_value < ORDINARY:
        return Band.UNDECIDED
    return Band.NO_SIGN_FOUND


def _number(value: float | None) -> float | None:
    """Return a number; what is not a number was not measured."""
    return None if value is None or math.isnan(value) else value


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
    if detection.plain_tones:
        return Verdict(
            Band.UNDECIDED,
            "none",
            sentences(
                gettext(
                    "Undecided: the sound is plain tones, like those of an oscillator or a hum, so "
                    "there is no music to weigh."
                ),
                NOT_HUMAN,
            ),
            false_alarms=false_alarms,
            model=detection.model,
        )
    stretches = _called(detection.stretches, false_alarms)
    band, says = _band(detection, stretches, false_alarms)
    named = band in (Band.GENERATED, Band.PARTLY_GENERATED)
    rare = min(detection.p_value, detection.p_value_part) < ORDINARY
    return Verdict(
        band,
        "detected",
        says,
        p_generated=detection.p_generated,
        p_value=detection.p_value,
        p_value_part=detection.p_value_part,
        altered=detection.altered,
        lines_hz=detection.lines_hz if named or rare else (),
        generator=detection.generator if named else None,
        generator_confidence=detection.generator_confidence if named else None,
        false_alarms=false_alarms,
        model=detection.model,
        stretches=stretches,
    )


def _called(stretches: Sequence[Stretch], false_alarms: float) -> tuple[Stretch, ...]:
    """Call stretches generated, each at its share of the false alarms (Bonferroni)."""
    each = false_alarms / max(1, len(stretches))
    return tuple(dataclasses.replace(s, called=s.p_value <= each) for s in stretches)


def _band(
    detection: Detection, stretches: Sequence[Stretch], false_alarms: float
) -> tuple[Band, str]:
    if detection.altered and detection.p_value > false_alarms:
        # Its p-value is honest, but many generated recordings look ordinary after this.
        return Band.UNDECIDED, sentences(
            gettext("Undecided: too altered to judge."),
            altered_in_words(detection.altered),
            HARMLESS,
        )
    called = [s for s in stretches if s.called]
    if not detection.altered and called and any(s.p_value >= ORDINARY for s in stretches):
        return Band.PARTLY_GENERATED, _partly(called, detection.least_counted)
    often = how_often(detection)
    if detection.p_value <= false_alarms:
        return Band.GENERATED, sentences(gettext("Detected: generated."), often)
    if called or detection.p_value_part <= false_alarms:
        part = gettext(
            "One part looks like a generator's output, but it doesn't differ clearly from the rest."
        )
        return Band.UNDECIDED, sentences(gettext("Undecided."), part, often)
    if detection.p_value < ORDINARY:
        unusual = gettext("That is unusual, but not enough to call it generated.")
        return Band.UNDECIDED, sentences(gettext("Undecided."), often, unusual)
    return Band.NO_SIGN_FOUND, sentences(gettext("No sign of a generator found."), often, NOT_HUMAN)


def _partly(called: Sequence[Stretch], least_counted: float) -> str:
    where = joined([
        gettext("{start} to {end}", start=position(s.start_s), end=position(s.end_s))
        for s in called
    ])  # fmt: skip
    parts = ngettext(
        "One part looks like a generator's output: {parts}.",
        "{n} parts look like a generator's output: {parts}.",
        len(called),
        parts=where,
    )
    return sentences(
        gettext("Detected: partly generated."),
        parts,
        how_rare(min(s.p_value for s in called), least_counted),
        gettext("The rest differs from it, and at least a part of the rest looks ordinary."),
    )


def round_down(number: float) -> int:
    """Return a number rounded down to two digits, so that "fewer than 1 in" stays true.

    >>> round_down(279.0), round_down(4207.4), round_down(10_000.0)
    (270, 4200, 10000)
    """
    unit = 10 ** max(0, len(str(int(number))) - 2)
    return int(number // unit * unit)


def how_often(detection: Detection) -> Message:
    """Return how often human recordings look as much like a generator's output, as a sentence."""
    return how_rare(detection.p_value, detection.least_counted)


def how_rare(p_value: float, least_counted: float) -> Message:
    """Return how often human recordings look like one with a p-value, as a sentence.

    Parameters
    ----------
    p_value
        Share of human music that looks at least as much like a generator's output, 0 to 1.
    least_counted
        The smallest p-value that was counted, above 0; a smaller one is only given as a bound.

    Examples
    --------
    >>> how_rare(0.002, 0.0005)
    "About 1 in 500 human recordings looks this much like a generator's output."
    """
    least = max(least_counted, 1e-4)
    if p_value < least:
        return gettext(
            "Fewer than 1 in {n} human recordings look this much like a generator's output.",
            n=round_down(1 / least),
        )
    if p_value < 0.02:
        return gettext(
            "About 1 in {n} human recordings looks this much like a generator's output.",
            n=round(1 / p_value),
        )
    return gettext(
        "About {share} of human recordings look this much like a generator's output.",
        share=percent(p_value),
    )

"""A verdict on a page: what it is based on, what the sound alone shows, and the numbers."""

from __future__ import annotations

import math
from typing import NamedTuple

from phonoscope.detector.alteration import HARMLESS, altered_in_words
from phonoscope.detector.generated import (
    VOICE_NOT_MEASURED,
    Band,
    Verdict,
    detected_band,
    how_rare,
    round_down,
)
from phonoscope.detector.shipped import FamilyPrecision, family_precision, is_of_this_model
from phonoscope.escape import printable
from phonoscope.messages import Localised, gettext, ngettext, sentences
from phonoscope.text import number, percent

OF = 10_000
"""Human recordings that a p-value is counted in."""

_NAMED = (Band.GENERATED, Band.PARTLY_GENERATED)
_BASED_ON = {
    "detected": gettext("Verdict, based on the sound"),
    "declared": gettext("Verdict, based only on a mark in the file and not on the sound"),
    "none": gettext("Verdict: neither the sound nor a mark in the file is conclusive"),
}
_ALONE = {
    Band.UNDECIDED: gettext(
        "The sound alone is undecided: unusual for human music, but not unusual enough to call it "
        "generated."
    ),
    Band.NO_SIGN_FOUND: gettext(
        "The sound alone shows no sign of a generator. The detector misses some generators."
    ),
}
_NOT_SCORED = gettext(
    "The detector didn't score this recording. It is too short or too quiet, or a version without "
    "a model scanned it."
)


class VerdictField(NamedTuple):
    """One line of what was detected."""

    name: str
    """Which one it is, for scripts and tests."""
    label: str
    value: str
    note: str = ""


def based_on(verdict: Verdict) -> str:
    """Return what a verdict is based on."""
    other = gettext("Verdict, based on: {basis}", basis=printable(verdict.basis))
    return _BASED_ON.get(verdict.basis, other)


def detected_says(verdict: Verdict, least_counted: float | None = None) -> str:
    """Return what the sound alone shows, where the verdict's own sentence is about a mark.

    Parameters
    ----------
    verdict
        The verdict.
    least_counted
        The smallest p-value that the model's calibration could count; ``None`` if unknown.
    """
    band = detected_band(verdict)
    if band is None or (verdict.p_generated is None and verdict.p_value is None):
        return _NOT_SCORED
    if verdict.basis != "declared":
        return ""
    if verdict.altered:
        altered = gettext("The sound alone is too altered to judge.")
        return sentences(altered, altered_in_words(verdict.altered), HARMLESS)
    often = "" if verdict.p_value is None else how_rare(verdict.p_value, least_counted or 1 / OF)
    return sentences(_ALONE[band], often)


def other_model_says(verdict: Verdict) -> str:
    """Return that another version's model scored a recording; empty if this version's did."""
    if is_of_this_model(verdict.model) is not False:
        return ""
    return gettext(
        "Another version's model scored this recording: {model}. This version's model may decide "
        "otherwise, and its error rates don't apply here. For its verdict, scan with {option}.",
        model=verdict.model or "",
        option="--again-if-model-changed",
    )


def precision_words(precision: FamilyPrecision) -> Localised:
    """Return how often the name of a family is right.

    >>> precision_words(FamilyPrecision(65, 68))
    'right for 65 of 68 test recordings with this name (95% interval 88% to 98.5%)'
    """
    low, high = precision.interval
    return ngettext(
        "right for {right} of {n} test recording with this name (95% interval {low} to {high})",
        "right for {right} of {n} test recordings with this name (95% interval {low} to {high})",
        precision.named,
        right=precision.right,
        low=percent(low),
        high=percent(high),
    )


def verdict_fields(verdict: Verdict, least_counted: float | None = None) -> list[VerdictField]:
    """Return the numbers behind what was detected, as far as there are any.

    Parameters
    ----------
    verdict
        The verdict.
    least_counted
        The smallest p-value that the model's calibration could count; ``None`` if unknown.
    """
    found: list[VerdictField] = []
    if verdict.p_generated is not None:
        label = gettext("Probability that it is generated")
        found.append(VerdictField("probability", label, likelihood(verdict.p_generated)))
    if verdict.p_value is not None:
        found.append(_rarity(verdict.p_value, verdict.false_alarms, least_counted))
    if verdict.false_alarms is not None:
        allowed = gettext(
            "{count} human recordings, or {share}",
            count=of_ten_thousand(verdict.false_alarms),
            share=percent(verdict.false_alarms),
        )
        found.append(VerdictField("false-alarms", gettext("Accepted false alarms"), allowed))
    if verdict.p_value is not None and detected_band(verdict) in _NAMED:
        found.append(_family(verdict))
    if verdict.p_value is not None:
        label = gettext("Converted or synthetic voice")
        value = gettext("Not measured")
        found.append(VerdictField("voice", label, value, VOICE_NOT_MEASURED))
    if verdict.model:
        found.append(VerdictField("model", gettext("Model"), printable(verdict.model)))
    return found


def _rarity(p_value: float, target: float | None, least_counted: float | None) -> VerdictField:
    # How far a model counted is only known of the one that this version ships.
    least = 1 / OF if least_counted is None else least_counted
    note = ""
    if p_value < least and not math.isclose(p_value, least):
        note = _EXTRAPOLATED if least_counted is None else _extrapolated(least_counted)
    label = gettext("Human recordings that look at least as generated")
    return VerdictField("look-alikes", label, look_alikes(p_value, target), note)


_EXTRAPOLATED = gettext(
    "Too rare to count, so the number is extrapolated. The model card has the size of the sample."
)


def _extrapolated(least_counted: float) -> str:
    return gettext(
        "Too rare to count (fewer than 1 of {n}), so the number is extrapolated. The model card "
        "has the size of the sample.",
        n=round_down(1 / least_counted),
    )


def _family(verdict: Verdict) -> VerdictField:
    label = gettext("Family of generators")
    if not verdict.generator:
        unknown = gettext("It resembles no generator that the model knows.")
        return VerdictField("family", label, gettext("Unknown"), unknown)
    name, note = printable(verdict.generator), _family_note(verdict)
    sure = verdict.generator_confidence
    if sure is None:
        return VerdictField("family", label, gettext("{generator}", generator=name), note)
    value = gettext("{generator}, with {share} probability", generator=name, share=likelihood(sure))
    return VerdictField("family", label, value, note)


def _family_note(verdict: Verdict) -> Localised:
    at_all = gettext("If it is generated at all.")
    precision = family_precision(verdict.generator, verdict.model)
    if precision is None:
        return at_all
    right = gettext("The name was {right}.", right=precision_words(precision))
    return sentences(at_all, right)


def likelihood(probability: float) -> Localised:
    """Return a probability from a model, which is never quite 0 or 1.

    >>> likelihood(1.0), likelihood(0.974)
    ('over 99.99%', '97.4%')
    """
    return percent(min(max(probability, 1e-9), 1 - 1e-9))


def look_alikes(p_value: float, target: float | None = None) -> Localised:
    """Return a p-value as a count of human recordings.

    Parameters
    ----------
    p_value
        Share of human music that looks as much like a generator's output, 0 to 1.
    target
        Share up to which a recording is called generated. A p-value just above it would round to
        the same count although it leads to another verdict, so the text then says "just over".

    Examples
    --------
    >>> look_alikes(0.00042), look_alikes(0.00001), look_alikes(0.00101, 0.001)
    ('4 of 10,000', 'fewer than 1 of 10,000', 'just over 10 of 10,000')
    """
    share = of_ten_thousand(p_value)
    if target is not None and p_value > target and share == of_ten_thousand(target):
        return gettext("just over {share}", share=share)
    return share


def of_ten_thousand(share: float) -> Localised:
    """Return a share as a count of ten thousand; below one, only that it is below.

    >>> of_ten_thousand(0.001), of_ten_thousand(0.00002), of_ten_thousand(1.0)
    ('10 of 10,000', 'fewer than 1 of 10,000', 'all of 10,000')
    """
    if share >= 1.0:
        return gettext("all of {total}", total=OF)
    found = share * OF
    # Floating point: exactly 1 of 10,000 must not read as fewer.
    if found < 1.0 and not math.isclose(found, 1.0):
        return gettext("fewer than 1 of {total}", total=OF)
    return gettext("{n} of {total}", n=number(min(found, OF - 1)), total=OF)

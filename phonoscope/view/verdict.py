"""A verdict as a person reads it: what it rests on, and what the sound alone would say."""

from __future__ import annotations

import math
from typing import NamedTuple

from phonoscope.detector.generated import Band, Verdict, detected_band, round_down
from phonoscope.escape import printable
from phonoscope.text import count, number, percent

OF = 10_000
"""Human recordings that a p-value is counted out of."""

_NAMED = (Band.GENERATED, Band.PARTLY_GENERATED)
_RESTS_ON = {
    "detected": "Verdict, resting on what was detected in the sound",
    "declared": "Verdict, resting on a mark in the file, not on the sound",
    "none": "Verdict: neither the sound nor a mark in the file carries a claim",
}
_ALONE = {
    Band.UNDECIDED: "The sound alone would be undecided: unusual for human music, and not enough "
    "to say that a machine made it.",
    Band.NO_SIGN_FOUND: "The sound alone shows no sign of a generator. That does not speak "
    "against the mark: detectors miss some.",
}
_UNWEIGHED = (
    "The sound was not weighed: it is too short or too quiet, or it was examined by a version "
    "without a model."
)


class VerdictField(NamedTuple):
    """One line of what was detected."""

    label: str
    value: str
    note: str = ""
    is_model: bool = False


def rests_on(verdict: Verdict) -> str:
    """Say what a verdict rests on."""
    return _RESTS_ON.get(verdict.basis, f"Verdict, {printable(verdict.basis)}")


def detected_says(verdict: Verdict) -> str:
    """Say what the sound alone shows, where the verdict's own sentence speaks of a mark."""
    band = detected_band(verdict)
    if band is None or (verdict.p_generated is None and verdict.p_value is None):
        return _UNWEIGHED
    return _ALONE[band] if verdict.basis == "declared" else ""


def verdict_fields(verdict: Verdict, least_counted: float | None = None) -> list[VerdictField]:
    """Return the numbers behind what was detected; none that was not.

    Parameters
    ----------
    verdict
        The verdict.
    least_counted
        The least p-value that the model's calibration could count; ``None`` when not known.
    """
    found: list[VerdictField] = []
    if verdict.p_generated is not None:
        found.append(VerdictField("Probability of a generator", likelihood(verdict.p_generated)))
    if verdict.p_value is not None:
        found.append(_rarity(verdict.p_value, verdict.false_alarms, least_counted))
    if verdict.false_alarms is not None:
        share = percent(verdict.false_alarms)
        found.append(
            VerdictField(
                "False alarms allowed", f"{of_ten_thousand(verdict.false_alarms)}, or {share}"
            )
        )
    if verdict.p_value is not None and detected_band(verdict) in _NAMED:
        found.append(_family(verdict))
    if verdict.p_voice is not None:
        found.append(
            VerdictField(
                "Synthetic or converted voice",
                likelihood(verdict.p_voice),
                "Experimental: see its own error rates in the model card. No part of the verdict.",
            )
        )
    if verdict.model:
        found.append(VerdictField("Model", printable(verdict.model), is_model=True))
    return found


def _rarity(p_value: float, target: float | None, least_counted: float | None) -> VerdictField:
    # Of a model that is not at hand it is not known how far it counted.
    least = 1 / OF if least_counted is None else least_counted
    note = ""
    if p_value < least and not math.isclose(p_value, least):
        than = "" if least_counted is None else f" (1 of {count(round_down(1 / least))})"
        note = (
            f"Rarer than could be counted{than}, so it is extrapolated from the rarest that were; "
            "the model card says from how many."
        )
    return VerdictField("Human look-alikes", look_alikes(p_value, target), note)


def _family(verdict: Verdict) -> VerdictField:
    if not verdict.generator:
        return VerdictField(
            "Family", "Unknown generator", "It resembles none that the model knows."
        )
    sure = verdict.generator_confidence
    surely = f", {likelihood(sure)} sure" if sure is not None else ""
    return VerdictField(
        "Family", printable(verdict.generator) + surely, "If a generator made it at all."
    )


def likelihood(probability: float) -> str:
    """Return a probability that came out of a model, which is never quite 0 or 1.

    >>> likelihood(1.0), likelihood(0.974)
    ('over 99.99%', '97.4%')
    """
    return percent(min(max(probability, 1e-9), 1 - 1e-9))


def look_alikes(p_value: float, target: float | None = None) -> str:
    """Put a p-value as a count of human recordings.

    Parameters
    ----------
    p_value
        Share of human music that looks as much like a generator's output, 0 to 1.
    target
        Share up to which a recording is called generated; a count that would round to it from
        above says so, because the two lead to different verdicts.

    Examples
    --------
    >>> look_alikes(0.00042)
    '4 of 10,000 human recordings look as much like one'
    >>> look_alikes(0.00001)
    'fewer than 1 of 10,000 human recordings looks as much like one'
    """
    share = of_ten_thousand(p_value)
    if target is not None and p_value > target and share == of_ten_thousand(target):
        share = f"just over {share}"
    verb = "looks" if share.removeprefix("fewer than ").startswith("1 of") else "look"
    return f"{share} human recordings {verb} as much like one"


def of_ten_thousand(share: float) -> str:
    """Return a share as a count of ten thousand; under one, only that it is.

    >>> of_ten_thousand(0.001), of_ten_thousand(0.00002), of_ten_thousand(1.0)
    ('10 of 10,000', 'fewer than 1 of 10,000', 'all of 10,000')
    """
    if share >= 1.0:
        return f"all of {count(OF)}"
    found = share * OF
    # Floating point: one in ten thousand must not read as fewer.
    if found < 1.0 and not math.isclose(found, 1.0):
        return f"fewer than 1 of {count(OF)}"
    return f"{number(min(found, OF - 1))} of {count(OF)}"

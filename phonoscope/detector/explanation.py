"""Why the detector says what it says, in words that a person can check and doubt."""

from __future__ import annotations

import math

from phonoscope.columns import Statement
from phonoscope.detector.generated import ORDINARY, Detection, in_words

SUSPICIOUS = 0.5
"""From this probability on a stretch is counted as suspicious."""
OTHER_CAUSES = (
    "music copied through a neural codec or enhancer, tones that a synthesiser or the mains hold "
    "without end, and electronic music in general can look alike; heavy filtering, 8 kHz sound "
    "and excerpts of a few seconds make every sign weaker."
)
STRONGEST_P_VALUE = 1e-4


def explain(detection: Detection) -> Statement:
    """Say what was seen, how strong it is, and how often human music looks like it."""
    suspicious = sum(segment.p_generated >= SUSPICIOUS for segment in detection.segments)
    of = len(detection.segments)
    where = f"{suspicious} of {of} stretches look" if of > 1 else "The recording looks"
    if suspicious == 0:
        seen = "No stretch looks like what music generators leave"
    else:
        seen = f"{where} like what the decoders of music generators leave{_lines(detection)}"
    often = in_words(detection)
    says = f"{seen}. {often[0].upper()}{often[1:]} as much like it."
    numbers = {
        "p_generated": detection.p_generated,
        "p_value": detection.p_value,
        "suspicious_stretches": suspicious,
        "stretches": of,
    }
    return Statement("generated", says, _strength(detection.p_value), OTHER_CAUSES, numbers)


def _lines(detection: Detection) -> str:
    if not detection.lines_hz or detection.p_value >= ORDINARY:
        return ""
    named = ", ".join(f"{hz:,.0f}" for hz in detection.lines_hz)
    return f": lines in the spectrum that do not stop, most tellingly at {named} Hz"


def _strength(p_value: float) -> float:
    """Return 0 for what is ordinary, rising with each power of ten to 1."""
    rare = math.log10(max(p_value, STRONGEST_P_VALUE) / ORDINARY)
    return max(0.0, rare / math.log10(STRONGEST_P_VALUE / ORDINARY))

"""The detector's evidence in sentences that a person can check and doubt."""

from __future__ import annotations

import math

from phonoscope.columns import Statement
from phonoscope.detector.generated import ORDINARY, Detection, how_often
from phonoscope.messages import gettext, ngettext, sentences
from phonoscope.text import joined, number

SUSPICIOUS = 0.5
"""A segment counts as suspicious from this probability on."""
OTHER_CAUSES = gettext(
    "Music that was copied through a neural codec or enhancer, long tones of a synthesiser, mains "
    "hum and electronic music in general can look similar. Heavy filtering, 8 kHz sound and "
    "excerpts of a few seconds make all signs weaker."
)
STRONGEST_P_VALUE = 1e-4


def explain(detection: Detection) -> Statement:
    """Return what was found, how strong it is, and how often human music looks like it."""
    rarest = min(detection.p_value, detection.p_value_part)
    suspicious = sum(segment.p_generated >= SUSPICIOUS for segment in detection.segments)
    numbers = {
        "p_generated": detection.p_generated,
        "p_value": detection.p_value,
        "suspicious_stretches": suspicious,
        "stretches": len(detection.segments),
    }
    text = sentences(
        _segments(suspicious, len(detection.segments)),
        _lines(detection) if suspicious else "",
        how_often(detection),
    )
    return Statement("generated", text, _strength(rarest), OTHER_CAUSES, numbers)


def _segments(suspicious: int, total: int) -> str:
    if suspicious == 0:
        return gettext("No segment looks like the output of a music generator.")
    if total == 1:
        return gettext("The recording looks like the output of a music generator.")
    return ngettext(
        "{n} of {total} segments looks like the output of a music generator.",
        "{n} of {total} segments look like the output of a music generator.",
        suspicious,
        total=total,
    )


def _lines(detection: Detection) -> str:
    if not detection.lines_hz or min(detection.p_value, detection.p_value_part) >= ORDINARY:
        return ""
    return gettext(
        "The spectrum has lines that never stop; the clearest are at {frequencies} Hz.",
        frequencies=joined([number(hz) for hz in detection.lines_hz]),
    )


def _strength(p_value: float) -> float:
    """Return 0 for what is ordinary, rising with each power of ten to 1."""
    rare = math.log10(max(p_value, STRONGEST_P_VALUE) / ORDINARY)
    return max(0.0, rare / math.log10(STRONGEST_P_VALUE / ORDINARY))

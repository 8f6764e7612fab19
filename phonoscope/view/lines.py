"""The lines that are the evidence for a generator, placed along an axis of frequency."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from phonoscope.messages import Joined, Localised, gettext
from phonoscope.text import measured
from phonoscope.view.scale import LOWEST_HZ, Tick

_APART = 26.0
"""Percent of a narrow strip's width that a label needs."""
LEFTWARDS = 80.0
"""Percent of the strip's width beyond which a label is on the left of its line."""
_APART_DOWN = 6.5
"""Percent of a spectrogram's height that a label needs."""
_STEP_HZ = 5_000


class LineMark(NamedTuple):
    """One line, and where its label is."""

    hz: float
    label: Localised
    percent: float
    """Of the axis: from the left, or from the top of a spectrogram."""
    row: int
    """Row of the label above the strip, from 0 at its edge, so that labels don't overlap."""
    label_percent: float
    """Place of the label next to a spectrogram, from the top; labels don't overlap."""


class LineStrip(NamedTuple):
    """Lines on a linear axis of frequency from 0 Hz, for a page without a spectrum."""

    marks: Sequence[LineMark]
    ticks: Sequence[Tick]
    rows: int
    """Rows of labels."""
    says: Localised


def line_words(lines_hz: Sequence[float]) -> Localised:
    """Return the frequencies in words.

    >>> line_words([5512.5, 11025.0])
    '5,512 Hz, 11,025 Hz'
    """
    return Joined(", ", tuple(measured(hz, "Hz") for hz in lines_hz))


def line_strip(lines_hz: Sequence[float] | None, highest_hz: float) -> LineStrip | None:
    """Place lines on an axis from 0 to the highest frequency.

    Parameters
    ----------
    lines_hz
        Frequencies, Hz, ascending.
    highest_hz
        End of the axis, Hz, above 0.

    Returns
    -------
    LineStrip or None
        ``None`` without lines.
    """
    shown = [hz for hz in lines_hz or () if 0 < hz < highest_hz]
    if not shown:
        return None
    edges: list[float] = []
    marks: list[LineMark] = []
    # From the right, so that no line runs through the label of one to its left.
    for hz in sorted(shown, reverse=True):
        percent = 100 * hz / highest_hz
        leftwards = percent > LEFTWARDS
        end = percent if leftwards else percent + _APART
        row = next((i for i, edge in enumerate(edges) if edge >= end), len(edges))
        edges[row:] = [percent - _APART if leftwards else percent, *edges[row + 1 :]]
        marks.insert(0, LineMark(hz, measured(hz, "Hz"), round(percent, 3), row, percent))
    ticks = [
        Tick(round(100 * hz / highest_hz, 3), measured(hz / 1000, "kHz"))
        for hz in range(_STEP_HZ, int(highest_hz / 1.04), _STEP_HZ)
    ]
    says = gettext("Lines at {frequencies}.", frequencies=line_words(shown))
    return LineStrip(marks, ticks, len(edges), says)


def lines_on_spectrogram(lines_hz: Sequence[float] | None, highest_hz: float) -> list[LineMark]:
    """Place lines on a spectrogram's logarithmic axis, from the top, with labels kept apart.

    Parameters
    ----------
    lines_hz
        Frequencies, Hz.
    highest_hz
        Upper end of the spectrogram, Hz; nothing is drawn if it isn't above 0.
    """
    if highest_hz <= 0:
        return []
    lowest_hz = min(LOWEST_HZ, highest_hz / 4)
    octaves = math.log(highest_hz / lowest_hz)
    marks: list[LineMark] = []
    for hz in sorted(lines_hz or (), reverse=True):
        if not lowest_hz < hz < highest_hz:
            continue
        percent = 100 * math.log(highest_hz / hz) / octaves
        lowest = marks[-1].label_percent + _APART_DOWN if marks else _APART_DOWN / 2
        label = round(max(percent, lowest), 3)
        marks.append(LineMark(hz, measured(hz, "Hz"), round(percent, 3), 0, label))
    return marks

"""The mean spectrum of a recording with the peaks and the comb found in it, as charts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from phonoscope.evidence.artefacts import BAND_HZ, NOTABLE_SCORE, excess_db
from phonoscope.findings.base import Chart
from phonoscope.findings.charts import CONFIG, NARROW, SCHEMA, Spec
from phonoscope.findings.words import frequency, number
from phonoscope.web.portrait import Portrait

WIDE = 920
POINTS = 900
MOST_TEETH = 240
"""A denser comb is not drawn line by line; its spacing stands in words."""


def spectrum_chart(portrait: Portrait, facts: Mapping[str, Any]) -> Chart:
    """Draw the mean level over frequency, with the cut-off where one was found."""
    hertz, level = _thinned(portrait.mean_level_db, portrait.bin_hz, 0.0, portrait.highest_hz)
    marks = []
    if facts.get("cutoff_hz") is not None:
        cutoff_hz = facts["cutoff_hz"]
        marks.append({"hz": cutoff_hz, "label": f"cut-off {frequency(cutoff_hz)}"})
    floor = float(max(level.max() - 110, level.min()))
    alt = (
        f"Mean level from 0 to {frequency(portrait.highest_hz)}; it peaks at "
        f"{number(float(level.max()), 0)} dB" + (f", with a {marks[0]['label']}." if marks else ".")
    )
    values = _points(hertz, np.maximum(level, floor))
    drawn = _Drawn(values, marks, [], (0.0, portrait.highest_hz), "dB re full scale", 200)
    return drawn.chart(alt)


def excess_chart(portrait: Portrait, facts: Mapping[str, Any]) -> Chart | None:
    """Draw how far the spectrum rises over its local floor, with peaks and comb.

    ``None`` when the recording is too short or narrow to look for peaks.
    """
    low, high = _band(portrait)
    if high - low < 2_000 or facts.get("comb_score") is None:
        return None
    excess = excess_db(portrait.mean_level_db.astype(np.float32)).astype(np.float64)
    hertz, height = _thinned(excess, portrait.bin_hz, low, high)
    peaks = [
        {"hz": float(hz), "db": float(db), "says": f"Peak at {number(hz)} Hz, {db:.1f} dB"}
        for hz, db in zip(facts.get("peaks_hz") or (), facts.get("peaks_db") or (), strict=False)
    ]
    teeth = teeth_hz(portrait, facts)
    alt = (
        f"Rise over the local floor from {frequency(low)} to {frequency(high)}: "
        f"{len(peaks)} narrow peaks"
        + (f", and a comb every {facts['comb_spacing_hz']:.1f} Hz." if teeth else ".")
    )
    values = _points(hertz, height)
    drawn = _Drawn(values, [], peaks, (low, high), "dB over the floor", 160, teeth)
    return drawn.chart(alt)


def comb_stands_out(facts: Mapping[str, Any]) -> bool:
    """Whether the strongest comb is strong enough to be put into words."""
    return (facts.get("comb_score") or 0.0) >= NOTABLE_SCORE


def teeth_hz(portrait: Portrait, facts: Mapping[str, Any]) -> list[float]:
    """Frequencies of the comb's teeth to draw; none when there is no comb or too dense a one."""
    low, high = _band(portrait)
    spacing_hz = facts.get("comb_spacing_hz")
    if not comb_stands_out(facts) or not spacing_hz or (high - low) / spacing_hz > MOST_TEETH:
        return []
    first, last = int(np.ceil(low / spacing_hz)), int(high / spacing_hz)
    return [k * spacing_hz for k in range(first, last + 1)]


def _band(portrait: Portrait) -> tuple[float, float]:
    return BAND_HZ[0], min(BAND_HZ[1], 0.98 * portrait.highest_hz)


def _thinned(
    level: NDArray[np.float64], bin_hz: float, low_hz: float, high_hz: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Keep the highest of every few bins, so that a narrow peak is never lost."""
    first, last = round(low_hz / bin_hz), min(level.size, round(high_hz / bin_hz) + 1)
    step = max(1, -(-(last - first) // POINTS))
    starts = np.arange(first, last, step)
    highest = np.maximum.reduceat(level[:last], starts)
    return np.asarray((starts + (step - 1) / 2) * bin_hz, np.float64), highest


def _points(hertz: NDArray[np.float64], level: NDArray[np.float64]) -> list[dict[str, float]]:
    return [
        {"hz": round(float(h), 1), "db": round(float(v), 2)}
        for h, v in zip(hertz, level, strict=True)
    ]


@dataclass(frozen=True)
class _Drawn:
    """A line over frequency, with rules and circles."""

    values: list[dict[str, float]]
    marks: list[dict[str, Any]]
    peaks: list[dict[str, Any]]
    extent: tuple[float, float]
    unit: str
    height: int
    teeth: Sequence[float] = ()

    def chart(self, alt: str) -> Chart:
        return Chart(self._spec(WIDE, 10, alt), self._spec(NARROW, 5, alt), alt)

    def _spec(self, width: int, ticks: int, alt: str) -> Spec:
        x: Spec = {
            "field": "hz",
            "type": "quantitative",
            "scale": {"domain": list(self.extent), "nice": False, "zero": False},
            "axis": {
                "tickCount": ticks,
                "labelExpr": "format(datum.value / 1000, '')",
                "title": "Frequency, kHz",
            },
        }
        y: Spec = {
            "field": "db",
            "type": "quantitative",
            "scale": {"zero": False},
            "axis": {"title": self.unit, "labelExpr": "replace(datum.label, '-', '\u2212')"},
        }
        line = {"type": "line", "color": "var(--accent)", "strokeWidth": 1.2, "aria": False}
        layers: list[Spec] = [{"mark": line, "encoding": {"x": x, "y": y}}]
        if self.marks:
            layers = [*_rules(self.marks, x), *layers]
        if self.teeth:
            layers.append(_ticks(self.teeth, x))
        if self.peaks:
            layers.append(_peaks(self.peaks, x, y))
        return {
            "$schema": SCHEMA,
            "description": alt,
            "width": width,
            "height": self.height,
            "data": {"values": self.values},
            "layer": layers,
            "config": CONFIG,
        }


def _rules(marks: list[dict[str, Any]], x: Spec) -> list[Spec]:
    data = {"values": marks}
    rule = {
        "type": "rule",
        "color": "var(--muted)",
        "strokeDash": [3, 3],
        "strokeWidth": 1,
        "aria": False,
    }
    text = {"type": "text", "align": "right", "dx": -5, "y": -10, "fontWeight": 600, "aria": False}
    label = {"x": x, "text": {"field": "label"}}
    return [
        {"data": data, "mark": {**rule, "y": 0, "y2": "height"}, "encoding": {"x": x}},
        {"data": data, "mark": text, "encoding": label},
    ]


def _ticks(teeth: Sequence[float], x: Spec) -> Spec:
    """Draw a comb as ticks along the top, where they hide nothing of the line."""
    mark = {"type": "rule", "color": "var(--ink)", "strokeWidth": 1, "y": -11, "y2": -4}
    values = [{"hz": hz} for hz in teeth]
    return {"data": {"values": values}, "mark": {**mark, "aria": False}, "encoding": {"x": x}}


def _peaks(peaks: list[dict[str, Any]], x: Spec, y: Spec) -> Spec:
    mark = {"type": "point", "shape": "circle", "size": 55, "color": "var(--ink)", "filled": False}
    return {
        "data": {"values": peaks},
        "mark": mark,
        "encoding": {"x": x, "y": y, "description": {"field": "says"}},
    }

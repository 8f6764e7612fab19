"""Plots of a recording's mean spectrum, with its peaks and its comb."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from phonoscope.features.artefacts import BAND_HZ, excess_db
from phonoscope.findings.base import Chart
from phonoscope.findings.plots.spec import CONFIG, NARROW, SCHEMA, Spec
from phonoscope.messages import gettext, ngettext, sentences
from phonoscope.text import frequency, measured
from phonoscope.view.lines import line_words
from phonoscope.web.comb import FEW_TEETH, Tooth, close_look, stands_out, teeth_of
from phonoscope.web.overview import Overview

WIDE = 920
POINTS = 900
MOST_TEETH = 240
"""A denser comb is not drawn line by line; a sentence gives its spacing."""


def spectrum_chart(
    overview: Overview, descriptors: Mapping[str, Any], lines_hz: Sequence[float] = ()
) -> Chart:
    """Draw the mean level over frequency, with the cut-off and the lines that decide, if any."""
    hertz, level = _thinned(overview.mean_level_db, overview.bin_hz, 0.0, overview.highest_hz)
    marks = []
    cutoff_hz = descriptors.get("cutoff_hz")
    if cutoff_hz is not None:
        marks.append(
            {
                "hz": cutoff_hz,
                "label": gettext("cut-off {frequency}", frequency=frequency(cutoff_hz)),
            }
        )
    floor = float(max(level.max() - 110, level.min()))
    alt = sentences(
        gettext(
            "Mean level from 0 to {highest}. The maximum is {level}.",
            highest=frequency(overview.highest_hz),
            level=measured(float(level.max()), "dB"),
        ),
        gettext("There is a cut-off at {frequency}.", frequency=frequency(cutoff_hz))
        if cutoff_hz is not None
        else "",
        _lines_alt(lines_hz),
    )
    values = _points(hertz, np.maximum(level, floor))
    drawn = _Drawn(values, marks, [], (0.0, overview.highest_hz), gettext("dB re full scale"), 200)
    return replace(drawn, lines=lines_hz).chart(alt)


def _lines_alt(lines_hz: Sequence[float]) -> str:
    if not lines_hz:
        return ""
    return gettext(
        "The lines that are the strongest evidence are at {frequencies}.",
        frequencies=line_words(lines_hz),
    )


@dataclass(frozen=True)
class SpectrumExcess:
    """How far a spectrum rises over its local floor, and the teeth of its comb."""

    bin_hz: float
    rise_db: NDArray[np.float64]
    """Shape (bins,), dB."""
    band_hz: tuple[float, float]
    peaks: Sequence[tuple[float, float]]
    """Strongest narrow peaks: frequency, Hz, and height, dB."""
    teeth: Sequence[Tooth]
    """Empty if no comb is stronger than chance."""

    @property
    def met(self) -> int:
        """Number of teeth that have a peak."""
        return sum(tooth.is_met for tooth in self.teeth)

    @property
    def ticks(self) -> Sequence[Tooth]:
        """Teeth to draw as ticks. Fewer are drawn through the plot; more would run together."""
        return self.teeth if FEW_TEETH < len(self.teeth) <= MOST_TEETH else ()

    def chart(self, lines_hz: Sequence[float] = ()) -> Chart:
        """Draw the whole band, with the peaks, the teeth and the lines that decide."""
        low, high = self.band_hz
        lines_hz = [hz for hz in lines_hz if low <= hz <= high]
        alt = sentences(
            gettext(
                "Rise over the local floor from {low} to {high}.",
                low=frequency(low),
                high=frequency(high),
            ),
            ngettext("{n} narrow peak.", "{n} narrow peaks.", len(self.peaks)),
            gettext("A comb every {spacing}.", spacing=measured(self._spacing_hz, "Hz", 1))
            if self.teeth
            else "",
            _lines_alt(lines_hz),
        )
        rules = self.teeth if len(self.teeth) <= FEW_TEETH else ()
        drawn = self._drawn(self.band_hz, self.peaks)
        return replace(drawn, ticks=self.ticks, rules=rules, lines=lines_hz).chart(alt)

    def close(self) -> Chart | None:
        """Draw the part of the band where the teeth are highest; ``None`` without a comb."""
        teeth = close_look(self.teeth)
        if not teeth:
            return None
        half_hz = self._spacing_hz / 2
        low, high = teeth[0].hz - half_hz, teeth[-1].hz + half_hz
        inside = [(hz, db) for hz, db in self.peaks if low <= hz <= high]
        alt = gettext(
            "The comb from {low} to {high}: the spectrum has peaks at {met} of {total} multiples.",
            low=frequency(low),
            high=frequency(high),
            met=sum(t.is_met for t in teeth),
            total=len(teeth),
        )
        return replace(self._drawn((low, high), inside), rules=teeth).chart(alt)

    @property
    def _spacing_hz(self) -> float:
        return self.teeth[1].hz - self.teeth[0].hz if len(self.teeth) > 1 else self.teeth[0].hz

    def _drawn(self, extent: tuple[float, float], peaks: Sequence[tuple[float, float]]) -> _Drawn:
        hertz, height = _thinned(self.rise_db, self.bin_hz, *extent)
        circles = [
            {
                "hz": hz,
                "db": db,
                "says": gettext(
                    "Peak at {frequency}, {height} high",
                    frequency=measured(hz, "Hz"),
                    height=measured(db, "dB", 1),
                ),
            }
            for hz, db in peaks
        ]
        return _Drawn(
            _points(hertz, height), [], circles, extent, gettext("dB over the floor"), 160
        )


def excess_of(overview: Overview, descriptors: Mapping[str, Any]) -> SpectrumExcess | None:
    """Return the spectrum's rise over its floor.

    ``None`` if the recording is too short or narrow to search for peaks.
    """
    band_hz = BAND_HZ[0], min(BAND_HZ[1], 0.98 * overview.highest_hz)
    if band_hz[1] - band_hz[0] < 2_000 or descriptors.get("comb_score") is None:
        return None
    rise_db = excess_db(overview.mean_level_db.astype(np.float32)).astype(np.float64)
    teeth: list[Tooth] = []
    if stands_out(descriptors) and (spacing_hz := descriptors.get("comb_spacing_hz")):
        teeth = teeth_of(rise_db, overview.bin_hz, band_hz, spacing_hz)
    return SpectrumExcess(
        overview.bin_hz,
        rise_db,
        band_hz,
        list(
            zip(descriptors.get("peaks_hz") or (), descriptors.get("peaks_db") or (), strict=False)
        ),
        teeth,
    )


def _thinned(
    level: NDArray[np.float64], bin_hz: float, low_hz: float, high_hz: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Keep the highest of every few bins, so that no narrow peak is lost."""
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
    ticks: Sequence[Tooth] = ()
    """Teeth drawn along the top."""
    rules: Sequence[Tooth] = ()
    """Teeth drawn through the plot."""
    lines: Sequence[float] = ()
    """Frequencies of the lines that decide, Hz, drawn through the plot with their labels."""

    def chart(self, alt: str) -> Chart:
        return Chart(self._spec(WIDE, 10, alt), self._spec(NARROW, 5, alt), alt)

    def _spec(self, width: int, ticks: int, alt: str) -> Spec:
        x: Spec = {
            "field": "hz",
            "type": "quantitative",
            "scale": {"domain": list(self.extent), "nice": False, "zero": False},
            "axis": {
                "aria": False,
                "tickCount": ticks,
                "labelExpr": "format(datum.value / 1000, '')",
                "title": gettext("Frequency, kHz"),
            },
        }
        y: Spec = {
            "field": "db",
            "type": "quantitative",
            "scale": {"zero": False},
            "axis": {
                "aria": False,
                "title": self.unit,
                "labelExpr": "replace(datum.label, '-', '\u2212')",
            },
        }
        line = {"type": "line", "color": "var(--accent)", "strokeWidth": 1.2, "aria": False}
        layers: list[Spec] = [{"mark": line, "encoding": {"x": x, "y": y}}]
        if self.marks:
            layers = [*_rules(self.marks, x), *layers]
        if self.lines:
            layers = [*layers, *_lines(self.lines, self.extent, width, x)]
        if self.rules:
            layers = [_rule_of_teeth(self.rules, x), *layers, _tips(self.rules, x)]
        if self.ticks:
            layers.append(_ticks(self.ticks, x))
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


_LABEL_PX, _ROW_PX = 64, 13


def _lines(
    lines_hz: Sequence[float], extent: tuple[float, float], width: int, x: Spec
) -> list[Spec]:
    """Draw lines that decide from above the plot to its foot; labels take several rows."""
    edges: list[float] = []
    values: list[dict[str, Any]] = []
    # From the right, so that no line runs through the label of one to its left.
    for hz in sorted(lines_hz, reverse=True):
        at = width * (hz - extent[0]) / (extent[1] - extent[0])
        leftwards = at > width - _LABEL_PX
        end = at if leftwards else at + _LABEL_PX
        row = next((i for i, edge in enumerate(edges) if edge >= end), len(edges))
        edges[row:] = [at - _LABEL_PX if leftwards else at, *edges[row + 1 :]]
        label = measured(hz, "Hz")
        says = gettext("Line at {frequency}: part of the strongest evidence", frequency=label)
        # A label at the right edge would be cut off.
        side = "right" if leftwards else "left"
        values.append({"hz": hz, "label": label, "says": says, "place": (row, side)})
    layers: list[Spec] = []
    for row, side in sorted({v["place"] for v in values}):
        data = {
            "values": [
                {name: v[name] for name in ("hz", "label", "says")}
                for v in values
                if v["place"] == (row, side)
            ]
        }
        top = -18 - _ROW_PX * row
        rule = {"type": "rule", "color": "var(--machine)", "strokeWidth": 1, "y": top,
                "y2": "height", "opacity": 0.7, "aria": False}  # fmt: skip
        away = 6 if side == "left" else -6
        text = {"type": "text", "align": side, "dx": away, "y": top, "aria": False}
        point = {"type": "point", "shape": "diamond", "size": 50, "filled": True,
                 "color": "var(--machine)", "y": top}  # fmt: skip
        layers += [
            {"data": data, "mark": rule, "encoding": {"x": x}},
            {"data": data, "mark": point, "encoding": {"x": x, "description": {"field": "says"}}},
            {"data": data, "mark": text, "encoding": {"x": x, "text": {"field": "label"}}},
        ]
    return layers


def _teeth(teeth: Sequence[Tooth], x: Spec) -> Spec:
    """Encode teeth: those with a peak differ from those without."""
    values = [{"hz": t.hz, "met": t.is_met, "says": t.says} for t in teeth]
    colour = {
        "field": "met",
        "type": "nominal",
        "scale": {"domain": [True, False], "range": ["var(--comb)", "var(--line)"]},
        "legend": None,
    }
    return {"data": {"values": values}, "encoding": {"x": x, "color": colour}}


def _ticks(teeth: Sequence[Tooth], x: Spec) -> Spec:
    """Draw a comb as ticks along the top, where they don't hide the line."""
    mark = {"type": "rule", "strokeWidth": 1.5, "y": -12, "y2": -4, "aria": False}
    return {**_teeth(teeth, x), "mark": mark}


def _rule_of_teeth(teeth: Sequence[Tooth], x: Spec) -> Spec:
    """Draw a comb through the plot, behind the line."""
    mark = {"type": "rule", "strokeWidth": 1.5, "y": 0, "y2": "height", "aria": False}
    return {**_teeth(teeth, x), "mark": mark}


def _tips(teeth: Sequence[Tooth], x: Spec) -> Spec:
    """Draw the upper ends of teeth, with their numbers for pointer and keyboard."""
    made = _teeth(teeth, x)
    mark = {"type": "point", "shape": "triangle-down", "size": 60, "filled": True, "y": -6}
    encoding = {**made["encoding"], "description": {"field": "says"}}
    return {**made, "mark": mark, "encoding": encoding}


def _peaks(peaks: list[dict[str, Any]], x: Spec, y: Spec) -> Spec:
    mark = {"type": "point", "shape": "circle", "size": 55, "color": "var(--ink)", "filled": False}
    return {
        "data": {"values": peaks},
        "mark": mark,
        "encoding": {"x": x, "y": y, "description": {"field": "says"}},
    }

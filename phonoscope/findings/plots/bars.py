"""Charts as Vega-Lite specifications: histograms, bars, and the twelve keys.

Colours are CSS variables of the page, so one static SVG is right in light and dark. What
the pointer meets is an invisible mark over the whole column, whose ``aria-label`` says its
numbers; the page's script shows that label, and no number is only there.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from phonoscope.findings.base import Chart
from phonoscope.findings.plots.distribution import Bar
from phonoscope.text import counted

Spec = dict[str, Any]

SCHEMA = "https://vega.github.io/schema/vega-lite/v6.json"
WIDE, NARROW = 640, 300
"""Width of the plot, px: for a column of text, and for a phone."""
HEIGHT = 190
ROW = 30
"""Height of one horizontal bar with the space around it, px."""

CONFIG: Spec = {
    "background": "transparent",
    "padding": {"left": 0, "right": 6, "top": 4, "bottom": 4},
    "font": "system-ui, sans-serif",
    "view": {"stroke": None},
    "axis": {
        "labelColor": "var(--muted)",
        "labelFontSize": 12,
        "titleColor": "var(--muted)",
        "titleFontSize": 12,
        "titleFontWeight": "normal",
        "domain": False,
        "ticks": False,
        "grid": False,
        "labelPadding": 7,
        "titlePadding": 10,
    },
    "axisY": {
        "grid": True,
        "gridColor": "var(--line)",
        "titleAngle": 0,
        "titleAlign": "left",
        "titleAnchor": "end",
        "titleBaseline": "bottom",
        "titleY": -30,
        "tickCount": 4,
    },
    "axisX": {"domain": True, "domainColor": "var(--muted)", "labelFlush": False},
    "text": {"color": "var(--ink)", "fontSize": 12},
    "rule": {"color": "var(--ink)"},
}
HIT = {"type": "rect", "fill": "transparent"}
"""What the pointer meets."""


def histogram(
    bars: Sequence[Bar],
    names: Sequence[str],
    *,
    noun: str,
    alt: str,
    x_title: str,
    ticks: Sequence[float],
    tick_label: str,
    mark: tuple[float, str] | None = None,
) -> Chart:
    """Draw a histogram.

    Parameters
    ----------
    bars
        Consecutive bars of one width.
    names
        What each bar holds, in words.
    noun
        What is counted, singular.
    alt
        The chart's content in a sentence.
    x_title
        Quantity and unit.
    ticks
        Values that get a label; every second one on a phone.
    tick_label
        Vega expression that turns ``datum.value`` into a label.
    mark
        A value to point out and its label, e.g. the median.
    """
    rows = [
        {
            "start": bar.start,
            "stop": bar.stop,
            "count": bar.height,
            "says": f"{name}: {counted(bar.height, noun)}",
        }
        for bar, name in zip(bars, names, strict=True)
    ]
    domain = [bars[0].start, bars[-1].stop]

    def build(width: int, shown: Sequence[float]) -> Spec:
        x: Spec = {
            "type": "quantitative",
            "scale": {"domain": domain, "nice": False, "zero": False},
            "axis": {"values": list(shown), "labelExpr": tick_label, "title": x_title},
        }
        layers: list[Spec] = [
            {
                "mark": {"type": "bar", "color": "var(--accent)", "binSpacing": 1, "aria": False},
                "encoding": {
                    "x": {"field": "start", "bin": {"binned": True}, **x},
                    "x2": {"field": "stop"},
                    "y": {"field": "count", **_counts(f"{noun}s")},
                },
            },
            {
                "mark": HIT,
                "encoding": {
                    "x": {"field": "start", **x},
                    "x2": {"field": "stop"},
                    "description": {"field": "says"},
                },
            },
        ]
        if mark:
            layers += _pointed_out(mark, domain)
        return layered(width, HEIGHT, layers, rows, alt)

    return Chart(build(WIDE, ticks), build(NARROW, _every_other(ticks, domain)), alt)


def horizontal_bars(
    rows: Sequence[tuple[str, int, str]],
    *,
    alt: str,
    label_px: int = 150,
) -> Chart:
    """Draw one horizontal bar a row, with its number written at its end.

    Parameters
    ----------
    rows
        Label, count, and the text at the bar's end.
    alt
        The chart's content in a sentence.
    label_px
        Room for the labels, px; longer ones are cut.
    """
    values = [
        {"at": i, "label": label, "count": n, "note": note, "says": f"{label}: {note}"}
        for i, (label, n, note) in enumerate(rows)
    ]
    y: Spec = {
        "field": "label",
        "type": "nominal",
        "sort": {"field": "at"},
        "axis": {
            "title": None,
            "grid": False,
            "labelColor": "var(--ink)",
            "labelAlign": "left",
            "labelPadding": label_px,
            "labelLimit": label_px - 8,
            "labelFontSize": 13,
            "labelOverlap": False,
        },
    }
    # The widest number must fit behind the longest bar.
    largest = max(n for _, n, _ in rows)

    def build(width: int) -> Spec:
        room = 8 + 7.5 * max(len(note) for _, _, note in rows)
        top = largest * width / max(40.0, width - room)
        x: Spec = {
            "field": "count",
            "type": "quantitative",
            "axis": None,
            "scale": {"domain": [0, top], "nice": False},
        }
        layers: list[Spec] = [
            {
                "mark": {"type": "bar", "color": "var(--accent)", "height": 14, "aria": False},
                "encoding": {"y": y, "x": x},
            },
            {
                "mark": {"type": "text", "align": "left", "dx": 8, "fontSize": 13, "aria": False},
                "encoding": {"y": y, "x": x, "text": {"field": "note"}},
            },
            {"mark": HIT, "encoding": {"y": y, "description": {"field": "says"}}},
        ]
        return layered(width, {"step": ROW}, layers, values, alt)

    return Chart(build(WIDE - label_px), build(NARROW - label_px + 24), alt)


def grid_of_bars(
    rows: Sequence[tuple[str, str, int]],
    columns: Sequence[str],
    *,
    noun: str,
    alt: str,
) -> Chart:
    """Draw bars over the same few categories, one small chart for each group.

    Parameters
    ----------
    rows
        Group, category, count; groups are drawn in the order they come.
    columns
        Categories, in order.
    noun
        What is counted, singular.
    alt
        The chart's content in a sentence.
    """
    top = max(1, *(n for _, _, n in rows))
    groups = list(dict.fromkeys(group for group, _, _ in rows))

    def panel(group: str, width: int, last: bool) -> Spec:
        values = [
            {"category": c, "count": n, "says": f"{c} {g}: {counted(n, noun)}"}
            for g, c, n in rows
            if g == group
        ]
        x: Spec = {
            "field": "category",
            "type": "ordinal",
            "sort": list(columns),
            "scale": {"domain": list(columns), "paddingInner": 0.3, "paddingOuter": 0.15},
            "axis": {"title": None, "labels": last, "labelAngle": 0, "labelFontSize": 13},
        }
        y = {**_counts(f"{noun}s, {group}"), "scale": {"domain": [0, top]}}
        y["axis"] = {**y["axis"], "tickCount": 2}
        layers: list[Spec] = [
            {
                "mark": {"type": "bar", "color": "var(--accent)", "aria": False},
                "encoding": {"x": x, "y": {"field": "count", **y}},
            },
            {"mark": HIT, "encoding": {"x": x, "description": {"field": "says"}}},
        ]
        return {"width": width, "height": 84, "layer": layers, "data": {"values": values}}

    def build(width: int) -> Spec:
        panels = [panel(g, width, g == groups[-1]) for g in groups]
        return {
            "$schema": SCHEMA,
            "description": alt,
            "config": CONFIG,
            "spacing": 26,
            "vconcat": panels,
        }

    return Chart(build(WIDE), build(NARROW), alt)


def nice_step(extent: float, about: int, steps: Sequence[float]) -> float:
    """Return the smallest of ``steps`` that cuts an extent into at most ``about`` pieces."""
    return next((step for step in steps if extent / step <= about), steps[-1])


def ticks_between(start: float, stop: float, step: float) -> list[float]:
    """Return the multiples of ``step`` from ``start`` to ``stop``."""
    first, last = math.ceil(start / step - 1e-9), math.floor(stop / step + 1e-9)
    return [k * step for k in range(first, last + 1)]


def layered(
    width: int, height: int | Spec, layers: list[Spec], rows: list[dict[str, Any]], alt: str
) -> Spec:
    """Return a chart of layers over the same rows."""
    return {
        "$schema": SCHEMA,
        "description": alt,
        "width": width,
        "height": height,
        "data": {"values": rows},
        "layer": layers,
        "config": CONFIG,
    }


def _counts(noun: str) -> Spec:
    # Whole numbers only: half a recording is no tick.
    axis = {"title": noun, "format": ",d", "tickMinStep": 1}
    return {"type": "quantitative", "axis": axis}


def _pointed_out(mark: tuple[float, str], domain: list[float]) -> list[Spec]:
    value, label = mark
    right_half = value > (domain[0] + domain[1]) / 2
    data = {"values": [{"at": value, "label": label}]}
    x = {"field": "at", "type": "quantitative"}
    text = {
        "type": "text",
        "align": "right" if right_half else "left",
        "dx": -5 if right_half else 5,
        "y": -10,
        "fontWeight": 600,
        "aria": False,
    }
    rule = {"type": "rule", "y": -17, "y2": "height", "strokeWidth": 1.25, "aria": False}
    return [
        {"data": data, "mark": rule, "encoding": {"x": x}},
        {"data": data, "mark": text, "encoding": {"x": x, "text": {"field": "label"}}},
    ]


def _every_other(ticks: Sequence[float], domain: list[float]) -> list[float]:
    """Thin out ticks to what fits on a phone."""
    inside = [t for t in ticks if domain[0] <= t <= domain[1]]
    step = -(-len(inside) // 6) or 1
    return inside[::step]

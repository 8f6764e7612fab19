"""The parts of Vega-Lite that all plots share: style, layers, axes, two widths.

Specifications are plain dictionaries: Altair builds the same ones, but importing it takes longer
than drawing. Colours are CSS variables of the page, so one static SVG works in light and dark. The
pointer hits an invisible mark over the whole column. Its ``aria-label`` holds the numbers, and the
page's script shows that label; every number is in a table as well.

Titles and labels are messages. They are English here, and :mod:`phonoscope.findings.plots.svg`
translates them when it draws.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from phonoscope.findings.answer import Chart

Spec = dict[str, Any]

SCHEMA = "https://vega.github.io/schema/vega-lite/v6.json"
WIDE, NARROW = 640, 300
"""Width of the plot, px: for a column of text, and for a phone."""
HEIGHT, PANEL = 190, 104
"""Height of a chart, and of one of several panels, px."""
ROW = 30
"""Height of one horizontal bar with the space around it, px."""
LEAST_TOP = 0.05
"""Smallest upper end of an axis of shares, so that a share near 0 does not fill the plot."""
ACCENT, MUTED, INK = "var(--accent)", "var(--muted)", "var(--ink)"

CONFIG: Spec = {
    "background": "transparent",
    "padding": {"left": 0, "right": 6, "top": 4, "bottom": 4},
    "font": "system-ui, sans-serif",
    "view": {"stroke": None},
    "axis": {
        "labelColor": MUTED,
        "labelFontSize": 12,
        "titleColor": MUTED,
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
    "axisX": {"domain": True, "domainColor": MUTED, "labelFlush": False},
    "text": {"color": INK, "fontSize": 12},
    "rule": {"color": INK},
}


def chart(alt: str, body: Spec) -> Spec:
    """Return a complete specification: the body with its description and the style."""
    return {"$schema": SCHEMA, "description": alt, **body, "config": CONFIG}


def layered(
    width: int, height: int | Spec, layers: list[Spec], rows: list[dict[str, Any]], alt: str
) -> Spec:
    """Return a chart of layers over the same rows."""
    return chart(alt, panel(width, height, layers, rows))


def panel(width: int, height: int | Spec, layers: list[Spec], rows: list[dict[str, Any]]) -> Spec:
    """Return layers over the same rows, as one of several panels."""
    return {"width": width, "height": height, "data": {"values": rows}, "layer": layers}


def stacked(panels: Sequence[Spec], alt: str, spacing: int = 30) -> Spec:
    """Return a chart of panels, one below the other."""
    if len(panels) == 1:
        return chart(alt, panels[0])
    return chart(alt, {"spacing": spacing, "vconcat": list(panels)})


def in_two_widths(
    build: Callable[..., Spec], wide: tuple[Any, ...], narrow: tuple[Any, ...], alt: str
) -> Chart:
    """Return a plot in both widths, each built with its own arguments."""
    return Chart(build(*wide), build(*narrow), alt)


def mark(kind: str, **properties: Any) -> Spec:
    """Return a mark that screen readers skip: the hit layer holds the words."""
    return {"type": kind, "aria": False, **properties}


def layer(drawn: Spec, **encoding: Spec) -> Spec:
    """Return a mark with its encoding."""
    return {"mark": drawn, "encoding": encoding}


def over(rows: list[Spec], drawn: Spec) -> Spec:
    """Return a layer with its own rows instead of the plot's."""
    return {"data": {"values": rows}, **drawn}


def hit(**encoding: Spec) -> Spec:
    """Return what the pointer hits: an invisible mark that holds the text of its row."""
    invisible = {"type": "rect", "fill": "transparent"}
    return layer(invisible, **encoding, description={"field": "text"})


def band(**encoding: Spec) -> Spec:
    """Return a tinted area."""
    return layer(mark("area", color=ACCENT, opacity=0.18), **encoding)


def line(**encoding: Spec) -> Spec:
    """Return a line."""
    return layer(mark("line", color=ACCENT, strokeWidth=2), **encoding)


def counts(title: str) -> Spec:
    """Return an axis of counts, with ticks at whole numbers only."""
    axis = {"title": title, "format": ",d", "tickMinStep": 1}
    return {"type": "quantitative", "axis": axis}


def shares(title: str, top: float, ticks: int, **scale: Any) -> Spec:
    """Return an axis of shares from 0 to ``top``."""
    return {
        "type": "quantitative",
        "scale": {"domain": [0, top], **scale},
        "axis": {"title": title, "format": "~%", "tickCount": ticks},
    }


def top_of_shares(values: Iterable[float]) -> float:
    """Return the upper end of an axis of shares."""
    return min(1.0, 1.1 * max(LEAST_TOP, *values))


def labels(field: str, sort: Any, label_px: int, **axis: Any) -> Spec:
    """Return an axis of names at the left edge, one per row.

    Parameters
    ----------
    field, sort
        Field of the names, and their order.
    label_px
        Room for the labels, px; longer ones are cut.
    axis
        Properties that differ in this plot.
    """
    usual = {
        "title": None,
        "grid": False,
        "labelColor": INK,
        "labelAlign": "left",
        "labelPadding": label_px,
        "labelLimit": label_px - 8,
        "labelFontSize": 13,
        "labelOverlap": False,
    }
    return {"field": field, "type": "nominal", "sort": sort, "axis": {**usual, **axis}}


def widths_after(label_px: int) -> tuple[tuple[int], tuple[int]]:
    """Return both widths that remain next to labels at the left, px."""
    return (WIDE - label_px,), (NARROW - label_px + 24,)

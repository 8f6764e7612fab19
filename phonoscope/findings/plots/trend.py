"""Charts of a number that changes: over the years, one panel a number, and a curve of shares."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from phonoscope.findings.base import Chart
from phonoscope.findings.plots.bars import (
    CONFIG,
    HEIGHT,
    HIT,
    NARROW,
    SCHEMA,
    WIDE,
    Spec,
    layered,
)

_PANEL = 104
"""Height of one of several panels, px."""


class Point(NamedTuple):
    """One year: a value with its interval."""

    year: int
    value: float
    low: float
    high: float
    says: str


class Panel(NamedTuple):
    """A number over the years."""

    title: str
    points: Sequence[Point]
    form: str
    """How Vega writes values on the axis, e.g. ``"~%"``; 0 is written without a unit."""
    zero: bool = True
    """Whether the axis begins at 0: so it does for shares and counts."""


def over_years(panels: Sequence[Panel], *, alt: str) -> Chart:
    """Draw numbers over the years, one panel below the other, with their intervals as bands.

    Parameters
    ----------
    panels
        At least one; the same years are above each other.
    alt
        The chart's content in a sentence.
    """
    years = [point.year for panel in panels for point in panel.points]
    domain = [min(years), max(years) + (min(years) == max(years))]
    height = HEIGHT if len(panels) == 1 else _PANEL

    def build(width: int, labels: int) -> Spec:
        made = [
            _panel(panel, width, height, domain, labels, last=panel is panels[-1])
            for panel in panels
        ]
        head: Spec = {"$schema": SCHEMA, "description": alt, "config": CONFIG}
        return {**head, **made[0]} if len(made) == 1 else {**head, "spacing": 30, "vconcat": made}

    return Chart(build(WIDE, 10), build(NARROW, 5), alt)


def _panel(
    panel: Panel, width: int, height: int, domain: Sequence[int], labels: int, *, last: bool
) -> Spec:
    rows = _without_bridges(panel.points)
    x: Spec = {
        "field": "year",
        "type": "quantitative",
        "scale": {"domain": list(domain), "nice": False},
        "axis": {
            "title": None,
            "format": "d",
            "tickMinStep": 1,
            "tickCount": labels,
            "labels": last,
            "labelFlush": True,
        },
    }
    y: Spec = {
        "type": "quantitative",
        "scale": {"zero": panel.zero, "nice": True},
        "axis": {
            "title": panel.title,
            "labelExpr": f"datum.value === 0 ? '0' : format(datum.value, '{panel.form}')",
            "tickCount": 3,
        },
    }
    half = 0.5
    hit_x = {**x, "field": "from"}
    layers: list[Spec] = [
        {
            "mark": {"type": "area", "color": "var(--accent)", "opacity": 0.18, "aria": False},
            "encoding": {"x": x, "y": {"field": "low", **y}, "y2": {"field": "high"}},
        },
        {
            "mark": {"type": "line", "color": "var(--accent)", "strokeWidth": 2, "aria": False},
            "encoding": {"x": x, "y": {"field": "value", **y}},
        },
        {
            "transform": [
                {"filter": "datum.value !== null"},
                {"calculate": f"max(datum.year - {half}, {domain[0]})", "as": "from"},
                {"calculate": f"min(datum.year + {half}, {domain[1]})", "as": "to"},
            ],
            "mark": HIT,
            "encoding": {"x": hit_x, "x2": {"field": "to"}, "description": {"field": "says"}},
        },
    ]
    layers.insert(
        2,
        {
            "transform": [{"filter": "datum.alone"}],
            "mark": {"type": "point", "filled": True, "color": "var(--accent)", "size": 36}
            | {"opacity": 1, "aria": False},
            "encoding": {"x": x, "y": {"field": "value", **y}},
        },
    )
    return {"width": width, "height": height, "data": {"values": rows}, "layer": layers}


def _without_bridges(points: Sequence[Point]) -> list[dict[str, Any]]:
    """Return rows with an empty one in every year without a value: no line leads across it."""
    known = {point.year: point for point in points}
    rows: list[dict[str, Any]] = []
    for year in range(min(known), max(known) + 1):
        if year in known:
            alone = not {year - 1, year + 1} & set(known)
            rows.append({**known[year]._asdict(), "alone": alone})
        elif rows[-1]["value"] is not None:
            rows.append({"year": year, "value": None, "low": None, "high": None, "alone": False})
    return rows


def curve(points: Sequence[tuple[float, float]], *, x_title: str, y_title: str, alt: str) -> Chart:
    """Draw a Lorenz curve below its diagonal.

    Parameters
    ----------
    points
        Shares of rows and of the whole they hold, 0 to 1, from (0, 0) to (1, 1).
    x_title, y_title
        What the shares are of.
    alt
        The chart's content in a sentence.
    """
    rows: list[dict[str, Any]] = [
        {"x": x, "y": y, "says": f"the lower {x:.1%} hold {y:.2%}"} for x, y in points
    ]
    share: Spec = {"type": "quantitative", "scale": {"domain": [0, 1]}}

    def axis(title: str) -> Spec:
        return {**share, "axis": {"title": title, "format": "~%", "tickCount": 5}}

    def build(width: int) -> Spec:
        x, y = {"field": "x", **axis(x_title)}, {"field": "y", **axis(y_title)}
        even = {"values": [{"x": 0, "y": 0}, {"x": 1, "y": 1}]}
        layers: list[Spec] = [
            {
                "data": even,
                "mark": {"type": "line", "strokeDash": [4, 3], "color": "var(--muted)"}
                | {"aria": False},
                "encoding": {"x": x, "y": y},
            },
            {
                "mark": {"type": "area", "color": "var(--accent)", "opacity": 0.18, "aria": False},
                "encoding": {"x": x, "y": y},
            },
            {
                "mark": {"type": "line", "color": "var(--accent)", "strokeWidth": 2, "aria": False},
                "encoding": {"x": x, "y": y},
            },
            {
                "mark": {"type": "point", "size": 140, "opacity": 0},
                "encoding": {"x": x, "y": y, "description": {"field": "says"}},
            },
        ]
        return layered(width, 260, layers, rows, alt)

    return Chart(build(WIDE), build(NARROW), alt)

"""Plots of numbers over the years, one panel per number, and a curve of shares."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from phonoscope.findings.answer import Chart
from phonoscope.findings.plots.spec import (
    ACCENT,
    HEIGHT,
    MUTED,
    NARROW,
    PANEL,
    WIDE,
    Spec,
    band,
    hit,
    in_two_widths,
    layer,
    layered,
    line,
    mark,
    over,
    panel,
    shares,
    stacked,
)
from phonoscope.messages import gettext
from phonoscope.text import exact_percent


class Point(NamedTuple):
    """One year: a value with its interval."""

    year: int
    value: float
    low: float
    high: float
    text: str


class Panel(NamedTuple):
    """A number over the years."""

    title: str
    points: Sequence[Point]
    form: str
    """How Vega writes values on the axis, such as ``"~%"``; 0 has no unit."""
    zero: bool = True
    """Whether the axis begins at 0, as it does for shares and counts."""


def over_years(panels: Sequence[Panel], *, alt: str) -> Chart:
    """Draw numbers over the years, one panel below the other, with intervals as bands.

    Parameters
    ----------
    panels
        At least one; they share the axis of years.
    alt
        The chart's content in a sentence.
    """
    years = [point.year for one in panels for point in one.points]
    domain = [min(years), max(years) + (min(years) == max(years))]
    height = HEIGHT if len(panels) == 1 else PANEL

    def build(width: int, most_labels: int) -> Spec:
        made = []
        for one in panels:
            x = _years(domain, most_labels, labelled=one is panels[-1])
            rows = _without_bridges(one.points)
            made.append(panel(width, height, _layers(one, x, domain), rows))
        return stacked(made, alt)

    return in_two_widths(build, (WIDE, 10), (NARROW, 5), alt)


def _years(domain: Sequence[int], most_labels: int, *, labelled: bool) -> Spec:
    return {
        "field": "year",
        "type": "quantitative",
        "scale": {"domain": list(domain), "nice": False},
        "axis": {
            "title": None,
            "format": "d",
            "tickMinStep": 1,
            "tickCount": most_labels,
            "labels": labelled,
            "labelFlush": True,
        },
    }


def _layers(shown: Panel, x: Spec, domain: Sequence[int]) -> list[Spec]:
    label = f"datum.value === 0 ? '0' : format(datum.value, '{shown.form}')"
    y: Spec = {
        "type": "quantitative",
        "scale": {"zero": shown.zero, "nice": True},
        "axis": {"title": shown.title, "labelExpr": label, "tickCount": 3},
    }
    value = {"field": "value", **y}
    dot = mark("point", filled=True, color=ACCENT, size=36, opacity=1)
    columns = [
        {"filter": "datum.value !== null"},
        {"calculate": f"max(datum.year - 0.5, {domain[0]})", "as": "from"},
        {"calculate": f"min(datum.year + 0.5, {domain[1]})", "as": "to"},
    ]
    return [
        band(x=x, y={"field": "low", **y}, y2={"field": "high"}),
        line(x=x, y=value),
        {"transform": [{"filter": "datum.alone"}], **layer(dot, x=x, y=value)},
        {"transform": columns, **hit(x={**x, "field": "from"}, x2={"field": "to"})},
    ]


def _without_bridges(points: Sequence[Point]) -> list[dict[str, Any]]:
    """Return rows with an empty one in every year without a value: no line leads across it."""
    known = {point.year: point for point in points}
    rows: list[dict[str, Any]] = []
    # Years next to those with a value: what lies between could be any number of years.
    for year in sorted({*known, *(year + 1 for year in known if year < max(known))}):
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
    rows: list[dict[str, Any]] = [{"x": x, "y": y, "text": _held(x, y)} for x, y in points]
    x, y = {"field": "x", **shares(x_title, 1, 5)}, {"field": "y", **shares(y_title, 1, 5)}
    even: list[Spec] = [{"x": 0, "y": 0}, {"x": 1, "y": 1}]
    diagonal = layer(mark("line", strokeDash=[4, 3], color=MUTED), x=x, y=y)
    unseen = {"type": "point", "size": 140, "opacity": 0}
    dots = layer(unseen, x=x, y=y, description={"field": "text"})
    layers = [over(even, diagonal), band(x=x, y=y), line(x=x, y=y), dots]

    def build(width: int) -> Spec:
        return layered(width, 260, layers, rows, alt)

    return in_two_widths(build, (WIDE,), (NARROW,), alt)


def _held(rows: float, whole: float) -> str:
    return gettext(
        "The lowest {rows} hold {held} of the total.",
        rows=exact_percent(rows, 1),
        held=exact_percent(whole, 2),
    )

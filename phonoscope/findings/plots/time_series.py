"""Charts of shares day by day or week by week: one panel a share, exact, so without intervals."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from itertools import pairwise
from typing import Any, NamedTuple

from phonoscope.findings.base import Chart
from phonoscope.findings.plots.bars import CONFIG, HEIGHT, HIT, NARROW, SCHEMA, WIDE, Spec

LEAST_TOP = 0.05
"""Least upper end of an axis, so that a share near 0 does not fill the chart."""
MONTHS_FROM = timedelta(days=200)
"""Span from which the days are labelled by months."""
_PANEL = 104
"""Height of one of several panels, px."""


class Day(NamedTuple):
    """A share on a day."""

    day: date
    share: float
    """0 to 1."""
    says: str


class Course(NamedTuple):
    """A share over days."""

    title: str
    days: Sequence[Day]
    """At least two, in order."""


def over_days(courses: Sequence[Course], *, alt: str) -> Chart:
    """Draw shares over days, one panel below the other; no line leads across a gap.

    Parameters
    ----------
    courses
        At least one; the same days are above each other.
    alt
        The chart's content in a sentence.
    """
    step = min(_step(course.days) for course in courses)
    first = min(course.days[0].day for course in courses)
    last = max(course.days[-1].day for course in courses) + step
    height = HEIGHT if len(courses) == 1 else _PANEL

    def build(width: int, labels: int) -> Spec:
        made = [
            _panel(course, step, (first, last), labels, last=course is courses[-1])
            | {"width": width, "height": height}
            for course in courses
        ]
        head: Spec = {"$schema": SCHEMA, "description": alt, "config": CONFIG}
        return {**head, **made[0]} if len(made) == 1 else {**head, "spacing": 30, "vconcat": made}

    return Chart(build(WIDE, 8), build(NARROW, 5), alt)


def _step(days: Sequence[Day]) -> timedelta:
    """Return how far days usually lie apart: a day, or a week."""
    apart = sorted(after.day - before.day for before, after in pairwise(days))
    return apart[len(apart) // 2]


def _panel(
    course: Course, step: timedelta, domain: tuple[date, date], labels: int, *, last: bool
) -> Spec:
    # A day has the breadth up to the next, so that one day between two gaps is seen as well.
    x: Spec = {
        "field": "day",
        "type": "temporal",
        "scale": {"type": "utc", "domain": [d.isoformat() for d in domain], "nice": False},
        "axis": {
            "title": None,
            "format": "%Y-%m" if domain[1] - domain[0] > MONTHS_FROM else "%Y-%m-%d",
            "tickCount": labels,
            "labels": last,
            "labelAngle": 0,
            "labelOverlap": "greedy",
            "labelFlush": True,
        },
    }
    top = min(1.0, 1.1 * max(LEAST_TOP, *(day.share for day in course.days)))
    y: Spec = {
        "type": "quantitative",
        "scale": {"domain": [0, top], "nice": False},
        "axis": {"title": course.title, "format": "~%", "tickCount": 3},
    }
    shape: Spec = {"interpolate": "step-after", "aria": False, "color": "var(--accent)"}
    share = {"field": "share", **y}
    layers: list[Spec] = [
        {"mark": {"type": "area", "opacity": 0.18, **shape}, "encoding": {"x": x, "y": share}},
        {"mark": {"type": "line", "strokeWidth": 2, **shape}, "encoding": {"x": x, "y": share}},
        {
            "transform": [{"filter": "isValid(datum.says)"}],
            "mark": HIT,
            "encoding": {"x": x, "x2": {"field": "until"}, "description": {"field": "says"}},
        },
    ]
    return {"data": {"values": _rows(course.days, step)}, "layer": layers}


def _rows(days: Sequence[Day], step: timedelta) -> list[dict[str, Any]]:
    """Return rows; before a gap one more that ends the line, and an empty one that breaks it."""
    rows: list[dict[str, Any]] = []
    for at, day in enumerate(days):
        end = day.day + step
        until = min(end, days[at + 1].day) if at + 1 < len(days) else end
        row = {"day": day.day.isoformat(), "share": day.share}
        rows.append({**row, "until": until.isoformat(), "says": day.says})
        if at + 1 == len(days) or days[at + 1].day > end:
            rows.append({**row, "day": until.isoformat()})
            rows.append({"day": until.isoformat(), "share": None})
    return rows

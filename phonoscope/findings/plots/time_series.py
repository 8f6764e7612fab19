"""Plots of shares by day or week: one panel per share. They are exact, so have no intervals."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from itertools import pairwise
from typing import Any, NamedTuple

from phonoscope.findings.answer import Chart
from phonoscope.findings.plots.spec import (
    ACCENT,
    HEIGHT,
    NARROW,
    PANEL,
    WIDE,
    Spec,
    hit,
    in_two_widths,
    layer,
    mark,
    panel,
    shares,
    stacked,
    top_of_shares,
)

MONTHS_FROM = timedelta(days=200)
"""Span from which the days are labelled by months."""


class Day(NamedTuple):
    """A share on a day."""

    day: date
    share: float
    """0 to 1."""
    text: str


class Course(NamedTuple):
    """A share over time."""

    title: str
    days: Sequence[Day]
    """At least two, in order."""


def over_days(courses: Sequence[Course], *, alt: str) -> Chart:
    """Draw shares by day, one panel below the other; no line crosses a gap.

    Parameters
    ----------
    courses
        At least one; they share the axis of days.
    alt
        The chart's content in a sentence.
    """
    step = min(_step(course.days) for course in courses)
    first = min(course.days[0].day for course in courses)
    last = max(course.days[-1].day for course in courses) + step
    height = HEIGHT if len(courses) == 1 else PANEL

    def build(width: int, most_labels: int) -> Spec:
        panels = []
        for course in courses:
            x = _days((first, last), most_labels, labelled=course is courses[-1])
            panels.append(panel(width, height, _layers(course, x), _rows(course.days, step)))
        return stacked(panels, alt)

    return in_two_widths(build, (WIDE, 8), (NARROW, 5), alt)


def _step(days: Sequence[Day]) -> timedelta:
    """Return the usual distance between two days: a day or a week."""
    apart = sorted(after.day - before.day for before, after in pairwise(days))
    return apart[len(apart) // 2]


def _days(domain: tuple[date, date], most_labels: int, *, labelled: bool) -> Spec:
    return {
        "field": "day",
        "type": "temporal",
        "scale": {"type": "utc", "domain": [d.isoformat() for d in domain], "nice": False},
        "axis": {
            "title": None,
            "format": "%Y-%m" if domain[1] - domain[0] > MONTHS_FROM else "%Y-%m-%d",
            "tickCount": most_labels,
            "labels": labelled,
            "labelAngle": 0,
            "labelOverlap": "greedy",
            "labelFlush": True,
        },
    }


def _layers(course: Course, x: Spec) -> list[Spec]:
    top = top_of_shares(day.share for day in course.days)
    y = {"field": "share", **shares(course.title, top, 3, nice=False)}
    # A day is drawn up to the next one, so that a single day between two gaps is visible.
    shape: Spec = {"interpolate": "step-after", "color": ACCENT}
    return [
        layer(mark("area", opacity=0.18, **shape), x=x, y=y),
        layer(mark("line", strokeWidth=2, **shape), x=x, y=y),
        {"transform": [{"filter": "isValid(datum.text)"}], **hit(x=x, x2={"field": "until"})},
    ]


def _rows(days: Sequence[Day], step: timedelta) -> list[dict[str, Any]]:
    """Return rows; before a gap, one more ends the line and an empty one breaks it."""
    rows: list[dict[str, Any]] = []
    for at, day in enumerate(days):
        end = day.day + step
        until = min(end, days[at + 1].day) if at + 1 < len(days) else end
        row = {"day": day.day.isoformat(), "share": day.share}
        rows.append({**row, "until": until.isoformat(), "text": day.text})
        if at + 1 == len(days) or days[at + 1].day > end:
            rows.append({**row, "day": until.isoformat()})
            rows.append({"day": until.isoformat(), "share": None})
    return rows

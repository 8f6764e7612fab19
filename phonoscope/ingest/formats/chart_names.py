"""The name of a downloaded chart: Spotify Charts state region and date nowhere else."""

from __future__ import annotations

import re
from dataclasses import dataclass

_DAY = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
_NAME = re.compile(
    rf"(?P<kind>[a-z]+)-(?P<region>[a-z]{{2,30}})-(?P<period>daily|weekly)-(?P<first>{_DAY})"
    rf"(?:--(?P<last>{_DAY}))?(?: ?\([0-9]{{1,4}}\))?",
    re.IGNORECASE,
)
_PERIODS = {"daily": "day", "weekly": "week"}


@dataclass(frozen=True)
class ChartName:
    """A chart's name, region, day and period, read from the name of its file."""

    chart: str
    """Kind and period, e.g. ``regional-weekly``: a region has charts of both on one day."""
    region: str
    chart_date: str
    """The day, or the last day of the week."""
    period: str


def read_name(name: str) -> ChartName | None:
    """Return the parts of a name like ``regional-global-weekly-2026-07-02``, or ``None``."""
    found = _NAME.fullmatch(name)
    if found is None:
        return None
    period = found["period"].lower()
    chart = f"{found['kind'].lower()}-{period}"
    day = found["last"] or found["first"]
    return ChartName(chart, found["region"].lower(), day, _PERIODS[period])

"""Charts of estimated shares with their intervals: over time, or one below the other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from phonoscope.findings.base import Chart
from phonoscope.findings.plots.bars import HEIGHT, HIT, NARROW, ROW, WIDE, Spec, layered

MADE = "estimated share made by machines"
_LEAST_TOP = 0.05
"""Least upper end of the axis, so that shares near 0 do not fill the chart."""
_LABELS, _LABELS_NARROW = 12, 5
"""Labels that fit below the chart."""


class Estimated(NamedTuple):
    """One group: where its share is, and how sure."""

    label: str
    share: float
    low: float
    high: float
    """0 to 1."""
    enough: bool
    """Whether the interval is narrow enough to say something with; else it is drawn faint, and
    the estimate is not drawn."""
    says: str


def over_time(
    groups: Sequence[Estimated], periods: Sequence[str], overall: Estimated, *, alt: str
) -> Chart:
    """Draw shares over time, before the band of the catalogue as a whole.

    Parameters
    ----------
    groups
        One for each period that has recordings, in order.
    periods
        All periods from first to last, so that a gap is seen as one.
    overall
        The catalogue as a whole.
    alt
        The chart's content in a sentence.
    """
    y = _axis_of_shares([*groups, overall])

    def build(width: int, labels: int) -> Spec:
        every = -(-len(periods) // labels)
        axis = {
            "title": None,
            "values": list(periods[::every]),
            "labelAngle": 0,
            "labelOverlap": "greedy",
        }
        x: Spec = {
            "field": "label",
            "type": "ordinal",
            "scale": {"domain": list(periods), "paddingInner": 0.2, "paddingOuter": 0.2},
            "axis": axis,
        }
        layers = [*_band(overall, y), *_marks({"x": x}, "y", y)]
        return layered(width, HEIGHT, layers, _rows(groups), alt)

    return Chart(build(WIDE, _LABELS), build(NARROW, _LABELS_NARROW), alt)


def below_each_other(
    groups: Sequence[Estimated], *, alt: str, label_px: int = 150, title: str = MADE
) -> Chart:
    """Draw shares one below the other.

    Parameters
    ----------
    groups
        In the order to draw them; no two of one label.
    alt
        The chart's content in a sentence.
    label_px
        Room for the labels, px; longer ones are cut.
    title
        What the shares are of.
    """
    x = _axis_of_shares(groups, title)
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

    def build(width: int) -> Spec:
        return layered(width, {"step": ROW}, _marks({"y": y}, "x", x), _rows(groups), alt)

    return Chart(build(WIDE - label_px), build(NARROW - label_px + 24), alt)


def _rows(groups: Sequence[Estimated]) -> list[dict[str, Any]]:
    return [{"at": i, **group._asdict()} for i, group in enumerate(groups)]


def _axis_of_shares(groups: Sequence[Estimated], title: str = MADE) -> Spec:
    """Return the encoding of shares.

    The axis holds whole the intervals that say something; of wider ones it may cut the end.
    """
    needed = [group.high if group.enough else 1.2 * group.low for group in groups]
    top = min(1.0, 1.1 * max(_LEAST_TOP, *needed))
    return {
        "type": "quantitative",
        "scale": {"domain": [0, top], "clamp": True, "nice": False},
        "axis": {"title": title, "format": "~%", "tickCount": 4},
    }


def _marks(place: Spec, channel: str, shares: Spec) -> list[Spec]:
    """Return the interval and what the pointer meets of every group, and the estimate of most.

    Parameters
    ----------
    place
        Encoding that tells the groups apart.
    channel
        ``"x"`` or ``"y"``: along which the shares are drawn.
    shares
        Encoding of the shares.
    """
    colour: Spec = {
        "field": "enough",
        "type": "nominal",
        "scale": {"domain": [True, False], "range": ["var(--accent)", "var(--muted)"]},
        "legend": None,
    }
    faint: Spec = {"condition": {"test": "datum.enough", "value": 1}, "value": 0.45}
    seen = {"color": colour, "opacity": faint}
    ends = {channel: {"field": "low", **shares}, f"{channel}2": {"field": "high"}}
    return [
        {
            "mark": {"type": "rule", "strokeWidth": 2.5, "aria": False},
            "encoding": {**place, **ends, **seen},
        },
        {
            "transform": [{"filter": "datum.enough"}],
            "mark": {"type": "point", "filled": True, "size": 46, "opacity": 1, "aria": False},
            "encoding": {**place, channel: {"field": "share", **shares}, **seen},
        },
        {"mark": HIT, "encoding": {**place, "description": {"field": "says"}}},
    ]


def _band(overall: Estimated, shares: Spec) -> list[Spec]:
    """Return the interval of the whole catalogue as a band, and its estimate as a line."""
    data = {"values": [overall._asdict()]}
    ends = {"y": {"field": "low", **shares}, "y2": {"field": "high"}}
    band: Spec = {"type": "rect", "color": "var(--tint)", "aria": False}
    line: Spec = {"type": "rule", "strokeDash": [4, 3], "color": "var(--muted)", "aria": False}
    return [
        {"data": data, "mark": band, "encoding": ends},
        {"data": data, "mark": line, "encoding": {"y": {"field": "share", **shares}}},
    ]

"""Plots of estimated shares with their intervals: over time, or one below the other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from phonoscope.findings.answer import Chart
from phonoscope.findings.plots.spec import (
    ACCENT,
    HEIGHT,
    MUTED,
    NARROW,
    ROW,
    WIDE,
    Spec,
    hit,
    in_two_widths,
    labels,
    layer,
    layered,
    mark,
    over,
    shares,
    top_of_shares,
    widths_after,
)
from phonoscope.messages import gettext

MADE = gettext("Estimated share made by machines")
_LABELS, _LABELS_NARROW = 12, 5
"""Labels that fit below the chart."""


class Estimated(NamedTuple):
    """The share of one group, and how sure it is."""

    label: str
    share: float
    low: float
    high: float
    """0 to 1."""
    enough: bool
    """Whether the interval is narrow enough to be useful; if not, it is drawn faint and without
    the estimate."""
    text: str


def over_time(
    groups: Sequence[Estimated],
    periods: Sequence[str],
    overall: Estimated,
    *,
    alt: str,
    title: str = MADE,
) -> Chart:
    """Draw shares over time, in front of a band for the whole catalogue.

    Parameters
    ----------
    groups
        One for each period that has recordings, in order.
    periods
        All periods from first to last, so that gaps are visible.
    overall
        The catalogue as a whole.
    alt
        The chart's content in a sentence.
    title
        What the shares are of.
    """
    y = _axis([*groups, overall], title)

    def build(width: int, most_labels: int) -> Spec:
        every = -(-len(periods) // most_labels)
        x: Spec = {
            "field": "label",
            "type": "ordinal",
            "scale": {"domain": list(periods), "paddingInner": 0.2, "paddingOuter": 0.2},
            "axis": {
                "title": None,
                "values": list(periods[::every]),
                "labelAngle": 0,
                "labelOverlap": "greedy",
            },
        }
        layers = [*_band(overall, y), *_marks({"x": x}, "y", y)]
        return layered(width, HEIGHT, layers, _rows(groups), alt)

    return in_two_widths(build, (WIDE, _LABELS), (NARROW, _LABELS_NARROW), alt)


def below_each_other(
    groups: Sequence[Estimated], *, alt: str, label_px: int = 150, title: str = MADE
) -> Chart:
    """Draw shares one below the other.

    Parameters
    ----------
    groups
        In the order to draw them; every label is unique.
    alt
        The chart's content in a sentence.
    label_px
        Room for the labels, px; longer ones are cut.
    title
        What the shares are of.
    """
    x = _axis(groups, title)
    y = labels("label", {"field": "at"}, label_px)

    def build(width: int) -> Spec:
        return layered(width, {"step": ROW}, _marks({"y": y}, "x", x), _rows(groups), alt)

    return in_two_widths(build, *widths_after(label_px), alt)


def _rows(groups: Sequence[Estimated]) -> list[dict[str, Any]]:
    return [{"at": i, **group._asdict()} for i, group in enumerate(groups)]


def _axis(groups: Sequence[Estimated], title: str) -> Spec:
    """Return the encoding of shares.

    Useful intervals fit on the axis; wider ones may be cut off at its end.
    """
    needed = [group.high if group.enough else 1.2 * group.low for group in groups]
    return shares(title, top_of_shares(needed), 4, clamp=True, nice=False)


def _marks(place: Spec, channel: str, axis: Spec) -> list[Spec]:
    """Return the interval and the hit area of every group, and the estimates that are useful.

    Parameters
    ----------
    place
        Encoding that separates the groups.
    channel
        ``"x"`` or ``"y"``: the axis of the shares.
    axis
        Encoding of the shares.
    """
    colour: Spec = {
        "field": "enough",
        "type": "nominal",
        "scale": {"domain": [True, False], "range": [ACCENT, MUTED]},
        "legend": None,
    }
    faint: Spec = {"condition": {"test": "datum.enough", "value": 1}, "value": 0.45}
    seen = {**place, "color": colour, "opacity": faint}
    ends = {channel: {"field": "low", **axis}, f"{channel}2": {"field": "high"}}
    dot = mark("point", filled=True, size=46, opacity=1)
    estimate = layer(dot, **seen, **{channel: {"field": "share", **axis}})
    return [
        layer(mark("rule", strokeWidth=2.5), **seen, **ends),
        {"transform": [{"filter": "datum.enough"}], **estimate},
        hit(**place),
    ]


def _band(overall: Estimated, axis: Spec) -> list[Spec]:
    """Return the interval of the whole catalogue as a band, and its estimate as a line."""
    rows: list[Spec] = [overall._asdict()]
    ends = {"y": {"field": "low", **axis}, "y2": {"field": "high"}}
    line = mark("rule", strokeDash=[4, 3], color=MUTED)
    return [
        over(rows, layer(mark("rect", color="var(--tint)"), **ends)),
        over(rows, layer(line, y={"field": "share", **axis})),
    ]

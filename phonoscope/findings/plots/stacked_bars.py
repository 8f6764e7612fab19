"""Bars of full width, each divided by kind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from phonoscope.findings.answer import Chart
from phonoscope.findings.plots.spec import (
    INK,
    MUTED,
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
)

_NARROW = 320
_LABEL_PX, _NOTE_PX, _NOTE_PX_NARROW = 215, 52, 40


class Piece(NamedTuple):
    """A piece of a bar."""

    bar: str
    """Label of the bar."""
    kind: str
    start: float
    end: float
    """Where it is in the bar, 0 to 1."""
    text: str


def stacked_bars(
    pieces: Sequence[Piece], notes: Mapping[str, str], fills: Mapping[str, str], *, alt: str
) -> Chart:
    """Draw one bar per label, in the order of ``notes``, divided by kind.

    Parameters
    ----------
    pieces
        All pieces.
    notes
        Text at the end of each bar, by its label.
    fills
        Colour by kind, in the order of the legend.
    alt
        The chart's content in a sentence.
    """
    rows = [piece._asdict() for piece in pieces]
    ends: list[Spec] = [{"bar": bar, "note": note} for bar, note in notes.items()]
    x: Spec = {
        "type": "quantitative",
        "scale": {"domain": [0, 1], "nice": False},
        "axis": None,
    }
    across = {"x": {"field": "start", **x}, "x2": {"field": "end"}}
    text = mark("text", align="left", fontSize=13)

    def build(width: int, is_wide: bool) -> Spec:
        label_px, room = (_LABEL_PX, _NOTE_PX) if is_wide else (0, _NOTE_PX_NARROW)
        y = labels("bar", list(notes), label_px, labelLimit=max(0, label_px - 8), labels=is_wide)
        bar = mark("bar", height=16, stroke=MUTED, strokeWidth=0.5)
        note = {"x": {"datum": 1, **x}, "text": {"field": "note"}}
        layers = [
            layer(bar, y=y, **across, color=_colours(fills, 4 if is_wide else 2)),
            over(ends, layer({**text, "dx": 8}, y=y, **note)),
            hit(y=y, **across),
        ]
        if not is_wide:
            # A phone has no room to the left of the bars: each name is above its bar.
            name = {"x": {"datum": 0, **x}, "text": {"field": "bar"}}
            layers.append(over(ends, layer({**text, "dy": -17}, y=y, **name)))
        step = ROW if is_wide else ROW + 18
        return layered(width - label_px - room, {"step": step}, layers, rows, alt)

    return in_two_widths(build, (WIDE, True), (_NARROW, False), alt)


def _colours(fills: Mapping[str, str], columns: int) -> Spec:
    kinds = list(fills)
    return {
        "field": "kind",
        "type": "nominal",
        "scale": {"domain": kinds, "range": list(fills.values())},
        "sort": kinds,
        "legend": {
            "orient": "top",
            "direction": "horizontal",
            "columns": columns,
            "title": None,
            "labelColor": INK,
            "labelFontSize": 13,
            "symbolType": "square",
            "symbolStrokeColor": MUTED,
            "symbolStrokeWidth": 1,
            "columnPadding": 22,
            "offset": 14,
        },
    }

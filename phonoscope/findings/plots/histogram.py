"""Histograms, and the ticks of their axes."""

from __future__ import annotations

import math
from collections.abc import Sequence

from phonoscope.findings.answer import Chart
from phonoscope.findings.plots.distribution import Bar
from phonoscope.findings.plots.noun import Noun
from phonoscope.findings.plots.spec import (
    ACCENT,
    HEIGHT,
    NARROW,
    WIDE,
    Spec,
    counts,
    hit,
    in_two_widths,
    layer,
    layered,
    mark,
    over,
)
from phonoscope.messages import gettext


def histogram(
    bars: Sequence[Bar],
    names: Sequence[str],
    *,
    noun: Noun,
    alt: str,
    x_title: str,
    ticks: Sequence[float],
    tick_label: str,
    point_out: tuple[float, str] | None = None,
) -> Chart:
    """Draw a histogram.

    Parameters
    ----------
    bars
        Consecutive bars of one width.
    names
        What each bar holds, in words.
    noun
        What is counted.
    alt
        The chart's content in a sentence.
    x_title
        Quantity and unit.
    ticks
        Values that get a label; every second one on a phone.
    tick_label
        Vega expression that turns ``datum.value`` into a label.
    point_out
        A value to mark and its label, such as the median.
    """
    rows = [
        {
            "start": bar.start,
            "stop": bar.stop,
            "count": bar.height,
            "text": gettext("{label}: {value}", label=name, value=noun.counted(bar.height)),
        }
        for bar, name in zip(bars, names, strict=True)
    ]
    domain = [bars[0].start, bars[-1].stop]
    stop, heights = {"field": "stop"}, {"field": "count", **counts(noun.title)}

    def build(width: int, shown: Sequence[float]) -> Spec:
        x: Spec = {
            "field": "start",
            "type": "quantitative",
            "scale": {"domain": domain, "nice": False, "zero": False},
            "axis": {"values": list(shown), "labelExpr": tick_label, "title": x_title},
        }
        bar = mark("bar", color=ACCENT, binSpacing=1)
        layers = [
            layer(bar, x={**x, "bin": {"binned": True}}, x2=stop, y=heights),
            hit(x=x, x2=stop),
            *(_pointed_out(*point_out, domain) if point_out else []),
        ]
        return layered(width, HEIGHT, layers, rows, alt)

    return in_two_widths(build, (WIDE, ticks), (NARROW, _every_other(ticks, domain)), alt)


def nice_step(extent: float, about: int, steps: Sequence[float]) -> float:
    """Return the smallest of ``steps`` that cuts an extent into at most ``about`` pieces.

    >>> nice_step(240, 9, (10, 15, 30, 60))
    30
    """
    return next((step for step in steps if extent / step <= about), steps[-1])


def ticks_between(start: float, stop: float, step: float) -> list[float]:
    """Return the multiples of ``step`` from ``start`` to ``stop``.

    >>> ticks_between(50, 240, 60)
    [60, 120, 180, 240]
    """
    first, last = math.ceil(start / step - 1e-9), math.floor(stop / step + 1e-9)
    return [k * step for k in range(first, last + 1)]


def _pointed_out(value: float, label: str, domain: list[float]) -> list[Spec]:
    """Return a line at a value, with its label on the side where there is room."""
    right_half = value > (domain[0] + domain[1]) / 2
    rows: list[Spec] = [{"at": value, "label": label}]
    x = {"field": "at", "type": "quantitative"}
    aligned = {"align": "right", "dx": -5} if right_half else {"align": "left", "dx": 5}
    rule = mark("rule", y=-17, y2="height", strokeWidth=1.25)
    text = mark("text", y=-10, fontWeight=600, **aligned)
    words = layer(text, x=x, text={"field": "label"})
    return [over(rows, layer(rule, x=x)), over(rows, words)]


def _every_other(ticks: Sequence[float], domain: list[float]) -> list[float]:
    """Thin out ticks to what fits on a phone."""
    inside = [t for t in ticks if domain[0] <= t <= domain[1]]
    step = -(-len(inside) // 6) or 1
    return inside[::step]

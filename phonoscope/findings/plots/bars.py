"""Bars of counts: one per row, or the same few categories for several groups."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from phonoscope.findings.answer import Chart
from phonoscope.findings.plots.noun import Noun
from phonoscope.findings.plots.spec import (
    ACCENT,
    NARROW,
    ROW,
    WIDE,
    Spec,
    counts,
    hit,
    in_two_widths,
    labels,
    layer,
    layered,
    mark,
    panel,
    stacked,
    widths_after,
)
from phonoscope.messages import gettext


def horizontal_bars(
    rows: Sequence[tuple[str, int, str]],
    *,
    alt: str,
    label_px: int = 150,
) -> Chart:
    """Draw one horizontal bar per row, with its number at the end.

    Parameters
    ----------
    rows
        Label, count, and the text at the bar's end.
    alt
        The chart's content in a sentence.
    label_px
        Room for the labels, px; longer ones are cut.
    """
    values: list[dict[str, Any]] = [
        {
            "at": i,
            "label": label,
            "count": n,
            "note": note,
            "text": gettext("{label}: {value}", label=label, value=note),
        }
        for i, (label, n, note) in enumerate(rows)
    ]
    y = labels("label", {"field": "at"}, label_px)
    # The widest number must fit after the longest bar.
    largest, room = max(n for _, n, _ in rows), 8 + 7.5 * max(len(note) for *_, note in rows)

    def build(width: int) -> Spec:
        top = largest * width / max(40.0, width - room)
        scale = {"domain": [0, top], "nice": False}
        x: Spec = {"field": "count", "type": "quantitative", "axis": None, "scale": scale}
        note = mark("text", align="left", dx=8, fontSize=13)
        layers = [
            layer(mark("bar", color=ACCENT, height=14), y=y, x=x),
            layer(note, y=y, x=x, text={"field": "note"}),
            hit(y=y),
        ]
        return layered(width, {"step": ROW}, layers, values, alt)

    return in_two_widths(build, *widths_after(label_px), alt)


def grid_of_bars(
    rows: Sequence[tuple[str, str, int]],
    columns: Sequence[str],
    *,
    noun: Noun,
    alt: str,
) -> Chart:
    """Draw bars for the same few categories, one small chart per group.

    Parameters
    ----------
    rows
        Group, category, count; groups are drawn in this order.
    columns
        Categories, in order.
    noun
        What is counted.
    alt
        The chart's content in a sentence.
    """
    top = max(1, *(n for _, _, n in rows))
    groups = list(dict.fromkeys(group for group, _, _ in rows))

    def of_group(group: str, width: int) -> Spec:
        values = [
            {
                "category": c,
                "count": n,
                "text": gettext(
                    "{category} {group}: {count}", category=c, group=g, count=noun.counted(n)
                ),
            }
            for g, c, n in rows
            if g == group
        ]
        last = group == groups[-1]
        x: Spec = {
            "field": "category",
            "type": "ordinal",
            "sort": list(columns),
            "scale": {"domain": list(columns), "paddingInner": 0.3, "paddingOuter": 0.15},
            "axis": {"title": None, "labels": last, "labelAngle": 0, "labelFontSize": 13},
        }
        title = gettext("{counted}, {group}", counted=noun.title, group=group)
        y: Spec = {"field": "count", **counts(title), "scale": {"domain": [0, top]}}
        y["axis"] = {**y["axis"], "tickCount": 2}
        return panel(width, 84, [layer(mark("bar", color=ACCENT), x=x, y=y), hit(x=x)], values)

    def build(width: int) -> Spec:
        return stacked([of_group(group, width) for group in groups], alt, spacing=26)

    return in_two_widths(build, (WIDE,), (NARROW,), alt)

"""A measured column as a picture: chart, table of numbers, median."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from phonoscope.findings.base import Chart, ResultColumn, ResultTable
from phonoscope.findings.plots.distribution import Bar, Distribution, distribution
from phonoscope.findings.plots.histogram import histogram, nice_step, ticks_between
from phonoscope.text import joined, percent

MOST_BARS, MOST_TICKS = 48, 9
TAIL = 0.005
"""Share of values at each end that the chart may gather in its outermost bar."""
FENCE = 3.0
"""So are values more than this many interquartile ranges outside the quartiles (Tukey's outer
fence): a few albums in one file must not squeeze all songs into three bars."""


@dataclass(frozen=True)
class Measure:
    """How one column is counted, grouped and put into words."""

    column: str
    title: str
    """Quantity with its unit, for the axis."""
    per_unit: int
    """Fine bins in one unit."""
    low: float
    high: float
    """Values beyond are counted in the outermost fine bins."""
    widths: Sequence[int]
    """Fine bins in a bar of the chart, to choose from."""
    steps: Sequence[float]
    """Distances of labels on the axis, to choose from."""
    tick_label: str
    """Vega expression that turns ``datum.value`` into a label."""
    say: Callable[[float], str]
    """Puts a value with its unit into words."""
    step: str
    """Width of a fine bin in words."""
    noun: str = "recording"

    def count(self, table: Any) -> Distribution:
        """Count the column in fine bins, in the database."""
        return distribution(table, self.column, self.per_unit, self.low, self.high)

    def bars(self, counted: Distribution) -> tuple[list[Bar], list[str]]:
        """Return the bars of the chart and what each holds, in words."""
        first, last = counted.edges(TAIL, FENCE)
        width = int(nice_step(last + 1 - first, MOST_BARS, self.widths))
        start, stop = first // width * width, (last // width + 1) * width
        bars = counted.bars(width, start, stop)
        names = [f"{self.say(bar.start)} to {self.say(bar.stop)}" for bar in bars]
        if max(counted.counts) >= stop:
            names[-1] = f"{self.say(bars[-1].start)} or more"
        if min(counted.counts) < start:
            names[0] = f"under {self.say(bars[0].stop)}"
        return bars, names

    def picture(self, counted: Distribution, alt: str) -> tuple[Chart, ResultTable]:
        """Return the chart with the median pointed out, and its table of numbers."""
        bars, names = self.bars(counted)
        start, stop = bars[0].start, bars[-1].stop
        step = nice_step(stop - start, MOST_TICKS, self.steps)
        gathered = [n for n in (names[0], names[-1]) if n.startswith("under") or n.endswith("more")]
        outer = f" (outermost: {joined(gathered)})" if gathered else ""
        chart = histogram(
            bars,
            names,
            noun=self.noun,
            alt=alt,
            x_title=self.title + outer,
            ticks=ticks_between(start, stop, step),
            tick_label=self.tick_label,
            point_out=(counted.median, f"median {self.say(counted.median)}"),
        )
        columns = (
            ResultColumn("from", "From", "decimal", on_page=False),
            ResultColumn("to", "Up to", "decimal", on_page=False),
            ResultColumn("values", self.title, "text"),
            ResultColumn("count", f"{self.noun.capitalize()}s"),
            ResultColumn("share", "Share", "share"),
        )
        total = counted.total
        rows = tuple(
            (bar.start, bar.stop, name, bar.height, bar.height / total)
            for bar, name in zip(bars, names, strict=True)
        )
        return chart, ResultTable(f"{self.column}_histogram", self.title, columns, rows)

    def certainty(self, counted: Distribution) -> str:
        """Say how sure the median is, and what it rests on."""
        exact = (
            f"Every value was counted (n\u00a0=\u00a0{counted.total:,}); the median is exact to "
            f"half of {self.step}."
        )
        interval = counted.median_interval
        if interval is None:
            return f"{exact} Too few values for an interval."
        return (
            f"{exact} If this is a sample of something larger, the median there lies between "
            f"{self.say(interval.low)} and {self.say(interval.high)} (95% interval from order "
            "statistics)."
        )


def without(missing: int, total: int, one: str, many: str) -> str:
    """Say how many rows have no value, and why; empty when all have one."""
    if missing == 0:
        return ""
    why = one if missing == 1 else many
    return f"{missing:,} of {total:,} ({percent(missing / total)}) {why}."

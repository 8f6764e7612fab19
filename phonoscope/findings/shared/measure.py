"""A measured column as an answer: chart, table of numbers, median, and a share past a limit."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from phonoscope.findings.answer import Answer, Chart, cannot_tell
from phonoscope.findings.figure import Figure, Share
from phonoscope.findings.plots.distribution import Bar, Distribution, distribution
from phonoscope.findings.plots.histogram import histogram, nice_step, ticks_between
from phonoscope.findings.plots.noun import RECORDINGS
from phonoscope.findings.result_table import ResultColumn, ResultTable
from phonoscope.text import counted, joined, percent

if TYPE_CHECKING:
    import ibis.expr.types as ir

MOST_BARS, MOST_TICKS = 48, 9
TAIL = 0.005
"""Share of values at each end that the chart may gather in its outermost bar."""
FENCE = 3.0
"""So are values more than this many interquartile ranges outside the quartiles (Tukey's outer
fence): a few albums in one file must not squeeze all songs into three bars."""


SILENT = ("has none, because it is silent", "have none, because they are silent")
"""Why a recording, and why several, have no value."""


@dataclass(frozen=True)
class Words:
    """What an answer says of its numbers, apart from what every measure says."""

    headline: str
    alt: str = ""
    """Ends the description of the chart."""
    share: tuple[str, Share] | None = None
    """Name and value of a share past a limit."""
    share_first: bool = False
    """Whether the share is the answer, and the median comes after it."""


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
    subject: str
    """Ends "Histogram of the", before the count."""
    median: str
    """Name of the figure of the median."""
    unit: str
    """Unit of that figure."""
    nothing: str
    """The answer of a catalogue without any value."""
    missing: tuple[str, str] | None = None
    """Why one has no value, and why several have none; ``None`` when that does not happen."""
    noun: str = "recording"

    def answer(self, table: ir.Table, words: Callable[[Distribution], Words]) -> Answer:
        """Count the column, draw it, and answer with the median.

        Parameters
        ----------
        table
            An Ibis table with the column.
        words
            Makes the headline of what was counted.
        """
        found = self.count(table)
        if found.total == 0:
            return cannot_tell(self.nothing)
        said = words(found)
        alt = (
            f"Histogram of the {self.subject} {counted(found.total, self.noun)}; median "
            f"{self.say(found.median)}{said.alt}."
        )
        chart, bins = self.picture(found, alt)
        figures: list[Figure] = [found.median_figure(self.median, self.unit)]
        certainty = [self.certainty(found)]
        if said.share:
            name, share = said.share
            at = 0 if said.share_first else 1
            figures.insert(at, share.figure(name))
            certainty.insert(at, share.certainty())
        whole = found.total + found.missing
        return Answer(
            headline=said.headline,
            note=without(found.missing, whole, *self.missing) if self.missing else "",
            certainty=" ".join(certainty),
            figures=tuple(figures),
            chart=chart,
            tables=(bins,),
        )

    def middle(self, found: Distribution, lead: str) -> Words:
        """Return a headline with the median and, of ten values and more, where most lie."""
        headline = f"{lead} {self.say(found.median)}"
        if found.total >= 10:
            low, high = (self.say(found.quantile(q)) for q in (0.1, 0.9))
            headline += f"; eight in ten lie between {low} and {high}"
        return Words(f"{headline}.")

    def count(self, table: ir.Table) -> Distribution:
        """Count the column in fine bins, in the database."""
        return distribution(table, self.column, self.per_unit, self.low, self.high)

    def bars(self, found: Distribution) -> tuple[list[Bar], list[str]]:
        """Return the bars of the chart and what each holds, in words."""
        first, last = found.edges(TAIL, FENCE)
        width = int(nice_step(last + 1 - first, MOST_BARS, self.widths))
        start, stop = first // width * width, (last // width + 1) * width
        bars = found.bars(width, start, stop)
        names = [f"{self.say(bar.start)} to {self.say(bar.stop)}" for bar in bars]
        if max(found.counts) >= stop:
            names[-1] = f"{self.say(bars[-1].start)} or more"
        if min(found.counts) < start:
            names[0] = f"under {self.say(bars[0].stop)}"
        return bars, names

    def picture(self, found: Distribution, alt: str) -> tuple[Chart, ResultTable]:
        """Return the chart with the median pointed out, and its table of numbers."""
        bars, names = self.bars(found)
        start, stop = bars[0].start, bars[-1].stop
        step = nice_step(stop - start, MOST_TICKS, self.steps)
        gathered = [n for n in (names[0], names[-1]) if n.startswith("under") or n.endswith("more")]
        outer = f" (outermost: {joined(gathered)})" if gathered else ""
        chart = histogram(
            bars,
            names,
            noun=RECORDINGS,
            alt=alt,
            x_title=self.title + outer,
            ticks=ticks_between(start, stop, step),
            tick_label=self.tick_label,
            point_out=(found.median, f"median {self.say(found.median)}"),
        )
        columns = (
            ResultColumn("from", "From", "decimal", on_page=False),
            ResultColumn("to", "Up to", "decimal", on_page=False),
            ResultColumn("values", self.title, "text"),
            ResultColumn("count", f"{self.noun.capitalize()}s"),
            ResultColumn("share", "Share", "share"),
        )
        total = found.total
        rows = tuple(
            (bar.start, bar.stop, name, bar.height, bar.height / total)
            for bar, name in zip(bars, names, strict=True)
        )
        return chart, ResultTable(f"{self.column}_histogram", self.title, columns, rows)

    def certainty(self, found: Distribution) -> str:
        """Say how sure the median is, and what it rests on."""
        exact = (
            f"Every value was counted (n\u00a0=\u00a0{found.total:,}); the median is exact to "
            f"half of {self.step}."
        )
        interval = found.median_interval
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

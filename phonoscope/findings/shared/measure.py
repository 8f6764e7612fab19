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
from phonoscope.messages import Message, gettext, ngettext, sentences
from phonoscope.text import joined, percent

if TYPE_CHECKING:
    import ibis.expr.types as ir

MOST_BARS, MOST_TICKS = 48, 9
TAIL = 0.005
"""Share of values at each end that the chart may gather in its outermost bar."""
FENCE = 3.0
"""The outermost bars also gather values more than this many interquartile ranges outside the
quartiles (Tukey's outer fence): a few albums in one file must not squeeze all songs into three
bars."""
FEWEST_FOR_RANGE = 10
"""Values from which an answer names the range that holds 80% of them."""


@dataclass(frozen=True)
class Words:
    """What an answer says about its numbers."""

    headline: str
    alt: str
    """Describes the chart."""
    share: tuple[str, Share] | None = None
    """Name and value of a share past a limit."""
    share_first: bool = False
    """Whether the share is the answer, and the median comes after it."""


@dataclass(frozen=True)
class Measure:
    """How a column of ``recordings`` is counted, grouped and written."""

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
    """Writes a value with its unit."""
    accuracy: str
    """Largest error of the median, half a fine bin, with its unit."""
    median: str
    """Name of the figure of the median."""
    unit: str
    """Unit of that figure."""
    nothing: str
    """The answer of a catalogue without any value."""
    missing: Callable[[int, int], str] | None = None
    """Writes how many recordings of how many have no value, and why; ``None`` when that does not
    happen."""

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
            return cannot_tell(self.nothing, "no-values" if found.missing else "no-data")
        said = words(found)
        chart, bins = self.picture(found, said.alt)
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
            note=self.missing(found.missing, whole) if self.missing and found.missing else "",
            certainty=sentences(*certainty),
            figures=tuple(figures),
            chart=chart,
            tables=(bins,),
        )

    def words(self, found: Distribution) -> dict[str, str]:
        """Return values for a message on the median and the range of 80% of the values.

        They are ``{median}``; ``{median_low}`` to ``{median_high}`` of its interval; and
        ``{from}`` to ``{to}`` of the range. The range and the interval need at least
        :data:`FEWEST_FOR_RANGE` values.
        """
        words = {"median": self.say(found.median)}
        interval = found.median_interval
        if interval is None or found.total < FEWEST_FOR_RANGE:
            return words
        ends = {"from": found.quantile(0.1), "to": found.quantile(0.9)}
        ends |= {"median_low": interval.low, "median_high": interval.high}
        return words | {name: self.say(end) for name, end in ends.items()}

    def count(self, table: ir.Table) -> Distribution:
        """Count the column in fine bins, in the database."""
        return distribution(table, self.column, self.per_unit, self.low, self.high)

    def bars(self, found: Distribution) -> tuple[list[Bar], list[str], list[str]]:
        """Return the bars of the chart, what each holds, and which of these gather outliers."""
        first, last = found.edges(TAIL, FENCE)
        width = int(nice_step(last + 1 - first, MOST_BARS, self.widths))
        start, stop = first // width * width, (last // width + 1) * width
        bars = found.bars(width, start, stop)
        names: list[str] = [
            gettext("{low} to {high}", low=self.say(bar.start), high=self.say(bar.stop))
            for bar in bars
        ]
        gathered = []
        if max(found.counts) >= stop:
            names[-1] = gettext("{low} or more", low=self.say(bars[-1].start))
            gathered.append(names[-1])
        if min(found.counts) < start:
            names[0] = gettext("under {high}", high=self.say(bars[0].stop))
            gathered.insert(0, names[0])
        return bars, names, gathered

    def picture(self, found: Distribution, alt: str) -> tuple[Chart, ResultTable]:
        """Return the chart with the median pointed out, and its table of numbers."""
        bars, names, gathered = self.bars(found)
        start, stop = bars[0].start, bars[-1].stop
        step = nice_step(stop - start, MOST_TICKS, self.steps)
        chart = histogram(
            bars,
            names,
            noun=RECORDINGS,
            alt=alt,
            x_title=self._axis(gathered),
            ticks=ticks_between(start, stop, step),
            tick_label=self.tick_label,
            point_out=(found.median, gettext("median {median}", median=self.say(found.median))),
        )
        columns = (
            ResultColumn("from", gettext("From"), "decimal", on_page=False),
            ResultColumn("to", gettext("Up to"), "decimal", on_page=False),
            ResultColumn("values", self.title, "text"),
            ResultColumn("count", gettext("Recordings")),
            ResultColumn("share", gettext("Share"), "share"),
        )
        total = found.total
        rows = tuple(
            (bar.start, bar.stop, name, bar.height, bar.height / total)
            for bar, name in zip(bars, names, strict=True)
        )
        return chart, ResultTable(f"{self.column}_histogram", self.title, columns, rows)

    def _axis(self, gathered: Sequence[str]) -> str:
        if not gathered:
            return self.title
        return gettext("{title} (outermost bars: {bars})", title=self.title, bars=joined(gathered))

    def certainty(self, found: Distribution) -> str:
        """Return how sure the median is, and what it rests on."""
        exact = gettext(
            "All values are counted (n\u00a0=\u00a0{n}), and the median is accurate to within "
            "{accuracy}.",
            n=found.total,
            accuracy=self.accuracy,
        )
        interval = found.median_interval
        if interval is None:
            return sentences(exact, gettext("There are too few values for an interval."))
        sample = gettext(
            "If the catalogue is a sample of a larger collection, the median there is {low} to "
            "{high} (95% interval from order statistics).",
            low=self.say(interval.low),
            high=self.say(interval.high),
        )
        return sentences(exact, sample)


def silent(silent: int, total: int) -> Message:
    """Return how many recordings have no value because they are silent."""
    return ngettext(
        "{n} of {total} recordings ({share}) is silent, so it has no value.",
        "{n} of {total} recordings ({share}) are silent, so they have no value.",
        silent,
        total=total,
        share=percent(silent / total),
    )

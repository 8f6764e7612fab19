"""How a column is distributed: counted in fine fixed bins by the database.

The fine counts are few and exact, whatever the number of rows, and the same on every backend.
Medians, quantiles and the coarser bars of a plot come from them. So a median needs no sort of
10^8 values, and is exact to half a bin.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from phonoscope.findings.base import Figure
from phonoscope.interval import Interval, median_ranks

if TYPE_CHECKING:
    import ibis.expr.types as ir


class Bar(NamedTuple):
    """A bar of a histogram: values from ``start`` up to, not including, ``stop``."""

    start: float
    stop: float
    height: int


@dataclass(frozen=True)
class Distribution:
    """Exact counts of a column's values in fine bins."""

    step: float
    """Width of a bin."""
    counts: Mapping[int, int]
    """Values by bin, in order; bin ``k`` holds [k * step, (k + 1) * step)."""
    lowest: int
    highest: int
    """The outermost bins, which also hold everything beyond them."""
    missing: int
    """Rows without a value."""

    @property
    def total(self) -> int:
        """Rows with a value."""
        return sum(self.counts.values())

    def ranked(self, rank: int) -> float:
        """Return the middle of the bin of the ``rank``-th smallest value, counted from 1."""
        seen = 0
        for k, n in self.counts.items():
            seen += n
            if seen >= rank:
                return (k + 0.5) * self.step
        raise IndexError(rank)

    @property
    def median(self) -> float:
        """The median, exact to half a bin."""
        total = self.total
        return (self.ranked((total + 1) // 2) + self.ranked(total // 2 + 1)) / 2

    def quantile(self, q: float) -> float:
        """Return the quantile ``q``, exact to half a bin."""
        return self.ranked(max(1, math.ceil(q * self.total)))

    @property
    def median_interval(self) -> Interval | None:
        """95 % interval of the median; ``None`` under 6 values."""
        ranks = median_ranks(self.total)
        return Interval(self.ranked(ranks[0]), self.ranked(ranks[1])) if ranks else None

    def median_figure(self, name: str, unit: str) -> Figure:
        """Return the median as a figure."""
        return Figure(name, self.median, unit, self.median_interval, self.total)

    def from_value(self, value: float) -> int:
        """Count the values of at least ``value``, which must be an edge of a bin."""
        edge = round(value / self.step)
        return sum(n for k, n in self.counts.items() if k >= edge)

    def bars(self, width: int, start: int, stop: int) -> list[Bar]:
        """Group the fine bins into the bars of a histogram.

        Parameters
        ----------
        width
            Fine bins in a bar.
        start, stop
            First fine bin of the first bar and end of the last; values beyond are counted
            in the outermost bars.
        """
        heights = [0] * -(-(stop - start) // width)
        for k, n in self.counts.items():
            heights[min(max((k - start) // width, 0), len(heights) - 1)] += n
        return [
            Bar((start + i * width) * self.step, (start + (i + 1) * width) * self.step, n)
            for i, n in enumerate(heights)
        ]

    def edges(self, tail: float, fence: float) -> tuple[int, int]:
        """Return the first and last fine bin that a plot shows on their own.

        Parameters
        ----------
        tail
            Share of values at each end that may be outside.
        fence
            Values more than this many interquartile ranges outside the quartiles may be outside
            too, unless the quartiles are equal.
        """
        spare = math.floor(tail * self.total)
        first = self.ranked(spare + 1)
        last = self.ranked(self.total - spare)
        lower, upper = self.quantile(0.25), self.quantile(0.75)
        if upper > lower:
            first = max(first, lower - fence * (upper - lower))
            last = min(last, upper + fence * (upper - lower))
        return math.floor(first / self.step), math.floor(last / self.step)


def distribution(
    table: ir.Table, column: str, per_unit: int, low: float, high: float
) -> Distribution:
    """Count a column's values in fine bins.

    Parameters
    ----------
    table
        An Ibis table.
    column
        A numeric column; empty and NaN count as missing.
    per_unit
        Bins in one unit, so that edges are exact: 10 makes bins of 0.1.
    low, high
        Values beyond are counted in the outermost bins.
    """
    import ibis  # noqa: PLC0415  (heavy: 0.8 s)

    value = table[column].cast("float64")
    lowest, highest = int(low * per_unit), int(high * per_unit) - 1
    known = table.filter(value.notnull() & ~value.isnan())
    # Infinity has no bin: it is clipped before it becomes a whole number.
    inside = ibis.greatest(ibis.least(known[column].cast("float64"), high), low)
    fine = ibis.least((inside * per_unit).floor().cast("int64"), highest)
    rows = known.group_by(bin=fine).agg(n=known.count()).to_pyarrow().to_pylist()
    counts = dict(sorted((row["bin"], row["n"]) for row in rows))
    missing = int(table.count().to_pyarrow().as_py()) - sum(counts.values())
    return Distribution(1 / per_unit, counts, lowest, highest, missing)

"""Two catalogues, or one at two dates, side by side: what differs, and by more than chance."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from phonoscope.findings.base import Figure, Finding, Found, ResultColumn, ResultTable, Tables
from phonoscope.findings.claim import amount, figure_text
from phonoscope.interval import Interval
from phonoscope.text import count, counted

UNLIKE_TIMES = 10
"""Rows of one figure so many times those of the other are worth a word."""
LARGEST_SHOWN = 6
"""Differences named at the head of the page."""
COUNTED = ("recordings", "tracks", "albums", "artists", "track_artists", "features")
"""Tables whose rows say how large a catalogue is."""
_CLOCK = re.compile(r"(?<=_)(\d)_(\d\d)$")
"""A time of the clock at the end of a figure's name: ``excess_2_00``."""
METHOD = (
    "Each difference is the first catalogue's figure less the second's. Its 95% interval follows "
    "from the intervals of both, by the squared distances to their limits (Zou & Donner 2008; for "
    "shares that is Newcombe's 1998 method 10), which takes the catalogues for independent samples "
    "of two larger ones. Taken for themselves, as whole catalogues, the differences are exact."
)
CAVEATS = (
    "Two catalogues differ in how they were gathered before they differ in what they hold: a list "
    "of a thousand tracks of each genre is no sample of all tracks. Catalogues that share tracks, "
    "such as one at two dates, are not independent: their true difference is surer than its "
    "interval. And among many figures some differ by chance: of a hundred that are alike, about "
    "five have an interval without 0."
)


@dataclass(frozen=True)
class FigurePair:
    """One figure of both catalogues."""

    finding: str
    name: str
    one: Figure
    other: Figure

    @property
    def difference(self) -> float | None:
        """The first less the second, in their unit; ``None`` when one of them has no value."""
        if self.one.value is None or self.other.value is None:
            return None
        return self.one.value - self.other.value

    @property
    def interval(self) -> Interval | None:
        """95 % interval of the difference of what both are samples of."""
        if self.difference is None or self.one.interval is None or self.other.interval is None:
            return None
        return difference_interval(
            (float(self.one.value or 0.0), self.one.interval),
            (float(self.other.value or 0.0), self.other.interval),
        )

    @property
    def differs(self) -> bool | None:
        """Whether they differ by more than chance; ``None`` when no interval tells."""
        return None if self.interval is None else not self.interval[0] <= 0.0 <= self.interval[1]

    @property
    def words(self) -> str:
        """The figure's name for a person: without the unit that its number has anyway."""
        words = _CLOCK.sub(r"\1:\2", self.name).replace("_", " ")
        if self.one.unit == "share":
            return words
        return words.removesuffix(f" {self.one.unit.lower()}").strip() or words

    @property
    def remark(self) -> str:
        """What is unlike in what both rest on, in words; empty when it is alike."""
        one, other = self.one.n, self.other.n
        if not one or not other:
            return ""
        if max(one, other) < UNLIKE_TIMES * min(one, other):
            return ""
        return (
            f"Unlike denominators: it rests on {count(one)} rows in the first and on "
            f"{count(other)} in the second; the smaller number decides how sure the difference is."
        )

    def to_json(self) -> dict[str, Any]:
        """Return the documented shape of one figure in a comparison."""
        low, high = self.interval or (None, None)
        return {
            "finding": self.finding,
            "figure": self.name,
            "unit": self.one.unit,
            "one": _sides(self.one),
            "other": _sides(self.other),
            "difference": self.difference,
            "low": low,
            "high": high,
            "differs": self.differs,
            "remark": self.remark or None,
        }


@dataclass(frozen=True)
class Beside:
    """One finding of both catalogues."""

    one: Found
    other: Found
    pairs: tuple[FigurePair, ...]

    @property
    def finding(self) -> Finding:
        """The finding."""
        return self.one.finding

    @property
    def in_both(self) -> bool:
        """Whether both catalogues answer."""
        return self.one.answer.answered and self.other.answer.answered

    @property
    def drawn(self) -> bool:
        """Whether both have a chart."""
        return self.one.answer.chart is not None and self.other.answer.chart is not None

    @property
    def telling(self) -> tuple[FigurePair, ...]:
        """A few figures: those that differ by more than chance, then the first ones."""
        return tuple(sorted(self.pairs, key=lambda pair: not pair.differs)[:LARGEST_SHOWN])

    @property
    def remark(self) -> str:
        """What is unlike in what the figures rest on, in words; empty when it is alike."""
        unlike = [pair for pair in self.pairs if pair.remark]
        if len(unlike) < 2:
            return unlike[0].remark if unlike else ""
        first = unlike[0]
        return (
            f"Unlike denominators in {count(len(unlike))} of {counted(len(self.pairs), 'figure')}: "
            f"{first.words} rests on {count(first.one.n or 0)} rows in the first and on "
            f"{count(first.other.n or 0)} in the second. The smaller number decides how sure a "
            "difference is."
        )


@dataclass(frozen=True)
class Comparison:
    """Everything that two catalogues say, side by side."""

    names: tuple[str, str]
    sizes: Mapping[str, tuple[int, int]]
    """Rows in both, by table; tables that are empty in both are left out."""
    beside: tuple[Beside, ...]

    @property
    def pairs(self) -> tuple[FigurePair, ...]:
        """Figures that both have."""
        return tuple(pair for item in self.beside for pair in item.pairs)

    @property
    def told(self) -> int:
        """Figures with an interval of their difference."""
        return sum(pair.differs is not None for pair in self.pairs)

    @property
    def different(self) -> int:
        """Those that differ by more than chance."""
        return sum(pair.differs is True for pair in self.pairs)

    @property
    def largest(self) -> tuple[FigurePair, ...]:
        """The surest of them: farthest from 0 in half widths of their intervals."""

        def distance(pair: FigurePair) -> float:
            low, high = pair.interval or (-1.0, 1.0)
            return abs(pair.difference or 0.0) / max((high - low) / 2, 1e-300)

        different = [pair for pair in self.pairs if pair.differs]
        return tuple(sorted(different, key=distance, reverse=True)[:LARGEST_SHOWN])

    @property
    def headline(self) -> str:
        """The comparison in a sentence."""
        one, other = self.names
        if not self.pairs:
            return f"{one} and {other} have no figure in common"
        if not self.told:
            return f"{one} and {other} have {counted(len(self.pairs), 'figure')} in common"
        return (
            f"{one} and {other} differ in {count(self.different)} of "
            f"{counted(self.told, 'figure')} by more than chance"
        )

    def to_json(self) -> dict[str, Any]:
        """Return the documented shape of a comparison."""
        return {
            "catalogues": list(self.names),
            "rows": {name: list(sizes) for name, sizes in self.sizes.items()},
            "headline": self.headline,
            "method": METHOD,
            "caveats": CAVEATS,
            "figures": [pair.to_json() for pair in self.pairs],
        }

    def table(self, item: Beside | None = None) -> ResultTable:
        """Return the figures of one finding, or of all, as a table of numbers."""
        one, other = self.names
        columns = (
            ResultColumn("finding", "Finding", "text"),
            ResultColumn("figure", "Figure", "text"),
            ResultColumn("unit", "Unit", "text"),
            ResultColumn("one", one, "decimal"),
            ResultColumn("one_low", f"{one}, at least", "decimal"),
            ResultColumn("one_high", f"{one}, at most", "decimal"),
            ResultColumn("one_n", f"{one}, of", "count"),
            ResultColumn("other", other, "decimal"),
            ResultColumn("other_low", f"{other}, at least", "decimal"),
            ResultColumn("other_high", f"{other}, at most", "decimal"),
            ResultColumn("other_n", f"{other}, of", "count"),
            ResultColumn("difference", "Difference", "decimal"),
            ResultColumn("low", "At least", "decimal"),
            ResultColumn("high", "At most", "decimal"),
            ResultColumn("remark", "Remark", "text"),
        )
        pairs = self.pairs if item is None else item.pairs
        name = "compared" if item is None else f"compared_{item.finding.name}"
        return ResultTable(name, f"Both catalogues: {name}", columns, tuple(_row(p) for p in pairs))


def compare(
    names: tuple[str, str],
    sizes: Mapping[str, tuple[int, int]],
    one: Sequence[Found],
    other: Sequence[Found],
) -> Comparison:
    """Put the findings of two catalogues side by side.

    Parameters
    ----------
    names
        How they are called.
    sizes
        Rows of both, by table; see :func:`sizes_of`.
    one, other
        Their findings with answers.
    """
    there = {item.finding.name: item for item in other}
    beside = tuple(
        Beside(item, there[item.finding.name], _pairs(item, there[item.finding.name]))
        for item in one
        if item.finding.name in there
    )
    return Comparison(names, sizes, beside)


def rows_in(catalogue: Tables) -> dict[str, int]:
    """Return how many rows the tables have that say how large a catalogue is."""
    return {name: int(catalogue.table(name).count().to_pyarrow().as_py()) for name in COUNTED}


def sizes_of(one: Tables, other: Tables) -> dict[str, tuple[int, int]]:
    """Return how many rows the tables of two catalogues have."""
    here, there = rows_in(one), rows_in(other)
    return {name: (here[name], there[name]) for name in COUNTED if here[name] or there[name]}


def difference_interval(one: tuple[float, Interval], other: tuple[float, Interval]) -> Interval:
    """Return the 95 % interval of a difference of two independent estimates.

    Zou & Donner (2008), *Construction of confidence limits about effect measures: a general
    approach*, with the limits of each estimate; for shares with Wilson's limits it is method 10
    of Newcombe (1998), *Interval estimation for the difference between independent proportions*.

    Parameters
    ----------
    one, other
        Value and 95 % interval of each, in the same unit.

    Examples
    --------
    >>> from phonoscope.interval import wilson
    >>> low, high = difference_interval((56 / 70, wilson(56, 70)), (48 / 80, wilson(48, 80)))
    >>> round(low, 4), round(high, 4)  # Newcombe's example (a): 0.0524 to 0.3339
    (0.0524, 0.3339)
    """
    (a, (a_low, a_high)), (b, (b_low, b_high)) = one, other
    return Interval(
        a - b - math.hypot(a - a_low, b_high - b),
        a - b + math.hypot(a_high - a, b - b_low),
    )


def pair_cells(pair: FigurePair) -> tuple[str, str, str, str]:
    """Return a pair as a person reads it: both figures, the difference, its interval."""
    unit = pair.one.unit
    difference, interval = pair.difference, pair.interval
    return (
        figure_text(pair.one),
        figure_text(pair.other),
        "\u2013" if difference is None else signed(difference, unit),
        "" if interval is None else _between(interval, unit),
    )


def _between(interval: Interval, unit: str) -> str:
    low, high = (signed(end, unit) for end in interval)
    if unit == "share" and high.endswith("points"):
        low = low.removesuffix("\u00a0points")
    return f"{low} to {high}"


def signed(value: float, unit: str) -> str:
    r"""Return a difference with its sign; that of shares in percentage points.

    >>> signed(0.0123, "share"), signed(-32.0, "s"), signed(0.0, "share")
    ('+1.23\xa0points', '\u221232\xa0s', '0')
    """
    if value == 0.0:
        return "0"
    if unit == "share":
        points = f"{abs(value) * 100:.2f}"
        if not float(points):
            return "under 0.01\u00a0points"
        text = f"{points}\u00a0points"
    else:
        text = amount(abs(value), unit)
    return f"+{text}" if value > 0 else f"\u2212{text}"


def _pairs(one: Found, other: Found) -> tuple[FigurePair, ...]:
    """Return figures that both have, in the same unit: seconds are not held against minutes."""
    there = {figure.name: figure for figure in other.answer.figures}
    return tuple(
        FigurePair(one.finding.name, figure.name, figure, there[figure.name])
        for figure in one.answer.figures
        if figure.name in there and there[figure.name].unit == figure.unit
    )


def _row(pair: FigurePair) -> tuple[str | int | float | None, ...]:
    def side(figure: Figure) -> tuple[str | int | float | None, ...]:
        return (figure.value, *(figure.interval or (None, None)), figure.n)

    return (
        pair.finding,
        pair.name,
        pair.one.unit,
        *side(pair.one),
        *side(pair.other),
        pair.difference,
        *(pair.interval or (None, None)),
        pair.remark,
    )


def _sides(figure: Figure) -> dict[str, Any]:
    low, high = figure.interval or (None, None)
    return {"value": figure.value, "low": low, "high": high, "n": figure.n}

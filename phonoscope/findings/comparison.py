"""Two catalogues, or one at two dates, side by side: what differs by more than chance."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from phonoscope.findings.amounts import NONE, between_signed, figure_text, signed
from phonoscope.findings.base import Figure, Finding, Found, ResultColumn, ResultTable, Tables
from phonoscope.interval import Interval
from phonoscope.messages import gettext, ngettext

UNLIKE_TIMES = 10
"""Ratio of the rows behind two figures that calls for a remark."""
LARGEST_SHOWN = 6
"""Differences named at the top of the page."""
COUNTED: Mapping[str, str] = {
    "recordings": gettext("Recordings"),
    "tracks": gettext("Tracks"),
    "albums": gettext("Releases"),
    "artists": gettext("Artists"),
    "track_artists": gettext("Credits"),
    "features": gettext("Audio features"),
}
"""Tables whose rows show the size of a catalogue, in words."""
_CLOCK = re.compile(r"(?<=_)(\d)_(\d\d)$")
"""A duration at the end of a figure's name: ``excess_2_00``."""
METHOD = gettext(
    "Each difference is the first catalogue's figure minus the second's. Its 95% interval combines "
    "the intervals of both figures (Zou & Donner 2008; for shares this is method 10 of Newcombe "
    "1998). It treats the catalogues as independent samples of two larger ones. For the two "
    "catalogues themselves, the differences are exact."
)
CAVEATS = gettext(
    "Catalogues can differ because they were collected differently: a thousand tracks of each "
    "genre aren't a sample of all tracks. Catalogues that share tracks, such as one catalogue at "
    "two dates, aren't independent, and their intervals are too wide. Some of many figures differ "
    "by chance: about five of a hundred equal figures have an interval without 0."
)


@dataclass(frozen=True)
class FigurePair:
    """One figure in both catalogues."""

    finding: str
    name: str
    one: Figure
    other: Figure

    @property
    def difference(self) -> float | None:
        """The first minus the second; ``None`` when one of them has no value."""
        if self.one.value is None or self.other.value is None:
            return None
        return self.one.value - self.other.value

    @property
    def interval(self) -> Interval | None:
        """95% interval of the difference, if both are samples of something larger."""
        if self.difference is None or self.one.interval is None or self.other.interval is None:
            return None
        return difference_interval(
            (float(self.one.value or 0.0), self.one.interval),
            (float(self.other.value or 0.0), self.other.interval),
        )

    @property
    def differs(self) -> bool | None:
        """Whether they differ by more than chance; ``None`` without an interval."""
        return None if self.interval is None else not self.interval[0] <= 0.0 <= self.interval[1]

    @property
    def words(self) -> str:
        """The figure's name as words, without its unit."""
        words = _CLOCK.sub(r"\1:\2", self.name).replace("_", " ")
        if self.one.unit == "share":
            return words
        return words.removesuffix(f" {self.one.unit.lower()}").strip() or words

    @property
    def remark(self) -> str:
        """A remark when the figures rest on very different numbers of rows; else empty."""
        one, other = self.one.n, self.other.n
        if not one or not other:
            return ""
        if max(one, other) < UNLIKE_TIMES * min(one, other):
            return ""
        return gettext(
            "It rests on {one} rows in the first catalogue and on {other} in the second. The "
            "smaller number limits how sure the difference is.",
            one=one,
            other=other,
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
class FindingPair:
    """One finding in both catalogues."""

    one: Found
    other: Found
    pairs: tuple[FigurePair, ...]

    @property
    def finding(self) -> Finding:
        """The finding."""
        return self.one.finding

    @property
    def in_both(self) -> bool:
        """Whether both catalogues have an answer."""
        return self.one.answer.answered and self.other.answer.answered

    @property
    def drawn(self) -> bool:
        """Whether both have a plot."""
        return self.one.answer.chart is not None and self.other.answer.chart is not None

    @property
    def telling(self) -> tuple[FigurePair, ...]:
        """A few figures: those that differ by more than chance, then the first ones."""
        return tuple(sorted(self.pairs, key=lambda pair: not pair.differs)[:LARGEST_SHOWN])

    @property
    def remark(self) -> str:
        """A remark when figures rest on very different numbers of rows; else empty."""
        unlike = [pair for pair in self.pairs if pair.remark]
        if len(unlike) < 2:
            return unlike[0].remark if unlike else ""
        first = unlike[0]
        return gettext(
            "{unlike} of {total} figures rest on very different numbers of rows: {figure} on {one} "
            "in the first catalogue and on {other} in the second. The smaller number limits how "
            "sure a difference is.",
            unlike=len(unlike),
            total=len(self.pairs),
            figure=first.words,
            one=first.one.n or 0,
            other=first.other.n or 0,
        )


@dataclass(frozen=True)
class Comparison:
    """All findings of two catalogues, side by side."""

    names: tuple[str, str]
    sizes: Mapping[str, tuple[int, int]]
    """Rows in both, by table, without tables that are empty in both."""
    findings: tuple[FindingPair, ...]

    @property
    def pairs(self) -> tuple[FigurePair, ...]:
        """Figures that both have."""
        return tuple(pair for item in self.findings for pair in item.pairs)

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
        """The clearest of them: farthest from 0 relative to the width of the interval."""

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
            return gettext("{one} and {other} have no figure in common", one=one, other=other)
        if not self.told:
            return ngettext(
                "{one} and {other} have {n} figure in common",
                "{one} and {other} have {n} figures in common",
                len(self.pairs),
                one=one,
                other=other,
            )
        return ngettext(
            "{n} of {total} figures differs by more than chance between {one} and {other}",
            "{n} of {total} figures differ by more than chance between {one} and {other}",
            self.different,
            total=self.told,
            one=one,
            other=other,
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

    def table(self, item: FindingPair | None = None) -> ResultTable:
        """Return the figures of one finding, or of all, as a table of numbers."""
        one, other = self.names
        columns = (
            ResultColumn("finding", gettext("Finding"), "text"),
            ResultColumn("figure", gettext("Figure"), "text"),
            ResultColumn("unit", gettext("Unit"), "text"),
            *_side_columns("one", one),
            *_side_columns("other", other),
            ResultColumn("difference", gettext("Difference"), "decimal"),
            ResultColumn("low", gettext("At least"), "decimal"),
            ResultColumn("high", gettext("At most"), "decimal"),
            ResultColumn("remark", gettext("Remark"), "text"),
        )
        pairs = self.pairs if item is None else item.pairs
        name = "compared" if item is None else f"compared_{item.finding.name}"
        title = gettext("Both catalogues: {name}", name=name)
        return ResultTable(name, title, columns, tuple(_row(p) for p in pairs))


def _side_columns(side: str, name: str) -> tuple[ResultColumn, ...]:
    """Return the columns of one catalogue, called ``name``."""
    return (
        ResultColumn(side, name, "decimal"),
        ResultColumn(f"{side}_low", gettext("{name}, at least", name=name), "decimal"),
        ResultColumn(f"{side}_high", gettext("{name}, at most", name=name), "decimal"),
        ResultColumn(f"{side}_n", gettext("{name}, rows", name=name), "count"),
    )


def compare(
    names: tuple[str, str],
    sizes: Mapping[str, tuple[int, int]],
    one: Sequence[Found],
    other: Sequence[Found],
) -> Comparison:
    """Compare the findings of two catalogues.

    Parameters
    ----------
    names
        Their names.
    sizes
        Rows of both, by table; see :func:`sizes_of`.
    one, other
        Their findings with answers.
    """
    there = {item.finding.name: item for item in other}
    findings = tuple(
        FindingPair(item, there[item.finding.name], _pairs(item, there[item.finding.name]))
        for item in one
        if item.finding.name in there
    )
    return Comparison(names, sizes, findings)


def rows_in(catalogue: Tables) -> dict[str, int]:
    """Return the number of rows of the tables in :data:`COUNTED`."""
    return {name: int(catalogue.table(name).count().to_pyarrow().as_py()) for name in COUNTED}


def sizes_of(one: Tables, other: Tables) -> dict[str, tuple[int, int]]:
    """Return the numbers of rows of two catalogues by table."""
    here, there = rows_in(one), rows_in(other)
    return {name: (here[name], there[name]) for name in COUNTED if here[name] or there[name]}


def difference_interval(one: tuple[float, Interval], other: tuple[float, Interval]) -> Interval:
    """Return the 95% interval of a difference of two independent estimates.

    Zou & Donner (2008), *Construction of confidence limits about effect measures: a general
    approach*, with the limits of each estimate; for shares with Wilson's limits it is method 10
    of Newcombe (1998), *Interval estimation for the difference between independent proportions*.

    Parameters
    ----------
    one, other
        Value and 95% interval of each, in the same unit.

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
        NONE if difference is None else signed(difference, unit),
        "" if interval is None else between_signed(interval, unit),
    )


def _pairs(one: Found, other: Found) -> tuple[FigurePair, ...]:
    """Return the figures that both have in the same unit."""
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

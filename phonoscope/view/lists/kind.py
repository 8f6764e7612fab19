"""What a list is made of: its rows, its columns, and what it can be filtered by."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

from phonoscope.messages import Localised
from phonoscope.view.statement import Statement

Form = Literal[
    "text", "code", "name", "artist", "label", "release", "file", "source", "verdict", "declared",
    "count", "seconds", "milliseconds", "lufs", "bpm", "bytes", "year", "yes", "error",
]  # fmt: skip
"""How a page writes a column's values, and what they link to."""
Row = dict[str, Any]
Select = Callable[[Statement], list[Row]]
"""Runs a statement."""
NUMERIC = frozenset({"count", "seconds", "milliseconds", "lufs", "bpm", "bytes", "year"})


@dataclass(frozen=True, eq=False)
class ListColumn:
    """One column of a list.

    Everything here is written in this package: nothing of a request becomes a part of a statement.
    """

    name: str
    """Name in addresses and exports."""
    label: Localised
    sql: str
    """DuckDB expression over the list's rows and the column's join."""
    form: Form = "text"
    join: str = ""
    """Which of the list's joins it needs; empty for none."""
    by_default: bool = True
    """Whether it is shown before a visitor chooses columns."""
    facet: bool = False
    """Whether its most frequent values are offered as filters, with counts."""
    words: Mapping[str, str] = field(default_factory=dict)
    """Values in words; others are shown as they are."""
    searched: bool = False
    """Whether a search looks at it."""
    quick_sql: str = ""
    """What a page reads instead, without the join, if ``complete`` adds the rest."""
    filter_sql: str = ""
    """Condition for one of the values ``{values}``, where a cell can name several things."""

    @property
    def is_number(self) -> bool:
        """Whether its values are numbers, which align right and start with the largest."""
        return self.form in NUMERIC


@dataclass(frozen=True, eq=False)
class ListKind:
    """One list."""

    name: str
    """Its path, without the slash."""
    title: Localised
    counted: Callable[[int], Localised]
    """Says how many rows there are."""
    search_label: Localised
    rows: str
    """What follows FROM."""
    columns: tuple[ListColumn, ...]
    key: tuple[str, ...]
    """Expressions that order rows which are otherwise equal, so that pages lose and repeat none."""
    sort: str
    """Column that it is sorted by at first; with ``-`` from the largest."""
    joins: Mapping[str, str] = field(default_factory=dict)
    hidden: tuple[str, ...] = ()
    """Columns that every row and export has, whatever columns were chosen: what links need."""
    complete: Callable[[Select, list[Row]], None] | None = None
    """Adds to the rows of a page what their quick columns lack."""
    empty: Localised | None = None
    """What to do when the catalogue has no rows of this kind."""

    @cached_property
    def by_name(self) -> Mapping[str, ListColumn]:
        """Columns by name."""
        return {column.name: column for column in self.columns}

    @property
    def shown(self) -> tuple[str, ...]:
        """Names of the columns that are shown at first."""
        return tuple(c.name for c in self.columns if c.by_default and c.name not in self.hidden)

    @property
    def choices(self) -> tuple[ListColumn, ...]:
        """Columns that a visitor can choose; the first one is always shown."""
        return tuple(c for c in self.columns if c.name not in self.hidden)

"""Tables of an answer: the numbers behind a chart, or a short list."""

from __future__ import annotations

from dataclasses import dataclass

LISTED_AT_MOST = 200
"""Rows of a list in a report; the answer says how many there are and how to get them all."""

Cell = str | int | float | None


@dataclass(frozen=True)
class ResultColumn:
    """One column of a table of numbers."""

    name: str
    title: str
    form: str = "count"
    """How a person reads it: count, share, text or decimal."""
    on_page: bool = True
    """Whether a page shows it; CSV and JSON always hold it."""


@dataclass(frozen=True)
class ResultTable:
    """The numbers behind a chart, or a short list."""

    name: str
    title: str
    columns: tuple[ResultColumn, ...]
    rows: tuple[tuple[Cell, ...], ...]
    total: int | None = None
    """Rows there are in all, when not all are listed."""
    rest: str = ""
    """Command that gets all of them."""

    @property
    def is_cut(self) -> bool:
        """Whether rows were left out."""
        return self.total is not None and self.total > len(self.rows)

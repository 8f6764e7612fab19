"""Tables of an answer: the numbers behind a plot, or a short list."""

from __future__ import annotations

from dataclasses import dataclass

LISTED_AT_MOST = 200
"""Most rows of a list in a report; the answer has their total and how to get them all."""

Cell = str | int | float | None


@dataclass(frozen=True)
class ResultColumn:
    """One column of a table of numbers."""

    name: str
    title: str
    form: str = "count"
    """How a page shows it: ``count``, ``share``, ``text``, ``decimal``, or ``recording``: the id of
    a recording, which served pages link to its page."""
    on_page: bool = True
    """Whether a page shows it; CSV and JSON always have it."""


@dataclass(frozen=True)
class ResultTable:
    """The numbers behind a plot, or a short list. Cells are data unless they are messages."""

    name: str
    title: str
    columns: tuple[ResultColumn, ...]
    rows: tuple[tuple[Cell, ...], ...]
    total: int | None = None
    """Number of all rows, when only some are listed."""
    rest: str = ""
    """Command that lists all of them."""

    @property
    def is_cut(self) -> bool:
        """Whether rows were left out."""
        return self.total is not None and self.total > len(self.rows)

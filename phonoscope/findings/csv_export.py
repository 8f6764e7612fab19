"""Tables of numbers as CSV that a spreadsheet can open safely."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

if TYPE_CHECKING:
    from phonoscope.findings.base import Found, ResultTable
    from phonoscope.findings.claim import Checked

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""First characters that make a spreadsheet treat a cell as a formula."""
FIGURES = ("finding", "figure", "value", "unit", "low", "high", "n", "headline")
"""Columns of the sheet of all figures."""


def sheet(head: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """Return rows under a heading as CSV; lines end in a line feed.

    Text that a spreadsheet would run as a formula gets an apostrophe in front.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(head)
    writer.writerows([harmless(value) for value in row] for row in rows)
    return text.getvalue()


def sheet_of(table: ResultTable) -> str:
    """Return a table of an answer as CSV with every column, including those not on pages."""
    return sheet([column.name for column in table.columns], table.rows)


def figures_of(found: Sequence[Found]) -> str:
    """Return the figures of findings as CSV; a finding without figures has a row as well."""
    rows: list[tuple[Any, ...]] = []
    for item in found:
        for figure in item.answer.figures:
            low, high = figure.interval or (None, None)
            numbers = (figure.value, figure.unit, low, high, figure.n)
            rows.append((item.finding.name, figure.name, *numbers, item.answer.headline))
        if not item.answer.figures:
            rows.append((item.finding.name, *[None] * 6, item.answer.headline))
    return sheet(FIGURES, rows)


def checked_sheet(checks: Sequence[Checked]) -> str:
    """Return checked claims as CSV."""
    rows = []
    for check in checks:
        flat = check.to_json()
        found = flat.pop("found") or dict.fromkeys(("value", "unit", "low", "high", "n"))
        rows.append({**flat, **{f"found_{name}": value for name, value in found.items()}})
    return sheet(list(rows[0]) if rows else ["id"], [list(row.values()) for row in rows])


def long_sheet(sheets: dict[str, str]) -> str:
    """Return sheets with different columns as one: table, row, column, value."""
    rows = [
        (name.removesuffix(".csv"), at, column, value)
        for name, text in sheets.items()
        for at, row in enumerate(csv.DictReader(io.StringIO(text)), 1)
        for column, value in row.items()
    ]
    return sheet(["table", "row", "column", "value"], rows)


def address(text: str) -> str:
    """Return CSV as a ``data:`` address, which a page can offer for download without a server.

    It has only letters, digits and ``%``-codes, so it is safe in an attribute.
    """
    return f"data:text/csv;charset=utf-8,{quote(text, safe='')}"


def harmless(value: Any) -> Any:
    """Return a value that a spreadsheet doesn't run, even a name such as ``=cmd|...``."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value

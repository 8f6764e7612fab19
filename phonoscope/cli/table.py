"""Rows of a query as text: aligned on a terminal, tab-separated in a pipe, CSV, JSON Lines."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Iterable, Sequence
from typing import Any

from phonoscope.cli.terminal import finish_stdout, in_language, painted, write, write_json
from phonoscope.escape import printable
from phonoscope.json_values import json_value

WIDEST_CELL, NARROWEST_CELL = 60, 6
Rows = Sequence[Sequence[Any]]


def write_json_lines(names: Sequence[str], batches: Iterable[Rows], form: str) -> int:
    """Write each row as a JSON object on its own line, ``form`` first; return how many."""
    count = 0
    for rows in batches:
        for row in rows:
            write_json(dict(zip(names, row, strict=True)), form)
        count += len(rows)
    return count


def write_csv(names: Sequence[str], batches: Iterable[Rows]) -> int:
    """Write RFC 4180 CSV with a heading; return how many rows.

    Lists and structures are written as JSON, an empty value as nothing.
    """
    _write_csv_rows([names])
    count = 0
    for rows in batches:
        _write_csv_rows([[_csv_cell(value) for value in row] for row in rows])
        count += len(rows)
    return count


def write_tabs(names: Sequence[str], batches: Iterable[Rows]) -> int:
    """Write tab-separated lines with a heading, for pipes; return how many rows."""
    write("\t".join(printable(name) for name in names))
    count = 0
    for rows in batches:
        for row in rows:
            write("\t".join(cell(value) for value in row))
        finish_stdout()
        count += len(rows)
    return count


def write_aligned(names: Sequence[str], batches: Iterable[Rows], width: int) -> int:
    """Write aligned columns for a terminal, messages in its language; return how many rows.

    The first batch sets the widths, so that a long result starts to show at once.
    """
    count = 0
    layout: list[int] | None = None
    for rows in batches:
        cells = [[cell(_translated(value)) for value in row] for row in rows]
        if layout is None:
            heading = [printable(in_language(name)) for name in names]
            layout = _widths(heading, cells, width)
            write(painted(_line(heading, layout, [False] * len(names)), "bold"))
        for row, texts in zip(rows, cells, strict=True):
            right = [isinstance(v, int | float) and not isinstance(v, bool) for v in row]
            write(_line(texts, layout, right))
        finish_stdout()
        count += len(rows)
    return count


def cell(value: Any) -> str:
    """Return one value as safe text for a person: floats with six digits, empty as nothing."""
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.6g}" if math.isfinite(value) else str(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | tuple | dict):
        return printable(json.dumps(json_value(value), ensure_ascii=False))
    if isinstance(value, bytes):
        return value.hex()
    return printable(str(value))


def _translated(value: Any) -> Any:
    return in_language(value) if isinstance(value, str) else value


def distinct(names: Sequence[str]) -> list[str]:
    """Return column names that all differ: ``a, a`` becomes ``a, a_2``."""
    taken: list[str] = []
    for name in names:
        number, candidate = 1, name
        while candidate in taken:
            number += 1
            candidate = f"{name}_{number}"
        taken.append(candidate)
    return taken


def _write_csv_rows(rows: Iterable[Sequence[Any]]) -> None:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    write(text.getvalue(), end="")
    finish_stdout()


def _csv_cell(value: Any) -> Any:
    """Return a value as CSV holds it: numbers in full, structures as JSON."""
    plain = json_value(value)
    if isinstance(plain, list | dict):
        return json.dumps(plain, ensure_ascii=False)
    if isinstance(plain, bool):
        return "true" if plain else "false"
    return plain


def _widths(heading: Sequence[str], cells: Sequence[Sequence[str]], width: int) -> list[int]:
    """Return column widths: as wide as needed, the widest cut until the line fits."""
    from rich.cells import cell_len

    widths = [
        min(WIDEST_CELL, max(cell_len(text) for text in texts))
        for texts in zip(heading, *cells, strict=True)
    ]
    while sum(widths) + 2 * (len(widths) - 1) > width and max(widths) > NARROWEST_CELL:
        widths[widths.index(max(widths))] -= 1
    return widths


def _line(texts: Sequence[str], widths: Sequence[int], right: Sequence[bool]) -> str:
    from rich.cells import cell_len, set_cell_size

    parts = []
    for text, width, to_right in zip(texts, widths, right, strict=True):
        if cell_len(text) > width:
            parts.append(set_cell_size(text, width - 1) + "…")
        elif to_right:
            parts.append(" " * (width - cell_len(text)) + text)
        else:
            parts.append(set_cell_size(text, width))
    return "  ".join(parts).rstrip()

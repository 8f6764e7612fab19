"""A row as bounded JSON, for the list of what was rejected."""

from __future__ import annotations

import json
from collections.abc import Mapping

MAX_ROW_TEXT = 1000
"""Characters of a rejected row that are kept."""
_MAX_CELL_TEXT = 200


def text_of(row: object) -> str:
    """Return a row (a list or mapping of cells, or JSON) as bounded JSON."""
    if isinstance(row, Mapping):
        row = {name: _short(cell) for name, cell in row.items()}
    elif isinstance(row, list):
        row = [_short(cell) for cell in row[:MAX_ROW_TEXT]]
    text = row if isinstance(row, str) else json.dumps(row, default=str)
    return text if len(text) <= MAX_ROW_TEXT else text[: MAX_ROW_TEXT - 3] + "..."


def _short(cell: object) -> object:
    if isinstance(cell, bytes):
        cell = cell[:_MAX_CELL_TEXT].decode(errors="backslashreplace")
    return cell[:_MAX_CELL_TEXT] if isinstance(cell, str) else cell

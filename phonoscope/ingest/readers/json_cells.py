"""Cells of JSON into columns: numbers, text, or lists."""

from __future__ import annotations

from collections.abc import Sequence
from types import NoneType
from typing import Any

import pyarrow as pa

from phonoscope.ingest.cell import CellKind

_TEXT, _WHOLE, _REAL, _FLAG = {str}, {int}, {int, float}, {bool}


def column_of(kind: CellKind, cells: Sequence[Any]) -> tuple[pa.Array, set[int]]:
    """Return cells as a column for :func:`..cells.value_of`.

    Parameters
    ----------
    kind
        What the cells should be.
    cells
        As JSON has them: text, numbers, true and false, ``None``, lists, objects.

    Returns
    -------
    pyarrow.Array, set of int
        Text or numbers; and the places of lists and objects, which a cell can't hold.
    """
    types = set(map(type, cells)) - {NoneType}
    try:
        if types <= _TEXT:
            return pa.array(cells, pa.string()), set()
        if kind not in (CellKind.ID, CellKind.TEXT):
            if types == _WHOLE:
                return pa.array(cells, pa.int64()), set()
            if types <= _REAL:
                return pa.array(cells, pa.float64()), set()
            if types == _FLAG and kind is CellKind.FLAG:
                return pa.array(cells, pa.bool_()).cast(pa.int8()), set()
    except (pa.ArrowException, OverflowError):
        pass
    return pa.array([_text(cell) for cell in cells], pa.string()), {
        at for at, cell in enumerate(cells) if isinstance(cell, list | dict)
    }


def _text(cell: object) -> str | None:
    if cell is None or isinstance(cell, list | dict):
        return None
    if isinstance(cell, bool):
        return "true" if cell else "false"
    return cell if isinstance(cell, str) else str(cell)

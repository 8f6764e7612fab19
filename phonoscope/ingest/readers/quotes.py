"""Quotes in CSV that nobody doubled: ``1,"Missy "M" Elliott, B",2``.

The standard (RFC 4180) doubles a quote within a quoted cell. Who writes files by hand forgets it;
a reader then ends the cell early, and a comma after it splits the cell. Such a row is cut again: a
quote ends a cell only where a delimiter or the row's end follows.
"""

from __future__ import annotations

import re
from functools import cache

_WELL = r'(?:"(?:[^"]|"")*"|[^"{d}]*)'


@cache
def _well(delimiter: str) -> re.Pattern[str]:
    """Return what a row of one line looks like when its quotes are in order."""
    escaped = re.escape(delimiter)
    cell = _WELL.replace("{d}", escaped)
    return re.compile(f"{cell}(?:{escaped}{cell})*")


def mended(row: list[str], line: str, delimiter: str, width: int) -> list[str]:
    """Return the cells of a row, cut again when its quotes are broken; in linear time.

    Parameters
    ----------
    row
        Its cells, as a reader by the standard cut them.
    line
        The row as it stands, one line.
    delimiter
        What separates cells, one character.
    width
        How many cells there should be; a row that cannot be cut into so many stays as it is.

    Examples
    --------
    >>> mended(["1", 'Missy M" Elliott', ' B"'], '1,"Missy "M" Elliott, B"', ",", 2)
    ['1', 'Missy "M" Elliott, B']
    """
    line = line.rstrip("\r\n")
    if _well(delimiter).fullmatch(line):
        return row
    # Two quotes are one that was doubled, or one of the text and the one that closes the cell.
    ways = (_cut(line, delimiter, doubled=doubled) for doubled in (True, False))
    return next((cells for cells in ways if len(cells) == width), row)


def _cut(line: str, delimiter: str, *, doubled: bool) -> list[str]:
    cells: list[str] = []
    at, last = 0, line.rfind('"')
    while at <= len(line):
        quoted = line.startswith('"', at) and at < last
        end = _closing(line, at, delimiter, 2 if doubled else 1) if quoted else -1
        if end >= 0:
            cell = line[at + 1 : end]
            cells.append(cell.replace('""', '"') if doubled else cell)
            at = end + 2
            continue
        if line.startswith('"', at):
            # No quote closes from here on: none is looked for again.
            last = at
        end = line.find(delimiter, at)
        end = len(line) if end < 0 else end
        cells.append(line[at:end])
        at = end + 1
    return cells


def _closing(line: str, opening: int, delimiter: str, step: int) -> int:
    """Return where the quote is that closes a cell; -1 when none does.

    Of two quotes one after the other ``step`` are passed over at once.
    """
    at = opening + 1
    while (at := line.find('"', at)) >= 0:
        after = line[at + 1 : at + 2]
        if after in ("", delimiter):
            return at
        at += step if after == '"' else 1
    return -1

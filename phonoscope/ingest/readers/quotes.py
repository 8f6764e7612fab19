"""Quotes in CSV that nobody doubled: ``1,"Missy "M" Elliott, B",2``.

The standard (RFC 4180) doubles a quote within a quoted cell. People who write files by hand forget
that. A reader then ends the cell early, and a comma after the quote splits it. Such a row is cut
again: a quote ends a cell only where a delimiter or the end of the row follows.
"""

from __future__ import annotations

import re
from functools import cache

_WELL = r'(?:"(?:[^"]|"")*"|[^"{d}]*)'


@cache
def _well(delimiter: str) -> re.Pattern[str]:
    """Return the pattern of a row of one line whose quotes are in order."""
    escaped = re.escape(delimiter)
    cell = _WELL.replace("{d}", escaped)
    return re.compile(f"{cell}(?:{escaped}{cell})*")


def mended(row: list[str], line: str, delimiter: str, width: int) -> list[str]:
    """Return the cells of a row, cut again if its quotes are broken; in linear time.

    Parameters
    ----------
    row
        Its cells, as cut by the standard.
    line
        The row as written, one line.
    delimiter
        What separates cells, one character.
    width
        Expected number of cells; a row that can't be cut into that many stays unchanged.

    Examples
    --------
    >>> mended(["1", 'Missy M" Elliott', ' B"'], '1,"Missy "M" Elliott, B"', ",", 2)
    ['1', 'Missy "M" Elliott, B']
    """
    line = line.rstrip("\r\n")
    if _well(delimiter).fullmatch(line):
        return row
    # Two quotes are a doubled one, or one in the text and the one that closes the cell.
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
            # No quote closes from here on, so the search ends.
            last = at
        end = line.find(delimiter, at)
        end = len(line) if end < 0 else end
        cells.append(line[at:end])
        at = end + 1
    return cells


def _closing(line: str, opening: int, delimiter: str, step: int) -> int:
    """Return the position of the quote that closes a cell; -1 when none does.

    Of two quotes in a row ``step`` are skipped at once.
    """
    at = opening + 1
    while (at := line.find('"', at)) >= 0:
        after = line[at + 1 : at + 2]
        if after in ("", delimiter):
            return at
        at += step if after == '"' else 1
    return -1

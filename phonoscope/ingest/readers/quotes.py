"""Quotes in CSV that nobody doubled: ``1,"Missy "M" Elliott, B",2``.

The standard (RFC 4180) doubles a quote within a quoted cell. People who write files by hand forget
that. A reader then ends the cell early, and a comma after the quote splits it. Such a row is cut
again: a quote ends a cell only where a delimiter or the end of the row follows.
"""

from __future__ import annotations

import re
from functools import cache

# No sign can be read in two ways, so nothing is ever tried again: time is linear.
_INSIDE = r'(?:[^"]|"")*+'
_WELL = rf'(?:"{_INSIDE}"|[^"{{d}}]*+)'


@cache
def _patterns(delimiter: str) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """Return the patterns of a row whose quotes are in order, and of one that ends within some."""
    escaped = re.escape(delimiter)
    cell = _WELL.replace("{d}", escaped)
    return (
        re.compile(f"{cell}(?:{escaped}{cell})*+"),
        re.compile(f'(?:{cell}{escaped})*+"{_INSIDE}'),
    )


def is_well(line: str, delimiter: str) -> bool:
    """Whether all quotes of a row are in order."""
    return _patterns(delimiter)[0].fullmatch(line) is not None


def is_open(line: str, delimiter: str) -> bool:
    """Whether a line ends within a quoted cell, and all quotes before are in order."""
    return _patterns(delimiter)[1].fullmatch(line) is not None


def split(row: str, delimiter: str) -> list[str]:
    """Return the cells of a row whose quotes are in order, however long they are."""
    return _cut(row, delimiter, doubled=True)


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
    if is_well(line, delimiter):
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

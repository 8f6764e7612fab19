"""Lines of CSV into rows, one by one: for what isn't written as the standard (RFC 4180) wants.

A row with line breaks in its cells counts when all its quotes are in order and it has the right
number of cells. Otherwise a quote was opened and never closed: that costs its own line, and reading
continues with the next one. Each line is looked at twice at most.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from phonoscope.ingest.readers.quotes import is_open, is_well, mended, split
from phonoscope.ingest.readers.text_blocks import MAX_LINE
from phonoscope.ingest.readers.utf8_stream import decoded

NEVER_CLOSED = "a quote is never closed"
TOO_LONG = "the row is too long"
TOO_FEW, TOO_MANY = "too few cells", "too many cells"
_SHOWN = 2000
_TIMES_AS_WIDE = 4
"""A row over several lines that has more cells than this times the columns has a quote too many."""
_LIBRARY_CELL = 1 << 17
"""Longest cell that Python's reader takes, characters."""
_INSIDE = re.compile(r'(?:[^"]|"")*+')


class Row(NamedTuple):
    """A row."""

    cells: list[str]
    """As many as there are columns, or fewer: those at the end are missing."""
    reason: str | None
    """Why it can't be kept; ``None`` where it can."""


class Width(NamedTuple):
    """How many cells a row has."""

    least: int
    """Without columns at the end that have no name."""
    columns: int

    def fitted(self, cells: list[str]) -> Row:
        """Return cells as a row; empty ones beyond the columns don't count."""
        count = len(cells)
        if count == self.columns:
            return Row(cells, None)
        if count > self.columns:
            beyond = any(cell.strip() for cell in cells[self.columns :])
            return Row(cells, TOO_MANY) if beyond else Row(cells[: self.columns], None)
        reason = TOO_FEW if count < self.least else None
        return Row(cells, reason)


class RowReader:
    """Reads rows from lines.

    Parameters
    ----------
    lines
        Lines with their ends.
    delimiter
        What separates cells, one character.
    width
        How many cells are right; ``None`` for a heading, where any number is.
    more
        Returns the lines that follow, for a row that doesn't end in these.
    """

    def __init__(
        self,
        lines: list[bytes],
        delimiter: str,
        width: Width | None,
        more: Callable[[], list[bytes]] = list,
    ) -> None:
        self._lines, self._delimiter, self._width, self._more = lines, delimiter, width, more
        self._own = len(lines)
        self._at = 0

    @property
    def passed(self) -> int:
        """Bytes of the lines that were read."""
        return sum(map(len, self._lines[: self._at]))

    @property
    def passed_beyond(self) -> int:
        """Bytes of those that were read of the lines that follow."""
        return sum(map(len, self._lines[self._own : self._at]))

    def __iter__(self) -> Iterator[Row]:
        """Yield the rows that begin in these lines; blank lines are left out."""
        while self._at < self._own:
            raw = self._lines[self._at]
            self._at += 1
            line = decoded(raw).rstrip("\r\n")
            if not line:
                continue
            if len(raw) > MAX_LINE:
                yield Row([line[:_SHOWN]], TOO_LONG)
            elif '"' not in line:
                yield self._fitted(line.split(self._delimiter))
            else:
                yield self._quoted(line)

    def _quoted(self, line: str) -> Row:
        if is_well(line, self._delimiter):
            return self._fitted(_cells(line, self._delimiter))
        if is_open(line, self._delimiter):
            # Where it ends is unknown, so the cells are shown as they stand.
            alone = Row(line.split(self._delimiter), NEVER_CLOSED)
            return self._over_lines() or alone
        cells = mended(_cells(line, self._delimiter), line, self._delimiter, self._columns)
        return self._fitted(cells)

    def _over_lines(self) -> Row | None:
        """Return the row that the last line begins; ``None`` where no later line ends it."""
        text, at = [decoded(self._lines[self._at - 1])], self._at
        held = len(text[0])
        while held <= MAX_LINE and self._has(at):
            following = decoded(self._lines[at])
            at += 1
            held += len(following)
            text.append(following)
            inside = _INSIDE.match(following)
            end = inside.end() if inside else 0
            if end == len(following):
                continue
            rest = following[end + 1 :].rstrip("\r\n")
            if rest and not rest.startswith(self._delimiter):
                return None
            if is_open(rest[1:], self._delimiter):
                continue
            if rest and not is_well(rest[1:], self._delimiter):
                return None
            row = self._fitted(split("".join(text).rstrip("\r\n"), self._delimiter))
            # One with some cells too few or too many is a row, too: its quotes are closed.
            if row.reason is None or len(row.cells) <= _TIMES_AS_WIDE * self._columns:
                self._at = at
                return row
            return None
        return None

    def _has(self, at: int) -> bool:
        if at == self._own == len(self._lines):
            self._lines += self._more()
        return at < len(self._lines)

    @property
    def _columns(self) -> int:
        return self._width.columns if self._width else 0

    def _fitted(self, cells: list[str]) -> Row:
        return Row(cells, None) if self._width is None else self._width.fitted(cells)


def _cells(line: str, delimiter: str) -> list[str]:
    if len(line) < _LIBRARY_CELL:
        try:
            return next(csv.reader([line], delimiter=delimiter), [""])
        except csv.Error:
            pass
    return split(line, delimiter)

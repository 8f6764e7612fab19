"""CSV files: their columns, and their rows as columns of text."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa

from phonoscope.audio.source import printable
from phonoscope.catalogue.ingest.base import Position
from phonoscope.catalogue.ingest.lines import Lines, encoding_of
from phonoscope.catalogue.ingest.unpacked import Unpacked, open_unpacked
from phonoscope.errors import SourceError

CHUNK_ROWS = 16_384
CHUNK_CHARACTERS = 1 << 24
"""Rows are handed on after this many characters, though they be few."""
MAX_COLUMNS = 2000
_DELIMITERS = ",;\t|"


@dataclass(frozen=True)
class Records:
    """Some rows of a CSV file."""

    first_row: int
    rows: Sequence[list[str]]
    """Cells, as many as there are columns; missing ones are empty text."""
    odd: pa.Array
    """Why a row cannot be kept; empty when nothing is wrong."""
    begins: Position | None = None
    """See :class:`..base.Chunk`."""

    def column(self, at: int) -> tuple[pa.Array, pa.Array | None]:
        """Return one column, and which of its cells are no text."""
        cells = [row[at] for row in self.rows]
        try:
            return pa.array(cells, pa.string()), None
        except UnicodeEncodeError:
            bad = [not _is_text(cell) for cell in cells]
            kept = [None if b else cell for cell, b in zip(cells, bad, strict=True)]
            return pa.array(kept, pa.string()), pa.array(bad)


def _is_text(cell: str) -> bool:
    try:
        cell.encode()
    except UnicodeEncodeError:
        return False
    return True


class CsvFile:
    """A text file that was opened to look whether it is a table.

    Parameters
    ----------
    uri
        Where it is.
    name
        How a person calls it.
    head
        Its first bytes, unpacked.
    mapping
        Field by column, when the user said which column is what.

    Raises
    ------
    SourceError
        When it has no heading, or one that is too long.
    """

    def __init__(
        self, uri: str, name: str, head: bytes, mapping: Mapping[str, str] | None = None
    ) -> None:
        self.name = name
        self.start: Position | None = None
        self.mapping = mapping
        self._uri = uri
        self._encoding = encoding_of(head)
        self._file: Unpacked | None = None
        with self._lines() as lines:
            first = next(iter(lines), "")
        self._delimiter = _delimiter_of(first)
        # A heading with line breaks in its cells is read whole by the same reader as the rows.
        with self._lines() as lines:
            self.columns: tuple[str, ...] = tuple(next(self._records(lines), []))
        if not any(self.columns):
            raise SourceError(f"{name} has no heading: its first line names no column")
        if len(self.columns) > MAX_COLUMNS:
            raise SourceError(
                f"{name} has {len(self.columns):,} columns; at most {MAX_COLUMNS:,} are read"
            )

    def found(self) -> str:
        """See :class:`..base.Source`."""
        shown = ", ".join(printable(name[:40]) for name in self.columns[:40])
        more = f" and {len(self.columns) - 40:,} more" if len(self.columns) > 40 else ""
        return f"a text file with the columns {shown}{more}"

    def share_read(self) -> float | None:
        """See :class:`..base.Source`."""
        return self._file.share_read() if self._file else None

    def chunks(self) -> Iterator[Records]:
        """Yield all rows from ``start`` on, some thousand at a time; blank lines are no rows.

        Raises
        ------
        SourceError
            When a row is too long to hold.
        """
        with self._lines() as lines:
            records = self._records(lines)
            if self.start is None:
                next(records, None)
            else:
                lines.go_to(int(self.start[0]))
            rows: list[list[str]] = []
            first_row, characters, place = 1, 0, lines.place()
            for row in records:
                rows.append(row)
                characters += lines.pending
                if len(rows) >= CHUNK_ROWS or characters >= CHUNK_CHARACTERS:
                    yield self._chunk(first_row, rows, place)
                    first_row += len(rows)
                    rows, characters, place = [], 0, lines.place()
            if rows:
                yield self._chunk(first_row, rows, place)

    def _lines(self) -> Lines:
        self._file = open_unpacked(self._uri, self.name)
        return Lines(self._file.stream, self._encoding, self.name)

    def _records(self, lines: Lines) -> Iterator[list[str]]:
        reader = csv.reader(lines, delimiter=self._delimiter)
        while True:
            lines.pending = 0
            try:
                row = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                raise SourceError(
                    f"{self.name}: the row at line {lines.number:,} cannot be read ({error}); "
                    "a quote in it may never be closed"
                ) from error
            if row:
                yield row

    def _chunk(self, first_row: int, rows: list[list[str]], place: int | None) -> Records:
        width = len(self.columns)
        odd: list[str | None] = [None] * len(rows)
        for at, row in enumerate(rows):
            if len(row) != width:
                odd[at] = "too few cells" if len(row) < width else "too many cells"
                rows[at] = row + [""] * (width - len(row))
        begins = None if place is None else (place,)
        return Records(first_row, rows, pa.array(odd, pa.string()), begins)


def _delimiter_of(heading: str) -> str:
    """Return what separates the cells of a heading: what makes the most of them."""
    return max(_DELIMITERS, key=lambda d: len(next(csv.reader([heading], delimiter=d), [])))

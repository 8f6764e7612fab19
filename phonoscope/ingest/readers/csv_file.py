"""CSV files: their columns, and their rows as columns of text."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa

from phonoscope.errors import SourceError
from phonoscope.escape import printable
from phonoscope.files import local_path
from phonoscope.ingest.base import Position
from phonoscope.ingest.readers.decompress import Decompressed, open_decompressed
from phonoscope.ingest.readers.lines import Lines, encoding_of
from phonoscope.ingest.readers.quotes import mended

CHUNK_ROWS = 16_384
CHUNK_CHARACTERS = 1 << 24
"""Rows are handed on after this many characters, though they be few."""
MAX_COLUMNS = 2000
_DELIMITERS = ",;\t|"
_ENDINGS = re.compile(r"(\.(csv|tsv|txt|gz|bz2|xz|zst|zip))+$", re.IGNORECASE)


@dataclass(frozen=True)
class Records:
    """Some rows of a CSV file."""

    first_row: int
    rows: Sequence[list[str]]
    """Cells, as many as there are columns; missing ones are empty text."""
    reject_reasons: pa.Array
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
    constants
        What the user said of all rows, by field; ``None`` where nobody says it is a chart.

    Raises
    ------
    SourceError
        When it has no heading, or one that is too long.
    """

    def __init__(
        self,
        uri: str,
        name: str,
        head: bytes,
        mapping: Mapping[str, str] | None = None,
        constants: Mapping[str, str] | None = None,
    ) -> None:
        self.name = name
        self.start: Position | None = None
        self.mapping = mapping
        self.constants = constants
        self._uri = uri
        self._encoding = encoding_of(head)
        self._file: Decompressed | None = None
        with self._lines() as lines:
            first = next(iter(lines), "")
        self._delimiter = _delimiter_of(first)
        # A heading with line breaks in its cells is read whole by the same reader as the rows.
        with self._lines() as lines:
            records = self._records(lines)
            heading = next(records, [])
            self._notes = 0
            # Downloads of charts begin with a note in one cell of a row, the others empty.
            if mapping is None and len(heading) > 1 and sum(map(bool, heading)) == 1:
                heading, self._notes = next(records, heading), 1
        self.columns: tuple[str, ...] = tuple(heading)
        if not any(self.columns):
            raise SourceError(f"{name} has no heading: its first line names no column")
        if len(self.columns) > MAX_COLUMNS:
            raise SourceError(
                f"{name} has {len(self.columns):,} columns; at most {MAX_COLUMNS:,} are read"
            )

    @property
    def file_name(self) -> str:
        """The last part of where it is, without endings; text from outside."""
        local = local_path(self._uri)
        last = self._uri.rpartition("/")[2] if local is None else local.name
        return _ENDINGS.sub("", last)

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
            records = self._records(lines, len(self.columns))
            if self.start is None:
                for _ in range(1 + self._notes):
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
        self._file = open_decompressed(self._uri, self.name)
        return Lines(self._file.stream, self._encoding, self.name)

    def _records(self, lines: Lines, width: int = 0) -> Iterator[list[str]]:
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
                # A row of one line: what a broken quote swallowed beyond it is not told apart.
                if width and '"' in lines.last and lines.pending == len(lines.last):
                    row = mended(row, lines.last, self._delimiter, width)
                yield row

    def _chunk(self, first_row: int, rows: list[list[str]], place: int | None) -> Records:
        width = len(self.columns)
        reject_reasons: list[str | None] = [None] * len(rows)
        for at, row in enumerate(rows):
            if len(row) != width:
                reject_reasons[at] = "too few cells" if len(row) < width else "too many cells"
                rows[at] = row + [""] * (width - len(row))
        begins = None if place is None else (place,)
        return Records(first_row, rows, pa.array(reject_reasons, pa.string()), begins)


def _delimiter_of(heading: str) -> str:
    """Return what separates the cells of a heading: what makes the most of them."""
    return max(_DELIMITERS, key=lambda d: len(next(csv.reader([heading], delimiter=d), [])))

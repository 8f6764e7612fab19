"""CSV files: their columns, and their rows as columns of text."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

import pyarrow as pa

from phonoscope.errors import SourceError
from phonoscope.escape import printable
from phonoscope.files import local_path
from phonoscope.ingest.base import Position
from phonoscope.ingest.names import few
from phonoscope.ingest.options import SourceOptions
from phonoscope.ingest.readers.decompress import Decompressed, open_decompressed
from phonoscope.ingest.readers.lines import Lines, encoding_of
from phonoscope.ingest.readers.quotes import mended
from phonoscope.messages import gettext

CHUNK_ROWS = 16_384
CHUNK_CHARACTERS = 1 << 24
"""Characters after which rows are handed on, however few they are."""
MAX_COLUMNS = 2000
_SAMPLED_ROWS = 20
"""Rows that show whether a table begins with a heading."""
_DELIMITERS = ",;\t|"
_ENDINGS = re.compile(r"(\.(csv|tsv|txt|gz|bz2|xz|zst|zip))+$", re.IGNORECASE)


@dataclass(frozen=True)
class Records:
    """Some rows of a CSV file."""

    first_row: int
    rows: Sequence[list[str]]
    """Cells, as many as there are columns; missing ones are empty text."""
    reject_reasons: pa.Array
    """Why a row can't be kept; empty where it can."""
    begins: Position | None = None
    """See :class:`..base.Chunk`."""

    def column(self, at: int) -> tuple[pa.Array, pa.Array | None]:
        """Return one column, and which of its cells aren't text."""
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
    """A text file, opened to see whether it is a table.

    Parameters
    ----------
    uri
        Where it is.
    name
        Its name for people.
    head
        Its first bytes, unpacked.
    options
        What the user says of it.

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
        options: SourceOptions | None = None,
    ) -> None:
        options = options or SourceOptions()
        self.name = name
        self.start: Position | None = None
        self.mapping = options.mapping
        """Field by column, where the user says which column is what."""
        self.constants = options.constants
        """Values for all rows, by field; ``None`` where nobody says it is a chart."""
        self.command = options.command
        """The command that reads it, which says what the fields of a mapping are."""
        self.id_from = options.id_from
        """Fields that ids of tracks are derived from."""
        self._uri = uri
        self._encoding = encoding_of(head)
        self._file: Decompressed | None = None
        with self._lines() as lines:
            first = next(iter(lines), "")
        self._delimiter = _delimiter_of(first)
        # The reader of rows also reads a heading with line breaks in its cells.
        with self._lines() as lines:
            records = self._records(lines)
            heading = next(records, [])
            self._notes = 0
            # Downloads of charts begin with a note in one cell of a row, the others empty.
            if self.mapping is None and len(heading) > 1 and sum(map(bool, heading)) == 1:
                heading, self._notes = next(records, heading), 1
        self.columns: tuple[str, ...] = tuple(heading)
        if not any(self.columns):
            raise SourceError(
                gettext(
                    "{file} has no heading. The first line of a CSV file must name its columns.",
                    file=name,
                ),
                code="no-heading",
            )
        if len(self.columns) > MAX_COLUMNS:
            raise SourceError(
                gettext(
                    "{file} has {n} columns. Phonoscope reads files of up to {most} columns.",
                    file=name,
                    n=len(self.columns),
                    most=MAX_COLUMNS,
                ),
                code="too-many-columns",
            )

    @property
    def file_name(self) -> str:
        """The name of the file without endings; text from outside."""
        local = local_path(self._uri)
        last = self._uri.rpartition("/")[2] if local is None else local.name
        return _ENDINGS.sub("", last)

    def found(self) -> str:
        """See :class:`..base.Source`."""
        return gettext("a text file with the columns {columns}", columns=few(self.columns))

    def share_read(self) -> float | None:
        """See :class:`..base.Source`."""
        return self._file.share_read() if self._file else None

    def sample(self) -> list[list[str]]:
        """Return the first rows after the heading, for files that may have none."""
        with self._lines() as lines:
            return list(islice(self._records(lines), 1, 1 + _SAMPLED_ROWS))

    def chunks(self, *, heading: bool = True) -> Iterator[Records]:
        """Yield all rows from ``start`` on, some thousand at a time; blank lines are left out.

        Parameters
        ----------
        heading
            Whether the file begins with a heading; otherwise its first row is a row too.

        Raises
        ------
        SourceError
            When a row is too long to hold.
        """
        with self._lines() as lines:
            records = self._records(lines, len(self.columns))
            if self.start is None:
                for _ in range(1 + self._notes if heading else 0):
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
                    gettext(
                        "Line {line} of {file} can't be read: {reason}. Perhaps a quote in it is "
                        "never closed.",
                        line=lines.number,
                        file=self.name,
                        reason=printable(str(error))[:200],
                    ),
                    code="unreadable-row",
                ) from error
            if row:
                # Only for rows of one line: what a broken quote swallowed after it is unknown.
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
    """Return the delimiter that cuts a heading into the most cells."""
    return max(_DELIMITERS, key=lambda delimiter: _cells_of(heading, delimiter))


def _cells_of(heading: str, delimiter: str) -> int:
    try:
        return len(next(csv.reader([heading], delimiter=delimiter), []))
    except csv.Error:
        # A cell that is too long: the heading has another delimiter, or none.
        return 0

"""CSV files: their columns, and their rows as columns of text."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO
from itertools import islice
from typing import Any, Protocol

import pyarrow as pa

from phonoscope.encodings import SAMPLE_BYTES, UTF8, encoding_of
from phonoscope.errors import SourceError
from phonoscope.ingest.base import Position
from phonoscope.ingest.names import few, plain_name
from phonoscope.ingest.options import SourceOptions
from phonoscope.ingest.readers.csv_block import CleanBlock, NotCleanError
from phonoscope.ingest.readers.csv_heading import HeadingTooLongError, heading_of
from phonoscope.ingest.readers.csv_rows import Row, RowReader, Width
from phonoscope.ingest.readers.decompress import Decompressed, open_decompressed
from phonoscope.ingest.readers.text_blocks import MAX_LINE, Block, TextBlocks
from phonoscope.ingest.readers.utf8_stream import Utf8Stream
from phonoscope.messages import gettext

CHUNK_ROWS = 1 << 16
MAX_COLUMNS = 2000


class _Rows(Protocol):
    """Rows of a block, read in one of two ways."""

    @property
    def row_count(self) -> int: ...

    def column(self, at: int) -> pa.Array: ...

    def row(self, at: int) -> list[str]: ...


@dataclass(frozen=True)
class _RowList:
    """Rows that were read one by one."""

    rows: Sequence[Row]

    @property
    def row_count(self) -> int:
        return len(self.rows)

    def column(self, at: int) -> pa.Array:
        cells = [row.cells[at] if at < len(row.cells) else "" for row in self.rows]
        try:
            return pa.array(cells, pa.string())
        except UnicodeEncodeError:
            # What isn't text stays so, and costs its cell where columns get their types.
            raw = [cell.encode(UTF8, "surrogatepass") for cell in cells]
            return pa.array(raw, pa.binary()).view(pa.string())

    def row(self, at: int) -> list[str]:
        return self.rows[at].cells


@dataclass(frozen=True)
class Records:
    """Some rows of a CSV file."""

    first_row: int
    length: int
    """Number of rows."""
    reject_reasons: pa.Array
    """Why a row can't be kept; empty where it can."""
    begins: Position | None
    """See :class:`..base.Chunk`."""
    _rows: _Rows
    _offset: int

    def column(self, at: int) -> pa.Array:
        """Return one column as text; cells that can't be decoded aren't valid UTF-8."""
        return self._rows.column(at).slice(self._offset, self.length)

    def row(self, at: int) -> list[str]:
        """Return the cells of a row; fewer than there are columns where some are missing."""
        return self._rows.row(self._offset + at)


class CsvFile:
    """A text file, opened to see whether it is a table.

    Parameters
    ----------
    uri
        Where it is.
    name
        Its name for people.
    options
        What the user says of it.

    Raises
    ------
    SourceError
        When it has no heading, or one that is too long.
    """

    def __init__(self, uri: str, name: str, options: SourceOptions | None = None) -> None:
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
        self.options = options
        self.read_as: dict[str, Any] = {}
        """What was found about how it is written, for the summary."""
        self._uri = uri
        self._file: Decompressed | None = None
        sample = self._sample()
        self.encoding = options.encoding or encoding_of(sample)
        """Python's name of its encoding."""
        start = TextBlocks(Utf8Stream(BytesIO(sample), self.encoding), 0).peek(2 * MAX_LINE)
        self._old_mac = b"\r" in start and b"\n" not in start
        if self._old_mac:
            start = start.replace(b"\r", b"\n")
        try:
            heading = heading_of(start, may_have_notes=self.mapping is None)
        except HeadingTooLongError as error:
            raise SourceError(
                gettext(
                    "The first line of {file} has more than {n} bytes, so the file isn't a table.",
                    file=name,
                    n=MAX_LINE,
                ),
                code="line-too-long",
            ) from error
        self.delimiter, self._heading = heading.delimiter, heading
        self.read_as |= {"encoding": self.encoding, "delimiter": self.delimiter}
        self.columns: tuple[str, ...] = heading.columns
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
        named = [at for at, column in enumerate(self.columns) if column.strip()]
        self._width = Width(named[-1] + 1 if named else 1, len(self.columns))

    @property
    def file_name(self) -> str:
        """The name of the file without endings; text from outside."""
        return plain_name(self._uri)

    def found(self) -> str:
        """See :class:`..base.Source`."""
        return gettext("a text file with the columns {columns}", columns=few(self.columns))

    def share_read(self) -> float | None:
        """See :class:`..base.Source`."""
        return self._file.share_read() if self._file else None

    @property
    def first_rows(self) -> Sequence[Sequence[str]]:
        """Some rows after the heading, for files that may have none."""
        return self._heading.rows

    def chunks(self, columns: Collection[int] = (), *, heading: bool = True) -> Iterator[Records]:
        """Yield all rows from ``start`` on, some thousand at a time; blank lines are left out.

        Parameters
        ----------
        columns
            Places of the columns that will be asked for; others cost more.
        heading
            Whether the file begins with a heading; otherwise its first row is a row too.
        """
        begin = self._heading.end if heading else self._heading.begin
        begin = begin if self.start is None else int(self.start[0])
        first_row = 1
        for records in self._records(begin, columns):
            yield from _parts(records, first_row)
            first_row += records.length

    def near_start(self, columns: Collection[int]) -> Iterator[Records]:
        """Yield the rows near the start of the file."""
        for records in self._records(self._heading.end, columns):
            yield records
            if records.begins is None or int(records.begins[0]) >= SAMPLE_BYTES:
                return

    def _records(self, begin: int, columns: Collection[int]) -> Iterator[Records]:
        self._file = open_decompressed(self._uri, self.name)
        with self._file.stream as stream:
            text = Utf8Stream(stream, self.encoding, begin, old_mac=self._old_mac)
            blocks = TextBlocks(text, begin)
            while (block := blocks.next()) is not None:
                begins: Position | None = (block.begin,)
                for rows, reasons in self._rows(block, blocks, columns):
                    if rows.row_count:
                        yield Records(1, rows.row_count, reasons, begins, rows, 0)
                        begins = None

    def _rows(
        self, block: Block, blocks: TextBlocks, columns: Collection[int]
    ) -> Iterator[tuple[_Rows, pa.Array]]:
        """Yield the rows of a block, and why some can't be kept."""
        try:
            clean = CleanBlock(block.data, self.delimiter, self._width, columns)
        except NotCleanError:
            yield from self._one_by_one(block, blocks)
        else:
            yield clean, pa.nulls(clean.row_count, pa.string())

    def _one_by_one(self, block: Block, blocks: TextBlocks) -> Iterator[tuple[_Rows, pa.Array]]:
        lines = block.data.splitlines(keepends=True)
        reader = RowReader(
            lines, self.delimiter, self._width, lambda: blocks.peek(MAX_LINE).splitlines(True)
        )
        rows = iter(reader)
        while some := list(islice(rows, CHUNK_ROWS)):
            yield _RowList(some), pa.array([row.reason for row in some], pa.string())
        blocks.skip(reader.passed_beyond)

    def _sample(self) -> bytes:
        with open_decompressed(self._uri, self.name).stream as stream:
            return stream.read(SAMPLE_BYTES)


def _parts(records: Records, first_row: int) -> Iterator[Records]:
    """Yield rows in pieces that aren't too long; only the first says where it begins."""
    for offset in range(0, records.length, CHUNK_ROWS):
        length = min(CHUNK_ROWS, records.length - offset)
        yield Records(
            first_row + offset,
            length,
            records.reject_reasons.slice(offset, length),
            records.begins if offset == 0 else None,
            records._rows,
            offset,
        )

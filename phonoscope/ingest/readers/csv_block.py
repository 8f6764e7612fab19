"""Blocks of CSV that are written as the standard (RFC 4180) wants: read at once, by Arrow.

Arrow's reader guesses where quotes are broken, and fails where rows differ in length. So a block is
read by it only when every quote is in order; any other block is read row by row (:mod:`.csv_rows`).
Both ways give the same rows.
"""

from __future__ import annotations

from collections.abc import Collection
from io import BytesIO

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

from phonoscope.ingest.readers.csv_rows import Width
from phonoscope.ingest.readers.quotes import is_well, split
from phonoscope.ingest.readers.text_blocks import MAX_LINE

_QUOTE, _FEED = ord('"'), ord("\n")


class CleanBlock:
    """The rows of a block.

    Parameters
    ----------
    data
        Its lines.
    delimiter
        What separates cells.
    width
        How many cells a row has.
    columns
        Places of those that are wanted at once.

    Raises
    ------
    NotCleanError
        When it must be read row by row.
    """

    def __init__(self, data: bytes, delimiter: str, width: Width, columns: Collection[int]) -> None:
        self._data, self._delimiter, self._width = data, delimiter, width
        _check_lines(data)
        self._over_lines = b'"' in data and _check_quotes(data, delimiter)
        self._cells = _cell_count(data, delimiter)
        if self._cells < width.least:
            raise NotCleanError
        beyond = range(width.columns, self._cells)
        if len(beyond) > 16:
            raise NotCleanError
        self._table = self._parsed({*columns, *beyond})
        if any(not _is_blank(self._table[str(at)]) for at in beyond):
            raise NotCleanError
        self._whole: pa.Table | None = None

    @property
    def row_count(self) -> int:
        """Number of rows."""
        return self._table.num_rows

    def column(self, at: int) -> pa.Array:
        """Return a column as text."""
        if at >= self._cells:
            return pa.repeat(pa.scalar(""), self.row_count)
        if str(at) not in self._table.column_names:
            self._table = self._parsed({at})
        return self._table[str(at)].combine_chunks()

    def row(self, at: int) -> list[str]:
        """Return the cells of a row."""
        if self._whole is None:
            self._whole = self._parsed(range(min(self._cells, self._width.columns)))
        return [column[at].as_py() for column in self._whole.columns]

    def _parsed(self, columns: Collection[int]) -> pa.Table:
        # Some column shows how many rows there are.
        wanted = [str(at) for at in sorted(columns) if at < self._cells] or ["0"]
        try:
            return csv.read_csv(
                pa.BufferReader(self._data),
                csv.ReadOptions(
                    use_threads=False,
                    block_size=len(self._data) + 1,
                    column_names=[str(at) for at in range(self._cells)],
                ),
                csv.ParseOptions(
                    delimiter=self._delimiter,
                    quote_char='"' if b'"' in self._data else False,
                    newlines_in_values=self._over_lines,
                ),
                csv.ConvertOptions(
                    include_columns=wanted, column_types=dict.fromkeys(wanted, pa.string())
                ),
            )
        except pa.ArrowException as error:
            # Rows of other lengths, or bytes that aren't text.
            raise NotCleanError from error


class NotCleanError(Exception):
    """A block can't be read at once."""


def _check_lines(data: bytes) -> None:
    if b"\r" in data and data.count(b"\r") != data.count(b"\r\n"):
        raise NotCleanError
    # Whatever is longer than a line may be covers one of these windows.
    half = MAX_LINE // 2
    for begin in range(0, len(data) - half, half):
        if data.find(b"\n", begin, begin + half) < 0:
            raise NotCleanError


def _check_quotes(data: bytes, delimiter: str) -> bool:
    """Check that all quotes are in order; return whether lines break within them.

    In order, quotes open and close by turns: one that opens follows a delimiter, a line break or
    the one before (as the second of two that stand for one), and one that closes comes before such.
    """
    signs = np.frombuffer(data, np.uint8)
    quotes = np.flatnonzero(signs == _QUOTE)
    if len(quotes) % 2:
        raise NotCleanError
    opening, closing = quotes[::2], quotes[1::2]
    doubled = np.append(False, opening[1:] == closing[:-1] + 1)
    padded = np.append(signs, _FEED)
    before, after = padded[opening - 1], padded[closing + 1]
    begins = doubled | (before == ord(delimiter)) | (before == _FEED)
    ends = np.append(doubled[1:], False) | (after == ord(delimiter)) | (after == _FEED)
    ends |= after == ord("\r")
    if not (begins.all() and ends.all()):
        raise NotCleanError
    feeds = np.flatnonzero(signs == _FEED)
    return bool((np.searchsorted(feeds, opening) != np.searchsorted(feeds, closing)).any())


def _cell_count(data: bytes, delimiter: str) -> int:
    """Return how many cells the first row has."""
    for raw in BytesIO(data[: 2 * MAX_LINE]):
        line = raw.rstrip(b"\r\n")
        if line:
            try:
                text = line.decode()
            except UnicodeDecodeError as error:
                raise NotCleanError from error
            if not is_well(text, delimiter):
                raise NotCleanError
            return len(split(text, delimiter))
    raise NotCleanError


def _is_blank(column: pa.ChunkedArray) -> bool:
    return pc.max(pc.binary_length(pc.utf8_trim_whitespace(column))).as_py() in (None, 0)

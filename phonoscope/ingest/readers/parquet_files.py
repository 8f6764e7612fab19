"""Parquet files: which tables they hold, and their rows in streaming Arrow batches.

DuckDB reads them and spills beyond its memory. The length of a cell is checked before the cell is
read, so a hostile file can fill memory only up to a bound. Files with the same columns are one
table.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa

from phonoscope.catalogue.query import spilling_connection
from phonoscope.errors import SourceError
from phonoscope.escape import printable
from phonoscope.ingest.base import Position
from phonoscope.ingest.cell import MAX_TEXT_BYTES, CellKind
from phonoscope.ingest.names import few
from phonoscope.messages import gettext

MAGIC = b"PAR1"
BATCH_ROWS = 16_384
MEMORY_MB = 2048
"""Memory of DuckDB before it spills, MB."""
MAX_HELD_BYTES = 1 << 16
"""A file with a longer cell, in a column that is read, is refused."""
MAX_COLUMNS = 2000
STAGED_REASON = "_phonoscope_reject_reason"
"""Column of staged tables: why a row can't be kept."""
_WHOLE = frozenset(
    {"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER"}
)
_REAL = frozenset({"FLOAT", "DOUBLE", "UBIGINT", "HUGEINT", "UHUGEINT"})
_TIMES = ("TIMESTAMP", "DATE")
_TEXTS = frozenset({"VARCHAR", "BLOB", "UUID", "BOOLEAN"})
_DICTIONARY = "ENUM"


def quoted(name: str) -> str:
    """Return a name as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


@dataclass(frozen=True)
class ParquetTable:
    """Files that have the same columns."""

    paths: Sequence[Path]
    columns: Mapping[str, tuple[str, str]]
    """By name in lower case: the name as written, and DuckDB's name of its type."""
    row_count: int
    shown: str
    """Its name for people."""

    @property
    def readable(self) -> dict[str, str]:
        """Types by name as written, of the columns that can be read."""
        return {name: type for name, type in self.columns.values() if readable(type)}

    @property
    def sql(self) -> str:
        """What to select from."""
        listed = ", ".join("'" + _plain(path).replace("'", "''") + "'" for path in self.paths)
        return f"read_parquet([{listed}])"


@dataclass(frozen=True)
class ParquetCell:
    """What to select for one column of a common table."""

    column: str
    kind: CellKind
    sql: str
    """The column, quoted."""
    type: str
    """DuckDB's name of its type."""

    @property
    def value(self) -> str:
        """SQL for the value: text within bounds, or a number."""
        if self.is_text:
            text = _text_sql(self)
            return f"CASE WHEN strlen({text}) <= {MAX_TEXT_BYTES} THEN {text} END"
        if self.type.startswith(_TIMES):
            return f"epoch_ms({self.sql}::TIMESTAMP)"
        if self.type == "BOOLEAN":
            return f"{self.sql}::TINYINT"
        return f"{self.sql}::{'BIGINT' if self.type in _WHOLE else 'DOUBLE'}"

    @property
    def reject_test(self) -> str | None:
        """SQL that is true of a cell that is too long to be read."""
        return f"strlen({_text_sql(self)}) > {MAX_TEXT_BYTES}" if self.is_text else None

    @property
    def is_text(self) -> bool:
        """Whether it is read as text."""
        if self.kind in (CellKind.ID, CellKind.TEXT) or self.type in ("VARCHAR", "BLOB", "UUID"):
            return True
        return self.type.startswith(_DICTIONARY) or (
            self.type == "BOOLEAN" and self.kind is not CellKind.FLAG
        )


def _text_sql(cell: ParquetCell) -> str:
    if cell.type.startswith("TIMESTAMP"):
        return f"{cell.sql}::DATE::VARCHAR"
    return cell.sql if cell.type == "VARCHAR" else f"{cell.sql}::VARCHAR"


def readable(type: str) -> bool:
    """Return whether cells of a type of DuckDB's can be read.

    Lists and structures can't: a few bytes of a file can stand for two thousand lists of any
    length, and DuckDB holds them all at once, whatever its limit.
    """
    if type.endswith("]"):
        return False
    return type in _WHOLE | _REAL | _TEXTS or type.startswith((*_TIMES, _DICTIONARY, "DECIMAL"))


@dataclass(frozen=True)
class Joined:
    """What rows take from another table."""

    row: str
    """Column of the table that is read, quoted: the row number in the other table."""
    rowid: str
    """The other table's column of row numbers, quoted; no two are equal."""
    sql: str
    """What to select from."""
    cells: Sequence[ParquetCell]


@dataclass
class ParquetFiles:
    """Parquet files, opened to see what they hold.

    Raises
    ------
    SourceError
        When one cannot be read.
    """

    paths: Sequence[Path]
    name: str
    """Their name for people."""
    start: Position | None = None
    id_from: Sequence[str] = ()
    """Fields that ids of tracks are derived from."""
    tables: list[ParquetTable] = field(init=False)
    _rows_read: int = field(init=False, default=0)

    def __post_init__(self) -> None:
        with self.connection() as connection:
            self.tables = _tables(connection, self.paths)
        if any(len(table.columns) > MAX_COLUMNS for table in self.tables):
            raise SourceError(
                gettext(
                    "{file} has more than {most} columns. Phonoscope doesn't read such files.",
                    file=self.name,
                    most=MAX_COLUMNS,
                ),
                code="too-many-columns",
            )

    def found(self) -> str:
        """See :class:`..base.Source`."""
        columns = few([name for name, _ in self.tables[0].columns.values()])
        if len(self.tables) == 1:
            return gettext("Parquet with the columns {columns}", columns=columns)
        return gettext(
            "{n} Parquet tables with different columns, among them {columns}",
            n=len(self.tables),
            columns=columns,
        )

    def share_read(self) -> float | None:
        """See :class:`..base.Source`."""
        rows = sum(table.row_count for table in self.tables)
        return min(1.0, self._rows_read / rows) if rows else None

    def pass_over(self, table: ParquetTable) -> None:
        """Count a table as read, because an earlier run read it."""
        self._rows_read += table.row_count

    @contextmanager
    def connection(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """Give a connection; an error of DuckDB becomes one for people."""
        try:
            with closing(spilling_connection(MEMORY_MB)) as connection:
                yield connection
        except (duckdb.Error, pa.ArrowException) as error:
            reason = str(error).splitlines()[0] if str(error) else type(error).__name__
            raise SourceError(
                gettext(
                    "{file} can't be read: {reason}. It may be damaged.",
                    file=self.name,
                    reason=printable(reason)[:300],
                ),
                code="damaged",
            ) from error

    def batches(
        self,
        connection: duckdb.DuckDBPyConnection,
        table: ParquetTable,
        cells: Sequence[ParquetCell],
        joins: Sequence[Joined] = (),
        after: int = 0,
    ) -> Iterator[tuple[pa.RecordBatch, int | None]]:
        """Yield rows of a table: ``_row`` (its number), one column a cell, and ``reject_reason``.

        Parameters
        ----------
        connection
            One of :meth:`connection`.
        table
            What to read.
        cells
            What to select of it.
        joins
            What to select of others.
        after
            Rows to leave out at its beginning; ``_row`` is 1 after them.

        Yields
        ------
        rows : pyarrow.RecordBatch
            ``reject_reason`` says why a row can't be kept; empty where it can.
        before : int or None
            Rows of the table before these, including those left out; ``None`` when rows come in
            another order, which happens when the joined tables don't fit into memory.
        """
        self._check(connection, table.sql, cells)
        for join in joins:
            self._check(connection, join.sql, join.cells)
        before = after
        self._rows_read += after
        query, in_order = _query(table, cells, joins, after), True
        for batch in connection.sql(query).to_arrow_reader(BATCH_ROWS):
            in_order = in_order and _is_in_order(batch, before - after)
            yield batch, before if in_order else None
            before += batch.num_rows
            self._rows_read += batch.num_rows

    def _check(
        self, connection: duckdb.DuckDBPyConnection, sql: str, cells: Sequence[ParquetCell]
    ) -> None:
        """Refuse cells that would fill memory.

        A few bytes of the file can stand for two thousand cells of many megabytes. DuckDB copies
        the text for each cell when it reads it, but not when it only reads its length.
        """
        texts = [cell for cell in cells if cell.type == "VARCHAR"]
        if not texts:
            return
        longest = ", ".join(f"max(strlen({cell.sql}))" for cell in texts)
        (found,) = connection.sql(f"SELECT {longest} FROM {sql}").fetchall()  # noqa: S608
        for cell, length in zip(texts, found, strict=True):
            if length is not None and length > MAX_HELD_BYTES:
                raise SourceError(
                    gettext(
                        "A cell of the column {column} of {file} has {n} bytes. Phonoscope reads "
                        "cells of up to {most} bytes.",
                        column=printable(cell.sql[:60]),
                        file=self.name,
                        n=length,
                        most=MAX_HELD_BYTES,
                    ),
                    code="cell-too-long",
                )


def _is_in_order(batch: pa.RecordBatch, before: int) -> bool:
    rows = batch.column("_row")
    follows = pa.array(np.arange(before + 1, before + 1 + len(rows)), rows.type)
    return bool(rows.equals(follows))


def _query(
    table: ParquetTable, cells: Sequence[ParquetCell], joins: Sequence[Joined], after: int
) -> str:
    # Cells are cut to size before anything copies them, even the counting of rows.
    keys = "".join(f", TRY_CAST({j.row} AS BIGINT) AS _key_{i}" for i, j in enumerate(joins))
    reason = (
        f"coalesce({STAGED_REASON}, {_reject_reason(cells)})"
        if STAGED_REASON in table.columns
        else _reject_reason(cells)
    )
    # Leaving out rows costs some hundredths of reading them, because their cells stay unread.
    rows = f"(FROM {table.sql} OFFSET {after})" if after else table.sql
    values = f"SELECT {reason}::VARCHAR AS _reject_reason{keys}{_values(cells)} FROM {rows}"  # noqa: S608
    query = f"(SELECT row_number() OVER () AS _row, * FROM ({values})) AS t"  # noqa: S608
    chosen, reasons = [f"t.{quoted(cell.column)}" for cell in cells], ["t._reject_reason"]
    for number, join in enumerate(joins):
        other = (
            f"SELECT TRY_CAST({join.rowid} AS BIGINT) AS _key, "  # noqa: S608
            f"{_reject_reason(join.cells)}::VARCHAR AS _reject_reason{_values(join.cells)} "
            f"FROM {join.sql}"
        )
        query += f" LEFT JOIN ({other}) AS j{number} ON j{number}._key = t._key_{number}"
        chosen += [f"j{number}.{quoted(cell.column)}" for cell in join.cells]
        reasons.append(f"j{number}._reject_reason")
    listed = ", ".join(["t._row", *chosen, f"coalesce({', '.join(reasons)}) AS reject_reason"])
    return f"SELECT {listed} FROM {query}"  # noqa: S608


def _values(cells: Sequence[ParquetCell]) -> str:
    return "".join(f", {cell.value} AS {quoted(cell.column)}" for cell in cells)


def _reject_reason(cells: Sequence[ParquetCell]) -> str:
    cases = "".join(
        f" WHEN {c.reject_test} THEN '{c.column} is too long'" for c in cells if c.reject_test
    )
    return f"CASE{cases} END" if cases else "NULL"


def _tables(connection: duckdb.DuckDBPyConnection, paths: Sequence[Path]) -> list[ParquetTable]:
    by_columns: dict[frozenset[str], list[Path]] = {}
    for path in paths:
        names = [name for name, *_ in _described(connection, ParquetTable([path], {}, 0, ""))]
        by_columns.setdefault(frozenset(name.lower() for name in names), []).append(path)
    return [_table(connection, group) for group in by_columns.values()]


def _table(connection: duckdb.DuckDBPyConnection, paths: Sequence[Path]) -> ParquetTable:
    unnamed = ParquetTable(paths, {}, 0, "")
    columns = {name.lower(): (name, kind) for name, kind, *_ in _described(connection, unnamed)}
    (counted,) = connection.sql(f"SELECT count(*) FROM {unnamed.sql}").fetchall()  # noqa: S608
    shown = few([path.name for path in paths], most=1, longest=60)
    return ParquetTable(paths, columns, counted[0], shown)


def _described(connection: duckdb.DuckDBPyConnection, table: ParquetTable) -> list[tuple[str, str]]:
    return connection.sql(f"DESCRIBE SELECT * FROM {table.sql}").fetchall()  # noqa: S608


def _plain(path: Path) -> str:
    """Return a path in which no character is a pattern."""
    try:
        text = str(path.absolute())
        text.encode()
    except UnicodeEncodeError as error:
        raise SourceError(
            gettext("The name of a Parquet file isn't UTF-8. Rename the file."),
            code="name-not-utf8",
        ) from error
    return re.sub(r"([*?\[])", r"[\1]", text)

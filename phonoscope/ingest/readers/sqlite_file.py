"""SQLite files: which real tables they hold, and their rows in streaming Arrow batches.

A stranger's file is only ever read: opened read-only, and as unchangeable when nobody writes to
it, so that not even SQLite's own side files appear beside it. Only plain tables are read, and of
them only stored columns: a view, a virtual table or a generated column is a program of the
file's author that would run here. Names are looked up in the schema and quoted.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from urllib.parse import quote

import pyarrow as pa
from adbc_driver_sqlite import dbapi

from phonoscope.errors import SourceError
from phonoscope.ingest.base import Position
from phonoscope.ingest.cell import MAX_TEXT_BYTES, CellKind

MAGIC = b"SQLite format 3\0"
BATCH_ROWS = 8192
"""Rows fetched at once. With MAX_TEXT_BYTES it bounds what a hostile file can make us hold."""
_MAX_TABLES = 1000
_TEXT = (CellKind.ID, CellKind.TEXT)


def quoted(name: str) -> str:
    """Return a name as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


@dataclass(frozen=True)
class SqliteTable:
    """A real table."""

    name: str
    columns: Mapping[str, str]
    """Stored columns by their names in lower case: the name as declared."""
    numeric: frozenset[str]
    """Those, in lower case, in which text that is a number is stored as a number."""
    unique: frozenset[str]
    """Those, in lower case, that no two rows share."""
    rowid: str | None
    """What SQLite's own number of a row is called in SQL; ``None`` when there is none."""

    @property
    def shown(self) -> str:
        """How a person calls it."""
        return self.name


@dataclass(frozen=True)
class Cell:
    """What to select for one column of a common table."""

    column: str
    """Column of the common table."""
    kind: CellKind
    sql: str
    """The stored column, qualified and quoted."""
    numeric: bool
    """Whether it is stored as a number wherever it is one."""


class SqliteFile:
    """An SQLite file that was opened to look what it holds.

    Parameters
    ----------
    path
        The file; known to begin like one.
    name
        How a person calls it.

    Raises
    ------
    SourceError
        When SQLite cannot read it.
    """

    def __init__(self, path: Path, name: str) -> None:
        self.name = name
        self.start: Position | None = None
        self._uri = _uri(path)
        self._refused: list[str] = []
        self.tables: Mapping[str, SqliteTable] = {}
        """Real tables by their names in lower case."""
        with _in_words(name), closing(sqlite3.connect(self._uri, uri=True)) as connection:
            connection.execute("PRAGMA trusted_schema = OFF")
            self.tables = self._look(connection)

    def found(self) -> str:
        """See :class:`..base.Source`."""
        named = [f"{t.name} ({_few(list(t.columns.values()))})" for t in self.tables.values()]
        found = f"an SQLite file with {'the tables ' + _few(named, 12) if named else 'no tables'}"
        refused = f"; not read: {_few(self._refused)}" if self._refused else ""
        return found + refused

    def share_read(self) -> float | None:
        """See :class:`..base.Source`; a count would cost a pass over the table."""
        return None

    def batches(
        self,
        table: SqliteTable,
        cells: Sequence[Cell],
        joins: str,
        first: Sequence[str] = (),
        after: int | None = None,
    ) -> Iterator[pa.RecordBatch]:
        """Yield rows of a table in its own order: a column a cell, ``reject_reason`` and ``_at``.

        Parameters
        ----------
        table
            What to read; ``t`` in SQL.
        cells
            What to select.
        joins
            SQL that joins other tables, each by a unique column.
        first
            Statements that fill temporary tables, which ``joins`` may use.
        after
            Number of the row, as ``_at`` says it, after which to begin.

        Yields
        ------
        pyarrow.RecordBatch
            Text as text or, of numeric columns, numbers. ``reject_reason`` says why a row cannot
            be kept, and after a line feed which cell it was; empty when nothing is wrong. ``_at``
            is SQLite's own number of the row, 0 in a table whose rows have none.
        """
        # The driver takes a column's type from the first batch; one of typed constants goes
        # first, or a column that begins with 10,000 NULLs would be taken for numbers. It is a
        # whole batch, so that the others are the same ones wherever reading begins.
        typed = ", ".join("''" if _as_text(c) else _ZERO[c.kind is CellKind.REAL] for c in cells)
        chosen = ", ".join(_value(cell) for cell in cells)
        at, reason = f"t.{table.rowid}" if table.rowid else "0", _reject_reason(cells)
        query = (
            f"WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n LIMIT {BATCH_ROWS}) "  # noqa: S608
            f"SELECT {typed}, '', 0 FROM n UNION ALL SELECT {chosen}, {reason}, {at} "
            f"FROM main.{quoted(table.name)} AS t NOT INDEXED {joins}"
        )
        if after is not None:
            query += f" WHERE {at} > {int(after)}"
        names = [*(cell.column for cell in cells), "reject_reason", "_at"]
        with (
            _in_words(self.name),
            dbapi.connect(self._uri) as connection,
            connection.cursor() as cursor,
        ):
            cursor.execute("PRAGMA trusted_schema = OFF")
            for statement in first:
                cursor.execute(statement)
            cursor.adbc_statement.set_options(**{"adbc.sqlite.query.batch_rows": str(BATCH_ROWS)})
            cursor.execute(query)
            batches = cursor.fetch_record_batch()
            none = next(batches).slice(BATCH_ROWS)
            for batch in chain([next(batches, none)], batches):
                yield batch.rename_columns(names)

    def _look(self, connection: sqlite3.Connection) -> dict[str, SqliteTable]:
        listed = connection.execute(
            "SELECT name, type, wr FROM pragma_table_list WHERE schema = 'main' "
            "AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name LIMIT ?",
            (_MAX_TABLES + 1,),
        ).fetchall()
        if len(listed) > _MAX_TABLES:
            raise SourceError(f"{self.name} has more than {_MAX_TABLES:,} tables")
        self._refused = [f"{name} is a {kind}" for name, kind, _ in listed if kind != "table"]
        return {
            name.lower(): _table(connection, name, has_rowid=not without)
            for name, kind, without in listed
            if kind == "table"
        }


def _table(connection: sqlite3.Connection, name: str, *, has_rowid: bool) -> SqliteTable:
    described = connection.execute(
        "SELECT name, type, pk, hidden FROM pragma_table_xinfo(?)", (name,)
    ).fetchall()
    # Hidden columns are generated ones: an expression of the author would run for every row.
    stored = [row for row in described if not row[3]]
    keys = [row[0].lower() for row in described if row[2]]
    unique = set(keys) if len(keys) == 1 else set()
    for (index,) in connection.execute(
        'SELECT name FROM pragma_index_list(?) WHERE "unique" AND NOT partial', (name,)
    ).fetchall():
        parts = connection.execute("SELECT name FROM pragma_index_info(?)", (index,)).fetchall()
        if len(parts) == 1 and parts[0][0] is not None:
            unique.add(parts[0][0].lower())
    # A column may have one of these names; then that name means the column.
    hidden = {row[0].lower() for row in described}
    free = [each for each in ("_rowid_", "oid", "rowid") if each not in hidden]
    return SqliteTable(
        name,
        {column.lower(): column for column, *_ in stored},
        frozenset(column.lower() for column, declared, *_ in stored if _is_numeric(declared)),
        frozenset(unique),
        free[0] if free and has_rowid else None,
    )


def _is_numeric(declared: str) -> bool:
    """Whether a declared type makes SQLite store numbers as numbers (its documented rules)."""
    declared = declared.upper()
    if "INT" in declared:
        return True
    return bool(declared) and not any(w in declared for w in ("CHAR", "CLOB", "TEXT", "BLOB"))


def _as_text(cell: Cell) -> bool:
    return cell.kind in _TEXT or not cell.numeric


_ZERO = {True: "0.0", False: "0"}


def _value(cell: Cell) -> str:
    if _as_text(cell):
        short = f"octet_length({cell.sql}) <= {MAX_TEXT_BYTES}"
        return f"CASE WHEN {short} THEN CAST({cell.sql} AS TEXT) END"
    return f"CAST({cell.sql} AS {'REAL' if cell.kind is CellKind.REAL else 'INTEGER'})"


def _reject_reason(cells: Sequence[Cell]) -> str:
    """Return SQL for why a row cannot be kept: text where a number belongs, or far too long."""
    tests = [
        # Every text and every blob sorts after every number.
        (f"octet_length({c.sql}) > {MAX_TEXT_BYTES}", "is too long", c)
        if _as_text(c)
        else (f"+{c.sql} >= ''", "is no number", c)
        for c in cells
    ]
    shown = "char(10) || substr(CAST({} AS TEXT), 1, 200)"
    cases = " ".join(
        f"WHEN {test} THEN '{c.column} {says}' || {shown.format(c.sql)}" for test, says, c in tests
    )
    return f"CASE WHEN {' OR '.join(test for test, _, _ in tests)} THEN CASE {cases} END END"


def _few(names: Sequence[str], most: int = 30) -> str:
    """Return names in one line, the first ones when there are many, each bounded."""
    short = [name if len(name) <= 400 else name[:400] + "..." for name in names[:most]]
    rest = f" and {len(names) - most:,} more" if len(names) > most else ""
    return ", ".join(short) + rest


def _uri(path: Path) -> str:
    # A log that was not merged yet holds rows; then SQLite must be allowed to see it.
    log = path.with_name(path.name + "-wal")
    journal = path.with_name(path.name + "-journal")
    busy = any(side.exists() and side.stat().st_size for side in (log, journal))
    name = quote(os.fsencode(path.absolute()))
    return f"file:{name}?mode=ro" + ("" if busy else "&immutable=1")


@contextmanager
def _in_words(name: str) -> Iterator[None]:
    """Turn what SQLite says into an error for a person."""
    try:
        yield
    except (sqlite3.Error, dbapi.Error, pa.ArrowException, OSError) as error:
        first_line = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise SourceError(f"SQLite cannot read {name}: {first_line}") from error

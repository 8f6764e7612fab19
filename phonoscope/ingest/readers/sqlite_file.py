"""SQLite files: which real tables they hold, and their rows in streaming Arrow batches.

A stranger's file is opened read-only, and as immutable when nobody writes to it, so that SQLite
adds no side files. Only stored columns of plain tables are read, because a view, a virtual table or
a generated column is code by the author of the file that would run here. Names are looked up in the
schema and quoted.
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
from phonoscope.escape import printable
from phonoscope.ingest.base import Position
from phonoscope.ingest.cell import MAX_TEXT_BYTES, CellKind
from phonoscope.ingest.names import few
from phonoscope.messages import gettext

MAGIC = b"SQLite format 3\0"
BATCH_ROWS = 8192
"""Rows fetched at once; with MAX_TEXT_BYTES it bounds the memory for a hostile file."""
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
    """Stored columns by their lower-case names: the name as declared."""
    numeric: frozenset[str]
    """Columns, in lower case, that store text which is a number as a number."""
    unique: frozenset[str]
    """Columns, in lower case, whose values are unique."""
    rowid: str | None
    """Name of SQLite's own row number in SQL; ``None`` when there is none."""

    @property
    def shown(self) -> str:
        """Its name for people."""
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
    """Whether numbers are stored as numbers."""


class SqliteFile:
    """An SQLite file, opened to see what it holds.

    Parameters
    ----------
    path
        The file, which begins like one of SQLite.
    name
        Its name for people.

    Raises
    ------
    SourceError
        When SQLite can't read it.
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
        names = [table.name for table in self.tables.values()]
        refused = few(self._refused)
        if not names and refused:
            return gettext("an SQLite file without tables (not read: {refused})", refused=refused)
        if not names:
            return gettext("an SQLite file without tables")
        if refused:
            return gettext(
                "an SQLite file with the tables {tables} (not read: {refused})",
                tables=few(names),
                refused=refused,
            )
        return gettext("an SQLite file with the tables {tables}", tables=few(names))

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
            Text as text, numeric columns as numbers. ``reject_reason`` says why a row can't be
            kept and, after a line feed, shows the cell; empty where the row can. ``_at`` is
            SQLite's own row number, 0 in a table without any.
        """
        # The driver takes the type of a column from the first batch. So one of typed constants
        # goes first, or a column that begins with 10,000 NULLs would become numbers. It is a
        # whole batch, so that the others are the same wherever reading begins.
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
            raise SourceError(
                gettext(
                    "{file} has more than {n} tables. Phonoscope doesn't read such files.",
                    file=self.name,
                    n=_MAX_TABLES,
                ),
                code="too-many-tables",
            )
        self._refused = [f"{kind} {name}" for name, kind, _ in listed if kind != "table"]
        return {
            name.lower(): _table(connection, name, has_rowid=not without)
            for name, kind, without in listed
            if kind == "table"
        }


def _table(connection: sqlite3.Connection, name: str, *, has_rowid: bool) -> SqliteTable:
    described = connection.execute(
        "SELECT name, type, pk, hidden FROM pragma_table_xinfo(?)", (name,)
    ).fetchall()
    # Hidden columns are generated: the author's expression would run for every row.
    stored = [row for row in described if not row[3]]
    keys = [row[0].lower() for row in described if row[2]]
    unique = set(keys) if len(keys) == 1 else set()
    for (index,) in connection.execute(
        'SELECT name FROM pragma_index_list(?) WHERE "unique" AND NOT partial', (name,)
    ).fetchall():
        parts = connection.execute("SELECT name FROM pragma_index_info(?)", (index,)).fetchall()
        if len(parts) == 1 and parts[0][0] is not None:
            unique.add(parts[0][0].lower())
    # If a column has one of these names, the name means the column.
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
    """Return SQL for why a row can't be kept: text in place of a number, or too long."""
    tests = [
        # In SQLite every text and every blob sorts after every number.
        (f"octet_length({c.sql}) > {MAX_TEXT_BYTES}", "is too long", c)
        if _as_text(c)
        else (f"+{c.sql} >= ''", "is not a number", c)
        for c in cells
    ]
    shown = "char(10) || substr(CAST({} AS TEXT), 1, 200)"
    cases = " ".join(
        f"WHEN {test} THEN '{c.column} {says}' || {shown.format(c.sql)}" for test, says, c in tests
    )
    return f"CASE WHEN {' OR '.join(test for test, _, _ in tests)} THEN CASE {cases} END END"


def _uri(path: Path) -> str:
    # A log that isn't merged yet has rows that SQLite must see.
    log = path.with_name(path.name + "-wal")
    journal = path.with_name(path.name + "-journal")
    busy = any(side.exists() and side.stat().st_size for side in (log, journal))
    name = quote(os.fsencode(path.absolute()))
    return f"file:{name}?mode=ro" + ("" if busy else "&immutable=1")


@contextmanager
def _in_words(name: str) -> Iterator[None]:
    """Turn an error of SQLite into one for people."""
    try:
        yield
    except (sqlite3.Error, dbapi.Error, pa.ArrowException, OSError) as error:
        first_line = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise SourceError(
            gettext(
                "SQLite can't read {file}: {reason}.",
                file=name,
                reason=printable(first_line)[:300],
            ),
            code="damaged",
        ) from error

"""Queries on a catalogue, in SQL and with Ibis.

Every table is a view of the newest row of each key, see :mod:`.views`. File names never become SQL
text. A connection that runs other people's SQL can't open any file for writing, and only the parts
for reading (:mod:`.read_only_parts`). As a second check, DuckDB's own parser has to accept the
statement as a query.
"""

from __future__ import annotations

import os
import re
import secrets
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from phonoscope.catalogue.damage import reason_for
from phonoscope.catalogue.read_only_parts import ADDRESSES, ReadOnlyParts
from phonoscope.catalogue.store import Store, tables
from phonoscope.catalogue.views import Parts, create_views, live_parts
from phonoscope.errors import CatalogueError, UsageError
from phonoscope.escape import printable
from phonoscope.lazy import LazyModule
from phonoscope.messages import gettext, lines, ngettext

if TYPE_CHECKING:
    import pyarrow as pa
else:
    pa = LazyModule("pyarrow")

BATCH_ROWS = 10_000
"""Rows in a record batch of a result."""

_PLAIN = frozenset(
    {"boolean", "tinyint", "smallint", "integer", "bigint", "utinyint", "usmallint", "uinteger"}
    | {"ubigint", "float", "double", "varchar"}
)
"""DuckDB's types whose Python values are the same with and without Arrow."""
_LOOKS_AROUND = re.compile(
    r"show|describe|summarize|pragma|information_schema|duckdb_|sqlite_|pg_|query"
    r"|read_|parquet_|glob",
    re.IGNORECASE,
)
"""Found in statements that may see tables, or their files, without naming them."""


def spilling_connection(memory_mb: int) -> duckdb.DuckDBPyConnection:
    """Return an empty DuckDB connection that spills beyond ``memory_mb`` MB of memory.

    It spills to the system's temporary folder, never to the working folder, and doesn't see
    Python's variables.
    """
    spill = Path(tempfile.gettempdir()) / f"phonoscope-query-{os.getpid()}-{secrets.token_hex(4)}"
    connection = duckdb.connect(
        config={
            "memory_limit": f"{memory_mb}MiB",
            "temp_directory": str(spill),
            "python_enable_replacements": False,
            "autoinstall_known_extensions": False,
        }
    )
    # It would write to stdout, which is for data.
    connection.execute("SET enable_progress_bar = false")
    return connection


def connect(
    store: Store,
    parts: Parts,
    *,
    memory_mb: int,
    damaged: dict[str, CatalogueError] | None = None,
) -> duckdb.DuckDBPyConnection:
    """Return a DuckDB connection with one view per table.

    Parameters
    ----------
    store
        The catalogue.
    parts
        The parts to show, by table; see :func:`phonoscope.catalogue.views.live_parts`.
    memory_mb
        Memory after which DuckDB spills to disk, MB.
    damaged
        Takes the tables with a damaged part, see :func:`.views.create_views`.
    """
    connection = spilling_connection(memory_mb)
    create_views(connection, store, parts, damaged=damaged)
    return connection


def _named_tables(connection: duckdb.DuckDBPyConnection, query: str) -> frozenset[str] | None:
    """Return the tables that a query names, or ``None`` when it may use any.

    Each view costs about 10 ms of CPU, and most statements name one or two tables. DuckDB finds
    them by planning the statement, in a database of its own.
    """
    if _LOOKS_AROUND.search(query):
        return None
    try:
        named = {name.lower() for name in connection.get_table_names(query)}
    except duckdb.Error:
        return None
    # For an unknown table, DuckDB's error suggests one of the views.
    return frozenset(named) if not named or named <= set(tables()) else None


def sql(store: Store, query: str, *, memory_mb: int) -> pa.RecordBatchReader:
    """Run one SQL query, which can only read the views.

    Parameters
    ----------
    store
        The catalogue.
    query
        One statement in DuckDB's SQL that only reads: SELECT, WITH, FROM, DESCRIBE, EXPLAIN ...
    memory_mb
        Memory after which DuckDB spills to disk, MB.

    Returns
    -------
    pyarrow.RecordBatchReader
        Streams the result.

    Raises
    ------
    UsageError
        When DuckDB refuses the statement (``sql``), it does more than read (``not-reading``), or
        it isn't exactly one (``not-one-statement``); also while the result is read.
    """
    connection, statement = _ready(store, query, memory_mb)
    try:
        reader = connection.sql(statement).to_arrow_reader(BATCH_ROWS)
    except duckdb.Error as error:
        connection.close()
        raise reason_for(error, [store]) or _refused(error) from error
    except BaseException:
        connection.close()
        raise
    return pa.RecordBatchReader.from_batches(reader.schema, _batches(store, connection, reader))


@contextmanager
def rows(
    store: Store, query: str, *, memory_mb: int
) -> Iterator[tuple[list[str], Iterator[Sequence[Sequence[Any]]]]]:
    """Run the same query as :func:`sql`; yield names and groups of rows of Python values.

    Arrow takes 0.2 CPU-s to import, so it isn't used where it makes no difference.

    Parameters
    ----------
    store, query, memory_mb
        As for :func:`sql`.

    Raises
    ------
    UsageError
        As :func:`sql`.
    """
    connection, statement = _ready(store, query, memory_mb)
    try:
        relation = connection.sql(statement)
        if statement.type == duckdb.StatementType.SELECT and all(
            kind.id in _PLAIN for kind in relation.types
        ):
            yield relation.columns, _fetched(connection.execute(statement))
        else:
            reader = relation.to_arrow_reader(BATCH_ROWS)
            yield reader.schema.names, _in_python(_batches(store, connection, reader))
    except duckdb.Error as error:
        raise reason_for(error, [store]) or _refused(error) from error
    finally:
        connection.close()


def selected(
    store: Store,
    table: str,
    columns: Sequence[str],
    recording_ids: Sequence[str],
    *,
    memory_mb: int,
) -> list[dict[str, Any]]:
    """Return some columns of the valid rows of some recordings.

    For a few rows, this takes a third of the time that Ibis takes to be imported.

    Parameters
    ----------
    store
        The catalogue.
    table
        A table with ``recording_id``.
    columns
        Columns of it: our own names, because they become part of the statement.
    recording_ids
        Which recordings.
    memory_mb
        Memory after which DuckDB spills to disk, MB.

    Raises
    ------
    CatalogueError
        When a part is damaged or missing.
    """
    names = ", ".join(columns)
    statement = f"SELECT {names} FROM {table} WHERE recording_id IN (SELECT unnest($1))"  # noqa: S608
    connection = spilling_connection(memory_mb)
    try:
        create_views(connection, store, live_parts(store), frozenset({table}))
        rows = connection.execute(statement, [list(recording_ids)]).fetchall()
    except duckdb.Error as error:
        raise reason_for(error, [store]) or error from error
    finally:
        connection.close()
    return [dict(zip(columns, row, strict=True)) for row in rows]


def _fetched(connection: duckdb.DuckDBPyConnection) -> Iterator[Sequence[Sequence[Any]]]:
    while some := connection.fetchmany(BATCH_ROWS):
        yield some


def _in_python(batches: Iterator[pa.RecordBatch]) -> Iterator[Sequence[Sequence[Any]]]:
    for batch in batches:
        yield list(zip(*(column.to_pylist() for column in batch.columns), strict=True))


def _ready(
    store: Store, query: str, memory_mb: int
) -> tuple[duckdb.DuckDBPyConnection, duckdb.Statement]:
    """Return a connection that can only read the views, and the statement."""
    named = _checked(query)
    # A statement without tables reads none.
    parts = {} if named == frozenset() else live_parts(store)
    connection = read_only_connection(store, parts, named, memory_mb=memory_mb)
    try:
        (statement,) = connection.extract_statements(query)
        return connection, statement
    except BaseException:
        connection.close()
        raise


def _checked(query: str) -> frozenset[str] | None:
    """Refuse what isn't one query; return the tables that it names, see :func:`_named_tables`.

    This happens in an empty database that can't reach files: some statements already run when
    they are planned.
    """
    try:
        with duckdb.connect(
            config={
                "enable_external_access": False,
                "lock_configuration": True,
                "python_enable_replacements": False,
            }
        ) as connection:
            _only_reading(connection, query)
            return _named_tables(connection, query)
    except duckdb.Error as error:
        raise _refused(error) from error


def read_only_connection(
    store: Store, parts: Parts, named: frozenset[str] | None = None, *, memory_mb: int
) -> duckdb.DuckDBPyConnection:
    """Return a connection for any statement: it reads the parts and can't change any file.

    Parameters
    ----------
    store, parts, memory_mb
        As for :func:`connect`.
    named
        Tables to show; by default all.

    Raises
    ------
    UsageError
        When DuckDB can't read the parts (``sql``).
    """
    connection = spilling_connection(memory_mb)
    try:
        create_views(connection, store, parts, named, ReadOnlyParts())
        # From here on, only the parts can be reached: no other file, no network and no setting.
        connection.execute("SET allowed_directories = ?", [[ADDRESSES]])
        connection.execute("SET enable_external_access = false")
        connection.execute("SET lock_configuration = true")
        return connection
    except duckdb.Error as error:
        connection.close()
        raise reason_for(error, [store]) or _refused(error) from error
    except BaseException:
        connection.close()
        raise


def _only_reading(connection: duckdb.DuckDBPyConnection, query: str) -> None:
    """Refuse a text that isn't one query, or one explained query."""
    statements = connection.extract_statements(query)
    if len(statements) != 1:
        message = ngettext(
            "Give one SQL statement. This is {n}.",
            "Give one SQL statement. These are {n}.",
            len(statements),
        )
        raise UsageError(message, code="not-one-statement")
    asked = _explained(query)
    if not _is_query(connection, asked):
        kind = connection.extract_statements(asked)[0].type.name
        message = gettext("Only statements that read are allowed. This one is {kind}.", kind=kind)
        raise UsageError(message, code="not-reading")


def _is_query(connection: duckdb.DuckDBPyConnection, statement: str) -> bool:
    """Whether DuckDB's grammar takes a statement where only a query can be.

    Its type doesn't say so: COPY and CREATE are of the type of PIVOT when they contain one.
    """
    try:
        found = connection.extract_statements(f"SELECT EXISTS (\n{statement}\n)")
    except duckdb.Error:
        return False
    return len(found) == 1


def _explained(query: str) -> str:
    """Return the statement that an EXPLAIN is about, or any other statement as it is."""
    text = query.encode()
    starts = [at for at, kind in duckdb.tokenize(query) if kind != duckdb.token_type.comment]
    ends = [*starts[1:], len(text)]
    # The tokens' text, with what stands between them: blanks and comments.
    words = [text[start:end] for start, end in zip(starts, ends, strict=True)]
    while words and words[-1].startswith(b";"):
        words.pop()
    if words and _word(words[0]) == b"explain":
        words = words[1:]
        if words and words[0].startswith(b"("):
            closed = next((n for n, word in enumerate(words) if word.startswith(b")")), -1)
            words = words[closed + 1 :]
        elif words and _word(words[0]) in {b"analyze", b"analyse"}:
            words = words[1:]
    return b"".join(words).decode()


def _word(token: bytes) -> bytes:
    found = re.match(rb"\w+", token)
    return found[0].lower() if found else b""


def _refused(error: Exception) -> UsageError:
    """Return DuckDB's refusal of a statement, with the new name of a column it doesn't find."""
    # An error in Python that reads a part comes with its traceback.
    said = str(error).strip()
    text = printable(said.splitlines()[-1] if "Traceback (most" in said else said, keep="\n")
    renamed = {
        column.formerly: column.name
        for table in tables().values()
        for column in table.columns
        if column.formerly
    }
    if (missing := _MISSING_COLUMN.search(text)) and (new := renamed.get(missing[1].lower())):
        hint = gettext("The column '{former}' is now called '{name}'.", former=missing[1], name=new)
        return UsageError(lines([text.partition("\n")[0], hint]), code="former-column")
    return UsageError(text, code="sql")


_MISSING_COLUMN = re.compile(r'column (?:named )?"(\w+)"', re.IGNORECASE)
"""What DuckDB says about a column that it doesn't find."""


def _batches(
    store: Store, connection: duckdb.DuckDBPyConnection, reader: pa.RecordBatchReader
) -> Iterator[pa.RecordBatch]:
    try:
        yield from reader
    except (duckdb.Error, pa.ArrowException, OSError) as error:
        raise reason_for(error, [store]) or _refused(error) from error
    finally:
        connection.close()

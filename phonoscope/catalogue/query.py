"""Questions over a catalogue: SQL and Ibis tables over the rows that count.

Every table is a view that shows of each key the newest row, see :mod:`.views`. Names of files
never get into SQL text, and a connection that answers a stranger's SQL can open the parts and
nothing else.
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

from phonoscope.catalogue.store import Store, tables
from phonoscope.catalogue.views import Parts, create_views, files_of, live_parts
from phonoscope.errors import UsageError
from phonoscope.lazy import LazyModule

if TYPE_CHECKING:
    import pyarrow as pa
else:
    pa = LazyModule("pyarrow")

BATCH_ROWS = 10_000
"""Rows in a record batch of a result."""

_READING = frozenset(
    {duckdb.StatementType.SELECT, duckdb.StatementType.EXPLAIN, duckdb.StatementType.MULTI}
)
"""SELECT stands for every statement that returns rows, MULTI for PIVOT."""
_PLAIN = frozenset(
    {"boolean", "tinyint", "smallint", "integer", "bigint", "utinyint", "usmallint", "uinteger"}
    | {"ubigint", "float", "double", "varchar"}
)
"""DuckDB's types whose values are the same in Python with and without Arrow between them."""
_LOOKS_AROUND = re.compile(
    r"show|describe|summarize|pragma|information_schema|duckdb_|sqlite_|pg_|query"
    r"|read_|parquet_|glob",
    re.IGNORECASE,
)
"""In statements that may see tables, or their files, which they don't name."""


def spilling_connection(memory_mb: int) -> duckdb.DuckDBPyConnection:
    """Return an empty DuckDB connection that spills beyond ``memory_mb`` MB of memory.

    It spills to the system's temporary folder, never to the working folder, and does not
    see Python's variables.
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
    # It would draw on stdout, where the data goes.
    connection.execute("SET enable_progress_bar = false")
    return connection


def connect(store: Store, parts: Parts, *, memory_mb: int) -> duckdb.DuckDBPyConnection:
    """Return a DuckDB connection with one view a table.

    Parameters
    ----------
    store
        The catalogue.
    parts
        The parts to show, by table; see :func:`phonoscope.catalogue.views.live_parts`.
    memory_mb
        Memory after which DuckDB spills to disk, MB.
    """
    connection = spilling_connection(memory_mb)
    create_views(connection, store, parts)
    return connection


def _named_tables(query: str) -> frozenset[str] | None:
    """Return the tables that a statement names, or ``None`` when it may look at any.

    Each view costs about 10 ms of CPU, and most statements name one or two tables. DuckDB finds
    them by planning the statement, and some do their work then; so that happens in a database of
    its own that can reach no file.
    """
    if _LOOKS_AROUND.search(query):
        return None
    try:
        with duckdb.connect(
            config={
                "enable_external_access": False,
                "lock_configuration": True,
                "python_enable_replacements": False,
            }
        ) as connection:
            _only_reading(connection.extract_statements(query))
            named = {name.lower() for name in connection.get_table_names(query)}
    except (duckdb.Error, UsageError):
        return None
    # With a name that isn't a table's, DuckDB's error suggests one of those that are there.
    return frozenset(named) if not named or named <= set(tables()) else None


def sql(store: Store, query: str, *, memory_mb: int) -> pa.RecordBatchReader:
    """Answer one question in SQL. It can read the views and nothing else.

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
        With DuckDB's words when the statement is wrong or does more than read; also while
        the result is read.
    """
    connection, statement = _ready(store, query, memory_mb)
    try:
        reader = connection.sql(statement).to_arrow_reader(BATCH_ROWS)
    except duckdb.Error as error:
        connection.close()
        raise UsageError(str(error)) from error
    except BaseException:
        connection.close()
        raise
    return pa.RecordBatchReader.from_batches(reader.schema, _batches(connection, reader))


@contextmanager
def rows(
    store: Store, query: str, *, memory_mb: int
) -> Iterator[tuple[list[str], Iterator[Sequence[Sequence[Any]]]]]:
    """Answer the same question as :func:`sql` with names and groups of rows of Python values.

    Arrow, which takes 0.2 CPU-s to import, stays out where it makes no difference.

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
            yield reader.schema.names, _in_python(_batches(connection, reader))
    except duckdb.Error as error:
        raise UsageError(str(error)) from error
    finally:
        connection.close()


def _fetched(connection: duckdb.DuckDBPyConnection) -> Iterator[Sequence[Sequence[Any]]]:
    while some := connection.fetchmany(BATCH_ROWS):
        yield some


def _in_python(batches: Iterator[pa.RecordBatch]) -> Iterator[Sequence[Sequence[Any]]]:
    for batch in batches:
        yield list(zip(*(column.to_pylist() for column in batch.columns), strict=True))


def _ready(
    store: Store, query: str, memory_mb: int
) -> tuple[duckdb.DuckDBPyConnection, duckdb.Statement]:
    """Return a connection that can read the views and nothing else, and the one statement."""
    named = _named_tables(query)
    # Where nothing is named nothing is read.
    parts = {} if named == frozenset() else live_parts(store)
    connection = spilling_connection(memory_mb)
    try:
        create_views(connection, store, parts, named)
        # From here on no file but the parts, no network and no setting can be reached.
        connection.execute("SET allowed_paths = ?", [files_of(store, parts)])
        connection.execute("SET enable_external_access = false")
        connection.execute("SET lock_configuration = true")
        return connection, _only_reading(connection.extract_statements(query))
    except duckdb.Error as error:
        connection.close()
        raise UsageError(str(error)) from error
    except BaseException:
        connection.close()
        raise


def _only_reading(statements: list[duckdb.Statement]) -> duckdb.Statement:
    if len(statements) != 1:
        raise UsageError(f"one SQL statement is expected, not {len(statements)}")
    kind = statements[0].type
    if kind not in _READING:
        raise UsageError(f"only statements that read are allowed, not {kind.name}")
    return statements[0]


def _batches(
    connection: duckdb.DuckDBPyConnection, reader: pa.RecordBatchReader
) -> Iterator[pa.RecordBatch]:
    try:
        yield from reader
    except (duckdb.Error, pa.ArrowException, OSError) as error:
        raise UsageError(str(error)) from error
    finally:
        connection.close()

"""Questions over a catalogue: SQL and Ibis tables over the rows that count.

Every table is a view. It reads the live parts through Arrow, so that names never get into
SQL text and every store works alike, and shows of each key the newest row only.
"""

from __future__ import annotations

import os
import secrets
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import duckdb
import pyarrow as pa

from phonoscope.catalogue.layout import Table, tables
from phonoscope.catalogue.store import Store
from phonoscope.errors import UsageError

BATCH_ROWS = 10_000
"""Rows in a record batch of a result."""

_READING = frozenset(
    {duckdb.StatementType.SELECT, duckdb.StatementType.EXPLAIN, duckdb.StatementType.MULTI}
)
"""SELECT stands for every statement that returns rows, MULTI for PIVOT."""


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


def live_parts(store: Store) -> dict[str, list[str]]:
    """Return the names of the parts that count now, by table."""
    return {name: store.live_parts(name) for name in tables()}


def connect(
    store: Store, parts: Mapping[str, Sequence[str]], *, memory_mb: int
) -> duckdb.DuckDBPyConnection:
    """Return a DuckDB connection with one view a table.

    Parameters
    ----------
    store
        The catalogue.
    parts
        The parts to show, by table; see :func:`live_parts`.
    memory_mb
        Memory after which DuckDB spills to disk, MB.
    """
    connection = spilling_connection(memory_mb)
    for table in tables().values():
        names = parts[table.name]
        register_parts(connection, store, table, names)
        query = newest_rows(table, len(names), beside_recordings=True)
        connection.execute(f"CREATE TEMP VIEW {table.name} AS {query}")
    return connection


def register_parts(
    connection: duckdb.DuckDBPyConnection, store: Store, table: Table, names: Sequence[str]
) -> None:
    """Make parts of a table, every row of them, known to a connection as ``_parts_<table>``."""
    connection.register(f"_parts_{table.name}", store.dataset(table.name, list(names)))


def newest_rows(table: Table, part_count: int, *, beside_recordings: bool) -> str:
    """Return the query for those rows of ``_parts_<table>`` that count.

    Parameters
    ----------
    table
        The table; its names come from the layout, so they are safe in SQL text.
    part_count
        How many parts there are; within one part no key is written twice.
    beside_recordings
        Of a table with several rows a recording, leave out what another scan wrote than the
        one whose row of ``recordings`` counts: a recording that was examined again may have
        no mark any more, and its old marks must not show.
    """
    query = f"SELECT * FROM _parts_{table.name}"  # noqa: S608
    if table.several and beside_recordings:
        query += " SEMI JOIN recordings USING (recording_id, scan_id)"
    if part_count > 1:
        query += (
            f" QUALIFY batch = max(batch) OVER (PARTITION BY {table.key})"
            if table.several
            else f" QUALIFY row_number() OVER (PARTITION BY {table.key} ORDER BY batch DESC) = 1"
        )
    return query


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
    connection = connect(store, live_parts(store), memory_mb=memory_mb)
    try:
        # From here on no file, no network and no setting can be reached.
        connection.execute("SET enable_external_access = false")
        connection.execute("SET lock_configuration = true")
        statement = _only_reading(connection.extract_statements(query))
        reader = connection.sql(statement).to_arrow_reader(BATCH_ROWS)
    except duckdb.Error as error:
        connection.close()
        raise UsageError(str(error)) from error
    except BaseException:
        connection.close()
        raise
    return pa.RecordBatchReader.from_batches(reader.schema, _batches(connection, reader))


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

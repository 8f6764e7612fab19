"""A synthetic catalogue written straight into parts, by several threads."""

from __future__ import annotations

import json
import os
import secrets
import threading
from collections import Counter, defaultdict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pyarrow as pa

from bench.synthetic import shapes
from bench.synthetic.chunks import ROWS, Chunk, chunks, connected, fill
from bench.synthetic.facts import Facts
from phonoscope.catalogue.parts import SUFFIX, BatchNames
from phonoscope.catalogue.schema.tables import phonoscope_version, tables
from phonoscope.catalogue.store import Store, open_store

GROUP_ROWS = 196_608
"""Rows of a group of Parquet."""
LAYOUT = "synthetic"
_TYPES = {
    pa.string(): "VARCHAR",
    pa.int64(): "BIGINT",
    pa.float64(): "DOUBLE",
    pa.bool_(): "BOOLEAN",
    pa.timestamp("us"): "TIMESTAMP",
}
_OPTIONS = f"FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {GROUP_ROWS}"


def write(
    facts: Facts, into: Path, threads: int, step: Callable[[], None], rows: int = ROWS
) -> Counter[str]:
    """Write a plan as a new catalogue.

    Parameters
    ----------
    facts
        What to write.
    into
        New or empty folder.
    threads
        Chunks made at a time.
    step
        Is called after each chunk.
    rows
        Tracks of a part.

    Returns
    -------
    collections.Counter
        Rows written, by table.
    """
    store = open_store(into, create=True)
    run = _Run(facts, store, into)
    with ThreadPoolExecutor(threads) as pool:
        # A list: a failed chunk must raise here.
        for done in pool.map(run.write, list(chunks(facts, rows))):
            run.written.update(done)
            step()
    run.finish()
    return run.written


class _Run:
    def __init__(self, facts: Facts, store: Store, into: Path) -> None:
        self._facts, self._store, self._into = facts, store, into
        self._source = f"synthetic-{facts.plan.tracks}-{facts.plan.seed}"
        self._scan_id = secrets.token_hex(6)
        self._names = BatchNames(self._scan_id, store.newest_batch())
        self._here = threading.local()
        self._started = datetime.now(UTC).replace(tzinfo=None)
        self.written: Counter[str] = Counter()
        self._parts: dict[str, list[str]] = defaultdict(list)

    def write(self, chunk: Chunk) -> Counter[str]:
        """Write the parts of one chunk."""
        if not hasattr(self._here, "connection"):
            self._here.connection = connected(self._facts)
        connection: duckdb.DuckDBPyConnection = self._here.connection
        fill(connection, self._facts, chunk)
        batch = self._names.next()
        shape = shapes.catalogue(self._facts, self._source, self._scan_id, batch)
        written: Counter[str] = Counter()
        for table in shape.tables:
            written[table] = self._part(connection, table, shape.query(table), batch)
        return written

    def _part(
        self, connection: duckdb.DuckDBPyConnection, table: str, query: str, batch: str
    ) -> int:
        """Write a part: under another name until it is whole."""
        folder = self._into / table
        folder.mkdir(exist_ok=True)
        temporary = folder / f".{batch}.unfinished"
        copy = f"COPY ({_of_layout(connection, table, query)}) TO '{temporary}' ({_OPTIONS})"
        (rows,) = connection.execute(copy).fetchone() or (0,)
        os.replace(temporary, folder / f"{batch}{SUFFIX}")
        self._parts[table].append(f"{batch}{SUFFIX}")
        return int(rows)

    def finish(self) -> None:
        """Write the row of the ingest: from now on the parts count as settled."""
        count = self.written.total()
        counts = {name: {"read": n, "kept": n, "rejected": 0} for name, n in self.written.items()}
        batch = self._names.next()
        row = {
            "source": self._source,
            "origin": self._source,
            "layout": LAYOUT,
            "state": "done",
            "deduplicated": True,
            "version": phonoscope_version(),
            "started_utc": self._started,
            "finished_utc": datetime.now(UTC).replace(tzinfo=None),
            "read": count,
            "kept": count,
            "rejected": 0,
            "counts": json.dumps(counts),
            "scan_id": self._scan_id,
            "batch": batch,
        }
        rows = {"ingests": tables()["ingests"].arrow([row])}
        self._store.write(rows, batch, added=self._parts)


def _of_layout(connection: duckdb.DuckDBPyConnection, table: str, query: str) -> str:
    """Return a query with every column of a table of the layout, in its order.

    Columns that are newer than the rows are empty, so they aren't listed here.
    """
    known = {name for name, *_ in connection.execute(f"DESCRIBE {query}").fetchall()}
    schema = tables()[table].schema
    if gone := known - set(schema.names):
        raise RuntimeError(f"table {table} has no column {', '.join(sorted(gone))} any more")
    columns = ", ".join(
        f"{field.name if field.name in known else 'NULL'}::{_TYPES[field.type]} AS {field.name}"
        for field in schema
    )
    return f"SELECT {columns} FROM ({query})"

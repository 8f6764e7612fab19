"""Tables that follow from others: what was computed of a source takes the place of what was."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from typing import Any

import duckdb
import pyarrow as pa

from phonoscope.catalogue.compaction import replace_parts
from phonoscope.catalogue.parts import BatchNames
from phonoscope.catalogue.schema.tables import Table, tables
from phonoscope.catalogue.store import Store


def replace(
    store: Store,
    source: str,
    rows: Mapping[str, Iterator[pa.RecordBatch]],
    *,
    memory_mb: int,
) -> None:
    """Write rows of a source in place of all that its tables hold of it; other sources stay.

    Parameters
    ----------
    store
        The catalogue.
    source
        As in the column ``source``.
    rows
        By table, in the order to write them; columns that a batch lacks are empty. The last table
        should be the one that says that the others are there.
    memory_mb
        Memory after which reading spills to disk, MB.

    Raises
    ------
    CatalogueError
        When the catalogue cannot be written; a table is then as it was, or new.
    """
    scan_id = f"derived{secrets.token_hex(4)}"
    batch = BatchNames(scan_id, after=store.newest_batch()).next()
    for name, batches in rows.items():
        table = tables()[name]
        told = {"source": source, "scan_id": scan_id, "batch": batch}
        fresh = pa.RecordBatchReader.from_batches(
            table.schema, (_completed(one, table, told) for one in batches)
        )
        _replace(store, table, source, fresh, memory_mb)


def _replace(
    store: Store, table: Table, source: str, fresh: pa.RecordBatchReader, memory_mb: int
) -> None:
    live = store.live_parts(table.name)

    def rows(connection: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyRelation:
        connection.register("fresh", fresh)
        return connection.sql(
            f"FROM fresh UNION ALL BY NAME FROM _parts_{table.name} WHERE source <> $source",
            params={"source": source},
        )

    replace_parts(store, table, live, rows, read=live, memory_mb=memory_mb)


def _completed(batch: pa.RecordBatch, table: Table, told: Mapping[str, str]) -> pa.RecordBatch:
    """Return a batch with the columns of its table, in their order."""
    columns: list[Any] = []
    for field in table.schema:
        if field.name in told:
            columns.append(pa.repeat(pa.scalar(told[field.name], field.type), len(batch)))
        elif field.name in batch.schema.names:
            columns.append(batch.column(field.name).cast(field.type))
        else:
            columns.append(pa.nulls(len(batch), field.type))
    return pa.RecordBatch.from_arrays(columns, schema=table.schema)

"""Tables that follow from others: what was computed of a source takes the place of what was."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from phonoscope.catalogue.compaction import again_if_replaced, write_in_place_of
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
        By table, in the order to write them; columns that a batch lacks are empty. All tables
        change at the same moment.
    memory_mb
        Memory after which reading spills to disk, MB.

    Raises
    ------
    CatalogueError
        When the catalogue cannot be written; all tables are then as they were.
    """
    scan_id = f"derived{secrets.token_hex(4)}"
    batch = BatchNames(scan_id, after=store.newest_batch()).next()
    told = {"source": source, "scan_id": scan_id, "batch": batch}
    written: dict[str, str] = {}

    def change() -> None:
        with store.pinned(newest=True) as version:
            live = {name: version.live(name) for name in rows}
            for name, batches in rows.items():
                table, before = tables()[name], written.get(name)
                fresh: Iterator[pa.RecordBatch]
                if before is None:
                    fresh = (_completed(one, table, told) for one in batches)
                else:
                    fresh = _of_source(store, table, before, source)
                written[name] = _replaced(
                    store, table, source, fresh, live=live[name], memory_mb=memory_mb
                )
                if before is not None:
                    store.place.remove(f"{name}/{before}")
        store.change({name: [part] for name, part in written.items()}, live)

    again_if_replaced(change)


def _of_source(store: Store, table: Table, part: str, source: str) -> Iterator[pa.RecordBatch]:
    """Yield the rows of a source in a part: when it was written, its rows couldn't be kept."""
    for batch in store.batches(table.name, [part], table.schema.names):
        yield batch.filter(pc.equal(batch["source"], source))


def _replaced(
    store: Store,
    table: Table,
    source: str,
    batches: Iterator[pa.RecordBatch],
    *,
    live: list[str],
    memory_mb: int,
) -> str:
    """Write a part with rows of a source and all other rows of a table; return its name."""
    fresh = pa.RecordBatchReader.from_batches(table.schema, batches)

    def rows(connection: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyRelation:
        connection.register("fresh", fresh)
        return connection.sql(
            f"FROM fresh UNION ALL BY NAME FROM _parts_{table.name} WHERE source <> $source",
            params={"source": source},
        )

    return write_in_place_of(store, table, live, rows, read=live, memory_mb=memory_mb)


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

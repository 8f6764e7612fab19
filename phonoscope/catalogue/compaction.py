"""Merge the parts of a table into one, in bounded memory, whoever reads or writes meanwhile."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import BinaryIO, TypeAlias

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from phonoscope.catalogue.newest_row import deduplicated_ingests, may_repeat
from phonoscope.catalogue.parts import (
    COMPACTED,
    REPLACES,
    encoding,
    is_of_former_names,
    new_compacted_name,
    replaced_by,
    sort_parts,
    written_us,
)
from phonoscope.catalogue.query import BATCH_ROWS, spilling_connection
from phonoscope.catalogue.schema.tables import Table, tables
from phonoscope.catalogue.store import Store
from phonoscope.catalogue.views import newest_rows, register_parts
from phonoscope.errors import CatalogueError

_log = logging.getLogger(__name__)

GRACE_S = 3600.0
"""Replaced parts stay this long, s, so that who reads them now can go on."""
STALE_TEMPORARY_S = 86_400.0
"""A temporary file older than this, s, belongs to a process that was killed."""

Rows: TypeAlias = Callable[[duckdb.DuckDBPyConnection], duckdb.DuckDBPyRelation]
"""Gives the rows of a part on a connection that sees the parts it is made of."""


@dataclass(frozen=True)
class Compaction:
    """What a compaction came to."""

    parts_before: int
    """Parts that counted before."""
    parts_after: int
    """Parts that count now."""
    files_removed: int
    """Replaced parts and stale temporary files that were removed from disk."""


def compact(store: Store, *, memory_mb: int, grace_s: float = GRACE_S) -> Compaction:
    """Merge the parts of every table into one and remove what was replaced long ago.

    A scan may run at the same time, and readers keep what they opened: a replaced part is
    removed by the first compaction that runs ``grace_s`` after it was replaced.

    Parameters
    ----------
    store
        The catalogue.
    memory_mb
        Memory after which the merge spills to disk, MB.
    grace_s
        How long replaced parts stay, s.

    Raises
    ------
    CatalogueError
        When the catalogue cannot be written, or another compaction got in the way; nothing
        is lost then.
    """
    before = after = removed = 0
    for table in tables().values():
        removed += _remove_stale(store, table, grace_s)
        live = store.live_parts(table.name)
        before += len(live)
        after += min(1, len(live))
        if len(live) > 1 or any(is_of_former_names(store.place, table, name) for name in live):
            _merge(store, table, live, memory_mb)
    _log.info("compaction: %d parts became %d, %d removed", before, after, removed)
    return Compaction(before, after, removed)


def _merge(store: Store, table: Table, live: list[str], memory_mb: int) -> None:
    ingests = deduplicated_ingests(store, store.live_parts("ingests"))
    repeats = may_repeat(table, live, ingests)

    def rows(connection: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyRelation:
        return connection.sql(newest_rows(table, repeats=repeats, beside_recordings=False))

    replace_parts(store, table, live, rows, read=live, memory_mb=memory_mb)


def replace_parts(
    store: Store,
    table: Table,
    names: Sequence[str],
    rows: Rows,
    *,
    read: Sequence[str],
    memory_mb: int,
) -> None:
    """Write one part that replaces others, whoever reads them meanwhile.

    Parameters
    ----------
    store, table
        Where.
    names
        The parts that count no more.
    rows
        Gives the rows of the new part.
    read
        Those of the parts that ``rows`` reads, as ``_parts_<table>``.
    memory_mb
        Memory after which reading spills to disk, MB.

    Raises
    ------
    CatalogueError
        When it cannot be written, or a compaction removed the parts; nothing is lost then.
    """
    # What a replaced part has itself replaced is named again: nobody else says so any more.
    replaced = {*names, *(n for name in names for n in replaced_by(store.place, table, name))}
    schema = table.schema.with_metadata({REPLACES: json.dumps(sorted(replaced)).encode()})

    def fill(file: BinaryIO) -> None:
        with spilling_connection(memory_mb) as connection:
            register_parts(connection, store, table, read)
            _write(file, schema, rows(connection).to_arrow_reader(BATCH_ROWS))
        if gone := set(names) - set(store.place.names(table.name)):
            raise CatalogueError(
                f"another compaction of {store.name} ran at the same time and has removed "
                f"{len(gone)} parts of {table.name}; nothing is lost, run it again if needed"
            )

    store.will_write()
    store.place.write(f"{table.name}/{new_compacted_name()}", fill)


def _write(file: BinaryIO, schema: pa.Schema, reader: pa.RecordBatchReader) -> None:
    writer = pq.ParquetWriter(file, schema, **encoding(schema))
    for batch in reader:
        writer.write_table(pa.Table.from_batches([batch]).cast(schema), row_group_size=1 << 17)
    writer.close()


def _remove_stale(store: Store, table: Table, grace_s: float) -> int:
    """Remove parts replaced at least ``grace_s`` ago and temporary files of killed processes."""
    live, replaced = sort_parts(store.place, table)
    now_s = time.time()
    # Whichever compacted part replaced them, all are old enough.
    replaced_s = [now_s - written_us(name) / 1e6 for name in live if name.endswith(COMPACTED)]
    doomed = [
        name for name, age_s in store.place.temporaries(table.name) if age_s > STALE_TEMPORARY_S
    ]
    if replaced_s and min(replaced_s) >= grace_s:
        doomed += [f"{table.name}/{name}" for name in replaced]
    for name in doomed:
        store.place.remove(name)
    return len(doomed)

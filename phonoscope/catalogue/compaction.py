"""Merge the parts of a table into one, in bounded memory, while others read and write."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
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
    written_us,
)
from phonoscope.catalogue.query import BATCH_ROWS, spilling_connection
from phonoscope.catalogue.schema.tables import Table, tables
from phonoscope.catalogue.store import Store
from phonoscope.catalogue.versions import FOLDER, Version
from phonoscope.catalogue.views import newest_rows, register_parts
from phonoscope.errors import CatalogueError

_log = logging.getLogger(__name__)

GRACE_S = 3600.0
"""Replaced parts stay this long, s, for those who are reading them."""
STALE_TEMPORARY_S = 86_400.0
"""A temporary file older than this, s, is from a process that was killed."""
_TRIES = 3
"""Tries to replace parts that other processes replace as well."""

Rows: TypeAlias = Callable[[duckdb.DuckDBPyConnection], duckdb.DuckDBPyRelation]
"""Returns the rows of a new part, on a connection that has the parts it is made of."""


@dataclass(frozen=True)
class Compaction:
    """The result of a compaction."""

    parts_before: int
    """Valid parts before."""
    parts_after: int
    """Valid parts now."""
    files_removed: int
    """Replaced parts and stale temporary files that were removed from disk."""


def compact(store: Store, *, memory_mb: int, grace_s: float = GRACE_S) -> Compaction:
    """Merge the parts of every table into one, and remove parts that were replaced long ago.

    A scan may run at the same time, and readers keep the parts that they opened: the first
    compaction that runs ``grace_s`` after a part was replaced removes it.

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
        When the catalogue can't be written, or another compaction ran at the same time
        (``compacted-meanwhile``). Nothing is lost.
    """
    store.will_write()
    before = after = removed = 0
    for table in tables().values():
        removed += _remove_stale(store, table, grace_s)
        live = store.live_parts(table.name)
        before += len(live)
        after += min(1, len(live))
        if len(live) > 1 or any(is_of_former_names(store.place, table, name) for name in live):
            again_if_replaced(partial(_merge, store, table, memory_mb))
    for name, age_s in list(store.place.temporaries(FOLDER)):
        if age_s > STALE_TEMPORARY_S:
            store.place.remove(name)
            removed += 1
    _log.info("compaction: %d parts became %d, %d removed", before, after, removed)
    return Compaction(before, after, removed)


def again_if_replaced(change: Callable[[], None]) -> None:
    """Make a change, and make it again if another process replaced the same parts meanwhile.

    Raises
    ------
    CatalogueError
        When that happens several times (``compacted-meanwhile``).
    """
    for _ in range(_TRIES - 1):
        try:
            return change()
        except CatalogueError as error:
            if error.code != "compacted-meanwhile":
                raise
            _log.info("again: %s", error.code)
    return change()


def _merge(store: Store, table: Table, memory_mb: int) -> None:
    with store.pinned(newest=True) as version:
        live = version.live(table.name)
        repeats = may_repeat(table, live, deduplicated_ingests(store, version.live("ingests")))

        def rows(connection: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyRelation:
            return connection.sql(newest_rows(table, repeats=repeats, beside_recordings=False))

        name = write_in_place_of(store, table, live, rows, read=live, memory_mb=memory_mb)
    store.change({table.name: [name]}, {table.name: live})


def write_in_place_of(
    store: Store,
    table: Table,
    names: Sequence[str],
    rows: Rows,
    *,
    read: Sequence[str],
    memory_mb: int,
) -> str:
    """Write one part that can replace others, which :meth:`Store.change` makes it do.

    Parameters
    ----------
    store, table
        Where.
    names
        The parts to replace.
    rows
        Returns the rows of the new part.
    read
        The parts that ``rows`` reads, as ``_parts_<table>``.
    memory_mb
        Memory after which reading spills to disk, MB.

    Returns
    -------
    str
        The name of the new part. It doesn't count yet.

    Raises
    ------
    CatalogueError
        When it can't be written. Nothing is lost.
    """
    # Parts that were replaced before are listed again, as no other part may list them now.
    replaced = {*names, *store.version().replaced.get(table.name, ())}
    schema = table.schema.with_metadata({REPLACES: json.dumps(sorted(replaced)).encode()})

    def fill(file: BinaryIO) -> None:
        with spilling_connection(memory_mb) as connection:
            register_parts(connection, store, table, read)
            _write(file, schema, rows(connection).to_arrow_reader(BATCH_ROWS))

    store.will_write()
    name = new_compacted_name()
    store.place.write(f"{table.name}/{name}", fill)
    return name


def _write(file: BinaryIO, schema: pa.Schema, reader: pa.RecordBatchReader) -> None:
    writer = pq.ParquetWriter(file, schema, **encoding(schema))
    for batch in reader:
        writer.write_table(pa.Table.from_batches([batch]).cast(schema), row_group_size=1 << 17)
    writer.close()


def _remove_stale(store: Store, table: Table, grace_s: float) -> int:
    """Remove parts replaced at least ``grace_s`` ago and what killed processes left."""
    now_s = time.time()
    version = store.version()
    old = [n for n, at_s in version.replaced.get(table.name, {}).items() if now_s - at_s >= grace_s]
    left = [n for n, age_s in store.place.temporaries(table.name) if age_s > STALE_TEMPORARY_S]
    left += [f"{table.name}/{name}" for name in _never_counted(store, table, version, now_s)]
    for name in [*left, *(f"{table.name}/{name}" for name in old)]:
        store.place.remove(name)
    if old:
        store.change({}, forgotten={table.name: old})
    return len(left) + len(old)


def _never_counted(store: Store, table: Table, version: Version, now_s: float) -> list[str]:
    """Return old compacted parts that a killed process wrote and that took no part's place.

    Their rows are in the parts that they were made from.
    """
    known = {*version.live(table.name), *version.replaced.get(table.name, ())}
    return [
        name
        for name in store.place.names(table.name)
        if name.endswith(COMPACTED)
        and name not in known
        and now_s - written_us(name) / 1e6 > STALE_TEMPORARY_S
    ]

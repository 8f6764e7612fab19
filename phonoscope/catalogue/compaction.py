"""Merge the parts of a table into one, in bounded memory, while others read and write."""

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
from phonoscope.messages import ngettext

_log = logging.getLogger(__name__)

GRACE_S = 3600.0
"""Replaced parts stay this long, s, for those who are reading them."""
STALE_TEMPORARY_S = 86_400.0
"""A temporary file older than this, s, is from a process that was killed."""

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
    """Write one part that replaces others, while others may read them.

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

    Raises
    ------
    CatalogueError
        When it can't be written, or a compaction removed the parts. Nothing is lost.
    """
    # Parts that a replaced part itself replaced are listed again, as no other part lists them now.
    replaced = {*names, *(n for name in names for n in replaced_by(store.place, table, name))}
    schema = table.schema.with_metadata({REPLACES: json.dumps(sorted(replaced)).encode()})

    def fill(file: BinaryIO) -> None:
        with spilling_connection(memory_mb) as connection:
            register_parts(connection, store, table, read)
            _write(file, schema, rows(connection).to_arrow_reader(BATCH_ROWS))
        if gone := set(names) - set(store.place.names(table.name)):
            message = ngettext(
                "Another compaction of {catalogue} ran at the same time and removed {n} part of "
                "'{table}'. Nothing is lost. Run it again if you need to.",
                "Another compaction of {catalogue} ran at the same time and removed {n} parts of "
                "'{table}'. Nothing is lost. Run it again if you need to.",
                len(gone),
                catalogue=store.name,
                table=table.name,
            )
            raise CatalogueError(message, code="compacted-meanwhile")

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
    # All compacted parts are old enough, whichever of them replaced a part.
    replaced_s = [now_s - written_us(name) / 1e6 for name in live if name.endswith(COMPACTED)]
    doomed = [
        name for name, age_s in store.place.temporaries(table.name) if age_s > STALE_TEMPORARY_S
    ]
    if replaced_s and min(replaced_s) >= grace_s:
        doomed += [f"{table.name}/{name}" for name in replaced]
    for name in doomed:
        store.place.remove(name)
    return len(doomed)

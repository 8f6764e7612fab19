"""Parts: the immutable Parquet files a table consists of, and which of them count.

A part is named ``<batch>.parquet``, where a batch is
``<UTC microseconds>-<scan>-<writer>-<number>``, so that names sort by time. Which parts count is
listed in :mod:`.versions`. A compacted part ends in ``-compact.parquet`` and lists in its metadata
the parts whose rows it holds, so that the list can be made again. Which row of a key counts is
decided by the ``batch`` column alone, never by the part a row lies in.
"""

from __future__ import annotations

import json
import secrets
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, BinaryIO

from phonoscope.catalogue import damage
from phonoscope.catalogue.storage import Storage
from phonoscope.errors import DamagedCatalogueError
from phonoscope.lazy import LazyModule

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq

    from phonoscope.catalogue.schema.tables import Table
else:
    pa, pq = LazyModule("pyarrow"), LazyModule("pyarrow.parquet")

SUFFIX = ".parquet"
COMPACTED = f"-compact{SUFFIX}"
REPLACES = b"phonoscope.replaces"
"""Key of a compacted part's metadata: JSON list of the names of the parts it replaces."""
COMPRESSION = "zstd"
BATCH_ROWS = 1 << 16


class BatchNames:
    """Names batches so that a later one sorts later, also when the clock was set back.

    Parameters
    ----------
    scan_id
        Goes into every name.
    after
        Newest batch the catalogue already has, or empty text.
    """

    def __init__(self, scan_id: str, after: str = "") -> None:
        # Two processes of one scan, or two machines, may name a batch in the same microsecond.
        self._writer = f"{scan_id}-{secrets.token_hex(3)}"
        self._last_us = written_us(after) if after else 0
        self._number = 0
        self._lock = threading.Lock()

    def next(self) -> str:
        """Return the next batch's name."""
        with self._lock:
            self._last_us = max(time.time_ns() // 1000, self._last_us + 1)
            self._number += 1
            return f"{self._last_us:016d}-{self._writer}-{self._number:06d}"


def written_us(name: str) -> int:
    """Return when a batch or part was named, microseconds since 1970 UTC."""
    digits = name.partition("-")[0]
    return int(digits) if digits.isascii() and digits.isdigit() else 0


def scan_of(name: str) -> str:
    """Return the scan or ingest that wrote a part; empty text for one that was compacted."""
    words = name.split("-")
    return words[1] if len(words) == 4 else ""


def write_part(place: Storage, table: Table, rows: pa.Table, batch: str) -> None:
    """Write the rows of one batch as a part, completely or not at all."""

    def fill(file: BinaryIO) -> None:
        pq.write_table(rows, file, **encoding(rows.schema))

    place.write(f"{table.name}/{batch}{SUFFIX}", fill)


def encoding(schema: pa.Schema) -> dict[str, Any]:
    """Return how Parquet encodes columns, for pyarrow's writers.

    Lists of numbers rarely repeat, so a dictionary only makes them larger (fingerprints by a
    third). Ascending places are stored as differences.
    """
    lists = [field for field in schema if pa.types.is_list(field.type)]
    return {
        "compression": COMPRESSION,
        "write_page_checksum": True,
        "use_dictionary": [field.name for field in schema if field not in lists],
        "column_encoding": {
            f"{field.name}.list.element": "DELTA_BINARY_PACKED"
            for field in lists
            if pa.types.is_int32(field.type.value_type)
        },
    }


def new_compacted_name() -> str:
    """Return the name of a compacted part written now."""
    return f"{time.time_ns() // 1000:016d}-{secrets.token_hex(6)}{COMPACTED}"


def sort_parts(place: Storage, table: Table) -> tuple[list[str], list[str]]:
    """Return the valid parts of a table, and those that were replaced, by what parts say.

    That is how a catalogue is read that has no versions. Two compactions at the same time may
    replace the same parts. Then the newer one is valid, and only the older compacted part itself is
    left out.

    Returns
    -------
    live, replaced
        Names, oldest first.
    """
    names = [name for name in place.names(table.name) if name.endswith(SUFFIX)]
    dead: set[str] = set()
    for name in reversed([n for n in names if n.endswith(COMPACTED)]):
        if name in dead:
            continue
        replaced = replaced_by(place, table, name)
        if replaced & dead:
            dead.add(name)
        else:
            dead |= replaced
    return [n for n in names if n not in dead], [n for n in names if n in dead]


def replaced_by(place: Storage, table: Table, name: str) -> set[str]:
    """Return the names of the parts that a compacted part replaces."""
    try:
        metadata = _footer(place, table, name).metadata
    except DamagedCatalogueError as error:
        if error.code != "missing-part":
            raise
        # A compaction has removed it since it was listed.
        return set()
    try:
        names = json.loads((metadata or {}).get(REPLACES, b"[]"))
    except (ValueError, RecursionError):
        # The part is from anyone, and its rows are whole: it replaces nothing.
        return set()
    return {one for one in names if isinstance(one, str)} if isinstance(names, list) else set()


def _footer(place: Storage, table: Table, name: str) -> pq.FileMetaData:
    """Return what the end of a part says.

    Raises
    ------
    DamagedCatalogueError
        When the part is damaged or missing.
    """
    try:
        return pq.read_metadata(f"{table.name}/{name}", filesystem=place.arrow())
    except (OSError, ValueError, pa.ArrowException) as error:
        raise damage.raised(place, table.name, [name], error) from error


def empty_cells(place: Storage, table: Table, name: str, column: str) -> int | None:
    """Return how many rows of a part are empty in a column, from the statistics at its end.

    ``None`` when it has no such statistics.
    """
    found = _footer(place, table, name)
    stored = table.stored_name(column, found.schema.names)
    if stored is None:
        return int(found.num_rows)
    at, total = found.schema.names.index(stored), 0
    for group in range(found.num_row_groups):
        statistics = found.row_group(group).column(at).statistics
        if statistics is None or not statistics.has_null_count:
            return None
        total += statistics.null_count
    return total


def dataset(place: Storage, table: Table, names: Iterable[str]) -> pa.dataset.Dataset:
    """Return parts as one Arrow dataset in :attr:`Table.stored_schema`.

    A missing column is empty; one of an earlier format is also there under its former name.
    """
    from pyarrow.dataset import dataset as opened  # noqa: PLC0415  (heavy: takes pandas along)

    paths = [f"{table.name}/{name}" for name in names]
    return opened(paths, schema=table.stored_schema, filesystem=place.arrow(), format="parquet")


def is_of_former_names(place: Storage, table: Table, name: str) -> bool:
    """Whether a part has a column under its former name."""
    if not table.former_names:
        return False
    there = _footer(place, table, name).schema.to_arrow_schema().names
    return not {*table.former_names.values()}.isdisjoint(there)


def batches(
    place: Storage, table: Table, names: Iterable[str], columns: Sequence[str], most_rows: int
) -> Iterator[pa.RecordBatch]:
    """Yield some columns of parts in the current schema; a missing column is empty."""
    schema = pa.schema([table.schema.field(column) for column in columns])
    for name in names:
        yield from damage.guarded(
            place,
            table.name,
            [name],
            _batches(place, f"{table.name}/{name}", schema, table, most_rows),
        )


def _batches(
    place: Storage, file: str, schema: pa.Schema, table: Table, most_rows: int
) -> Iterator[pa.RecordBatch]:
    with pq.ParquetFile(file, filesystem=place.arrow()) as opened:
        stored = {c: table.stored_name(c, opened.schema_arrow.names) for c in schema.names}
        there = {column: name for column, name in stored.items() if name is not None}
        for batch in opened.iter_batches(most_rows, columns=[*there.values()]):
            known = {c: _as(batch[name], schema.field(c).type) for c, name in there.items()}
            yield pa.record_batch(
                [known.get(f.name, pa.nulls(len(batch), f.type)) for f in schema], schema
            )


def _as(values: pa.Array, kind: pa.DataType) -> pa.Array:
    # A cast imports pyarrow.compute (0.1 CPU-s), even where there is nothing to cast.
    return values if values.type == kind else values.cast(kind)

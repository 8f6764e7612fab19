"""Writes the chunks of an ingest as parts: many rows a part, no key twice in one."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence

import numpy as np
import pyarrow as pa

from phonoscope.catalogue.parts import BatchNames
from phonoscope.catalogue.schema.tables import Table, tables
from phonoscope.catalogue.store import Store
from phonoscope.ingest.base import Chunk, Reject

_log = logging.getLogger(__name__)

PART_ROWS = 1 << 18
"""Rows after which a part is written: some ten thousand parts then hold the largest catalogue."""
PART_BYTES = 1 << 27
"""Bytes of rows in memory after which a part is written, however few they are."""


class PartWriter:
    """Gathers chunks and writes them as parts.

    Parameters
    ----------
    store
        The catalogue.
    names
        Names the batches.
    scan_id, source
        Written into every row.
    after
        Called with the name of a batch as soon as the batch is written.
    """

    def __init__(
        self,
        store: Store,
        names: BatchNames,
        scan_id: str,
        source: str,
        after: Callable[[str], None],
    ) -> None:
        self._store = store
        self._names = names
        self._scan_id = scan_id
        self._source = source
        self._after = after
        self._waiting: dict[str, list[pa.Table]] = {}
        self._rows = self._bytes = 0
        self.written: dict[str, int] = {}
        """Rows written, by common table."""

    def add(self, chunk: Chunk) -> None:
        """Add a chunk; writes a batch when there are enough rows."""
        rows = dict(chunk.rows)
        if chunk.rejects:
            rows["rejects"] = _reject_rows(chunk.source_table, chunk.rejects)
        for name, some in rows.items():
            if some.num_rows:
                self._waiting.setdefault(name, []).append(some)
                self._bytes += some.nbytes
        self._rows += chunk.read
        if self._rows >= PART_ROWS or self._bytes >= PART_BYTES:
            self.flush()

    def flush(self) -> None:
        """Write the gathered rows as one batch."""
        if self._waiting:
            batch = self._names.next()
            last = _LastOfEach()
            made = {
                name: self._whole(tables()[name], some, batch, last)
                for name, some in sorted(self._waiting.items(), key=lambda item: item[0])
            }
            self._store.write(made, batch)
            counts = ", ".join(f"{name} {rows.num_rows:,}" for name, rows in made.items())
            _log.info("batch %s written: %s", batch, counts)
            for name, rows in made.items():
                self.written[name] = self.written.get(name, 0) + rows.num_rows
            self._after(batch)
        self._waiting, self._rows, self._bytes = {}, 0, 0

    def _whole(
        self, table: Table, some: Sequence[pa.Table], batch: str, last: _LastOfEach
    ) -> pa.Table:
        """Return rows with every column of a table; the last row of a key."""
        rows = last.of(pa.concat_tables(some), table.key_columns)
        same = {"source": self._source, "scan_id": self._scan_id, "batch": batch}
        columns = [
            pa.repeat(pa.scalar(same[f.name]), rows.num_rows)
            if f.name in same
            else rows[f.name]
            if f.name in rows.column_names
            else pa.nulls(rows.num_rows, f.type)
            for f in table.schema
        ]
        return pa.table(columns, names=table.schema.names).cast(table.schema)


class _LastOfEach:
    """Finds rows whose key occurs again later; once where two tables have the same keys."""

    def __init__(self) -> None:
        self._found: tuple[pa.Table, pa.Array] | None = None

    def of(self, rows: pa.Table, key: Sequence[str]) -> pa.Table:
        """Return rows without those."""
        keys = rows.select([name for name in key if name in rows.column_names])
        if self._found is None or not keys.equals(self._found[0]):
            numbered = keys.append_column("_at", pa.array(np.arange(rows.num_rows)))
            grouped = numbered.group_by(keys.column_names, use_threads=False)
            self._found = keys, grouped.aggregate([("_at", "max")])["_at_max"]
        last = self._found[1]
        return rows if len(last) == rows.num_rows else rows.take(np.sort(last.to_numpy()))


def _reject_rows(source_table: str, rejects: Sequence[Reject]) -> pa.Table:
    made = [
        {"source_table": source_table, "row": r.row, "reason": r.reason, "row_text": r.text}
        for r in rejects
    ]
    types = {c.name: c.type for c in tables()["rejects"].columns}
    schema = pa.schema([(name, types[name]) for name in made[0]])
    return pa.Table.from_pylist(made, schema=schema)

"""Flat tables of tracks in Parquet: the columns of flat CSV files, with types."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa

from phonoscope.ingest.base import NOWHERE, Chunk, Position
from phonoscope.ingest.cell import CellKind
from phonoscope.ingest.convert.columns import Raw, chunk_of, kinds
from phonoscope.ingest.convert.flat_table import ROWS, SECONDS, tables_of
from phonoscope.ingest.formats.flat_csv import are_of_tracks, fields_of
from phonoscope.ingest.job import Format, Job
from phonoscope.ingest.readers.parquet_files import (
    ParquetCell,
    ParquetFiles,
    ParquetTable,
    quoted,
)


def _table(source: ParquetFiles) -> ParquetTable | None:
    """Return the one table of a source, when it is one of tracks."""
    (table, *others) = source.tables
    return None if others or not are_of_tracks(table.readable) else table


def _names(table: ParquetTable) -> list[str]:
    return [name for name, _ in table.columns.values()]


def _cells(table: ParquetTable) -> list[ParquetCell]:
    types = {**kinds("features"), **kinds("tracks"), SECONDS: CellKind.REAL}
    of_columns = table.readable
    return [
        ParquetCell(to, types[to], quoted(name), of_columns[name])
        for name, to in fields_of(of_columns).items()
        if to in types
    ]


def _read(job: Job[ParquetFiles]) -> Iterator[Chunk]:
    source = job.source
    table = _table(source)
    assert table is not None
    cells = _cells(table)
    with source.connection() as connection:
        after = source.start[0] if source.start else 0
        for batch, before in source.batches(connection, table, cells, after=after):
            begins = NOWHERE if before is None else (before,)
            yield chunk_of(_raw(batch, [cell.column for cell in cells], begins))


def _raw(batch: pa.RecordBatch, names: list[str], begins: Position) -> Raw:
    columns = {name: batch.column(name) for name in names}
    tables, in_seconds = tables_of(dict(columns))

    def row_text(at: int) -> dict[str, object]:
        return {name: column[at].as_py() for name, column in columns.items()}

    first_row = batch.column("_row")[0].as_py() if batch.num_rows else 1
    return Raw(
        ROWS,
        first_row,
        batch.num_rows,
        tables,
        row_text,
        batch.column("reject_reason"),
        in_seconds,
        begins,
    )


def _ignored(source: ParquetFiles) -> list[str]:
    table = _table(source)
    read = {cell.sql for cell in _cells(table)} if table else set()
    return [name for name in _names(table) if quoted(name) not in read] if table else []


FORMAT = Format(
    name="flat-parquet",
    opens=ParquetFiles,
    looks_for="a Parquet file, or a folder of such with the same columns, of tracks: the columns "
    "of a flat-csv",
    recognises=lambda source: _table(source) is not None,
    read=_read,
    ignored=_ignored,
)

"""Flat tables of tracks in Parquet: the columns of flat CSV files, with types."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import pyarrow as pa

from phonoscope.ingest.base import NOWHERE, Chunk, Position
from phonoscope.ingest.cell import CellKind
from phonoscope.ingest.convert.column_aliases import scales_of
from phonoscope.ingest.convert.columns import Raw, chunk_of, decodable, kinds
from phonoscope.ingest.convert.derived_ids import ids_of
from phonoscope.ingest.convert.flat_table import DURATIONS_MS, ROWS, tables_of
from phonoscope.ingest.formats.flat_csv import (
    are_of_tracks,
    fields_of,
    fields_to_read,
    id_columns,
    ids_from,
    needs_of_tracks,
    notes_on_ids,
    questions_on,
)
from phonoscope.ingest.job import Format, Job, Need
from phonoscope.ingest.readers.parquet_files import (
    ParquetCell,
    ParquetFiles,
    ParquetTable,
    quoted,
)
from phonoscope.messages import gettext

_FOR_IDS = "id_from_"
"""Begins the names of cells that ids are derived from and that no field holds."""


def _table(source: ParquetFiles) -> ParquetTable | None:
    """Return the one table of a source, when it is a table of tracks."""
    (table, *others) = source.tables
    return None if others or not are_of_tracks(table.readable, source.id_from) else table


def _names(table: ParquetTable) -> list[str]:
    return [name for name, _ in table.columns.values()]


def _cells(table: ParquetTable, id_from: Sequence[str]) -> list[ParquetCell]:
    types = {**kinds("features"), **kinds("tracks"), **dict.fromkeys(DURATIONS_MS, CellKind.REAL)}
    of_columns = table.readable
    return [
        ParquetCell(to, types[to], quoted(name), of_columns[name])
        for name, to in fields_to_read(of_columns, ids_from(of_columns, id_from)).items()
        if to in types
    ]


def _cells_for_ids(table: ParquetTable, id_from: Sequence[str]) -> list[ParquetCell]:
    of_columns = table.readable
    return [
        ParquetCell(f"{_FOR_IDS}{at + 1}", CellKind.TEXT, quoted(name), of_columns[name])
        for at, name in enumerate(id_columns(ids_from(of_columns, id_from), list(of_columns)))
    ]


def _read(job: Job[ParquetFiles]) -> Iterator[Chunk]:
    source = job.source
    table = _table(source)
    assert table is not None
    cells, for_ids = _cells(table, source.id_from), _cells_for_ids(table, source.id_from)
    scales = scales_of(fields_of(table.readable))
    names, of_ids = [cell.column for cell in cells], [cell.column for cell in for_ids]
    with source.connection() as connection:
        after = source.start[0] if source.start else 0
        for batch, before in source.batches(connection, table, [*cells, *for_ids], after=after):
            begins = NOWHERE if before is None else (before,)
            yield chunk_of(_raw(batch, names, of_ids, scales, begins))


def _raw(
    batch: pa.RecordBatch,
    names: list[str],
    of_ids: list[str],
    scales: Mapping[str, float],
    begins: Position,
) -> Raw:
    columns = {name: batch.column(name) for name in names}
    if of_ids:
        columns["track_id"] = ids_of([decodable(batch.column(name))[0] for name in of_ids])
    tables, of_duration = tables_of(dict(columns))

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
        {**scales, **of_duration},
        begins,
    )


def _ignored(source: ParquetFiles) -> list[str]:
    table = _table(source)
    if table is None:
        return []
    cells = [*_cells(table, source.id_from), *_cells_for_ids(table, source.id_from)]
    read = {cell.sql for cell in cells}
    return [name for name in _names(table) if quoted(name) not in read]


def _needs(source: ParquetFiles) -> list[Need]:
    return needs_of_tracks(source.tables[0].readable)


FORMAT = Format(
    name="flat-parquet",
    opens=ParquetFiles,
    looks_for=gettext("a Parquet file of tracks"),
    recognises=lambda source: _table(source) is not None,
    read=_read,
    ignored=_ignored,
    needs=_needs,
    takes_id_from=True,
    notes=lambda source: notes_on_ids(source.tables[0].readable, source.id_from),
    questions=lambda source: questions_on(source.tables[0].readable),
)

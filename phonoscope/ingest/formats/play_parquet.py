"""Play logs as Parquet: a file, or a folder of files with the same columns."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from phonoscope.ingest.base import NOWHERE, Chunk
from phonoscope.ingest.convert.cells import MS_FROM
from phonoscope.ingest.formats.play_columns import (
    are_plays,
    fields_of,
    kind_of,
    needs_of_plays,
)
from phonoscope.ingest.formats.play_log import chunk_of_plays
from phonoscope.ingest.job import Format, Job
from phonoscope.ingest.pseudonyms import KEY_IS_GONE
from phonoscope.ingest.readers.parquet_files import (
    ParquetCell,
    ParquetFiles,
    ParquetTable,
    quoted,
)
from phonoscope.messages import gettext


@dataclass(frozen=True)
class _Moment(ParquetCell):
    """A time with or without a zone, as ms since 1970 UTC."""

    @property
    def value(self) -> str:
        """SQL for the ms."""
        if not self.type.startswith("TIMESTAMP"):
            return super().value
        # A cast would use the time zone of this machine. A time that is too early becomes
        # unknown, because as a number it would be read as seconds.
        return f"CASE WHEN epoch_ms({self.sql}) >= {MS_FROM} THEN epoch_ms({self.sql}) END"


def _table(source: ParquetFiles) -> ParquetTable | None:
    (table, *others) = source.tables
    return None if others or not are_plays(table.readable) else table


def _cells(table: ParquetTable) -> list[ParquetCell]:
    types = table.readable
    return [
        (_Moment if field in ("listened_utc", "ended_utc") else ParquetCell)(
            field, kind_of(field), quoted(name), types[name]
        )
        for name, field in fields_of(types).items()
    ]


def _read(job: Job[ParquetFiles]) -> Iterator[Chunk]:
    source = job.source
    table = _table(source)
    assert table is not None
    cells = _cells(table)
    with source.connection() as connection:
        after = source.start[0] if source.start else 0
        for batch, before in source.batches(connection, table, cells, after=after):
            yield chunk_of_plays(
                batch.column("_row")[0].as_py() if batch.num_rows else 1,
                {cell.column: batch.column(cell.column) for cell in cells},
                batch.num_rows,
                job.pseudonyms,
                account=job.origin,
                reject_reasons=batch.column("reject_reason"),
                begins=NOWHERE if before is None else (before,),
            )


def _ignored(source: ParquetFiles) -> list[str]:
    table = _table(source)
    if table is None:
        return []
    read = fields_of(table.readable)
    return [name for name, _ in table.columns.values() if name not in read]


FORMAT = Format(
    name="plays-parquet",
    opens=ParquetFiles,
    looks_for=gettext("a play log as Parquet"),
    recognises=lambda source: _table(source) is not None,
    read=_read,
    ignored=_ignored,
    not_resumable_reason=KEY_IS_GONE,
    needs=lambda source: needs_of_plays(source.tables[0].readable),
)

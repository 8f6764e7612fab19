"""Any CSV file of tracks, where the user says which column is what."""

from __future__ import annotations

from collections.abc import Iterator

from phonoscope.ingest.base import Chunk
from phonoscope.ingest.convert.derived_ids import columns_for_ids
from phonoscope.ingest.convert.flat_table import checked_mapping, read_fields
from phonoscope.ingest.formats.flat_csv import COLUMN_ALIASES
from phonoscope.ingest.job import Format, Job
from phonoscope.ingest.readers.csv_file import CsvFile
from phonoscope.messages import gettext


def _fields(source: CsvFile) -> dict[str, str]:
    """Return field by column, as the user said; nothing else is guessed."""
    return checked_mapping(
        source.mapping or {}, source.columns, COLUMN_ALIASES, needs_id=not source.id_from
    )


def _id_columns(source: CsvFile, fields: dict[str, str]) -> list[str]:
    return columns_for_ids(source.id_from, source.columns, fields, COLUMN_ALIASES)


def _recognises(source: CsvFile) -> bool:
    if source.mapping is None:
        return False
    _id_columns(source, _fields(source))
    return True


def _read(job: Job[CsvFile]) -> Iterator[Chunk]:
    fields = _fields(job.source)
    return read_fields(job.source, fields, id_columns=_id_columns(job.source, fields))


def _ignored(source: CsvFile) -> list[str]:
    fields = _fields(source)
    read = {*fields, *_id_columns(source, fields)}
    return [name for name in source.columns if name not in read]


FORMAT = Format(
    name="mapped-csv",
    opens=CsvFile,
    looks_for=gettext("a CSV file whose columns are named with --map"),
    recognises=_recognises,
    read=_read,
    ignored=_ignored,
    takes_id_from=True,
)

"""Any CSV file of tracks, when the user says which column is what."""

from __future__ import annotations

from collections.abc import Iterator

from phonoscope.ingest.base import Chunk
from phonoscope.ingest.convert.flat_table import check_mapping, read_fields
from phonoscope.ingest.job import Format, Job
from phonoscope.ingest.readers.csv_file import CsvFile


def _recognises(source: CsvFile) -> bool:
    if source.mapping is None:
        return False
    check_mapping(source.mapping, source.columns)
    return True


def _read(job: Job[CsvFile]) -> Iterator[Chunk]:
    # Nothing is guessed beyond what the user said.
    return read_fields(job.source, job.mapping or {})


def _ignored(source: CsvFile) -> list[str]:
    return [name for name in source.columns if name not in (source.mapping or {})]


FORMAT = Format(
    name="mapped-csv",
    opens=CsvFile,
    looks_for="any CSV file with --map column=field for its columns, one of them the track_id",
    recognises=_recognises,
    read=_read,
    ignored=_ignored,
)

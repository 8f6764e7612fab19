"""Play logs as CSV files."""

from __future__ import annotations

from collections.abc import Iterator

from phonoscope.ingest.base import Chunk
from phonoscope.ingest.convert.flat_table import read_columns
from phonoscope.ingest.formats.play_log import (
    are_plays,
    chunk_of_plays,
    fields_of,
    needs_of_plays,
)
from phonoscope.ingest.job import Format, Job
from phonoscope.ingest.pseudonyms import KEY_IS_GONE
from phonoscope.ingest.readers.csv_file import CsvFile
from phonoscope.messages import gettext


def _recognises(source: CsvFile) -> bool:
    return source.mapping is None and are_plays(source.columns)


def _read(job: Job[CsvFile]) -> Iterator[Chunk]:
    source = job.source
    places = {
        field: source.columns.index(name) for name, field in fields_of(source.columns).items()
    }
    for records in source.chunks():
        columns, reject_reasons = read_columns(records, places)
        yield chunk_of_plays(
            records.first_row,
            columns,
            len(records.rows),
            job.pseudonyms,
            reject_reasons=reject_reasons,
            begins=records.begins,
        )


def _ignored(source: CsvFile) -> list[str]:
    return [name for name in source.columns if name not in fields_of(source.columns)]


FORMAT = Format(
    name="plays-csv",
    opens=CsvFile,
    looks_for=gettext("a play log as CSV"),
    recognises=_recognises,
    read=_read,
    ignored=_ignored,
    not_resumable_reason=KEY_IS_GONE,
    needs=lambda source: needs_of_plays(source.columns),
)

"""Play logs as CSV files."""

from __future__ import annotations

from collections.abc import Iterator

from phonoscope.ingest.base import Chunk
from phonoscope.ingest.convert.flat_table import forms_of, read_columns, with_mapping
from phonoscope.ingest.formats.play_columns import (
    COLUMN_ALIASES,
    NAMES,
    are_plays,
    fields_of,
    fields_without_heading,
    needs_of_plays,
)
from phonoscope.ingest.formats.play_log import chunk_of_plays
from phonoscope.ingest.job import Format, Job
from phonoscope.ingest.pseudonyms import KEY_IS_GONE
from phonoscope.ingest.readers.csv_file import CsvFile
from phonoscope.messages import gettext


def _recognises(source: CsvFile) -> bool:
    if source.mapping is not None:
        # Fields of plays have other names than those of tracks, so the command must say it's a log.
        fields = _fields(source).values() if source.command == "plays" else ()
        has_time = bool({"listened_utc", "ended_utc"} & {*fields})
        return has_time and ("track_id" in fields or {*NAMES} <= {*fields})
    return are_plays(source.columns) or _without_heading(source) is not None


def _fields(source: CsvFile) -> dict[str, str]:
    """Return field by column, as they are named and as the user said."""
    found = fields_of(source.columns)
    return with_mapping(source.mapping, found, source.columns, COLUMN_ALIASES)


def _has_heading(source: CsvFile) -> bool:
    return source.mapping is not None or are_plays(source.columns)


def _without_heading(source: CsvFile) -> tuple[str, ...] | None:
    """Return the fields of a log that begins with a play; ``None`` when it has a heading."""
    if len(source.columns) not in (4, 6):
        return None
    return fields_without_heading([source.columns, *source.first_rows])


def _read(job: Job[CsvFile]) -> Iterator[Chunk]:
    source = job.source
    of_places = None if _has_heading(source) else _without_heading(source)
    if of_places is None:
        places = {field: source.columns.index(name) for name, field in _fields(source).items()}
    else:
        places = {field: at for at, field in enumerate(of_places) if field}
    forms = forms_of(source, places)
    for records in source.chunks(places.values(), heading=of_places is None):
        columns, cell_faults = read_columns(records, places)
        yield chunk_of_plays(
            records.first_row,
            columns,
            records.length,
            job.pseudonyms,
            account=job.origin,
            reject_reasons=records.reject_reasons,
            begins=records.begins,
            forms=forms,
            cell_faults=cell_faults,
        )


def _ignored(source: CsvFile) -> list[str]:
    if not _has_heading(source):
        return []
    read = _fields(source)
    return [name for name in source.columns if name not in read]


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

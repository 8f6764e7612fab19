"""Charts as CSV: charts of magazines, downloads of Spotify Charts, and plain lists with ranks."""

from __future__ import annotations

from collections.abc import Iterator

from phonoscope.ingest.base import Chunk
from phonoscope.ingest.convert.flat_table import forms_of, read_columns, with_mapping
from phonoscope.ingest.formats.chart_columns import (
    COLUMN_ALIASES,
    NEEDED,
    are_of_a_dated_chart,
    fields_of_chart,
    questions_on_chart,
)
from phonoscope.ingest.formats.chart_entries import (
    Ties,
    check_day,
    chunk_of_entries,
    is_called_a_chart,
    said_of,
)
from phonoscope.ingest.formats.flat_csv import are_of_tracks
from phonoscope.ingest.job import Format, Job, Need
from phonoscope.ingest.readers.csv_file import CsvFile
from phonoscope.messages import gettext


def _fields(source: CsvFile) -> dict[str, str]:
    """Return field by column, as they are named and as the user said."""
    found = fields_of_chart(source.columns)
    return with_mapping(source.mapping, found, source.columns, COLUMN_ALIASES)


def _recognises(source: CsvFile) -> bool:
    called_one = is_called_a_chart(source)
    if source.mapping is not None and not called_one:
        return False
    fields = _fields(source)
    if not set(fields.values()) >= NEEDED:
        return False
    is_chart = called_one or are_of_a_dated_chart(source.columns)
    if are_of_tracks(source.columns) and not is_chart:
        return False
    check_day(source, source.columns, fields.values())
    return True


def _read(job: Job[CsvFile]) -> Iterator[Chunk]:
    source = job.source
    places = {field: source.columns.index(name) for name, field in _fields(source).items()}
    said, ties = said_of(source, source.columns), Ties()
    forms = forms_of(source, places)
    for records in source.chunks(places.values()):
        columns, cell_faults = read_columns(records, places)
        yield chunk_of_entries(
            columns,
            records.first_row,
            records.length,
            records.row,
            said=said,
            constants=job.constants or {},
            ties=ties,
            reject_reasons=records.reject_reasons,
            begins=records.begins,
            forms=forms,
            cell_faults=cell_faults,
        )


def _ignored(source: CsvFile) -> list[str]:
    read = _fields(source)
    return [name for name in source.columns if name not in read]


def _needs(source: CsvFile) -> list[Need]:
    by_field = {field: column for column, field in fields_of_chart(source.columns).items()}
    if "rank" not in by_field and not is_called_a_chart(source):
        # Titles and performers alone are rather a list of tracks.
        return []
    return [Need(each, by_field.get(each, "")) for each in ("rank", "title", "performer")]


FORMAT = Format(
    name="charts-csv",
    opens=CsvFile,
    looks_for=gettext("a chart as CSV"),
    recognises=_recognises,
    read=_read,
    ignored=_ignored,
    questions=lambda source: questions_on_chart(source.columns, _fields(source)),
    needs=_needs,
)

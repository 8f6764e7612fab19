"""Any CSV file of tracks, where the user says what some columns are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from phonoscope.errors import UsageError
from phonoscope.ingest.base import Chunk
from phonoscope.ingest.convert.derived_ids import columns_for_ids
from phonoscope.ingest.convert.flat_table import (
    DURATIONS_MS,
    checked_mapping,
    fields,
    read_fields,
)
from phonoscope.ingest.formats.flat_csv import COLUMN_ALIASES, NAMED, fields_of, separator_of
from phonoscope.ingest.job import Format, Job
from phonoscope.ingest.readers.csv_file import CsvFile
from phonoscope.messages import gettext


def _fields(source: CsvFile) -> dict[str, str]:
    """Return field by column: as the user said, and as they are named where nothing was said."""
    mapped = checked_mapping(source.mapping or {}, source.columns, COLUMN_ALIASES, fields())
    taken = {*mapped.values()}
    if taken & set(DURATIONS_MS):
        taken |= set(DURATIONS_MS)
    rest = {c: f for c, f in fields_of(source.columns).items() if c not in mapped}
    found = mapped | {c: f for c, f in rest.items() if f not in taken}
    if source.id_from:
        found = {c: f for c, f in found.items() if c in mapped or f != "track_id"}
    return found


def _id_from(source: CsvFile, of_columns: dict[str, str]) -> Sequence[str]:
    there = set(of_columns.values())
    return source.id_from or (NAMED if "track_id" not in there and set(NAMED) <= there else ())


def _id_columns(source: CsvFile, of_columns: dict[str, str]) -> list[str]:
    names = _id_from(source, of_columns)
    return columns_for_ids(names, source.columns, of_columns, COLUMN_ALIASES)


def _recognises(source: CsvFile) -> bool:
    if source.mapping is None or source.command in ("plays", "charts"):
        return False
    found = _fields(source)
    if "track_id" not in found.values() and not _id_from(source, found):
        raise UsageError(
            gettext(
                "No column is mapped to track_id. Add --map COLUMN=track_id, or derive the ids: "
                "--id-from name,artist_names."
            ),
            code="no-track-id",
        )
    _id_columns(source, found)
    return True


def _read(job: Job[CsvFile]) -> Iterator[Chunk]:
    source = job.source
    found = _fields(source)
    return read_fields(
        source,
        found,
        id_columns=_id_columns(source, found),
        lists=True,
        separator=separator_of(source.columns),
    )


def _ignored(source: CsvFile) -> list[str]:
    found = _fields(source)
    read = {*found, *_id_columns(source, found)}
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

"""Charts as CSV: those of magazines, downloads of Spotify Charts, and plain lists with ranks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pyarrow as pa
import pyarrow.compute as pc

from phonoscope.errors import SourceError, UsageError
from phonoscope.ingest.base import Chunk
from phonoscope.ingest.convert.columns import Raw, chunk_of
from phonoscope.ingest.convert.flat_table import ROWS, read_columns
from phonoscope.ingest.formats.chart_columns import (
    are_of_a_chart,
    are_of_a_dated_chart,
    fields_of_chart,
    period_of,
)
from phonoscope.ingest.formats.chart_names import read_name
from phonoscope.ingest.formats.flat_csv import are_of_tracks
from phonoscope.ingest.job import Format, Job
from phonoscope.ingest.readers.csv_file import CsvFile, Records
from phonoscope.linking.days import is_day

UNSTATED = "unstated"
"""Stands for a region that neither the file nor who ingested it names: it is part of a key."""
CONSTANTS = ("chart", "region", "chart_date", "entry_kind")
"""What who ingests a chart may say of all its rows."""
ENTRY_KINDS = ("track", "album")
_NUMBERS = ("rank", "peak_rank", "previous_rank", "times_on_chart", "streams")
_ID = r"^\s*(?:spotify:track:|https?://open\.spotify\.com/(?:intl-[a-z]+/)?track/)([0-9A-Za-z]{22})(?:\?.*)?\s*$"


def _recognises(source: CsvFile) -> bool:
    columns = source.columns
    if source.mapping is not None or not are_of_a_chart(columns):
        return False
    called_one = source.constants is not None or are_of_a_dated_chart(columns)
    if are_of_tracks(columns) and not called_one:
        return False
    said = _said(source)
    if "chart_date" not in {*fields_of_chart(columns).values(), *said}:
        raise SourceError(
            f"{source.name} is a chart without a day: no column has it, and the name of the file "
            "is not like regional-global-weekly-2026-07-02.csv. Say it: 'phonoscope charts FILE "
            "--date YYYY-MM-DD'"
        )
    return True


def _said(source: CsvFile) -> dict[str, str]:
    """Return what holds for all rows: the constants, else what the name of the file says."""
    constants = dict(source.constants or {})
    if unknown := set(constants) - set(CONSTANTS):
        raise UsageError(
            f"of a chart's rows {', '.join(CONSTANTS)} can be stated, not {min(unknown)}"
        )
    if "chart_date" in constants and not is_day(constants["chart_date"]):
        raise UsageError(f"{constants['chart_date']!r} is no day; a day is written YYYY-MM-DD")
    if constants.get("entry_kind", "track") not in ENTRY_KINDS:
        raise UsageError(f"entries of a chart are one of {', '.join(ENTRY_KINDS)}")
    named = read_name(source.file_name)
    of_name = {} if named is None else vars(named)
    by_columns = period_of(source.columns)
    found = {"entry_kind": "track", "region": UNSTATED, "chart": source.file_name or "chart"}
    found |= {"period": by_columns} if by_columns else {}
    return found | of_name | constants


def _read(job: Job[CsvFile]) -> Iterator[Chunk]:
    source = job.source
    places = {
        field: source.columns.index(n) for n, field in fields_of_chart(source.columns).items()
    }
    said = _said(source)
    for records in source.chunks():
        yield chunk_of(_raw(records, places, said, job.constants or {}))


def _raw(
    records: Records,
    places: Mapping[str, int],
    said: Mapping[str, str],
    constants: Mapping[str, str],
) -> Raw:
    columns, reject_reasons = read_columns(records, places)
    rows = records.rows
    for field, value in said.items():
        # A column says more than a name, and who ingests it more than both.
        if field in constants or field not in columns:
            columns[field] = pa.repeat(pa.scalar(value), len(rows))
    columns["region"] = _filled(columns["region"], said["region"])
    columns["chart"] = _filled(columns["chart"], said["chart"])
    columns["chart_date"] = _days(columns["chart_date"])
    for field in _NUMBERS:
        if field in columns:
            columns[field] = _without_dash(columns[field])
    if "track_id" in columns:
        columns["track_id"] = _ids(columns["track_id"])
    return Raw(
        ROWS,
        records.first_row,
        len(rows),
        {"chart_entries": columns},
        lambda at: rows[at],
        reject_reasons,
        begins=records.begins,
    )


def _filled(cells: pa.Array, value: str) -> pa.Array:
    blank = pc.equal(pc.utf8_trim_whitespace(cells), "")
    return pc.if_else(pc.fill_null(blank, True), value, cells)


def _days(cells: pa.Array) -> pa.Array:
    """Return days as YYYY-MM-DD, a time after them cut off; what is no such day becomes empty.

    05/06/2024 is May or June: nothing tells which, so it is no day here.
    """
    once = pc.utf8_trim_whitespace(cells).dictionary_encode()
    cut = [(text or "")[:10].replace("/", "-") for text in once.dictionary.to_pylist()]
    whole = [
        day if is_day(day) and (text or "")[10:11] in ("", " ", "T") else None
        for day, text in zip(cut, once.dictionary.to_pylist(), strict=True)
    ]
    return pc.take(pa.array(whole, pa.string()), once.indices)


def _without_dash(cells: pa.Array) -> pa.Array:
    """Return cells without those that say by a dash that there is nothing."""
    trimmed = pc.utf8_trim_whitespace(cells)
    return pc.if_else(pc.is_in(trimmed, value_set=pa.array(["-", "\u2013", "\u2014"])), "", cells)


def _ids(cells: pa.Array) -> pa.Array:
    """Return Spotify's ids out of its URIs and addresses; others as they are written."""
    return pc.replace_substring_regex(cells, _ID, r"\1")


def _ignored(source: CsvFile) -> list[str]:
    return [name for name in source.columns if name not in fields_of_chart(source.columns)]


FORMAT = Format(
    name="charts-csv",
    opens=CsvFile,
    looks_for="a CSV file of a chart: a rank (rank, position, current_week ...), a title and a "
    "performer, with the day in a column, in a name such as regional-global-weekly-2026-07-02.csv, "
    "or given to 'phonoscope charts --date'",
    recognises=_recognises,
    read=_read,
    ignored=_ignored,
)

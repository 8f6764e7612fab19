"""Charts as CSV: charts of magazines, downloads of Spotify Charts, and plain lists with ranks."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping

import pyarrow as pa
import pyarrow.compute as pc

from phonoscope.errors import SourceError, UsageError
from phonoscope.escape import printable
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
from phonoscope.ingest.job import Format, Job, Need
from phonoscope.ingest.readers.csv_file import CsvFile, Records
from phonoscope.linking.days import is_day
from phonoscope.messages import gettext, lines
from phonoscope.text import joined

UNSTATED = "unstated"
"""Region where neither the file nor the user names one; a key can't be empty."""
CONSTANTS = ("chart", "region", "chart_date", "entry_kind")
"""Fields that the user can state for all rows of a chart."""
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
        command = ["phonoscope", "charts", source.name, "--into", "CATALOGUE"]
        raise SourceError(
            lines(
                [
                    gettext(
                        "{file} is a chart without a day: no column and not its name has one.",
                        file=source.name,
                    ),
                    gettext(
                        "Give the day: {command}",
                        command=f"{shlex.join(command)} --date YYYY-MM-DD",
                    ),
                ]
            ),
            code="no-chart-date",
        )
    return True


def _said(source: CsvFile) -> dict[str, str]:
    """Return the values of all rows: the constants, or else those in the name of the file."""
    constants = dict(source.constants or {})
    if unknown := set(constants) - set(CONSTANTS):
        raise UsageError(
            gettext(
                "A chart has no constant '{name}'. It has {names}.",
                name=printable(min(unknown)[:60]),
                names=joined(CONSTANTS),
            ),
            code="unknown-constant",
        )
    if "chart_date" in constants and not is_day(constants["chart_date"]):
        raise UsageError(
            gettext(
                "'{text}' isn't a day. Write it as YYYY-MM-DD.",
                text=printable(constants["chart_date"][:40]),
            ),
            code="not-a-day",
        )
    if constants.get("entry_kind", "track") not in ENTRY_KINDS:
        raise UsageError(
            gettext("The entries of a chart are {kinds}.", kinds=" or ".join(ENTRY_KINDS)),
            code="unknown-entry-kind",
        )
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
    for records in source.chunks(places.values()):
        yield chunk_of(_raw(records, places, said, job.constants or {}))


def _raw(
    records: Records,
    places: Mapping[str, int],
    said: Mapping[str, str],
    constants: Mapping[str, str],
) -> Raw:
    columns, reject_reasons = read_columns(records, places)
    for field, value in said.items():
        # A column goes before the name of the file, and the user before both.
        if field in constants or field not in columns:
            columns[field] = pa.repeat(pa.scalar(value), records.length)
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
        records.length,
        {"chart_entries": columns},
        records.row,
        reject_reasons,
        begins=records.begins,
    )


def _filled(cells: pa.Array, value: str) -> pa.Array:
    blank = pc.equal(pc.utf8_trim_whitespace(cells), "")
    return pc.if_else(pc.fill_null(blank, True), value, cells)


def _days(cells: pa.Array) -> pa.Array:
    """Return days as YYYY-MM-DD, without a time after them; other text becomes empty.

    05/06/2024 can be in May or June, so it becomes empty too.
    """
    once = pc.utf8_trim_whitespace(cells).dictionary_encode()
    cut = [(text or "")[:10].replace("/", "-") for text in once.dictionary.to_pylist()]
    whole = [
        day if is_day(day) and (text or "")[10:11] in ("", " ", "T") else None
        for day, text in zip(cut, once.dictionary.to_pylist(), strict=True)
    ]
    return pc.take(pa.array(whole, pa.string()), once.indices)


def _without_dash(cells: pa.Array) -> pa.Array:
    """Return cells with those empty that have a dash for no value."""
    trimmed = pc.utf8_trim_whitespace(cells)
    return pc.if_else(pc.is_in(trimmed, value_set=pa.array(["-", "\u2013", "\u2014"])), "", cells)


def _ids(cells: pa.Array) -> pa.Array:
    """Return Spotify's ids from its URIs and addresses; other ids as written."""
    return pc.replace_substring_regex(cells, _ID, r"\1")


def _ignored(source: CsvFile) -> list[str]:
    return [name for name in source.columns if name not in fields_of_chart(source.columns)]


def _needs(source: CsvFile) -> list[Need]:
    by_field = {field: column for column, field in fields_of_chart(source.columns).items()}
    if "rank" not in by_field and source.constants is None:
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
    needs=_needs,
)

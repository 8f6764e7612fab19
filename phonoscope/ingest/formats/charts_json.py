"""Charts as JSON: entries one after another, or within the chart or the week that they are of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pyarrow as pa

from phonoscope.ingest.base import Chunk
from phonoscope.ingest.cell import CellKind
from phonoscope.ingest.formats.chart_columns import (
    NEEDED,
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
from phonoscope.ingest.job import Format, Job
from phonoscope.ingest.readers.json_cells import column_of
from phonoscope.ingest.readers.json_file import JsonFile, JsonRecords, reasons_array
from phonoscope.messages import gettext

_OF_CHARTS_ONLY = {"peak_rank", "previous_rank", "times_on_chart"}
_MOST_ENTRIES = 1 << 16
"""Entries of one record that are handed on at once."""


def _paths(source: JsonFile) -> list[str]:
    """Return where entries can be: at the top, or in a list within each record."""
    holders = {key.rpartition(".")[0] for key in source.keys if "." in key}
    return ["", *sorted(holders, key=lambda path: (path.count("."), path))]


def _names(source: JsonFile, path: str) -> list[str]:
    """Return the keys of entries at a path, and those of the objects around them."""
    holders = {key.rpartition(".")[0] for key in source.keys}
    parts = path.split(".") if path else []
    around = ["", *(".".join(parts[:n]) for n in range(1, len(parts) + 1))]
    found = [key for key in source.keys if key.rpartition(".")[0] in around and key not in holders]
    return sorted({key.rpartition(".")[2] for key in found} | set(source.around))


def _path(source: JsonFile) -> str | None:
    """Return where the entries of a chart are; ``None`` when it is none."""
    for path in _paths(source):
        fields = set(fields_of_chart(_names(source, path)).values())
        dated = "chart_date" in fields and bool(fields & _OF_CHARTS_ONLY)
        if fields >= NEEDED and (dated or is_called_a_chart(source)):
            return path
    return None


def _recognises(source: JsonFile) -> bool:
    path = _path(source)
    if path is None:
        return False
    names = _names(source, path)
    check_day(source, names, fields_of_chart(names).values())
    return True


def _read(job: Job[JsonFile]) -> Iterator[Chunk]:
    source = job.source
    path = _path(source)
    assert path is not None
    names = _names(source, path)
    fields, said, ties = fields_of_chart(names), said_of(source, names), Ties()
    first_row = 1
    for records in source.chunks():
        begins = None if path else records.begins
        for rows, reasons in _entries(records, path, source.around):
            columns: dict[str, pa.Array] = {}
            for key, field in fields.items():
                cells = [row.get(key) for row in rows]
                columns[field], wrong = column_of(CellKind.TEXT, cells)
                for at in wrong:
                    reasons.setdefault(at, f"{field} is not a single value")
            yield chunk_of_entries(
                columns,
                first_row,
                len(rows),
                rows.__getitem__,
                said=said,
                constants=job.constants or {},
                ties=ties,
                reject_reasons=reasons_array(reasons, len(rows)),
                begins=begins,
            )
            first_row, begins = first_row + len(rows), None


def _entries(
    records: JsonRecords, path: str, around: Mapping[str, Any]
) -> Iterator[tuple[list[Mapping[str, Any]], dict[int, str]]]:
    """Yield entries with what the objects around them say, and why some can't be kept."""
    rows: list[Mapping[str, Any]] = []
    reasons: dict[int, str] = {}
    for at, record in enumerate(records.rows):
        if at in records.reject_reasons:
            reasons[len(rows)] = records.reject_reasons[at]
        for entry in _within(record, path.split(".") if path else [], dict(around)):
            if entry is None:
                reasons.setdefault(len(rows), "not a JSON object")
            rows.append(entry or {})
            if len(rows) >= _MOST_ENTRIES:
                yield rows, reasons
                rows, reasons = [], {}
    if rows:
        yield rows, reasons


def _within(
    record: object, path: list[str], around: Mapping[str, Any]
) -> Iterator[Mapping[str, Any] | None]:
    if not isinstance(record, dict):
        yield None
        return
    found = {**around, **record}
    if not path:
        yield found
        return
    inner = record.get(path[0])
    plain = {key: value for key, value in found.items() if not isinstance(value, dict | list)}
    for each in inner if isinstance(inner, list) else [inner]:
        yield from _within(each, path[1:], plain)


def _ignored(source: JsonFile) -> list[str]:
    names = _names(source, _path(source) or "")
    read = fields_of_chart(names)
    return [name for name in names if name not in read]


def _questions(source: JsonFile) -> dict[str, str]:
    names = _names(source, _path(source) or "")
    return questions_on_chart(names, fields_of_chart(names))


FORMAT = Format(
    name="charts-json",
    opens=JsonFile,
    looks_for=gettext("a chart as JSON"),
    recognises=_recognises,
    read=_read,
    ignored=_ignored,
    questions=_questions,
)

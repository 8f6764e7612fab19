"""Play logs as nested JSON objects: each format says how an object becomes the fields of a play."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeAlias

import pyarrow as pa

from phonoscope.ingest.base import Chunk
from phonoscope.ingest.formats.play_columns import kind_of
from phonoscope.ingest.formats.play_log import chunk_of_plays
from phonoscope.ingest.job import Job
from phonoscope.ingest.readers.json_cells import column_of
from phonoscope.ingest.readers.json_file import JsonFile, JsonRecords, reasons_array

Fields: TypeAlias = Mapping[str, Any]
"""Cells by field of :mod:`.play_columns`; ``None`` where the object has none."""


def chunks_of_objects(
    job: Job[JsonFile],
    fields: tuple[str, ...],
    play: Callable[[Mapping[str, Any]], Fields],
    plays_in: Callable[[Mapping[str, Any]], list[Any]] | None = None,
) -> Iterator[Chunk]:
    """Yield the plays of a file of objects.

    Parameters
    ----------
    job
        The file.
    fields
        Fields that a play can have.
    play
        Returns the fields of an object; raises ``TypeError`` or ``AttributeError`` when it has an
        unexpected form, and the object is then rejected.
    plays_in
        Returns the plays within a record, where a record is a page of them.
    """
    first_row = 1
    for records in job.source.chunks():
        rows, reasons = _rows(records, plays_in)
        found: list[Fields] = []
        for at, row in enumerate(rows):
            try:
                found.append(play(row))
            except (TypeError, AttributeError, KeyError, IndexError):
                reasons.setdefault(at, "unexpected form")
                found.append({})
        columns: dict[str, pa.Array] = {}
        for field in fields:
            columns[field], wrong = column_of(kind_of(field), [each.get(field) for each in found])
            for at in wrong:
                reasons.setdefault(at, f"{field} is not a single value")
        yield chunk_of_plays(
            first_row,
            columns,
            len(rows),
            job.pseudonyms,
            account=job.origin,
            reject_reasons=reasons_array(reasons, len(rows)),
            begins=records.begins if plays_in is None else None,
        )
        first_row += len(rows)


def _rows(
    records: JsonRecords, plays_in: Callable[[Mapping[str, Any]], list[Any]] | None
) -> tuple[list[Mapping[str, Any]], dict[int, str]]:
    """Return objects, and why some can't be kept."""
    reasons = dict(records.reject_reasons)
    if plays_in is None:
        return list(records.rows), reasons
    rows: list[Mapping[str, Any]] = []
    inner: dict[int, str] = {}
    for at, record in enumerate(records.rows):
        if at in reasons:
            inner[len(rows)] = reasons[at]
            rows.append({})
            continue
        try:
            plays = plays_in(record)
        except (TypeError, AttributeError, KeyError):
            plays = [None]
        for each in plays if isinstance(plays, list) else [None]:
            if not isinstance(each, dict):
                inner[len(rows)] = "not a JSON object"
            rows.append(each if isinstance(each, dict) else {})
    return rows, inner

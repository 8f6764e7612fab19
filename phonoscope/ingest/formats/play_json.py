"""Logs of plays as JSON: an object a play."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa

from phonoscope.ingest.base import Chunk, Format
from phonoscope.ingest.convert.pseudonyms import KEY_IS_GONE
from phonoscope.ingest.formats.play_log import (
    LOOKS_FOR,
    are_plays,
    chunk_of_plays,
    fields_of,
    kind_of,
)
from phonoscope.ingest.readers.json_cells import column_of
from phonoscope.ingest.readers.json_file import JsonFile, JsonRecords, odd_array


def _keys(source: JsonFile) -> list[str]:
    return sorted(key for key in source.keys if "." not in key)


def _recognises(source: JsonFile) -> bool:
    return are_plays(_keys(source))


def _read(source: JsonFile) -> Iterator[Chunk]:
    fields = fields_of(_keys(source))
    for records in source.chunks():
        yield _chunk(records, fields)


def _chunk(records: JsonRecords, fields: dict[str, str]) -> Chunk:
    odd = dict(records.odd)
    columns: dict[str, pa.Array] = {}
    for key, field in fields.items():
        cells = [row.get(key) for row in records.rows]
        columns[field], wrong = column_of(kind_of(field), cells)
        for at in wrong:
            odd.setdefault(at, f"{field} is no single value")
    length = len(records.rows)
    return chunk_of_plays(
        records.first_row, columns, length, odd=odd_array(odd, length), begins=records.begins
    )


def _ignored(source: JsonFile) -> list[str]:
    keys = _keys(source)
    return [key for key in keys if key not in fields_of(keys)]


LAYOUT = Format(
    name="plays-json",
    opens=JsonFile,
    looks_for=f"JSON objects of {LOOKS_FOR}",
    recognises=_recognises,
    read=_read,
    ignored=_ignored,
    always_anew=KEY_IS_GONE,
)

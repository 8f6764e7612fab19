"""Play logs as JSON, one object a play."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa

from phonoscope.ingest.base import Chunk
from phonoscope.ingest.formats.play_log import (
    are_plays,
    chunk_of_plays,
    fields_of,
    kind_of,
    needs_of_plays,
)
from phonoscope.ingest.job import Format, Job
from phonoscope.ingest.pseudonyms import KEY_IS_GONE, Pseudonyms
from phonoscope.ingest.readers.json_cells import column_of
from phonoscope.ingest.readers.json_file import JsonFile, JsonRecords, reasons_array
from phonoscope.messages import gettext


def _keys(source: JsonFile) -> list[str]:
    return sorted(key for key in source.keys if "." not in key)


def _recognises(source: JsonFile) -> bool:
    return are_plays(_keys(source))


def _read(job: Job[JsonFile]) -> Iterator[Chunk]:
    source = job.source
    fields = fields_of(_keys(source))
    for records in source.chunks():
        yield _chunk(records, fields, job.pseudonyms)


def _chunk(records: JsonRecords, fields: dict[str, str], pseudonyms: Pseudonyms) -> Chunk:
    reject_reasons = dict(records.reject_reasons)
    columns: dict[str, pa.Array] = {}
    for key, field in fields.items():
        cells = [row.get(key) for row in records.rows]
        columns[field], wrong = column_of(kind_of(field), cells)
        for at in wrong:
            reject_reasons.setdefault(at, f"{field} is not a single value")
    length = len(records.rows)
    return chunk_of_plays(
        records.first_row,
        columns,
        length,
        pseudonyms,
        reject_reasons=reasons_array(reject_reasons, length),
        begins=records.begins,
    )


def _ignored(source: JsonFile) -> list[str]:
    keys = _keys(source)
    return [key for key in keys if key not in fields_of(keys)]


FORMAT = Format(
    name="plays-json",
    opens=JsonFile,
    looks_for=gettext("a play log as JSON"),
    recognises=_recognises,
    read=_read,
    ignored=_ignored,
    not_resumable_reason=KEY_IS_GONE,
    needs=lambda source: needs_of_plays(_keys(source)),
)

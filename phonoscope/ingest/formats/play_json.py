"""Play logs as JSON, one object a play."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa

from phonoscope.ingest.base import Chunk
from phonoscope.ingest.formats.play_columns import (
    are_plays,
    fields_of,
    kind_of,
    needs_of_plays,
)
from phonoscope.ingest.formats.play_log import chunk_of_plays
from phonoscope.ingest.job import Format, Job
from phonoscope.ingest.pseudonyms import KEY_IS_GONE, Pseudonyms
from phonoscope.ingest.readers.json_cells import column_of
from phonoscope.ingest.readers.json_file import JsonFile, JsonRecords, reasons_array
from phonoscope.messages import gettext


def _keys(source: JsonFile) -> list[str]:
    """Return the keys whose values aren't objects."""
    held = {key.partition(".")[0] for key in source.keys if "." in key}
    return sorted(key for key in source.keys - held if "." not in key)


def _recognises(source: JsonFile) -> bool:
    # Objects of ListenBrainz and of YouTube have formats of their own.
    return are_plays(_keys(source)) and not {"track_metadata", "titleUrl"} & source.keys


def _read(job: Job[JsonFile]) -> Iterator[Chunk]:
    source = job.source
    fields = fields_of(_keys(source))
    for records in source.chunks():
        yield _chunk(records, fields, job.pseudonyms, job.origin)


def _chunk(
    records: JsonRecords, fields: dict[str, str], pseudonyms: Pseudonyms, account: str
) -> Chunk:
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
        account=account,
        reject_reasons=reasons_array(reject_reasons, length),
        begins=records.begins,
    )


def _ignored(source: JsonFile) -> list[str]:
    read = fields_of(_keys(source))
    return sorted(key for key in source.keys if "." not in key and key not in read)


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

"""Lists of artists that are said to be machines: names or ids, with what is said and where.

A list that says nothing of its artists is not taken for one: it might be any list of artists.
"""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow.compute as pc

from phonoscope.ingest.base import Chunk
from phonoscope.ingest.convert.column_aliases import fields_by_alias
from phonoscope.ingest.convert.columns import Raw, chunk_of
from phonoscope.ingest.convert.flat_table import ROWS, read_columns
from phonoscope.ingest.job import Format, Job
from phonoscope.ingest.readers.csv_file import CsvFile, Records

COLUMN_ALIASES = {
    "name": "artist_name artist band band_name performer",
    "artist_id": "artist_id artist_uri spotify_artist_id deezer_artist_id spotify_id",
    "says": "says claim statement reason note notes disclosure",
    "evidence_url": "evidence_url evidence evidence_link source_url proof",
}
_OF_TRACKS = (
    "track_id track track_name track_title title song song_name album album_name isrc "
    "duration_ms duration_s duration release_date plays"
)


def _fields(source: CsvFile) -> dict[str, str]:
    return fields_by_alias(source.columns, COLUMN_ALIASES)


def _recognises(source: CsvFile) -> bool:
    fields = set(_fields(source).values())
    says_so = {"name", "artist_id"} & fields and {"says", "evidence_url"} & fields
    of_tracks = fields_by_alias(source.columns, {"track": _OF_TRACKS})
    return source.mapping is None and bool(says_so) and not of_tracks


def _read(job: Job[CsvFile]) -> Iterator[Chunk]:
    source = job.source
    places = {field: source.columns.index(name) for name, field in _fields(source).items()}
    for records in source.chunks():
        yield chunk_of(_raw(records, places))


def _raw(records: Records, places: dict[str, int]) -> Raw:
    columns, reject_reasons = read_columns(records, places)
    names = [columns[name] for name in ("artist_id", "name") if name in columns]
    # An empty cell is text here; only what is missing makes way for the name.
    known = [pc.if_else(pc.equal(pc.utf8_trim_whitespace(c), ""), None, c) for c in names]
    columns["artist"] = pc.coalesce(*known)
    rows = records.rows
    tables = {"machine_artists": columns}
    return Raw(
        ROWS,
        records.first_row,
        len(rows),
        tables,
        lambda at: rows[at],
        reject_reasons,
        begins=records.begins,
    )


FORMAT = Format(
    name="machine-artists",
    opens=CsvFile,
    looks_for="a CSV file of artists said to be machines: artist_name or artist_id, with says or "
    "evidence_url, and nothing of tracks",
    recognises=_recognises,
    read=_read,
    ignored=lambda source: [name for name in source.columns if name not in _fields(source)],
)

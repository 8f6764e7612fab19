"""Lists of artists that someone calls machines: names or ids, with the claim and its evidence.

A list without claims could be any list of artists, so it is read only if the user says that it is
one. Then the list itself is the claim, by its name or address.
"""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa
import pyarrow.compute as pc

from phonoscope.ingest.base import Chunk
from phonoscope.ingest.convert.column_aliases import fields_by_alias
from phonoscope.ingest.convert.columns import Raw, chunk_of
from phonoscope.ingest.convert.flat_table import ROWS, read_columns
from phonoscope.ingest.job import Format, Job, Need
from phonoscope.ingest.readers.csv_file import CsvFile, Records
from phonoscope.ingest.readers.name_list import artist_of, list_name
from phonoscope.messages import gettext

COLUMN_ALIASES = {
    "name": "artist_name artist band band_name performer name",
    "artist_id": "artist_id artist_uri spotify_artist_id deezer_artist_id spotify_id",
    "says": "says claim statement reason note notes disclosure",
    "evidence_url": "evidence_url evidence evidence_link source_url proof",
}
_OF_TRACKS = (
    "track_id track track_name track_title title song song_name album album_name isrc "
    "duration_ms duration_s duration release_date plays"
)


def _fields(source: CsvFile) -> dict[str, str]:
    aliases = COLUMN_ALIASES
    if source.command == "artists":
        aliases = {
            **aliases,
            "artist_id": f"{aliases['artist_id']} artist_url id uri url link spotify spotify_url",
        }
    return fields_by_alias(source.columns, aliases)


def _recognises(source: CsvFile) -> bool:
    if source.mapping is not None or _has_tracks(source):
        return False
    fields = set(_fields(source).values())
    says_so = source.command == "artists" or bool({"says", "evidence_url"} & fields)
    return says_so and bool({"name", "artist_id"} & fields)


def are_artists(source: CsvFile) -> bool:
    """Whether a table is a list of artists, for someone who says that the file is one."""
    return _recognises(source)


def _has_tracks(source: CsvFile) -> bool:
    known = _fields(source)
    others = [name for name in source.columns if name not in known]
    return bool(fields_by_alias(others, {"track": _OF_TRACKS}))


def _read(job: Job[CsvFile]) -> Iterator[Chunk]:
    source = job.source
    places = {field: source.columns.index(name) for name, field in _fields(source).items()}
    for records in source.chunks(places.values()):
        yield chunk_of(_raw(records, places, job))


def said_by(origin: str) -> dict[str, str]:
    """Return what a list without claims says of every artist: that it lists them."""
    name = list_name(origin)
    is_address = name.startswith(("http://", "https://"))
    return {"says": name, **({"evidence_url": name} if is_address else {})}


def _raw(records: Records, places: dict[str, int], job: Job[CsvFile]) -> Raw:
    columns, cell_faults = read_columns(records, places)
    if job.source.command == "artists":
        ids = columns.get("artist_id")
        if ids is not None:
            found = [artist_of(cell or "").artist_id or cell for cell in ids.to_pylist()]
            columns["artist_id"] = pa.array(found, pa.string())
        if not {"says", "evidence_url"} & set(columns):
            for name, value in said_by(job.origin).items():
                columns[name] = pa.repeat(pa.scalar(value), records.length)
    names = [columns[name] for name in ("artist_id", "name") if name in columns]
    # An empty cell of ids is empty text here; then the name is the id.
    known = [pc.if_else(pc.equal(pc.utf8_trim_whitespace(c), ""), None, c) for c in names]
    columns["artist"] = pc.coalesce(*known)
    tables = {"machine_artists": columns}
    return Raw(
        ROWS,
        records.first_row,
        records.length,
        tables,
        records.row,
        records.reject_reasons,
        begins=records.begins,
        cell_faults=cell_faults,
    )


def _needs(source: CsvFile) -> list[Need]:
    if _has_tracks(source):
        return []
    by_field = {field: column for column, field in _fields(source).items()}
    return [
        Need(
            gettext("artist_name or artist_id"), by_field.get("name", by_field.get("artist_id", ""))
        ),
        Need(
            gettext("says or evidence_url"), by_field.get("says", by_field.get("evidence_url", ""))
        ),
    ]


def _ignored(source: CsvFile) -> list[str]:
    read = _fields(source)
    return [name for name in source.columns if name not in read]


FORMAT = Format(
    name="machine-artists",
    opens=CsvFile,
    looks_for=gettext("a CSV list of artists that someone calls machines"),
    recognises=_recognises,
    read=_read,
    ignored=_ignored,
    needs=_needs,
)

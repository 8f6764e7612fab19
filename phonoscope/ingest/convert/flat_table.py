"""One row a track, its album, artists and features in the same row: reading by fields."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from phonoscope.errors import UsageError
from phonoscope.ingest.base import Chunk
from phonoscope.ingest.convert.artist_lists import ArtistRows, artist_lists
from phonoscope.ingest.convert.columns import Raw, chunk_of, fillable, kinds
from phonoscope.ingest.readers.csv_file import CsvFile, Records

SECONDS = "duration_s"
"""Field of a source that states durations in seconds; stored as ``duration_ms``."""
ARTIST_IDS = "artist_ids"
"""Field of a source that lists ids of artists beside their names."""
ROWS = "rows"
"""What a file that holds a single table calls it."""


def fields() -> tuple[str, ...]:
    """Return what a column may be mapped to."""
    return (*dict.fromkeys(fillable()), SECONDS)


def check_mapping(mapping: Mapping[str, str], columns: Sequence[str]) -> None:
    """Refuse a mapping that does not fit.

    Raises
    ------
    UsageError
        When it names no track id, a field or a column that is not there, or a field twice.
    """
    wanted = list(mapping.values())
    if unknown := set(wanted) - set(fields()):
        raise UsageError(f"there is no field {min(unknown)!r}; there are {', '.join(fields())}")
    if missing := set(mapping) - set(columns):
        raise UsageError(f"there is no column {min(missing)!r}; there are {', '.join(columns)}")
    if "track_id" not in wanted:
        raise UsageError("a mapping must say which column is the track_id")
    twice = {field for field in wanted if wanted.count(field) > 1}
    if {"duration_ms", SECONDS} <= set(wanted):
        twice.add(SECONDS)
    if twice:
        raise UsageError(f"only one column can be {min(twice)}")


def read_fields(
    source: CsvFile,
    of_columns: Mapping[str, str],
    *,
    lists: bool = False,
    separator: str | None = None,
) -> Iterator[Chunk]:
    """Yield the rows of a flat file.

    Parameters
    ----------
    source
        The file.
    of_columns
        Field by column; see :func:`fields`, and :data:`ARTIST_IDS`.
    lists
        Whether lists of artists in a cell become rows of artists.
    separator
        What joins names of artists, when the layout says so.
    """
    places = {field: source.columns.index(name) for name, field in of_columns.items()}
    artists = ArtistRows()
    for records in source.chunks():
        columns, reject_reasons = read_columns(records, places)
        ids = columns.pop(ARTIST_IDS, None)
        found = None
        if lists and "artist_names" in columns:
            found = artist_lists(columns["artist_names"], ids, separator)
        if found is not None:
            columns["artist_names"] = found.joined(columns["artist_names"])
        chunk = chunk_of(_raw(records, columns, reject_reasons))
        yield chunk
        if found is not None:
            yield artists.chunk(found, columns, chunk, records.first_row)


def read_columns(
    records: Records, places: Mapping[str, int]
) -> tuple[dict[str, pa.Array], pa.Array]:
    """Return columns of text by field, and why rows cannot be kept; empty where they can."""
    reject_reasons = records.reject_reasons
    columns: dict[str, pa.Array] = {}
    for field, at in places.items():
        columns[field], bad = records.column(at)
        if bad is not None:
            undecodable = pa.scalar(f"{field} is undecodable text")
            reject_reasons = pc.coalesce(
                reject_reasons, pc.if_else(bad, undecodable, pa.scalar(None, pa.string()))
            )
    return columns, reject_reasons


def _raw(records: Records, columns: dict[str, pa.Array], reject_reasons: pa.Array) -> Raw:
    rows = records.rows
    tables, in_seconds = tables_of(columns)
    return Raw(
        ROWS,
        records.first_row,
        len(rows),
        tables,
        lambda at: rows[at],
        reject_reasons,
        in_seconds,
        records.begins,
    )


def tables_of(columns: dict[str, pa.Array]) -> tuple[dict[str, dict[str, pa.Array]], bool]:
    """Return columns by common table, and whether durations still are in seconds."""
    in_seconds = SECONDS in columns
    if in_seconds:
        columns["duration_ms"] = columns.pop(SECONDS)
    tables = {"tracks": {name: columns[name] for name in kinds("tracks") if name in columns}}
    features = {name: columns[name] for name in kinds("features") if name in columns}
    if set(features) - set(kinds("tracks")):
        tables["features"] = features
    return tables, in_seconds


def as_text(mapping: Mapping[str, str] | None) -> str | None:
    """Return a mapping as it is kept."""
    return None if mapping is None else json.dumps(dict(mapping), ensure_ascii=False)

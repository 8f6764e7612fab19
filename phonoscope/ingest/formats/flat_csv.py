"""Flat CSV files of tracks, as shared on Kaggle and written by scripts over web APIs."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence

from phonoscope.ingest.base import Chunk
from phonoscope.ingest.convert.column_aliases import fields_by_alias
from phonoscope.ingest.convert.derived_ids import columns_for_ids
from phonoscope.ingest.convert.flat_table import read_fields
from phonoscope.ingest.formats.chart_columns import are_of_a_dated_chart
from phonoscope.ingest.formats.play_log import are_plays
from phonoscope.ingest.job import Format, Job, Need
from phonoscope.ingest.readers.csv_file import CsvFile
from phonoscope.messages import gettext

COLUMN_ALIASES = {
    "track_id": "track_id id spotify_track_id spotify_id track_uri spotify_track_uri uri trackid",
    "name": "track_name name track track_title title song song_name",
    "artist_names": "artists artist artist_name artist_names track_artist track_artists performer",
    "artist_ids": "id_artists artist_ids artists_ids artists_id",
    "album_id": "album_id track_album_id spotify_album_id spotify_album_uri album_uri",
    "album_name": "album_name track_album_name album_title album",
    "release_date": "release_date track_album_release_date album_release_date released",
    "release_date_precision": "release_date_precision album_release_date_precision",
    "duration_ms": "duration_ms track_duration_ms length_ms",
    "duration_s": "duration_s duration_sec duration_seconds",
    "explicit": "explicit is_explicit explicit_lyrics track_explicit",
    "popularity": "popularity track_popularity",
    "plays": "plays play_count playcount streams",
    "isrc": "isrc track_isrc external_id_isrc",
    "label": "label album_label record_label",
    "genre": "track_genre genre",
    "disc_number": "disc_number disk_number",
    "track_number": "track_number track_position",
    "danceability": "danceability",
    "energy": "energy",
    "key": "key",
    "mode": "mode",
    # 'loadness' is how a published data set spells it.
    "loudness_db": "loudness loudness_db loadness",
    "speechiness": "speechiness",
    "acousticness": "acousticness",
    "instrumentalness": "instrumentalness",
    "liveness": "liveness",
    "valence": "valence",
    "tempo_bpm": "tempo tempo_bpm",
    "time_signature": "time_signature",
}
"""Aliases of each field, the surest first."""
_OF_TRACKS_ONLY = {"duration_ms", "duration_s", "explicit", "isrc"}
_FEATURES = {"danceability", "energy", "loudness_db", "acousticness", "valence", "tempo_bpm"}


def fields_of(columns: Iterable[str]) -> dict[str, str]:
    """Return field by column, for the columns whose name is known."""
    found = fields_by_alias(columns, COLUMN_ALIASES)
    # A file with both states the duration twice; milliseconds are more exact.
    twice = {"duration_ms", "duration_s"} <= set(found.values())
    return {name: field for name, field in found.items() if not (twice and field == "duration_s")}


def are_of_tracks(columns: Collection[str], id_from: Sequence[str] = ()) -> bool:
    """Whether columns are those of a table with a track a row.

    Parameters
    ----------
    columns
        Names as written.
    id_from
        Fields that the user derives ids from, which says that it is a table of tracks.

    Raises
    ------
    UsageError
        When ids can't be derived from these fields.
    """
    of_columns = fields_of(columns)
    fields = set(of_columns.values())
    if id_from:
        return "name" in fields and bool(id_columns(id_from, list(columns)))
    # Row numbers of other tables make it one table of several.
    is_other = "album_rowid" in columns or are_plays(columns)
    return {"track_id", "name"} <= fields and _say_tracks(fields) and not is_other


def _say_tracks(fields: Collection[str]) -> bool:
    """Whether fields are more than an id and a name, which artists and albums have too."""
    return bool(_OF_TRACKS_ONLY.intersection(fields)) or len(_FEATURES.intersection(fields)) >= 3


def id_columns(id_from: Sequence[str], columns: Sequence[str]) -> list[str]:
    """Return the columns that ids are derived from; see :func:`.columns_for_ids`."""
    return columns_for_ids(id_from, columns, fields_of(columns), COLUMN_ALIASES)


def fields_to_read(columns: Iterable[str], id_from: Sequence[str]) -> dict[str, str]:
    """Return field by column; without the column of ids where ids are derived."""
    return {c: f for c, f in fields_of(columns).items() if not (id_from and f == "track_id")}


def needs_of_tracks(columns: Iterable[str]) -> list[Need]:
    """Return what a flat table of tracks needs, and the columns that have it."""
    by_field = {field: column for column, field in fields_of(columns).items()}
    more = next((by_field[f] for f in sorted(_OF_TRACKS_ONLY) if f in by_field), "")
    if not more and _say_tracks(by_field):
        more = by_field[min(_FEATURES & set(by_field))]
    return [
        Need("track_id", by_field.get("track_id", "")),
        Need("name", by_field.get("name", "")),
        Need(gettext("duration_ms, explicit, isrc or three audio features"), more),
    ]


def _recognises(source: CsvFile) -> bool:
    if source.mapping is not None:
        return False
    # A chart that also states durations or ISRCs is a chart, and so is what the user calls one.
    is_chart = source.constants is not None or are_of_a_dated_chart(source.columns)
    is_chart = is_chart and not source.id_from
    return not is_chart and are_of_tracks(source.columns, source.id_from)


_JOINED = {"artists", "album_name", "track_name", "track_genre"}
"""Columns of a much copied data set that joins the names of artists with semicolons."""


def _read(job: Job[CsvFile]) -> Iterator[Chunk]:
    source = job.source
    separator = ";" if set(source.columns) >= _JOINED else None
    return read_fields(
        source,
        fields_to_read(source.columns, source.id_from),
        id_columns=id_columns(source.id_from, source.columns),
        lists=True,
        separator=separator,
    )


def _ignored(source: CsvFile) -> list[str]:
    read = fields_to_read(source.columns, source.id_from)
    of_ids = id_columns(source.id_from, source.columns)
    return [name for name in source.columns if name not in read and name not in of_ids]


FORMAT = Format(
    name="flat-csv",
    opens=CsvFile,
    looks_for=gettext("a CSV file of tracks"),
    recognises=_recognises,
    read=_read,
    ignored=_ignored,
    needs=lambda source: needs_of_tracks(source.columns),
    takes_id_from=True,
)

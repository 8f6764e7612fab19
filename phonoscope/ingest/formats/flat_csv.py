"""Flat CSV files of tracks, as they are shared on Kaggle and made by scripts over web APIs."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from phonoscope.ingest.base import Chunk
from phonoscope.ingest.convert.column_aliases import fields_by_alias
from phonoscope.ingest.convert.flat_table import read_fields
from phonoscope.ingest.formats.chart_columns import are_of_a_dated_chart
from phonoscope.ingest.formats.play_log import are_plays
from phonoscope.ingest.job import Format, Job
from phonoscope.ingest.readers.csv_file import CsvFile

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
"""Spellings of columns by field, the surest first."""
_OF_TRACKS_ONLY = {"duration_ms", "duration_s", "explicit", "isrc"}
_FEATURES = {"danceability", "energy", "loudness_db", "acousticness", "valence", "tempo_bpm"}


def fields_of(columns: Iterable[str]) -> dict[str, str]:
    """Return field by column of the columns whose spelling is known."""
    found = fields_by_alias(columns, COLUMN_ALIASES)
    # A file with both says the same twice; milliseconds say it more exactly.
    twice = {"duration_ms", "duration_s"} <= set(found.values())
    return {name: field for name, field in found.items() if not (twice and field == "duration_s")}


def are_of_tracks(columns: Collection[str]) -> bool:
    """Whether columns are those of a table with a track a row."""
    fields = set(fields_of(columns).values())
    # Lists of artists and albums have ids and names too.
    of_tracks = bool(fields & _OF_TRACKS_ONLY) or len(fields & _FEATURES) >= 3
    # Row numbers of other tables make it one table of several.
    is_other = "album_rowid" in columns or are_plays(columns)
    return {"track_id", "name"} <= fields and of_tracks and not is_other


def _recognises(source: CsvFile) -> bool:
    # A chart that also says durations or ISRCs is a chart, and so is what the user calls one.
    is_chart = source.constants is not None or are_of_a_dated_chart(source.columns)
    return source.mapping is None and are_of_tracks(source.columns) and not is_chart


_JOINED = {"artists", "album_name", "track_name", "track_genre"}
"""Columns of a data set, many times copied, that joins the names of artists by semicolons."""


def _read(job: Job[CsvFile]) -> Iterator[Chunk]:
    source = job.source
    separator = ";" if set(source.columns) >= _JOINED else None
    return read_fields(source, fields_of(source.columns), lists=True, separator=separator)


def _ignored(source: CsvFile) -> list[str]:
    return [name for name in source.columns if name not in fields_of(source.columns)]


FORMAT = Format(
    name="flat-csv",
    opens=CsvFile,
    looks_for=(
        "a CSV file of tracks: a column of ids (track_id, id, spotify_track_uri ...), one of "
        "titles (track_name, name, title ...), and duration_ms, duration_s, explicit, isrc or "
        "three audio features; other columns can be named with --map column=field"
    ),
    recognises=_recognises,
    read=_read,
    ignored=_ignored,
)

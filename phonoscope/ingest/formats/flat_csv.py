"""Flat CSV files of tracks, as shared on Kaggle and written by scripts over web APIs."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence

from phonoscope.ingest.base import Chunk
from phonoscope.ingest.convert.column_aliases import fields_by_alias, plain, questions_of
from phonoscope.ingest.convert.derived_ids import columns_for_ids
from phonoscope.ingest.convert.flat_table import (
    DURATIONS_MS,
    fields,
    read_fields,
    with_one_duration,
)
from phonoscope.ingest.formats.chart_columns import are_like_a_chart, are_of_a_dated_chart
from phonoscope.ingest.formats.play_columns import are_plays
from phonoscope.ingest.job import Format, Job, Need
from phonoscope.ingest.readers.csv_file import CsvFile
from phonoscope.messages import Message, gettext

COLUMN_ALIASES = {
    "track_id": "track_id id spotify_track_id spotify_id track_uri spotify_track_uri uri trackid",
    "name": "track_name name track track_title title song song_name",
    "artist_names": "artists artist artist_name artist_names track_artist track_artists performer",
    "artist_ids": "id_artists artist_ids artist_uris track_artist_ids",
    "album_id": "album_id track_album_id spotify_album_id spotify_album_uri album_uri",
    "album_name": "album_name track_album_name album_title album",
    "release_date": "release_date track_album_release_date album_release_date released "
    "release_year released_year year",
    "release_date_precision": "release_date_precision album_release_date_precision",
    "duration_ms": "duration_ms track_duration_ms length_ms",
    "duration_s": "duration_s duration_sec duration_seconds track_duration_s",
    "duration_min": "duration_min track_duration_min",
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
    "key": "key musical_key initial_key key_signature camelot camelot_key open_key",
    "mode": "mode",
    # 'loadness' is how a published data set spells it.
    "loudness_db": "loudness loudness_db loadness",
    "speechiness": "speechiness",
    "acousticness": "acousticness",
    "instrumentalness": "instrumentalness",
    "liveness": "liveness",
    "valence": "valence",
    "tempo_bpm": "tempo tempo_bpm bpm track_bpm average_bpm beats_per_minute",
    "time_signature": "time_signature",
}
"""Aliases of each field, the surest first."""
_ASKED_ABOUT = {"duration_s": "time total_time"}
"""Aliases that can mean something else: players write durations there, other programs a moment."""
_OF_TRACKS_ONLY = {*DURATIONS_MS, "explicit", "isrc"}
_OF_OTHERS = {"albumtype", "totaltracks", "followers", "followerstotal"}
"""Columns of albums and artists, which have ids and names too."""
NAMED = ("name", "artist_names")
"""What the ids of tracks are derived from where a file has none and nobody said how."""
_FEATURES = {"danceability", "energy", "loudness_db", "acousticness", "valence", "tempo_bpm"}


def fields_of(columns: Iterable[str]) -> dict[str, str]:
    """Return field by column, for the columns whose name is known."""
    return with_one_duration(fields_by_alias(columns, COLUMN_ALIASES))


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
    if "album_rowid" in columns or are_plays(columns):
        return False
    return ({"track_id", "name"} <= fields and _say_tracks(fields)) or _are_named(columns, fields)


def _say_tracks(fields: Collection[str]) -> bool:
    """Whether fields are more than an id and a name, which artists and albums have too."""
    return bool(_OF_TRACKS_ONLY.intersection(fields)) or len(_FEATURES.intersection(fields)) >= 3


def _are_named(columns: Iterable[str], fields: Collection[str]) -> bool:
    """Whether fields are a title and its artist, with an id or without."""
    names = list(columns)
    others = are_like_a_chart(names) or bool(_OF_OTHERS & {plain(name) for name in names})
    return set(NAMED) <= set(fields) and not others


def ids_from(columns: Collection[str], id_from: Sequence[str]) -> Sequence[str]:
    """Return what ids are derived from: as the user says, or title and artist where there's none.

    Empty where the file has ids.
    """
    fields = set(fields_of(columns).values())
    return id_from or (NAMED if "track_id" not in fields and set(NAMED) <= fields else ())


def id_columns(id_from: Sequence[str], columns: Sequence[str]) -> list[str]:
    """Return the columns that ids are derived from; see :func:`.columns_for_ids`."""
    return columns_for_ids(id_from, columns, fields_of(columns), COLUMN_ALIASES)


def notes_on_ids(columns: Collection[str], id_from: Sequence[str]) -> list[Message]:
    """Return that ids are derived, where nobody asked for it."""
    if id_from or not ids_from(columns, id_from):
        return []
    return [
        gettext(
            "The file has no ids, so each track's id is derived from title and artist. Rows with "
            "the same title and artist become one track; --id-from names other fields."
        )
    ]


def questions_on(columns: Collection[str]) -> dict[str, str]:
    """Return columns that look like a field of tracks but aren't read, with that field."""
    asked = questions_of(columns, fields_of(columns), COLUMN_ALIASES)
    asked |= questions_of(columns, fields_of(columns), _ASKED_ABOUT)
    has_duration = bool(set(DURATIONS_MS) & set(fields_of(columns).values()))
    return {
        c: field
        for c, field in asked.items()
        if not (field in DURATIONS_MS and has_duration) and field in fields()
    }


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
    id_from = ids_from(source.columns, source.id_from)
    return read_fields(
        source,
        fields_to_read(source.columns, id_from),
        id_columns=id_columns(id_from, source.columns),
        lists=True,
        separator=separator_of(source.columns),
    )


def separator_of(columns: Collection[str]) -> str | None:
    """Return what separates names of artists in a cell, where the columns say it."""
    return ";" if set(columns) >= _JOINED else None


def _ignored(source: CsvFile) -> list[str]:
    id_from = ids_from(source.columns, source.id_from)
    read = fields_to_read(source.columns, id_from)
    of_ids = id_columns(id_from, source.columns)
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
    notes=lambda source: notes_on_ids(source.columns, source.id_from),
    questions=lambda source: questions_on(source.columns),
)

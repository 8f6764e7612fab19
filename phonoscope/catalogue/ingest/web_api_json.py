"""Objects as a streaming service's web API returns them, in JSON: tracks, artists, features."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from phonoscope.catalogue.ingest.base import Chunk, Layout
from phonoscope.catalogue.ingest.json_file import JsonFile
from phonoscope.catalogue.ingest.nested import Entity, EntityReader, count_of, names_of, only_of

_DATED = {
    "release_date": "release_date",
    "release_date_precision": "release_date_precision",
    "label": "label",
}
_ALBUM: dict[str, str] = {
    "album_id": "id",
    "name": "name",
    "album_type": "album_type",
    "upc": "external_ids.upc",
    "popularity": "popularity",
    "total_tracks": "total_tracks",
    **_DATED,
}
_TRACK = Entity(
    "tracks",
    {
        "tracks": {
            "track_id": "id",
            "name": "name",
            "artist_names": lambda row: names_of(row.get("artists")),
            "album_id": "album.id",
            "album_name": "album.name",
            "disc_number": "disc_number",
            "track_number": "track_number",
            "duration_ms": "duration_ms",
            "explicit": "explicit",
            "popularity": "popularity",
            "isrc": "external_ids.isrc",
            **{name: f"album.{where}" for name, where in _DATED.items()},
            "market_count": lambda row: count_of(row.get("available_markets")),
            "only_market": lambda row: only_of(row.get("available_markets")),
        }
    },
    {
        "artists": Entity(
            "artists",
            {
                "artists": {"artist_id": "id", "name": "name"},
                "track_artists": {"track_id": "^id", "artist_id": "id"},
            },
        ),
        "album": Entity("album", {"albums": _ALBUM}),
    },
    also="available_markets",
)
_ARTIST = Entity(
    "artists",
    {
        "artists": {
            "artist_id": "id",
            "name": "name",
            "followers": "followers.total",
            "popularity": "popularity",
        }
    },
    {"genres": Entity("genres", {"artist_genres": {"artist_id": "^id", "genre": "value"}})},
)
_FEATURES = Entity(
    "audio_features",
    {
        "features": {
            "track_id": "id",
            "loudness_db": "loudness",
            "tempo_bpm": "tempo",
            "measured_ms": "duration_ms",
            **{
                name: name
                for name in (
                    *("danceability", "energy", "key", "mode", "speechiness", "acousticness"),
                    *("instrumentalness", "liveness", "valence", "time_signature"),
                )
            },
        }
    },
)
_NEEDS: Mapping[str, tuple[Entity, str]] = {
    "tracks": (_TRACK, "id name duration_ms artists.name"),
    "artists": (_ARTIST, "id name genres followers.total"),
    "audio features": (_FEATURES, "id tempo key mode danceability"),
}
"""Keys by which objects are told."""


def _entity(source: JsonFile) -> Entity | None:
    found = (e for e, needs in _NEEDS.values() if set(needs.split()) <= source.keys)
    return next(found, None)


def _recognises(source: JsonFile) -> bool:
    return _entity(source) is not None


def _read(source: JsonFile) -> Iterator[Chunk]:
    entity = _entity(source)
    assert entity is not None
    return EntityReader(entity).chunks(source)


def _ignored(source: JsonFile) -> list[str]:
    entity = _entity(source)
    return entity.unread(source) if entity else []


LAYOUT = Layout(
    name="web-api-json",
    opens=JsonFile,
    looks_for="JSON objects as a web API returns them: "
    + ", ".join(f"{name} ({', '.join(needs.split())})" for name, (_, needs) in _NEEDS.items()),
    recognises=_recognises,
    read=_read,
    ignored=_ignored,
)

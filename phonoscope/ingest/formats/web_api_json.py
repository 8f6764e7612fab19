"""JSON objects from a streaming service's web API: tracks, artists, features."""

from __future__ import annotations

from phonoscope.ingest.convert.json_entities import entities_format
from phonoscope.ingest.convert.nested import Entity, OfKey, count_of, names_of, only_of
from phonoscope.messages import gettext

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
            "artist_names": OfKey("artists", names_of),
            "album_id": "album.id",
            "album_name": "album.name",
            "disc_number": "disc_number",
            "track_number": "track_number",
            "duration_ms": "duration_ms",
            "explicit": "explicit",
            "popularity": "popularity",
            "isrc": "external_ids.isrc",
            **{name: f"album.{where}" for name, where in _DATED.items()},
            "market_count": OfKey("available_markets", count_of),
            "only_market": OfKey("available_markets", only_of),
        }
    },
    {
        "artists": Entity(
            "artists",
            {
                "artists": {"artist_id": "id", "name": "name"},
                "track_artists": {
                    "track_id": "^id",
                    "artist_id": "id",
                    "release_date": "^album.release_date",
                },
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
_SAVED = Entity("items", {}, {lambda row: [row.get("track")]: _TRACK}, also="track added_at")
"""An item of a page of saved tracks, or of a playlist; its track is null where it is gone."""
_LISTED = Entity("items", {}, {lambda row: [row.get("item")]: _TRACK}, also="item added_at")
"""The same where the track is called the item, as in playlists since 2026."""
_ALBUM_TRACK = Entity(
    "tracks",
    {
        "tracks": {
            "track_id": "id",
            "name": "name",
            "artist_names": OfKey("artists", names_of),
            "album_id": "^id",
            "album_name": "^name",
            "disc_number": "disc_number",
            "track_number": "track_number",
            "duration_ms": "duration_ms",
            "explicit": "explicit",
            "release_date": "^release_date",
            "release_date_precision": "^release_date_precision",
            "label": "^label",
        }
    },
    {
        "artists": Entity(
            "artists",
            {
                "artists": {"artist_id": "id", "name": "name"},
                "track_artists": {"track_id": "^id", "artist_id": "id"},
            },
        )
    },
)
_WHOLE_ALBUM = Entity("albums", {"albums": _ALBUM}, {"tracks.items": _ALBUM_TRACK})
_PAGES = {
    "track.id track.name track.duration_ms track.artists": _SAVED,
    "item.id item.name item.duration_ms item.artists": _LISTED,
    # Several pages in one file, as programs write them that ask for one page after another.
    "items.track.id items.track.name items.track.duration_ms": Entity(
        "pages", {}, {"items": _SAVED}
    ),
    "items.item.id items.item.name items.item.duration_ms": Entity("pages", {}, {"items": _LISTED}),
    "items.id items.name items.duration_ms items.artists": Entity("pages", {}, {"items": _TRACK}),
    "album.id album.name album.album_type added_at": Entity(
        "items", {}, {lambda row: [row.get("album")]: _WHOLE_ALBUM}, also="album added_at"
    ),
    "id name album_type release_date total_tracks": _WHOLE_ALBUM,
    "tracks.items.track": Entity("playlists", {}, {"tracks.items": _SAVED}),
    "tracks.items.id tracks.items.name tracks.items.duration_ms": Entity(
        "pages", {}, {"tracks.items": _TRACK}
    ),
}
FORMAT = entities_format(
    "web-api-json",
    gettext("JSON objects from a streaming service's web API"),
    {
        "id name duration_ms artists.name": _TRACK,
        "id name genres followers.total": _ARTIST,
        "id tempo key mode danceability": _FEATURES,
        **_PAGES,
    },
)

"""Slices of the Million Playlist Dataset: an object around the array ``playlists``."""

from __future__ import annotations

from phonoscope.ingest.convert.json_entities import entities_format
from phonoscope.ingest.convert.nested import Entity
from phonoscope.messages import gettext

_PLACE = Entity(
    "tracks",
    {
        "playlist_tracks": {"playlist_id": "^pid", "position": "pos", "track_id": "track_uri"},
        "tracks": {
            "track_id": "track_uri",
            "name": "track_name",
            "artist_names": "artist_name",
            "album_id": "album_uri",
            "album_name": "album_name",
            "duration_ms": "duration_ms",
        },
        "track_artists": {"track_id": "track_uri", "artist_id": "artist_uri"},
        "artists": {"artist_id": "artist_uri", "name": "artist_name"},
    },
)
_PLAYLIST = Entity(
    "playlists",
    {
        "playlists": {
            "playlist_id": "pid",
            "name": "name",
            "followers": "num_followers",
            "total_tracks": "num_tracks",
            "modified_utc": "modified_at",
        }
    },
    {"tracks": _PLACE},
)
FORMAT = entities_format(
    "million-playlists",
    gettext("a slice of the Million Playlist Dataset"),
    {"pid name num_followers tracks.track_uri tracks.artist_uri": _PLAYLIST},
)

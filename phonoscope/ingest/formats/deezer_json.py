"""Tracks as Deezer's API returns them: durations in seconds, a rank, no popularity."""

from __future__ import annotations

from typing import Any

from phonoscope.ingest.convert.json_entities import entities_format
from phonoscope.ingest.convert.nested import Entity, Object, OfKey, count_of, names_of, only_of
from phonoscope.messages import gettext


def _artists(row: Object) -> Any:
    """Return the artists of a track: all of them if it lists them, or else the first."""
    return row.get("contributors") or row.get("artist")


def _names(row: Object) -> str | None:
    artists = _artists(row)
    return names_of([artists] if isinstance(artists, dict) else artists)


_TRACK = Entity(
    "tracks",
    {
        "tracks": {
            "track_id": "id",
            "name": "title",
            "artist_names": _names,
            "album_id": "album.id",
            "album_name": "album.title",
            "disc_number": "disk_number",
            "track_number": "track_position",
            "duration_ms": "duration",
            "explicit": "explicit_lyrics",
            "service_rank": "rank",
            "isrc": "isrc",
            "release_date": "release_date",
            "market_count": OfKey("available_countries", count_of),
            "only_market": OfKey("available_countries", only_of),
        }
    },
    {
        _artists: Entity(
            "artists",
            {
                "artists": {"artist_id": "id", "name": "name"},
                "track_artists": {
                    "track_id": "^id",
                    "artist_id": "id",
                    "release_date": "^release_date",
                },
            },
        ),
        "album": Entity(
            "album",
            {"albums": {"album_id": "id", "name": "title", "release_date": "release_date"}},
        ),
    },
    in_seconds=True,
    also="artist contributors available_countries",
)
FORMAT = entities_format(
    "deezer-json",
    gettext("JSON objects from Deezer's API"),
    {"id title duration rank artist.name": _TRACK},
)

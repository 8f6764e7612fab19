"""MusicBrainz's JSON dumps: one recording, release or artist a line.

A recording with several ISRCs keeps the first. The tracks of a release have ids of their own, so a
dump of releases lists a recording once for each release.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from phonoscope.ingest.convert.json_entities import entities_format
from phonoscope.ingest.convert.nested import Entity, Object, names_of
from phonoscope.messages import gettext


def _credit(credits: Any) -> str | None:
    """Return the credit as printed: names, and the words between them."""
    if credits is None:
        return None
    parts = [part.get(key) or "" for part in credits for key in ("name", "joinphrase")]
    return "".join(parts) or None


def _first(items: Any) -> Any:
    if not (items is None or isinstance(items, list)):
        raise TypeError("not a list")
    return items[0] if items else None


def _labels(row: Object) -> str | None:
    found = [info.get("label") for info in row.get("label-info") or ()]
    return names_of([label for label in found if label is not None])


def _total(row: Object) -> int | None:
    media = row.get("media")
    return None if media is None else sum(medium.get("track-count") or 0 for medium in media)


def _tracks(row: Object) -> list[Object]:
    """Return the tracks of a release, each with the disc it is on."""
    return [
        {"disc": medium.get("position"), "track": track}
        for medium in row.get("media") or ()
        for track in medium.get("tracks") or ()
    ]


def _of(key: str, within: str, then: Callable[[Any], Any]) -> Callable[[Object], Any]:
    return lambda row: then((row.get(within) or {}).get(key))


_CREDITED = {"artist_id": "artist.id", "name": "artist.name"}
_RECORDING = Entity(
    "recordings",
    {
        "tracks": {
            "track_id": "id",
            "name": "title",
            "artist_names": lambda row: _credit(row.get("artist-credit")),
            "duration_ms": "length",
            "isrc": lambda row: _first(row.get("isrcs")),
            "release_date": "first-release-date",
        }
    },
    {
        "artist-credit": Entity(
            "artist-credit",
            {
                "artists": _CREDITED,
                "track_artists": {
                    "track_id": "^id",
                    "artist_id": "artist.id",
                    "release_date": "^first-release-date",
                },
            },
        )
    },
    also="isrcs",
)
_RELEASE = Entity(
    "releases",
    {
        "albums": {
            "album_id": "id",
            "name": "title",
            "album_type": "release-group.primary-type",
            "release_date": "date",
            "label": _labels,
            "upc": "barcode",
            "total_tracks": _total,
        }
    },
    {
        _tracks: Entity(
            "tracks",
            {
                "tracks": {
                    "track_id": "track.id",
                    "name": "track.title",
                    "artist_names": _of("artist-credit", "track", _credit),
                    "album_id": "^id",
                    "album_name": "^title",
                    "disc_number": "disc",
                    "track_number": "track.position",
                    "duration_ms": "track.length",
                    "isrc": lambda row: _first((row["track"].get("recording") or {}).get("isrcs")),
                    "release_date": "^date",
                }
            },
        )
    },
    also="label-info media",
)
_ARTIST = Entity(
    "artists",
    {"artists": {"artist_id": "id", "name": "name"}},
    {"genres": Entity("genres", {"artist_genres": {"artist_id": "^id", "genre": "name"}})},
)
FORMAT = entities_format(
    "musicbrainz-json",
    gettext("a JSON dump of MusicBrainz"),
    {
        "id title length isrcs artist-credit": _RECORDING,
        "id title media label-info": _RELEASE,
        "id name sort-name life-span": _ARTIST,
    },
)

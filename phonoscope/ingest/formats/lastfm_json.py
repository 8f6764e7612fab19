"""Scrobbles as last.fm's API returns them: pages of ``recenttracks``, or their tracks.

They don't name the account. A track that plays now has no time and is rejected.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from phonoscope.ingest.base import Chunk
from phonoscope.ingest.formats.play_objects import Fields, chunks_of_objects
from phonoscope.ingest.job import Format, Job
from phonoscope.ingest.pseudonyms import KEY_IS_GONE
from phonoscope.ingest.readers.json_file import JsonFile
from phonoscope.messages import gettext

_TRACK = {"name", "artist.#text", "date.uts"}
_PAGES = (
    ({"recenttracks.track.name", "recenttracks.track.artist"}, ("recenttracks", "track")),
    ({"track.name", "track.artist", "@attr"}, ("track",)),
)
"""Keys of a page, and where its tracks are. The first of them, which can play now, has no time."""


def _text(value: Any) -> Any:
    """Return a text, which the API puts into an object for attributes."""
    return value.get("#text") or value.get("name") if isinstance(value, dict) else value


def _play(row: Mapping[str, Any]) -> Fields:
    date = row.get("date")
    return {
        "listened_utc": (date.get("uts") or date.get("#text")) if isinstance(date, dict) else date,
        "track_id": row.get("mbid") or None,
        "name": row.get("name"),
        "artist_names": _text(row.get("artist")),
        "album_name": _text(row.get("album")),
    }


def _page(source: JsonFile) -> tuple[str, ...]:
    """Return where the tracks of a page are; nowhere when each record is a track."""
    return next((path for keys, path in _PAGES if keys <= source.keys), ())


def _recognises(source: JsonFile) -> bool:
    return bool(_page(source)) or source.keys >= _TRACK


def _read(job: Job[JsonFile]) -> Iterator[Chunk]:
    path = _page(job.source)

    def plays_in(record: Mapping[str, Any]) -> list[Any]:
        found: Any = record
        for key in path:
            found = found[key]
        return found if isinstance(found, list) else [found]

    fields = ("listened_utc", "track_id", "name", "artist_names", "album_name")
    return chunks_of_objects(job, fields, _play, plays_in if path else None)


FORMAT = Format(
    name="lastfm-json",
    opens=JsonFile,
    looks_for=gettext("scrobbles from last.fm's API as JSON"),
    recognises=_recognises,
    read=_read,
    ignored=lambda source: (),
    not_resumable_reason=KEY_IS_GONE,
)

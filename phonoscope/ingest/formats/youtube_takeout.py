"""The history of YouTube Music, as Google Takeout exports it: ``watch-history.json``.

The file has all that was watched on YouTube. Only entries of YouTube Music are plays of tracks; the
others are rejected as videos. There is no account and no length in it. The id of a track is that of
its video, and the artist is the name of the channel.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from phonoscope.ingest.formats.play_objects import Fields, chunks_of_objects
from phonoscope.ingest.job import Format
from phonoscope.ingest.pseudonyms import KEY_IS_GONE
from phonoscope.ingest.readers.json_file import JsonFile
from phonoscope.messages import gettext

_NEEDED = {"header", "title", "time"}
_MUSIC = "YouTube Music"
_VIDEO_ID = re.compile(r"[?&]v=([0-9A-Za-z_-]{6,20})(?:[&#]|$)|youtu\.be/([0-9A-Za-z_-]{6,20})")
_WATCHED = re.compile(r"^(?:Watched|Listened to) ")
_CHANNEL = re.compile(r" - (?:Topic|Thema)$")
"""What YouTube adds to the name of an artist whose channel it made."""


def _play(row: Mapping[str, Any]) -> Fields:
    title, address = row.get("title"), row.get("titleUrl")
    channels = row.get("subtitles") or [{}]
    found = _VIDEO_ID.search(address) if isinstance(address, str) else None
    artist = channels[0].get("name")
    return {
        "listened_utc": row.get("time"),
        "track_id": (found[1] or found[2]) if found else None,
        "name": _WATCHED.sub("", title) if isinstance(title, str) else title,
        # Without an id an entry says neither what was played nor by whom.
        "artist_names": _CHANNEL.sub("", artist) if isinstance(artist, str) and found else None,
        "medium": None if row.get("header") == _MUSIC else "VIDEO",
    }


FORMAT = Format(
    name="youtube-takeout",
    opens=JsonFile,
    looks_for=gettext("a watch history of Google Takeout as JSON"),
    recognises=lambda source: (
        source.keys >= _NEEDED and bool(source.keys & {"titleUrl", "products", "activityControls"})
    ),
    read=lambda job: chunks_of_objects(
        job, ("listened_utc", "track_id", "name", "artist_names", "medium"), _play
    ),
    ignored=lambda source: (),
    not_resumable_reason=KEY_IS_GONE,
)

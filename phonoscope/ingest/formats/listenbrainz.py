"""Listens as ListenBrainz exports and dumps them: who played what, and when.

Only a hash of the user is stored, see :mod:`.pseudonyms`: it shows which listens are of the same
person, but not who that is without the key.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from phonoscope.ingest.convert.json_entities import entities_format
from phonoscope.ingest.convert.nested import Entity, Object
from phonoscope.ingest.pseudonyms import KEY_IS_GONE
from phonoscope.messages import gettext


def _user(row: Object) -> str | None:
    """Return who listened; ``None`` when the listen doesn't say."""
    name = row.get("user_id") if row.get("user_id") is not None else row.get("user_name")
    if isinstance(name, list | dict):
        raise TypeError("not a name")
    if name is None or name == "":
        return None
    return str(name)


def _track(row: Object) -> Any:
    """Return the id of the recording: MusicBrainz's where it is known, or ListenBrainz's."""
    about = row.get("track_metadata") or {}
    more = about.get("additional_info") or {}
    mapped = about.get("mbid_mapping") or {}
    return (
        mapped.get("recording_mbid")
        or more.get("recording_mbid")
        or row.get("recording_msid")
        or more.get("recording_msid")
    )


def _when(row: Object) -> Any:
    return row.get("listened_at", row.get("timestamp"))


_ABOUT = "track_metadata"
_LISTEN = Entity(
    "listens",
    {
        "listens": {"track_id": _track, "listened_utc": _when, "user_hash": _user},
        "tracks": {
            "track_id": _track,
            "name": f"{_ABOUT}.track_name",
            "artist_names": f"{_ABOUT}.artist_name",
            "album_name": f"{_ABOUT}.release_name",
            "duration_ms": f"{_ABOUT}.additional_info.duration_ms",
            "isrc": f"{_ABOUT}.additional_info.isrc",
        },
    },
    accounts="user_hash",
    also="user_id user_name listened_at timestamp recording_msid",
    hides="user_id user_name",
)
_FORMAT = entities_format(
    "listenbrainz",
    gettext("listens of ListenBrainz as JSON"),
    {
        "listened_at track_metadata.track_name track_metadata.artist_name": _LISTEN,
        "timestamp track_metadata.track_name track_metadata.artist_name": _LISTEN,
    },
)
FORMAT = replace(_FORMAT, not_resumable_reason=KEY_IS_GONE)

"""Listens as ListenBrainz exports and dumps them: who played what, and when.

A user's own export (``YEAR/MONTH.jsonl``) doesn't name the user, so all its listens are of one
account. Pages of the API are read too.

Only a hash of the user is stored, see :mod:`.pseudonyms`: it shows which listens are of the same
person, but not who that is without the key.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from phonoscope.ingest.base import Chunk
from phonoscope.ingest.convert.json_entities import entities_format
from phonoscope.ingest.convert.nested import Entity, Object
from phonoscope.ingest.job import Job
from phonoscope.ingest.pseudonyms import KEY_IS_GONE
from phonoscope.ingest.readers.json_file import JsonFile
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
    """Return the id of the recording: MusicBrainz's, or ListenBrainz's, or artist and title."""
    about = row.get("track_metadata") or {}
    more = about.get("additional_info") or {}
    mapped = about.get("mbid_mapping") or {}
    return (
        mapped.get("recording_mbid")
        or more.get("recording_mbid")
        or row.get("recording_mbid")
        or row.get("recording_msid")
        or about.get("recording_msid")
        or more.get("recording_msid")
        or _named(about)
    )


def _named(about: Object) -> str | None:
    artist, name = about.get("artist_name"), about.get("track_name")
    return f"{artist} - {name}" if isinstance(artist, str) and isinstance(name, str) else None


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
    also="user_id user_name listened_at timestamp recording_msid recording_mbid inserted_at",
    hides="user_id user_name",
)
_PAGE = Entity("pages", {}, {"payload.listens": _LISTEN})
_KNOWN = {
    "listened_at track_metadata.track_name track_metadata.artist_name": _LISTEN,
    "timestamp track_metadata.track_name track_metadata.artist_name": _LISTEN,
    "payload.listens.listened_at payload.listens.track_metadata": _PAGE,
}
_FORMAT = entities_format("listenbrainz", gettext("listens of ListenBrainz as JSON"), _KNOWN)


def _read(job: Job[JsonFile]) -> Iterator[Chunk]:
    named = {"user_id", "user_name", "payload.listens.user_name"} & job.source.keys
    account = "" if named else job.origin
    return _FORMAT.read(replace(job, pseudonyms=job.pseudonyms.with_default(account)))


FORMAT = replace(_FORMAT, read=_read, not_resumable_reason=KEY_IS_GONE)

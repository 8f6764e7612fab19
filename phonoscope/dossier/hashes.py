"""The files of a recording as they are now: whether they still exist, and are unchanged."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from phonoscope.catalogue.locations import Locations
from phonoscope.catalogue.music_folders import MusicFolders
from phonoscope.errors import UnreadableError
from phonoscope.files import RECORDING_ID_BYTES
from phonoscope.view.queries import Row

MOST_HASHED = 20
"""Number of files with the same bytes that are read again for their hashes."""
_CHUNK = 1 << 20


@dataclass(frozen=True)
class Held:
    """One file with the recording, as of the scan."""

    file: str
    """Its name, safe to show."""
    size_bytes: int | None
    """Size at the time of the scan."""
    changed_utc: str | None
    """Last change before the scan; ``None`` if the store has no times."""
    sha256: str | None
    """SHA-256 of the file now, if it is unchanged since the scan."""
    state: str
    """``unchanged``, ``changed``, ``unreachable`` or ``not-read``."""
    why: str = ""
    """Why it can't be read; empty if it can."""

    def to_json(self) -> dict[str, Any]:
        """Return the documented shape."""
        return dict(vars(self))


def held(
    files: tuple[Row, ...], recording_id: str, locations: Locations, folders: MusicFolders
) -> tuple[Held, ...]:
    """Return the files of a recording; the first :data:`MOST_HASHED` are read again."""
    return tuple(
        _held(row, recording_id, locations, folders, is_read=number < MOST_HASHED)
        for number, row in enumerate(files)
    )


def _held(
    row: Row, recording_id: str, locations: Locations, folders: MusicFolders, *, is_read: bool
) -> Held:
    sha256, why, state = None, "", "not-read"
    if is_read:
        try:
            found, digest = _hashes(row["uri"], folders)
        except (UnreadableError, OSError) as error:
            said = error.message if isinstance(error, UnreadableError) else str(error)
            cleared = locations.cleared(said, row["uri"])
            # A message that names no file can still be translated.
            state, why = "unreachable", said if cleared == said else cleared
        else:
            state = "unchanged" if found == recording_id else "changed"
            sha256 = digest if found == recording_id else None
    name, changed = locations.name(row["uri"]), _utc(row["mtime_ns"])
    return Held(name, row["size_bytes"], changed, sha256, state, why)


def _hashes(uri: str, folders: MusicFolders) -> tuple[str, str]:
    """Return BLAKE2b-128 and SHA-256 of a file, read once."""
    ours, theirs = hashlib.blake2b(digest_size=RECORDING_ID_BYTES), hashlib.sha256()
    with folders.open(uri) as file:
        while chunk := file.read(_CHUNK):
            ours.update(chunk)
            theirs.update(chunk)
    return ours.hexdigest(), theirs.hexdigest()


def _utc(mtime_ns: int | None) -> str | None:
    if not mtime_ns:
        return None
    try:
        made = datetime.fromtimestamp(mtime_ns // 1_000_000_000, UTC)
    except (OverflowError, OSError, ValueError):
        return None
    return f"{made:%Y-%m-%d %H:%M:%S} UTC"

"""Which files of a catalogue may be opened: those in folders that this user scanned into it.

A catalogue may come from anyone, and its rows can name any file of this machine, or an address
elsewhere. So a row alone never opens anything. A file is opened when it lies in a folder that a
scan of the catalogue has listed *and* that this user has scanned into this catalogue, which is
noted outside the catalogue, or in a folder that the user names now.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO

import platformdirs

from phonoscope.atomic import write_whole
from phonoscope.catalogue.reader import CatalogueReader
from phonoscope.errors import ErrorKind, UnreadableError
from phonoscope.files import local_path, open_source, uri_of
from phonoscope.messages import gettext

_log = logging.getLogger(__name__)

FILE = "music-folders.json"
MOST_BYTES = 4 << 20
"""A longer file isn't one of ours."""
MOST_ROOTS = 1_000
"""Folders that are noted of a catalogue, or of a list of files."""
_NEVER = ("/proc", "/sys", "/dev")
"""Folders whose files aren't what they seem, whatever was scanned."""

_OUTSIDE = gettext(
    "The file isn't in a folder that you have scanned into this catalogue. To open it, scan the "
    "folder, or start the server with --music FOLDER."
)


class MusicFolders:
    """Folders, and single files, that may be read.

    Parameters
    ----------
    roots
        Paths on this machine.

    Examples
    --------
    >>> MusicFolders([]).find("/etc/hostname")
    Traceback (most recent call last):
        ...
    phonoscope.errors.UnreadableError: The file isn't in a folder that you have scanned ...
    """

    def __init__(self, roots: Iterable[str | os.PathLike[str]]) -> None:
        self._roots = tuple({Path(os.path.realpath(root)) for root in roots})

    def find(self, uri: str | None) -> str:
        """Return the real path of a file that may be read, without symbolic links.

        Raises
        ------
        UnreadableError
            ``not-permitted``, when it is elsewhere or on another machine.
        """
        path = local_path(uri) if uri else None
        try:
            real = None if path is None else Path(os.path.realpath(path))
        except (OSError, ValueError):
            real = None
        if real is None or not self._holds(real):
            raise UnreadableError(ErrorKind.NOT_PERMITTED, _OUTSIDE)
        return os.fspath(real)

    def open(self, uri: str | None) -> BinaryIO:
        """Open a file that may be read; it has to be a regular one.

        Raises
        ------
        UnreadableError
            As :meth:`find` and :func:`phonoscope.files.open_source`.
        """
        real = self.find(uri)
        file = open_source(uri_of(real))
        try:
            # A folder may have become a link to elsewhere between the two.
            if self.find(uri) != real or not os.path.samestat(
                os.fstat(file.fileno()), os.stat(real)
            ):
                raise UnreadableError(ErrorKind.NOT_PERMITTED, _OUTSIDE)
        except OSError as error:
            file.close()
            raise UnreadableError(ErrorKind.NOT_PERMITTED, _OUTSIDE) from error
        except BaseException:
            file.close()
            raise
        return file

    def _holds(self, real: Path) -> bool:
        if any(real.is_relative_to(never) for never in _NEVER):
            return False
        return any(real.is_relative_to(root) for root in self._roots)


def music_folders(
    catalogue: CatalogueReader, named: Iterable[str | os.PathLike[str]] = ()
) -> MusicFolders:
    """Return the folders of a catalogue whose files may be read.

    Parameters
    ----------
    catalogue
        An opened catalogue.
    named
        Folders that the user names now.
    """
    notes = _noted()
    noted = set(notes.get(_name(catalogue.path), ()))
    listed: set[str] = set()
    if noted:
        rows = catalogue.table("scans").select("sources").to_pyarrow()["sources"].to_pylist()
        listed = {source for sources in rows for source in sources or () if source}
    scanned = noted & listed
    within = (folder for source in scanned for folder in notes.get(source, ()))
    paths = [local_path(source) for source in (*scanned, *within)]
    return MusicFolders([*(path for path in paths if path is not None), *named])


def note_scanned(
    catalogue: str | os.PathLike[str], sources: Iterable[str | os.PathLike[str]]
) -> None:
    """Note that this user scans these folders and files into a catalogue."""
    uris = [uri_of(source) for source in sources]
    _note(
        _name(catalogue),
        [uri for uri in uris if (path := local_path(uri)) is not None and path.exists()],
    )


def note_listed(
    catalogue: CatalogueReader, lists: Iterable[str | os.PathLike[str]], after: str
) -> None:
    """Note the folders of recordings that this user has scanned by lists of files.

    Parameters
    ----------
    catalogue
        The catalogue that they were scanned into.
    lists
        Manifests, playlists and cue sheets.
    after
        Name of the newest batch before the scan: what came after it is the scan's.
    """
    files = catalogue.table("files")
    new = files.filter(files.batch > after, files.recording_id.notnull())
    paths = map(local_path, new.select("uri").to_pyarrow()["uri"].to_pylist())
    folders = sorted({uri_of(path.parent) for path in paths if path is not None})
    for name in lists:
        _note(uri_of(name), folders)


def _note(name: str, uris: Iterable[str]) -> None:
    known = _noted()
    mine = known.get(name, [])
    added = [uri for uri in uris if uri not in mine]
    if not added:
        return
    known[name] = [*mine, *added][-MOST_ROOTS:]
    try:
        path = _path()
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_whole(path, json.dumps(known, indent=1).encode())
    except OSError as error:
        # The scan matters more; 'serve --music' names the folders.
        _log.warning("%s can't be written: %s", FILE, error.strerror)


def _path() -> Path:
    return Path(platformdirs.user_state_dir("phonoscope")) / FILE


def _name(catalogue: str | os.PathLike[str]) -> str:
    """Return a catalogue's name in the notes: its real path, or its address."""
    uri = uri_of(catalogue)
    path = local_path(uri)
    return uri if path is None else uri_of(os.path.realpath(path))


def _noted() -> dict[str, list[str]]:
    try:
        with _path().open("rb") as file:
            content = file.read(MOST_BYTES + 1)
        found = json.loads(content) if len(content) <= MOST_BYTES else {}
    except (OSError, ValueError, RecursionError):
        return {}
    if not isinstance(found, dict):
        return {}
    return {
        name: [uri for uri in uris if isinstance(uri, str)]
        for name, uris in found.items()
        if isinstance(uris, list)
    }

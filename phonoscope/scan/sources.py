"""List the sources of a scan: folders, files, manifests and object stores.

In a folder, files with an audio or video extension are listed, except what other programs keep
next to them: macOS' side files and copies that a label was being written to. Anything that isn't a
regular file (a named pipe, a broken link) becomes a row with an error. Files that are named
explicitly, or in a manifest, are always listed.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

from phonoscope.disclosure.copy_beside import is_copy_beside
from phonoscope.disclosure.sidecar import SUFFIX as SIDECAR
from phonoscope.errors import ErrorKind, UnreadableError, UsageError
from phonoscope.escape import printable
from phonoscope.files import (
    local_path,
    remote_mtime_ns,
    shown,
    stat_source,
    uri_of,
)
from phonoscope.messages import gettext
from phonoscope.scan.manifests import MANIFESTS, entries_of, is_playlist

_EXTENSIONS = """
3g2 3gp aa3 aac ac3 adts aif aifc aiff alac amr ape asf au avi awb caf dff divx dsf dts dtshd
ec3 eac3 f4a f4v flac flv iff m2ts m4a m4b m4p m4r m4v mka mkv mlp mov mp1 mp2 mp3 mp4 mpa mpc
mpe mpeg mpg mpga mts nut oga ogg ogm ogv ogx oma opus qt ra rf64 rm rmvb shn snd spx tak thd
truehd ts tta voc vob w64 wav wave weba webm wma wmv wv xwma
"""
EXTENSIONS = frozenset(_EXTENSIONS.split())
"""Extensions of audio and video files, in lower case; in a folder, only these are listed."""


class SourceFile(NamedTuple):
    """One file, as it was listed."""

    uri: str
    size_bytes: int | None
    mtime_ns: int | None
    error_kind: ErrorKind | None = None
    """Why it can't be read, where listing it already showed that."""
    error: str | None = None


def list_sources(sources: Sequence[str | os.PathLike[str]]) -> Iterator[SourceFile]:
    """Return an iterator over every file of some sources; a file may occur more than once.

    Parameters
    ----------
    sources
        Folders, files, manifests (``.csv``, ``.parquet``, ``.txt``) and fsspec URIs.

    Raises
    ------
    UsageError
        At once, when there is no source (``no-source``), or one doesn't exist or can't be
        reached (``unreachable-source``).
    """
    if not sources:
        message = gettext("Give at least one folder, file, manifest or URI to scan.")
        raise UsageError(message, code="no-source")
    listings = [_listing_of(uri_of(source)) for source in sources]
    visited: set[tuple[int, int]] = set()
    return (found for listing in listings for found in listing(visited))


_Listing = Callable[[set[tuple[int, int]]], Iterator[SourceFile]]


def _listing_of(uri: str) -> _Listing:
    """Return how to list a source; checks only whether it exists."""
    path = local_path(uri)
    if path is None:
        return _remote_listing_of(uri)
    try:
        status = os.stat(path)
    except OSError as error:
        raise _unreachable(uri, os.strerror(error.errno) if error.errno else str(error)) from error
    if stat.S_ISDIR(status.st_mode):
        return lambda visited: _walk(str(path), visited)
    if stat.S_ISREG(status.st_mode) and path.suffix.lower() in MANIFESTS:
        return lambda _: _from_manifest(uri)
    if path.name.endswith(SIDECAR):
        # 'song.*' on a command line names it too. It is read together with its audio file.
        return lambda _: iter(())
    return lambda _: iter((_stated(uri),))


def _remote_listing_of(uri: str) -> _Listing:
    import fsspec

    try:
        store, path = fsspec.core.url_to_fs(uri)
        exists, is_folder = store.exists(path), store.isdir(path)
    except (ImportError, ValueError, OSError) as error:
        raise _unreachable(uri, str(error)) from error
    if not exists:
        raise _unreachable(uri, os.strerror(errno.ENOENT))
    if is_folder:
        return lambda _: _walk_remote(store, path)
    if os.path.splitext(uri)[1].lower() in MANIFESTS:
        return lambda _: _from_manifest(uri)
    return lambda _: iter((_stated(uri),))


def _unreachable(uri: str, reason: str) -> UsageError:
    message = gettext("Can't scan {source}: {reason}.", source=shown(uri), reason=printable(reason))
    return UsageError(message, code="unreachable-source")


def _stated(uri: str) -> SourceFile:
    try:
        return SourceFile(uri, *stat_source(uri))
    except UnreadableError as error:
        return SourceFile(uri, None, None, error.kind, error.message)


def _from_manifest(uri: str) -> Iterator[SourceFile]:
    # Threads, because a store answers thousands of requests at once, but each one slowly.
    with ThreadPoolExecutor(32) as threads:
        stated = _local_only if is_playlist(uri) else _stated
        for entries in entries_of(uri):
            yield from threads.map(stated, entries)


def _local_only(uri: str) -> SourceFile:
    """State a file that another program listed: nobody has asked to open addresses."""
    if local_path(uri) is None:
        message = gettext("Addresses in playlists aren't opened. Name it yourself to analyse it.")
        return SourceFile(uri, None, None, ErrorKind.NOT_A_FILE, message)
    return _stated(uri)


_SIDE_FOLDERS = frozenset({".AppleDouble", "__MACOSX"})
"""Folders in which macOS, and archives made there, keep what other file systems can't."""


def _is_side_file(name: str) -> bool:
    """Whether a file belongs to another one and isn't music itself, whatever its extension."""
    return name.startswith("._") or is_copy_beside(name)


def _has_known_extension(name: str) -> bool:
    if _is_side_file(name):
        return False
    return name.rpartition(".")[2].lower() in EXTENSIONS and "." in name


def _walk(root: str, visited: set[tuple[int, int]]) -> Iterator[SourceFile]:
    """Yield the files below a folder; each folder is entered once, so loops of links end."""
    waiting = [root]
    while waiting:
        folder = waiting.pop()
        try:
            status = os.stat(folder)
            if (status.st_dev, status.st_ino) in visited:
                continue
            visited.add((status.st_dev, status.st_ino))
            with os.scandir(folder) as found:
                entries = sorted(found, key=lambda entry: entry.name)
        except OSError as error:
            yield _unlisted(folder, error)
            continue
        folders = []
        for entry in entries:
            if _is_folder(entry):
                if entry.name not in _SIDE_FOLDERS:
                    folders.append(entry.path)
            elif (file := _file_of(entry)) is not None:
                yield file
        waiting += reversed(folders)


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        # A link to itself: opening it gives the error.
        return False


def _file_of(entry: os.DirEntry[str]) -> SourceFile | None:
    """Return the row of a folder's entry, or ``None`` when it isn't listed."""
    if _is_side_file(entry.name):
        return None
    known = _has_known_extension(entry.name)
    try:
        if entry.is_file():
            if not known:
                return None
            status = entry.stat()
            return SourceFile(uri_of(entry.path), status.st_size, status.st_mtime_ns)
    except OSError:
        pass  # Opening it below gives the error.
    if entry.is_symlink() and not known:
        return None
    return _stated(uri_of(entry.path))


def _unlisted(folder: str, error: OSError) -> SourceFile:
    kind = ErrorKind.NOT_PERMITTED if isinstance(error, PermissionError) else ErrorKind.IO
    reason = os.strerror(error.errno) if error.errno else str(error)
    message = gettext("The folder can't be listed: {reason}.", reason=printable(reason))
    return SourceFile(uri_of(folder), None, None, kind, message)


def _walk_remote(store: Any, root: str) -> Iterator[SourceFile]:
    for _, folders, files in store.walk(root, detail=True):
        for name in _SIDE_FOLDERS & {*folders}:
            del folders[name]
        for name, info in sorted(files.items()):
            if _has_known_extension(name):
                size = info.get("size")
                yield SourceFile(
                    store.unstrip_protocol(info["name"]),
                    -1 if size is None else int(size),
                    remote_mtime_ns(info),
                )

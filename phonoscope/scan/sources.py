"""List what a scan is pointed at: folders, files, manifests and stores.

In a folder, files with the extension of an audio or video container count, and everything
that is no regular file (a FIFO, a broken link) becomes a row with an error. What is named
explicitly, or in a manifest, always counts.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

from phonoscope.disclosure.sidecar import SUFFIX as SIDECAR
from phonoscope.errors import ErrorKind, UnreadableError, UsageError
from phonoscope.files import (
    local_path,
    remote_mtime_ns,
    shown,
    stat_source,
    uri_of,
)
from phonoscope.scan.manifests import MANIFESTS, entries_of

_EXTENSIONS = """
3g2 3gp aa3 aac ac3 adts aif aifc aiff alac amr ape asf au avi awb caf dff divx dsf dts dtshd
ec3 eac3 f4a f4v flac flv iff m2ts m4a m4b m4p m4r m4v mka mkv mlp mov mp1 mp2 mp3 mp4 mpa mpc
mpe mpeg mpg mpga mts nut oga ogg ogm ogv ogx oma opus qt ra rf64 rm rmvb shn snd spx tak thd
truehd ts tta voc vob w64 wav wave weba webm wma wmv wv xwma
"""
EXTENSIONS = frozenset(_EXTENSIONS.split())
"""Extensions of audio and video files, in lower case; in a folder only these are looked at."""


class SourceFile(NamedTuple):
    """One file, as it was listed."""

    uri: str
    size_bytes: int | None
    mtime_ns: int | None
    error_kind: ErrorKind | None = None
    """Why it cannot be read, when listing it showed that already."""
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
        At once, when there are none or one does not exist.
    """
    if not sources:
        raise UsageError("name at least one folder, file, manifest or URI to examine")
    listings = [_listing_of(uri_of(source)) for source in sources]
    visited: set[tuple[int, int]] = set()
    return (found for listing in listings for found in listing(visited))


_Listing = Callable[[set[tuple[int, int]]], Iterator[SourceFile]]


def _listing_of(uri: str) -> _Listing:
    """Choose how a source is listed; looks whether it exists, and no further."""
    path = local_path(uri)
    if path is None:
        return _remote_listing_of(uri)
    try:
        status = os.stat(path)
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else str(error)
        raise UsageError(f"{shown(uri)} cannot be scanned: {reason}") from error
    if stat.S_ISDIR(status.st_mode):
        return lambda visited: _walk(str(path), visited)
    if stat.S_ISREG(status.st_mode) and path.suffix.lower() in MANIFESTS:
        return lambda _: _from_manifest(uri)
    if path.name.endswith(SIDECAR):
        # 'song.*' on a command line names it too; it is read with the file beside it.
        return lambda _: iter(())
    return lambda _: iter((_stated(uri),))


def _remote_listing_of(uri: str) -> _Listing:
    import fsspec

    try:
        store, path = fsspec.core.url_to_fs(uri)
        exists, is_folder = store.exists(path), store.isdir(path)
    except (ImportError, ValueError, OSError) as error:
        raise UsageError(f"{shown(uri)} cannot be reached: {error}") from error
    if not exists:
        raise UsageError(f"{shown(uri)} cannot be scanned: there is nothing")
    if is_folder:
        return lambda _: _walk_remote(store, path)
    if os.path.splitext(uri)[1].lower() in MANIFESTS:
        return lambda _: _from_manifest(uri)
    return lambda _: iter((_stated(uri),))


def _stated(uri: str) -> SourceFile:
    try:
        return SourceFile(uri, *stat_source(uri))
    except UnreadableError as error:
        return SourceFile(uri, None, None, error.kind, str(error))


def _from_manifest(uri: str) -> Iterator[SourceFile]:
    # Threads, because a store answers thousands of questions at once but each one slowly.
    with ThreadPoolExecutor(32) as threads:
        for entries in entries_of(uri):
            yield from threads.map(_stated, entries)


def _has_known_extension(name: str) -> bool:
    return name.rpartition(".")[2].lower() in EXTENSIONS and "." in name


def _walk(root: str, visited: set[tuple[int, int]]) -> Iterator[SourceFile]:
    """Yield the files below a folder; each real folder is entered once, so no loop is endless."""
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
                folders.append(entry.path)
            elif (file := _file_of(entry)) is not None:
                yield file
        waiting += reversed(folders)


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        # A link that leads to itself: whoever opens it says so.
        return False


def _file_of(entry: os.DirEntry[str]) -> SourceFile | None:
    """Return the row of a folder's entry, or ``None`` when it is none of our business."""
    known = _has_known_extension(entry.name)
    try:
        if entry.is_file():
            if not known:
                return None
            status = entry.stat()
            return SourceFile(uri_of(entry.path), status.st_size, status.st_mtime_ns)
    except OSError:
        pass  # Whatever is wrong with it, the next line says in words.
    if entry.is_symlink() and not known:
        return None
    return _stated(uri_of(entry.path))


def _unlisted(folder: str, error: OSError) -> SourceFile:
    kind = ErrorKind.NOT_PERMITTED if isinstance(error, PermissionError) else ErrorKind.IO
    reason = os.strerror(error.errno) if error.errno else str(error)
    return SourceFile(uri_of(folder), None, None, kind, f"the folder cannot be listed: {reason}")


def _walk_remote(store: Any, root: str) -> Iterator[SourceFile]:
    for _, _, files in store.walk(root, detail=True):
        for name, info in sorted(files.items()):
            if _has_known_extension(name):
                size = info.get("size")
                yield SourceFile(
                    store.unstrip_protocol(info["name"]),
                    -1 if size is None else int(size),
                    remote_mtime_ns(info),
                )

"""Sources: where a recording's bytes are, under names that can be stored.

The name of a source is a URI that is always valid UTF-8:

- an absolute local path, where that is valid UTF-8;
- ``file://`` with percent-encoded bytes, where it isn't;
- any other ``scheme://`` is read through fsspec.
"""

from __future__ import annotations

import hashlib
import io
import os
import re
import stat
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple, cast
from urllib.parse import quote_from_bytes, unquote, unquote_to_bytes

from phonoscope.errors import ErrorKind, UnreadableError
from phonoscope.escape import printable
from phonoscope.messages import gettext

RECORDING_ID_BYTES = 16
_HASH_CHUNK = 1 << 20
_SCHEME = re.compile(r"^[a-z][a-z0-9+.-]*://")
_FILE = "file://"
# RFC 8089: with no host or with this machine's, or with one slash only.
_LOCAL_FILE = re.compile(r"^file:(?://(?:localhost)?)?(?=/)", re.IGNORECASE)
_NONBLOCKING = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


class SourceStat(NamedTuple):
    """What identifies a version of a source without reading it."""

    size_bytes: int
    """Size, bytes; -1 when the store doesn't give one."""
    mtime_ns: int
    """Last change, nanoseconds since 1970 UTC; 0 when the store doesn't give one."""


def uri_of(path: str | os.PathLike[str]) -> str:
    """Return the URI of a path: valid UTF-8, so that it can be stored and opened again.

    Parameters
    ----------
    path
        A local path (surrogate escapes allowed, relative allowed) or a URI.

    Returns
    -------
    str
        The URI. Symbolic links are kept as they are.
    """
    text = os.fspath(path)
    local = _LOCAL_FILE.match(text)
    if local is not None:
        text = os.fsdecode(unquote_to_bytes(text[local.end() :].encode("utf-8", "surrogateescape")))
    elif _SCHEME.match(text):
        return text
    absolute = os.path.abspath(text)
    try:
        absolute.encode()
    except UnicodeEncodeError:
        return _FILE + quote_from_bytes(os.fsencode(absolute))
    return absolute


def local_path(uri: str) -> Path | None:
    """Return the local path behind a URI, or ``None`` for a remote one."""
    if _is_file(uri):
        return Path(os.fsdecode(unquote_to_bytes(uri[len(_FILE) :])))
    return None if _SCHEME.match(uri) else Path(uri)


def _is_file(uri: str) -> bool:
    return uri.startswith(_FILE)


def shown(uri: str) -> str:
    r"""Return a URI as text that is safe on a terminal: no control or direction characters.

    Control, direction and surrogate characters are shown as ``\n``, ``\x1b``, ``\u202e``.
    """
    return printable(unquote(uri[len(_FILE) :], errors="replace") if _is_file(uri) else uri)


def stat_source(uri: str) -> SourceStat:
    """Return size and time of change of a source.

    Raises
    ------
    UnreadableError
        ``vanished``, ``not-permitted``, ``not-a-file`` or ``io``.
    """
    path = local_path(uri)
    if path is None:
        return _remote_stat(uri)
    try:
        return _stat_of(os.stat(path))
    except (OSError, ValueError) as error:
        raise _unreadable(error) from error


def open_source(uri: str) -> BinaryIO:
    """Open a source for reading. It has to be a regular file; opening never blocks.

    Parameters
    ----------
    uri
        As made by :func:`uri_of`.

    Returns
    -------
    BinaryIO
        Seekable and readable.

    Raises
    ------
    UnreadableError
        ``vanished``, ``not-permitted``, ``not-a-file`` or ``io``.
    """
    path = local_path(uri)
    if path is None:
        return cast(BinaryIO, _remote_open(uri))
    try:
        # Opening some devices has effects, so check before. Another file may be there by then, so
        # check again after.
        _stat_of(os.stat(path))
        # O_NONBLOCK: opening a FIFO without a writer would wait forever.
        descriptor = os.open(path, _NONBLOCKING)
        try:
            _stat_of(os.fstat(descriptor))
        except BaseException:
            os.close(descriptor)
            raise
        return cast(BinaryIO, io.BufferedReader(io.FileIO(descriptor, "rb", closefd=True)))
    except (OSError, ValueError) as error:
        raise _unreadable(error) from error


def identify(file: BinaryIO) -> str:
    """Return the ``recording_id`` of a file: a hash of all its bytes.

    BLAKE2b with a 16-byte digest (RFC 7693): the same bytes at two places are one recording.

    Returns
    -------
    str
        32 hexadecimal digits.
    """
    digest = hashlib.blake2b(digest_size=RECORDING_ID_BYTES)
    file.seek(0)
    while chunk := file.read(_HASH_CHUNK):
        digest.update(chunk)
    return digest.hexdigest()


def identify_source(uri: str) -> tuple[str, int]:
    """Return ``recording_id`` and size in bytes of a source.

    Raises
    ------
    UnreadableError
        When it cannot be opened or read, or is empty.
    """
    with open_source(uri) as file:
        try:
            recording_id, size_bytes = identify(file), file.tell()
        except OSError as error:
            raise unreadable(error.strerror or type(error).__name__) from error
    if size_bytes == 0:
        raise UnreadableError(ErrorKind.EMPTY, gettext("The file is empty (0 bytes)."))
    return recording_id, size_bytes


def unreadable(reason: str) -> UnreadableError:
    """Return the error of a file that can't be read for a reason that the system gives."""
    message = gettext("The file can't be read: {reason}.", reason=printable(reason)[:300])
    return UnreadableError(ErrorKind.IO, message)


_FOLDER = gettext("This is a folder, not a file.")
_NOT_FILES: tuple[tuple[Callable[[int], bool], str], ...] = (
    (stat.S_ISDIR, _FOLDER),
    (stat.S_ISFIFO, gettext("This is a named pipe (FIFO), not a file.")),
    (stat.S_ISSOCK, gettext("This is a socket, not a file.")),
    (stat.S_ISCHR, gettext("This is a device, not a file.")),
    (stat.S_ISBLK, gettext("This is a device, not a file.")),
)


def _stat_of(status: os.stat_result) -> SourceStat:
    if not stat.S_ISREG(status.st_mode):
        found = (message for test, message in _NOT_FILES if test(status.st_mode))
        message = next(found, gettext("This isn't a regular file."))
        raise UnreadableError(ErrorKind.NOT_A_FILE, message)
    return SourceStat(status.st_size, status.st_mtime_ns)


def _unreadable(error: Exception) -> UnreadableError:
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        return UnreadableError(ErrorKind.VANISHED, gettext("The file doesn't exist."))
    if isinstance(error, PermissionError):
        message = gettext("You don't have permission to read this file.")
        return UnreadableError(ErrorKind.NOT_PERMITTED, message)
    if isinstance(error, IsADirectoryError):
        return UnreadableError(ErrorKind.NOT_A_FILE, _FOLDER)
    number = error.errno if isinstance(error, OSError) else None
    return unreadable(os.strerror(number) if number else f"{type(error).__name__}: {error}")


def _remote(uri: str) -> Any:
    import fsspec

    return fsspec.core.url_to_fs(uri)[0]


def _remote_stat(uri: str) -> SourceStat:
    try:
        info = _remote(uri).info(uri)
    except Exception as error:
        raise _remote_unreadable(error) from error
    if info.get("type") == "directory":
        raise UnreadableError(ErrorKind.NOT_A_FILE, _FOLDER)
    size = info.get("size")
    return SourceStat(-1 if size is None else int(size), remote_mtime_ns(info))


def _remote_open(uri: str) -> io.IOBase:
    try:
        return cast(io.IOBase, _remote(uri).open(uri, "rb"))
    except Exception as error:
        raise _remote_unreadable(error) from error


def _remote_unreadable(error: Exception) -> UnreadableError | MemoryError:
    """Return the error of a remote file: each store has its own kinds, and none may stop a scan."""
    return error if isinstance(error, MemoryError) else _unreadable(error)


def remote_mtime_ns(info: dict[str, object]) -> int:
    """Return when a remote file changed, from what fsspec knows of it; see :class:`SourceStat`."""
    for name in ("mtime", "LastModified", "last_modified", "updated", "created"):
        value = info.get(name)
        if isinstance(value, int | float):
            return int(value * 1e9)
        if isinstance(value, datetime):
            return int(value.timestamp() * 1e9)
    return 0

"""Sources: where a recording's bytes are, named so that any name survives storage.

A source is named by a URI that is always valid UTF-8:

- an absolute local path as it is, when its name is valid UTF-8;
- ``file://`` with percent-encoded bytes, when it is not;
- any other ``scheme://`` is read through fsspec.
"""

from __future__ import annotations

import io
import os
import re
import stat
import unicodedata
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple, cast
from urllib.parse import quote_from_bytes, unquote, unquote_to_bytes

import fsspec

from phonoscope.errors import ErrorKind, UnreadableError

_SCHEME = re.compile(r"^[a-z][a-z0-9+.-]*://")
_FILE = "file://"


class SourceStat(NamedTuple):
    """What identifies a version of a source without reading it."""

    size_bytes: int
    """Size, bytes; -1 when the store does not tell."""
    mtime_ns: int
    """Last change, nanoseconds since 1970 UTC; 0 when the store does not tell."""


def uri_of(path: str | os.PathLike[str]) -> str:
    """Name a local path or URI so that it can be stored as UTF-8 and opened again.

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
    if _SCHEME.match(text):
        return text
    absolute = os.path.abspath(text)
    try:
        absolute.encode()
    except UnicodeEncodeError:
        return _FILE + quote_from_bytes(os.fsencode(absolute))
    return absolute


def local_path(uri: str) -> Path | None:
    """Return the local path behind a URI, or ``None`` for a remote one."""
    if uri.startswith(_FILE):
        return Path(os.fsdecode(unquote_to_bytes(uri[len(_FILE) :])))
    return None if _SCHEME.match(uri) else Path(uri)


def shown(uri: str) -> str:
    r"""Return a URI as text that is safe on a terminal: no control or direction characters.

    Control, format and surrogate characters are shown as ``\n``, ``\x1b``, ``\u202e``.
    """
    text = unquote(uri[len(_FILE) :], errors="replace") if uri.startswith(_FILE) else uri
    return "".join(
        c.encode("unicode_escape").decode("ascii") if unicodedata.category(c)[0] == "C" else c
        for c in text
    )


def stat_source(uri: str) -> SourceStat:
    """Return size and time of change of a source.

    Raises
    ------
    UnreadableError
        ``vanished``, ``not-permitted``, ``not-a-file`` or ``io``.
    """
    path = local_path(uri)
    if path is None:
        info = _remote(uri).info(uri)
        return SourceStat(int(info.get("size") or -1), _remote_mtime_ns(info))
    try:
        return _stat_of(os.stat(path))
    except OSError as error:
        raise _unreadable(error) from error


def open_source(uri: str) -> BinaryIO:
    """Open a source for reading; only ever a regular file, and never blocking.

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
        # O_NONBLOCK: opening a FIFO that nobody writes to would wait for ever.
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
        try:
            _stat_of(os.fstat(descriptor))
        except BaseException:
            os.close(descriptor)
            raise
        return cast(BinaryIO, io.BufferedReader(io.FileIO(descriptor, "rb", closefd=True)))
    except OSError as error:
        raise _unreadable(error) from error


def _stat_of(status: os.stat_result) -> SourceStat:
    if not stat.S_ISREG(status.st_mode):
        raise UnreadableError(ErrorKind.NOT_A_FILE, f"not a regular file but {_sort_of(status)}")
    return SourceStat(status.st_size, status.st_mtime_ns)


def _sort_of(status: os.stat_result) -> str:
    tests = {
        "a folder": stat.S_ISDIR,
        "a FIFO": stat.S_ISFIFO,
        "a socket": stat.S_ISSOCK,
        "a device": lambda mode: stat.S_ISCHR(mode) or stat.S_ISBLK(mode),
    }
    return next((name for name, test in tests.items() if test(status.st_mode)), "something else")


def _unreadable(error: OSError) -> UnreadableError:
    reason = os.strerror(error.errno) if error.errno else type(error).__name__
    if isinstance(error, FileNotFoundError):
        return UnreadableError(ErrorKind.VANISHED, "there is no such file (any more)")
    if isinstance(error, PermissionError):
        return UnreadableError(ErrorKind.NOT_PERMITTED, "no permission to read it")
    return UnreadableError(ErrorKind.IO, f"cannot be read: {reason}")


def _remote(uri: str) -> Any:
    filesystem, _ = fsspec.core.url_to_fs(uri)
    return filesystem


def _remote_open(uri: str) -> io.IOBase:
    try:
        return cast(io.IOBase, _remote(uri).open(uri, "rb"))
    except OSError as error:
        raise _unreadable(error) from error
    except (ImportError, ValueError) as error:
        raise UnreadableError(ErrorKind.IO, f"cannot be read: {error}") from error


def _remote_mtime_ns(info: dict[str, object]) -> int:
    for name in ("mtime", "LastModified", "last_modified", "updated"):
        value = info.get(name)
        if isinstance(value, int | float):
            return int(value * 1e9)
        if value is not None and hasattr(value, "timestamp"):
            return int(value.timestamp() * 1e9)
    return 0

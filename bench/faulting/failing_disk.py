"""A disk that fails on purpose: at every n-th write, for example, below the store.

Everything that Phonoscope writes goes through :mod:`phonoscope.atomic`, so the layer lies under it:
Python's files, ``fsync``, ``rename`` and ``link``. Parts are read through Arrow or DuckDB; with
:func:`failing_reads` they are read through a filesystem that fails as well.
"""

from __future__ import annotations

import errno
import io
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

import pyarrow.fs as pafs
from fsspec.implementations.dirfs import DirFileSystem
from fsspec.implementations.local import LocalFileSystem

from phonoscope.catalogue.storage import LocalStorage


class Countdown:
    """Fails every ``every``-th operation, beginning with the ``first``-th."""

    def __init__(self, first: int, every: int, code: int) -> None:
        self._left, self._every, self._code = first, every, code
        self.failed = 0

    def step(self) -> None:
        """Count an operation.

        Raises
        ------
        OSError
            When it is this one's turn.
        """
        self._left -= 1
        if self._left == 0:
            self._left = self._every
            self.failed += 1
            raise OSError(self._code, os.strerror(self._code))


class _FailingFile(io.FileIO):
    def __init__(self, path: Path, mode: str, countdown: Countdown) -> None:
        super().__init__(path, mode)
        self._countdown = countdown

    def write(self, data: Any, /) -> int:
        self._countdown.step()
        return super().write(data)


@contextmanager
def failing(
    kind: str, first: int, *, every: int = 10, code: int = errno.ENOSPC
) -> Iterator[Countdown]:
    """Let every n-th write, for example, fail in this process.

    Parameters
    ----------
    kind
        ``"write"``, ``"fsync"``, ``"rename"`` or ``"link"``.
    first, every
        Which operations fail.
    code
        Error of the system.
    """
    countdown = Countdown(first, every, code)

    def counted(act: Callable[..., Any]) -> Callable[..., Any]:
        def do(*arguments: Any, **options: Any) -> Any:
            countdown.step()
            return act(*arguments, **options)

        return do

    real_open, real_bytes = Path.open, Path.write_bytes

    def opened(path: Path, mode: str = "r", *arguments: Any, **options: Any) -> Any:
        if mode in {"wb", "w+b"}:
            return _FailingFile(path, mode, countdown)
        return real_open(path, mode, *arguments, **options)

    def bytes_written(path: Path, data: Any) -> int:
        countdown.step()
        return real_bytes(path, data)

    patches = {
        "write": [
            mock.patch.object(Path, "open", opened),
            mock.patch.object(Path, "write_bytes", bytes_written),
        ],
        "fsync": [mock.patch.object(os, "fsync", counted(os.fsync))],
        "rename": [mock.patch.object(os, "replace", counted(os.replace))],
        "link": [mock.patch.object(os, "link", counted(os.link))],
    }[kind]
    for patch in patches:
        patch.start()
    try:
        yield countdown
    finally:
        for patch in patches:
            patch.stop()


class _FailingFiles(LocalFileSystem):  # type: ignore[misc]  # fsspec has no types
    cachable = False

    def __init__(self, countdown: Countdown) -> None:
        super().__init__()
        self._countdown = countdown

    def _open(self, path: str, *arguments: Any, **options: Any) -> Any:
        self._countdown.step()
        return super()._open(path, *arguments, **options)


@contextmanager
def failing_reads(first: int, *, every: int = 10, code: int = errno.EIO) -> Iterator[Countdown]:
    """Let every n-th opening of a part, list or marker fail, in this process."""
    countdown = Countdown(first, every, code)
    real_bytes = Path.read_bytes

    def bytes_read(path: Path) -> bytes:
        countdown.step()
        return real_bytes(path)

    def arrow(place: LocalStorage) -> pafs.FileSystem:
        inside = DirFileSystem(str(place._root), _FailingFiles(countdown))
        return pafs.PyFileSystem(pafs.FSSpecHandler(inside))

    with (
        mock.patch.object(Path, "read_bytes", bytes_read),
        mock.patch.object(LocalStorage, "arrow", arrow),
        mock.patch.object(LocalStorage, "files", return_value=None),
    ):
        yield countdown

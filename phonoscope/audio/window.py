"""A range of a file as a file of its own, so that a reader sees nothing else."""

from __future__ import annotations

import errno
import io
import os
from typing import BinaryIO, cast


class Window:
    """The bytes of a file from one offset to another; reads and seeks, never writes.

    Parameters
    ----------
    file
        Open binary file that can seek.
    start
        Offset of the first byte.
    stop
        Offset after the last byte; ``None`` for the end of the file.

    Examples
    --------
    >>> window = Window.of(io.BytesIO(b"a tag, then sound"), 12)
    >>> window.read(), window.seek(0), window.read(3)
    (b'sound', 0, b'sou')
    """

    def __init__(self, file: BinaryIO, start: int, stop: int | None = None) -> None:
        self._file = file
        self._start = start
        self._stop = stop
        file.seek(start)

    @classmethod
    def of(cls, file: BinaryIO, start: int, stop: int | None = None) -> BinaryIO:
        """Return the range as a file; the file itself when the range is all of it."""
        if start == 0 and stop is None:
            return file
        return cast(BinaryIO, cls(file, start, stop))

    def read(self, size: int | None = -1) -> bytes:
        """Read as a file does."""
        wanted = -1 if size is None else size
        if self._stop is not None:
            left = max(0, self._stop - self._file.tell())
            wanted = left if wanted < 0 else min(wanted, left)
        return self._file.read(wanted)

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Seek as a file does; raises OSError before the start of the range."""
        if whence == os.SEEK_CUR:
            offset += self.tell()
        elif whence == os.SEEK_END:
            end = self._file.seek(0, os.SEEK_END) if self._stop is None else self._stop
            offset += end - self._start
        if offset < 0:
            raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
        return self._file.seek(self._start + offset) - self._start

    def tell(self) -> int:
        """Return the position in the range."""
        return self._file.tell() - self._start

    def seekable(self) -> bool:
        """Return that it can seek."""
        return True

    def readable(self) -> bool:
        """Return that it can be read."""
        return True

    def writable(self) -> bool:
        """Return that it can't be written."""
        return False


def size_of(file: BinaryIO) -> int:
    """Return the size of a file, bytes; its position becomes the end."""
    return file.seek(0, io.SEEK_END)

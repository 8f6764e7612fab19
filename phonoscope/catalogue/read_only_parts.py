"""Parts as files that DuckDB can read and cannot write, whatever it is asked to do.

DuckDB's own list of allowed paths allows writing them too. Here it gets no path at all: it sees
addresses such as ``parts://0``, and what opens them has no way to open a file for writing.
"""

from __future__ import annotations

import io
import os
import threading
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from fsspec import AbstractFileSystem

SCHEME = "parts"
ADDRESSES = f"{SCHEME}://"
"""What every address of a part begins with."""


class ReadOnlyParts(AbstractFileSystem):  # type: ignore[misc]  # fsspec has no types
    """A filesystem of some files on this machine, which can only be read.

    Every other operation of fsspec's filesystems is refused: fsspec's base class has none of
    them, and :meth:`open` refuses every mode but reading.
    """

    protocol = SCHEME
    cachable = False

    def __init__(self) -> None:
        super().__init__()
        self._paths: list[Path] = []

    def add(self, files: Sequence[str]) -> list[str]:
        """Return addresses for files; DuckDB reads them there.

        The address holds no part of a file's name, so no name means anything to DuckDB.
        """
        first = len(self._paths)
        self._paths += map(Path, files)
        return [f"{ADDRESSES}{number}.parquet" for number in range(first, len(self._paths))]

    def info(self, path: str, **_: Any) -> dict[str, Any]:
        """Return a file's size and when it was changed."""
        found = self._file(path).stat()
        changed = datetime.fromtimestamp(found.st_mtime, UTC)
        return {"name": path, "size": found.st_size, "type": "file", "modified": changed}

    def modified(self, path: str) -> datetime:
        """Return when a file was changed."""
        changed: datetime = self.info(path)["modified"]
        return changed

    def exists(self, path: str, **_: Any) -> bool:
        """Return whether there is such an address."""
        try:
            return self._file(path).is_file()
        except FileNotFoundError:
            return False

    def isdir(self, path: str) -> bool:
        """Return False: there are no folders."""
        return False

    def ls(self, path: str, detail: bool = True, **_: Any) -> list[Any]:
        """Return no names: the addresses are those that :meth:`add` returned."""
        return []

    def glob(self, path: str, **_: Any) -> list[str]:
        """Return an address as it is; there are no patterns."""
        return [self._strip_protocol(path)] if self.exists(path) else []

    def open(self, path: str, mode: str = "rb", **_: Any) -> Any:
        """Open a file for reading.

        Raises
        ------
        PermissionError
            For every other mode.
        FileNotFoundError
            For an address that :meth:`add` didn't return.
        """
        if mode not in {"r", "rb"}:
            raise PermissionError("parts can only be read")
        return _Part(self._file(path))

    def _file(self, path: str) -> Path:
        number = str(self._strip_protocol(path)).removesuffix(".parquet")
        if not (number.isascii() and number.isdigit() and int(number[:9]) < len(self._paths)):
            raise FileNotFoundError(path)
        return self._paths[int(number[:9])]


class _Part(io.RawIOBase):
    """A file that threads read independently: each has a position of its own.

    DuckDB seeks and then reads, in any of its threads, and may share one opened file.
    """

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._file = path.open("rb")
        self._size = os.fstat(self._file.fileno()).st_size
        self._reading = threading.Lock()
        self._here = threading.local()

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return getattr(self._here, "position", 0)

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self.tell(), io.SEEK_END: self._size}[whence]
        self._here.position = start + offset
        return start + offset

    def read(self, size: int = -1) -> bytes:
        with self._reading:
            self._file.seek(self.tell())
            data = self._file.read(size)
        self._here.position = self.tell() + len(data)
        return data

    def close(self) -> None:
        self._file.close()
        super().close()

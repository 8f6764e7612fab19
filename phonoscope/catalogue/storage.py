"""Where a catalogue lies: a local folder, or any store that fsspec knows.

Both offer the same few operations. The one that matters is :meth:`Storage.write`: a file is
there whole or not at all, because it is written under a temporary name, forced to disk and
renamed. Temporary names begin with a dot, and :meth:`Storage.names` never returns them.
"""

from __future__ import annotations

import errno
import os
import secrets
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Protocol

import fsspec
from fsspec.implementations.dirfs import DirFileSystem
from fsspec.implementations.local import LocalFileSystem

from phonoscope import file_lock
from phonoscope.atomic import replacing, sync_folder
from phonoscope.errors import CatalogueError, UsageError
from phonoscope.files import local_path, shown, uri_of
from phonoscope.lazy import LazyModule

if TYPE_CHECKING:
    import pyarrow.fs as pafs
else:
    pafs = LazyModule("pyarrow.fs")

TEMPORARY = ".tmp-"
"""How the name of a file that is still being written begins."""


class Storage(Protocol):
    """A folder of files, named relative to it with ``/``."""

    uri: str
    """Where it is, for :func:`storage_of`."""
    name: str
    """How a person calls it; safe on a terminal."""
    can_lock: bool
    """Whether :meth:`lock` works here."""

    def names(self, folder: str = "") -> list[str]:
        """Return the names in a folder, sorted; none when it does not exist.

        Hidden and temporary names are left out.
        """

    def read(self, name: str) -> bytes | None:
        """Return a small file's content, or ``None`` when it does not exist."""

    def write(self, name: str, fill: Callable[[BinaryIO], None]) -> None:
        """Write a file whole or not at all.

        Raises
        ------
        CatalogueError
            When the store is full or refuses; nothing is left behind.
        """

    def remove(self, name: str) -> None:
        """Remove a file; nothing happens when it is gone already."""

    def lock(self, name: str) -> BinaryIO | None:
        """Return a file that is locked until it is closed, or its process ends in any way.

        ``None`` when another process has it.
        """

    def temporaries(self, folder: str) -> Iterator[tuple[str, float]]:
        """Yield name and age, s, of every temporary file in a folder."""

    def arrow(self) -> pafs.FileSystem:
        """Return the filesystem through which Arrow reads the same relative names."""

    def files(self, names: Sequence[str]) -> list[str] | None:
        """Return the absolute paths of files, for who takes UTF-8 text with ``*?[`` as patterns.

        ``None`` when the files are elsewhere or a path would not be taken as it is.
        """


def storage_of(path: str | os.PathLike[str]) -> Storage:
    """Return the place a path or URL names; nothing is created."""
    uri = uri_of(path)
    local = local_path(uri)
    return RemotePlace(uri) if local is None else LocalStorage(local)


class LocalStorage:
    """A folder on this machine."""

    can_lock = file_lock.CAN_LOCK

    def __init__(self, root: Path) -> None:
        self._root = root
        self.uri = uri_of(root)
        self.name = shown(self.uri)

    def names(self, folder: str = "") -> list[str]:
        """See :meth:`Storage.names`."""
        try:
            with _said(self.name, "read"):
                found = os.listdir(self._root / folder)
        except FileNotFoundError:
            return []
        return sorted(name for name in found if not name.startswith((".", "_")))

    def read(self, name: str) -> bytes | None:
        """See :meth:`Storage.read`."""
        try:
            with _said(self.name, "read"):
                return (self._root / name).read_bytes()
        except FileNotFoundError:
            return None

    def write(self, name: str, fill: Callable[[BinaryIO], None]) -> None:
        """See :meth:`Storage.write`."""
        target = self._root / name
        with _said(self.name, "written"):
            self._make_folder(target.parent)
            with replacing(target, name=_temporary(target.name)) as file:
                fill(file)

    def remove(self, name: str) -> None:
        """See :meth:`Storage.remove`."""
        with _said(self.name, "written"):
            (self._root / name).unlink(missing_ok=True)

    def lock(self, name: str) -> BinaryIO | None:
        """See :meth:`Storage.lock`."""
        path = self._root / name
        with _said(self.name, "written"):
            self._make_folder(path.parent)
            while True:
                file = path.open("ab")
                try:
                    file_lock.lock(file, wait=False)
                    # Who had it may have removed it: a lock on what is gone keeps nobody out.
                    with suppress(FileNotFoundError):
                        if os.path.samestat(os.fstat(file.fileno()), path.stat()):
                            return file
                except BlockingIOError:
                    file.close()
                    return None
                except BaseException:
                    file.close()
                    raise
                file.close()

    def temporaries(self, folder: str) -> Iterator[tuple[str, float]]:
        """See :meth:`Storage.temporaries`."""
        for path in (self._root / folder).glob(f"{TEMPORARY}*"):
            # It may be renamed between the listing and here: then it is temporary no more.
            with suppress(FileNotFoundError):
                yield f"{folder}/{path.name}", time.time() - path.stat().st_mtime

    def arrow(self) -> pafs.FileSystem:
        """See :meth:`Storage.arrow`."""
        try:
            return pafs.SubTreeFileSystem(str(self._root), pafs.LocalFileSystem())
        except UnicodeEncodeError:
            # Arrow takes UTF-8 names only; through fsspec it never sees the folder's.
            inside = DirFileSystem(str(self._root), LocalFileSystem())
            return pafs.PyFileSystem(pafs.FSSpecHandler(inside))

    def files(self, names: Sequence[str]) -> list[str] | None:
        """See :meth:`Storage.files`."""
        root = str(self._root.absolute())
        if any(sign in root for sign in "*?[") or not root.isprintable():
            return None
        return [f"{root}/{name}" for name in names]

    def _make_folder(self, folder: Path) -> None:
        if not folder.is_dir():
            folder.mkdir(parents=True, exist_ok=True)
            sync_folder(folder.parent)


class RemotePlace:
    """A folder of a store that fsspec reaches, such as ``s3://bucket/catalogue``."""

    can_lock = False

    def __init__(self, url: str) -> None:
        self.uri = url
        self.name = shown(url)
        try:
            store, root = fsspec.core.url_to_fs(url)
        except (ImportError, ValueError) as error:
            raise UsageError(f"{self.name} cannot be reached: {error}") from error
        self._fs: Any = DirFileSystem(root, store)
        self._store: Any = store

    def names(self, folder: str = "") -> list[str]:
        """See :meth:`Storage.names`."""
        return [n for n in self._all_names(folder) if not n.startswith((".", "_"))]

    def read(self, name: str) -> bytes | None:
        """See :meth:`Storage.read`."""
        try:
            with _said(self.name, "read"):
                content: bytes = self._fs.cat_file(name)
                return content
        except FileNotFoundError:
            return None

    def write(self, name: str, fill: Callable[[BinaryIO], None]) -> None:
        """See :meth:`Storage.write`."""
        folder, _, last = name.rpartition("/")
        temporary = f"{folder}/{_temporary(last)}".lstrip("/")
        with _said(self.name, "written"):
            self._fs.makedirs(folder, exist_ok=True)
            try:
                with self._fs.open(temporary, "wb") as file:
                    fill(file)
                self._fs.mv(temporary, name)
            except BaseException:
                # What failed is raised; a temporary file left behind is removed by compact.
                with suppress(OSError):
                    self._fs.rm_file(temporary)
                raise

    def remove(self, name: str) -> None:
        """See :meth:`Storage.remove`."""
        with _said(self.name, "written"), suppress(FileNotFoundError):
            self._fs.rm_file(name)

    def lock(self, name: str) -> BinaryIO | None:
        """See :meth:`Storage.lock`."""
        raise NotImplementedError(f"{self.name} has no locks")

    def temporaries(self, folder: str) -> Iterator[tuple[str, float]]:
        """See :meth:`Storage.temporaries`."""
        for name in self._all_names(folder):
            if name.startswith(TEMPORARY):
                with suppress(FileNotFoundError):
                    yield f"{folder}/{name}", _age_s(self._fs, f"{folder}/{name}")

    def arrow(self) -> pafs.FileSystem:
        """See :meth:`Storage.arrow`."""
        return pafs.PyFileSystem(pafs.FSSpecHandler(self._fs))

    def files(self, names: Sequence[str]) -> list[str] | None:
        """See :meth:`Storage.files`."""
        return None

    def _all_names(self, folder: str) -> list[str]:
        # Another process may have added parts: a cached listing would hide them.
        self._store.invalidate_cache()
        try:
            with _said(self.name, "read"):
                return sorted(path.rpartition("/")[2] for path in self._fs.ls(folder, detail=False))
        except FileNotFoundError:
            return []


def _temporary(name: str) -> str:
    """Return a new name for a file until it is whole."""
    return f"{TEMPORARY}{secrets.token_hex(4)}-{name}"


def _age_s(store: Any, name: str) -> float:
    modified: datetime = store.modified(name)
    return time.time() - modified.timestamp()


_ADVICE = {
    errno.ENOSPC: "the disk is full: free some space and run the same command again",
    errno.EDQUOT: "your disk quota is used up: free some space and run the same command again",
    errno.EFBIG: "a file may not grow that large here: raise the limit (ulimit -f) and run again",
    errno.EROFS: "it lies on a read-only file system: choose another place",
    errno.EACCES: "you may not write there: change its permissions or choose another place",
    errno.EPERM: "you may not write there: change its permissions or choose another place",
    errno.ENOTDIR: "a file is in the way where a folder should be: choose another place",
    errno.EEXIST: "a file is in the way where a folder should be: choose another place",
    errno.ENAMETOOLONG: "its path is too long: choose another place",
}


@contextmanager
def _said(name: str, act: str) -> Iterator[None]:
    """Turn what the operating system says into what a person should do.

    A missing file passes as it is: that is an answer, not a fault.
    """
    try:
        yield
    except OSError as error:
        if isinstance(error, FileNotFoundError) and act == "read":
            raise
        reason = _ADVICE.get(
            error.errno or 0, os.strerror(error.errno) if error.errno else str(error)
        )
        kept = " What was written before is safe." if act == "written" else ""
        raise CatalogueError(f"the catalogue {name} cannot be {act}: {reason}.{kept}") from error

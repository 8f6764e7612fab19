"""Where a catalogue is stored: in a local folder, or in any store that fsspec knows.

Both have the same few operations. The most important one is :meth:`Storage.write`: a file is
complete or absent, because it is written under a temporary name, forced to disk and renamed.
Temporary names begin with a dot, and :meth:`Storage.names` never returns them.
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
from phonoscope.atomic import replacing, sync_file, sync_folder, temporary_beside
from phonoscope.errors import CatalogueError, UsageError
from phonoscope.escape import printable
from phonoscope.files import local_path, shown, uri_of
from phonoscope.lazy import LazyModule
from phonoscope.messages import gettext, sentences

if TYPE_CHECKING:
    import pyarrow.fs as pafs
else:
    pafs = LazyModule("pyarrow.fs")

TEMPORARY = ".tmp-"
"""Prefix of the name of a file that is still being written."""


class Storage(Protocol):
    """A folder of files, named relative to it with ``/``."""

    uri: str
    """Where it is, for :func:`storage_of`."""
    name: str
    """Its name for people; safe on a terminal."""
    can_lock: bool
    """Whether :meth:`lock` works here."""

    def names(self, folder: str = "") -> list[str]:
        """Return the names in a folder, sorted; none when it doesn't exist.

        Hidden and temporary names are left out.
        """

    def read(self, name: str) -> bytes | None:
        """Return a small file's content, or ``None`` when it doesn't exist."""

    def write(self, name: str, fill: Callable[[BinaryIO], None]) -> None:
        """Write a file completely or not at all.

        Raises
        ------
        CatalogueError
            When it can't be written; nothing is left behind. The code names the reason, such as
            ``disk-full`` or ``read-only``.
        """

    def create(self, name: str, content: bytes) -> bool:
        """Write a small file, unless there is one of its name; return whether it was written.

        Of several writers one succeeds, on this machine and in stores that can write a file on the
        condition that there is none, such as S3.

        Raises
        ------
        CatalogueError
            As :meth:`write`.
        """

    def remove(self, name: str) -> None:
        """Remove a file, if it exists."""

    def lock(self, name: str) -> BinaryIO | None:
        """Return a file that is locked until it is closed, or until its process ends.

        ``None`` when another process has locked it.
        """

    def temporaries(self, folder: str) -> Iterator[tuple[str, float]]:
        """Yield name and age, s, of every temporary file in a folder."""

    def arrow(self) -> pafs.FileSystem:
        """Return the filesystem in which Arrow reads the same relative names."""

    def files(self, names: Sequence[str]) -> list[str] | None:
        """Return the absolute paths of files, for readers to which ``*?[`` are patterns.

        ``None`` when the files aren't local, or such a reader would misunderstand a path.
        """


def storage_of(path: str | os.PathLike[str]) -> Storage:
    """Return the storage at a path or URL; nothing is created."""
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
            with _reading(self.name):
                found = os.listdir(self._root / folder)
        except FileNotFoundError:
            return []
        return sorted(name for name in found if not name.startswith((".", "_")))

    def read(self, name: str) -> bytes | None:
        """See :meth:`Storage.read`."""
        try:
            with _reading(self.name):
                return (self._root / name).read_bytes()
        except FileNotFoundError:
            return None

    def write(self, name: str, fill: Callable[[BinaryIO], None]) -> None:
        """See :meth:`Storage.write`."""
        target = self._root / name
        with _writing(self.name):
            self._make_folder(target.parent)
            with replacing(target, name=_temporary(target.name)) as file:
                fill(file)

    def create(self, name: str, content: bytes) -> bool:
        """See :meth:`Storage.create`."""
        target = self._root / name
        with _writing(self.name):
            self._make_folder(target.parent)
            with temporary_beside(target, _temporary(target.name)) as temporary:
                temporary.write_bytes(content)
                sync_file(temporary)
                made = _named_if_free(temporary, target)
            if made:
                sync_folder(target.parent)
            return made

    def remove(self, name: str) -> None:
        """See :meth:`Storage.remove`."""
        with _writing(self.name):
            (self._root / name).unlink(missing_ok=True)

    def lock(self, name: str) -> BinaryIO | None:
        """See :meth:`Storage.lock`."""
        path = self._root / name
        with _writing(self.name):
            self._make_folder(path.parent)
            while True:
                file = path.open("ab")
                try:
                    file_lock.lock(file, wait=False)
                    # Another process may have removed it: then the lock locks nobody out.
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
            # It may have been renamed since the listing, and isn't temporary any more.
            with suppress(FileNotFoundError):
                yield f"{folder}/{path.name}", time.time() - path.stat().st_mtime

    def arrow(self) -> pafs.FileSystem:
        """See :meth:`Storage.arrow`."""
        try:
            return pafs.SubTreeFileSystem(str(self._root), pafs.LocalFileSystem())
        except UnicodeEncodeError:
            # Arrow only takes UTF-8 names; with fsspec it doesn't get the folder's.
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


_WITHOUT_LINKS = frozenset({errno.EPERM, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP})
"""What file systems say that can't give a file a second name, such as FAT."""


def _named_if_free(temporary: Path, path: Path) -> bool:
    """Give a finished file its name, unless the name is taken; return whether it did."""
    try:
        if os.name == "nt":
            os.rename(temporary, path)
        else:
            os.link(temporary, path)
    except FileExistsError:
        return False
    except OSError as error:
        if error.errno not in _WITHOUT_LINKS:
            raise
        with path.with_name(".lock").open("ab") as lock:
            file_lock.lock(lock, wait=True)
            if path.exists():
                return False
            os.replace(temporary, path)
    return True


class RemotePlace:
    """A folder of a store that fsspec reaches, such as ``s3://bucket/catalogue``."""

    can_lock = False

    def __init__(self, url: str) -> None:
        self.uri = url
        self.name = shown(url)
        try:
            store, root = fsspec.core.url_to_fs(url)
        except (ImportError, ValueError) as error:
            message = gettext(
                "{catalogue} can't be reached: {reason}",
                catalogue=self.name,
                reason=printable(str(error)),
            )
            raise UsageError(message, code="unreachable") from error
        self._fs: Any = DirFileSystem(root, store)
        self._store: Any = store

    def names(self, folder: str = "") -> list[str]:
        """See :meth:`Storage.names`."""
        return [n for n in self._all_names(folder) if not n.startswith((".", "_"))]

    def read(self, name: str) -> bytes | None:
        """See :meth:`Storage.read`."""
        try:
            with _reading(self.name):
                content: bytes = self._fs.cat_file(name)
                return content
        except FileNotFoundError:
            return None

    def write(self, name: str, fill: Callable[[BinaryIO], None]) -> None:
        """See :meth:`Storage.write`."""
        folder, _, last = name.rpartition("/")
        temporary = f"{folder}/{_temporary(last)}".lstrip("/")
        with _writing(self.name):
            self._fs.makedirs(folder, exist_ok=True)
            try:
                with self._fs.open(temporary, "wb") as file:
                    fill(file)
                self._fs.mv(temporary, name)
            except BaseException:
                # The first error is raised; compact removes temporary files.
                with suppress(OSError):
                    self._fs.rm_file(temporary)
                raise

    def create(self, name: str, content: bytes) -> bool:
        """See :meth:`Storage.create`."""
        with _writing(self.name):
            self._fs.makedirs(name.rpartition("/")[0], exist_ok=True)
            try:
                self._fs.pipe_file(name, content, mode="create")
            except FileExistsError:
                return False
            except OSError:
                # Stores differ in how they say that the condition wasn't met.
                self._store.invalidate_cache()
                if self._fs.exists(name):
                    return False
                raise
        return True

    def remove(self, name: str) -> None:
        """See :meth:`Storage.remove`."""
        with _writing(self.name), suppress(FileNotFoundError):
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
        # Another process may have added parts, which a cached listing wouldn't have.
        self._store.invalidate_cache()
        try:
            with _reading(self.name):
                return sorted(path.rpartition("/")[2] for path in self._fs.ls(folder, detail=False))
        except FileNotFoundError:
            return []


def _temporary(name: str) -> str:
    """Return a new name for a file until it is complete."""
    return f"{TEMPORARY}{secrets.token_hex(4)}-{name}"


def _age_s(store: Any, name: str) -> float:
    modified: datetime = store.modified(name)
    return time.time() - modified.timestamp()


_FILE_IN_THE_WAY = gettext("A file has the name of a folder. Choose another place.")
_NO_PERMISSION = gettext("You don't have permission. Change permissions or choose another place.")
_ADVICE = {
    errno.ENOSPC: (
        "disk-full", gettext("The disk is full. Free some space and run the command again.")
    ),
    errno.EDQUOT: (
        "quota-full",
        gettext("Your disk quota is used up. Free some space and run the command again."),
    ),
    errno.EFBIG: (
        "file-too-large",
        gettext("A file exceeds the size limit. Raise it (ulimit -f) and run the command again."),
    ),
    errno.EROFS: (
        "read-only", gettext("The file system is read-only. Choose another place.")
    ),
    errno.EACCES: ("no-permission", _NO_PERMISSION),
    errno.EPERM: ("no-permission", _NO_PERMISSION),
    errno.ENOTDIR: ("file-in-the-way", _FILE_IN_THE_WAY),
    errno.EEXIST: ("file-in-the-way", _FILE_IN_THE_WAY),
    errno.ENAMETOOLONG: (
        "path-too-long", gettext("The path is too long. Choose another place.")
    ),
}  # fmt: skip
"""Code and message of what a person can do about an error of the operating system."""


@contextmanager
def _reading(name: str) -> Iterator[None]:
    """Explain errors of the operating system; a missing file is an answer and passes."""
    try:
        yield
    except FileNotFoundError:
        raise
    except OSError as error:
        code, reason = _reason(error)
        failed = gettext("The catalogue {catalogue} can't be read.", catalogue=name)
        raise CatalogueError(sentences(failed, reason), code=code) from error


@contextmanager
def _writing(name: str) -> Iterator[None]:
    """Explain errors of the operating system."""
    try:
        yield
    except OSError as error:
        code, reason = _reason(error)
        failed = gettext("The catalogue {catalogue} can't be written.", catalogue=name)
        safe = gettext("Everything written before is safe.")
        raise CatalogueError(sentences(failed, reason, safe), code=code) from error


def _reason(error: OSError) -> tuple[str, str]:
    reason = os.strerror(error.errno) if error.errno else str(error)
    other = gettext("Reason: {reason}.", reason=printable(reason))
    return _ADVICE.get(error.errno or 0, ("system-error", other))

"""Write a file whole or not at all.

Everything here works the same way: a temporary file in the same folder is filled, forced to disk
and renamed, and then the folder's list of names is forced to disk. Whoever reads finds the old
file or the new one, also after a kill or a power cut. What fails leaves no temporary file; only a
kill does.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

_MOST_OF_NAME = 50
"""Signs of a name that a temporary one repeats: at four bytes each they fit into 255."""


def write_whole(path: Path, content: bytes) -> None:
    """Write a file whole or not at all.

    A folder that cannot be forced to disk is no failure: the file is whole already.

    Raises
    ------
    OSError
        When it can't be written; the temporary file is gone then, an older file is untouched.
    """
    with replacing(path, durable=False) as file:
        file.write(content)


@contextmanager
def replacing(path: Path, *, name: str | None = None, durable: bool = True) -> Iterator[BinaryIO]:
    """Yield a file to write; it takes its place when the block ends without an error.

    Parameters
    ----------
    path
        The file to write; an older one is replaced.
    name
        Name of the temporary file, see :func:`temporary_beside`.
    durable
        Whether it is a failure when the folder cannot be forced to disk, which not every file
        system can do.

    Raises
    ------
    OSError
        When it can't be written. The older file is untouched, unless only the folder failed.
    """
    with temporary_beside(path, name) as temporary:
        with temporary.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        _rename(temporary, path, durable)


@contextmanager
def temporary_beside(path: Path, name: str | None = None, *, mode: int = 0o666) -> Iterator[Path]:
    """Make an empty file in a file's folder; it is gone afterwards unless it was renamed.

    Parameters
    ----------
    path
        The file that it may replace, with :func:`put_in_place`.
    name
        A name that nothing has. By default hidden, and made of the file's.
    mode
        Permissions, less the process's umask.

    Raises
    ------
    OSError
        When it can't be made.
    """
    temporary = path.with_name(name or f".{path.name[:_MOST_OF_NAME]}.{secrets.token_hex(6)}")
    descriptor = os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY, mode)
    try:
        os.close(descriptor)
        yield temporary
    except BaseException:
        # What failed is raised, not that the file cannot be removed either.
        with suppress(OSError):
            temporary.unlink()
        raise
    temporary.unlink(missing_ok=True)


def put_in_place(temporary: Path, path: Path) -> None:
    """Force a finished file to disk, rename it, and force the folder to disk.

    Raises
    ------
    OSError
        When that fails; the older file is untouched, unless only the folder failed.
    """
    sync_file(temporary)
    _rename(temporary, path, durable=True)


def _rename(temporary: Path, path: Path, durable: bool) -> None:
    os.replace(temporary, path)
    if durable:
        sync_folder(path.parent)
        return
    with suppress(OSError):
        sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Force a folder's list of names to disk, so that a rename outlives a power cut."""
    if os.name != "nt":
        sync_file(folder)


def sync_file(path: Path) -> None:
    """Force a file's content to disk; it may be read-only."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

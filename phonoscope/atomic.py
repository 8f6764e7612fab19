"""Write a file completely or not at all.

All functions work the same way: they fill a temporary file in the same folder, force it to disk,
rename it, and then force the folder's list of names to disk. Readers find the old file or the new
one, even after a kill or a power cut. A failure leaves no temporary file; only a kill does.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

_MOST_OF_NAME = 50
"""Characters of a name that a temporary name repeats: at four bytes each, they fit into 255."""


def write_whole(path: Path, content: bytes) -> None:
    """Write a file completely or not at all.

    It isn't an error when the folder can't be forced to disk: the file is complete already.

    Raises
    ------
    OSError
        When it can't be written. The temporary file is removed, and an older file is unchanged.
    """
    with replacing(path, durable=False) as file:
        file.write(content)


@contextmanager
def replacing(path: Path, *, name: str | None = None, durable: bool = True) -> Iterator[BinaryIO]:
    """Yield a file to write. It replaces ``path`` when the block ends without an error.

    Parameters
    ----------
    path
        The file to write; an older one is replaced.
    name
        Name of the temporary file, see :func:`temporary_beside`.
    durable
        Whether it is an error when the folder can't be forced to disk, which some file systems
        can't do.

    Raises
    ------
    OSError
        When it can't be written. The older file is unchanged, unless only the folder failed.
    """
    with temporary_beside(path, name) as temporary:
        with temporary.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        _rename(temporary, path, durable)


@contextmanager
def temporary_beside(path: Path, name: str | None = None, *, mode: int = 0o666) -> Iterator[Path]:
    """Make an empty file in a file's folder, and remove it afterwards unless it was renamed.

    Parameters
    ----------
    path
        The file that it may replace, with :func:`put_in_place`.
    name
        An unused name. By default a hidden one, made from the file's name.
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
        # The first error is raised, not that the file can't be removed either.
        with suppress(OSError):
            temporary.unlink()
        raise
    temporary.unlink(missing_ok=True)


def put_in_place(temporary: Path, path: Path) -> None:
    """Force a finished file to disk, rename it, and force the folder to disk.

    Raises
    ------
    OSError
        When that fails. The older file is unchanged, unless only the folder failed.
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

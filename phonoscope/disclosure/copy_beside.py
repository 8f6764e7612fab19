"""A labelled copy next to its file: made, locked while in use, and put in the file's place.

Only a kill leaves a copy behind. Its name tells what it is, a scan passes over it, and the next
label in that folder removes it: nothing holds its lock any more.
"""

from __future__ import annotations

import os
import re
import secrets
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from phonoscope.atomic import put_in_place, temporary_beside
from phonoscope.file_lock import CAN_LOCK, lock

_NAME = re.compile(r"\.[0-9a-f]{16}\.phonoscope(\..{0,19})?", re.DOTALL)
_SUFFIX_CHARACTERS = 20
_ATTEMPTS = 3


def is_copy_beside(name: str) -> bool:
    """Whether a file's name is that of such a copy.

    Examples
    --------
    >>> is_copy_beside(".0123456789abcdef.phonoscope.flac"), is_copy_beside("song.flac")
    (True, False)
    """
    return _NAME.fullmatch(name) is not None


@contextmanager
def copy_beside(real: Path) -> Iterator[Path]:
    """Make an empty file next to another; it is removed afterwards unless it was renamed.

    No one else may read it yet.

    Raises
    ------
    OSError
        When it can't be made.
    """
    for _ in range(_ATTEMPTS):
        name = f".{secrets.token_hex(8)}.phonoscope{real.suffix[:_SUFFIX_CHARACTERS]}"
        with temporary_beside(real, name, mode=0o600) as copy, _locked(copy) as is_ours:
            if is_ours:
                yield copy
                return
    raise OSError("another process removes the copies")


@contextmanager
def _locked(copy: Path) -> Iterator[bool]:
    """Hold the lock of a copy; yield whether it is still the file of that name.

    Another process may have taken it for a remnant just before it was locked.
    """
    if not CAN_LOCK:
        yield True
        return
    with copy.open("ab") as held:
        with suppress(OSError):
            lock(held, wait=False)
        yield copy.exists() and os.path.samestat(copy.stat(), os.fstat(held.fileno()))


def remove_remnants(folder: Path) -> int:
    """Remove copies in a folder that a killed process left behind; return how many.

    Copies that another process still writes are locked, and stay. What can't be removed stays too.
    """
    if not CAN_LOCK:
        return 0
    try:
        with os.scandir(folder) as entries:
            names = [entry.name for entry in entries if _NAME.fullmatch(entry.name)]
    except OSError:
        return 0
    return sum(_removed(folder / name) for name in names)


def _removed(path: Path) -> bool:
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK)
        with os.fdopen(descriptor, "rb+") as file:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                return False
            lock(file, wait=False)
            path.unlink()
    except OSError:
        return False
    return True


def replace_file(real: Path, copy: Path) -> None:
    """Replace a file with its finished copy, which gets its owner, permissions and times.

    Raises
    ------
    OSError
        When it can't be replaced.
    """
    status = real.stat()
    with suppress(PermissionError):
        os.chown(copy, status.st_uid, status.st_gid)
    shutil.copystat(real, copy)
    if copy.stat().st_size == status.st_size:
        # Scans and backups detect changed files by size and time, so one of them has to differ.
        os.utime(copy, ns=(status.st_atime_ns, status.st_mtime_ns + 1))
    put_in_place(copy, real)

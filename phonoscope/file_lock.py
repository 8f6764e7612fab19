"""Locks on files between processes; a lock goes with its process, however that ends."""

from __future__ import annotations

import sys
from typing import IO, Any

CAN_LOCK = sys.platform != "win32"
"""Whether this system has such locks."""

if sys.platform != "win32":
    import fcntl


def lock(file: IO[Any], *, wait: bool) -> None:
    """Lock an open file until it is closed.

    Parameters
    ----------
    file
        Open for writing.
    wait
        Wait until no other process has it.

    Raises
    ------
    BlockingIOError
        When another process has it and ``wait`` is false.
    OSError
        When this system has no such locks: nobody should believe that it is locked.
    """
    if sys.platform == "win32":
        raise OSError("this system has no file locks that end with their process")
    fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))

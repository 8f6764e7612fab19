"""A copy of this process as a worker: it has everything loaded, so it starts in milliseconds.

A fork copies the thread that makes it and no other, so it is safe only in a process that has one,
which a command has before it opens a catalogue. Frameworks of macOS don't survive a fork. Where it
isn't possible, :mod:`phonoscope.scan.pool` starts an interpreter.
"""

from __future__ import annotations

import os
import signal
import sys
from contextlib import suppress
from typing import IO

from phonoscope.scan import worker


def can_fork() -> bool:
    """Whether a copy of this process would be a whole one."""
    if sys.platform != "linux":
        return False
    try:
        # Python doesn't know the threads of libraries in C.
        return len(os.listdir("/proc/self/task")) == 1
    except OSError:
        return False


class ForkedWorker:
    """A worker process, see :class:`phonoscope.scan.pool.WorkerProcess`."""

    def __init__(self) -> None:
        given, mine = os.pipe()
        answers, its = os.pipe()
        # What waits in a buffer would be written by both.
        for stream in (sys.stdout, sys.stderr):
            with suppress(AttributeError, OSError, ValueError):
                stream.flush()
        self.pid = os.fork()
        if self.pid == 0:
            _work(given, its, (mine, answers))
        os.close(given)
        os.close(its)
        self.stdin: IO[bytes] = os.fdopen(mine, "wb", buffering=0)
        self.stdout: IO[bytes] = os.fdopen(answers, "rb", buffering=0)

    def kill(self) -> None:
        """End it, whatever it does; not after :meth:`wait`."""
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)

    def wait(self) -> int:
        """Wait until it ended; return its status, negative for a signal."""
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])


def _work(given: int, answers: int, others: tuple[int, ...]) -> None:
    """Be a worker, and never return into what the parent does."""
    status = 1
    try:
        # Ctrl-C reaches only the parent, which decides what to do.
        os.setsid()
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        for descriptor in others:
            os.close(descriptor)
        _leave_streams()
        worker.serve(given, answers, _nothing)
        status = 0
    finally:
        os._exit(status)


def _leave_streams() -> None:
    """Leave stdin and stdout to the parent; prints of libraries go to stderr."""
    with suppress(OSError):
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, 0)
        os.close(nothing)
    with suppress(OSError):
        os.dup2(2, 1)


def _nothing() -> None:
    """Everything is loaded."""

"""One call at a time in a worker process with limits, for programs that run long.

Bytes of a file from anyone go through a decoder in C. In a worker, whatever happens there costs one
answer: the caller keeps its memory and its life.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from typing import Any

from phonoscope.errors import ErrorKind, PhonoscopeError, UnreadableError
from phonoscope.messages import gettext
from phonoscope.scan.messages import Failure
from phonoscope.scan.pool import Pool


class LimitedWorker:
    """A worker process that starts with the first call and stays for the next.

    Threads may share it; they wait for each other.

    Parameters
    ----------
    time_limit_s
        Seconds that a call may take.
    memory_mb
        Memory that it may use on top of what a worker needs to start, MB (Linux only).
    """

    def __init__(self, *, time_limit_s: float, memory_mb: int) -> None:
        self._made = partial(Pool, 1, time_limit_s=time_limit_s, memory_mb=memory_mb)
        self._lock = threading.Lock()
        self._stack = ExitStack()
        self._pool: Pool | None = None
        self._closed = False

    def call(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """Return what a function returns in the worker.

        ``pickle`` has to find the function by name, and to know its arguments and its value.

        Raises
        ------
        UnreadableError
            What the function raised, or ``time-limit``, ``memory-limit`` or ``crashed``.
        """
        with self._lock:
            if self._closed:
                raise UnreadableError(ErrorKind.CRASHED, gettext("The workers were stopped."))
            if self._pool is None:
                self._pool = self._stack.enter_context(self._made())
            self._pool.submit(None, _reported, function, arguments)
            try:
                while not (done := self._pool.wait(60.0)):
                    pass
            except PhonoscopeError as error:
                raise UnreadableError(ErrorKind.CRASHED, error.message) from error
        if isinstance(done[0].value, Failure):
            raise UnreadableError(done[0].value.kind, done[0].value.message)
        return done[0].value

    def close(self) -> None:
        """End the process."""
        self._closed = True
        self._stack.close()


def _reported(function: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
    """Call a function in the worker; the error of a bad file is an answer."""
    try:
        return function(*arguments)
    except UnreadableError as error:
        return Failure(error.kind, error.message)

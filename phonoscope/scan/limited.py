"""Calls in a worker process with limits, for commands and for programs that run long.

Bytes of a file from anyone go through decoders in C and parsers of tags. In a worker, whatever
happens there costs one answer: the caller keeps its memory and its life.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from types import TracebackType
from typing import Any, Self

from phonoscope.errors import ErrorKind, PhonoscopeError, UnreadableError
from phonoscope.messages import gettext
from phonoscope.scan.forked import ForkedWorker, can_fork
from phonoscope.scan.messages import Failure
from phonoscope.scan.pool import Pool
from phonoscope.settings import Settings


class LimitedWorker:
    """A worker process that starts with the first call and stays for the next.

    Threads may share it; they wait for each other. Use it as a context manager, or end it with
    :meth:`close`.

    Parameters
    ----------
    time_limit_s
        Seconds that a call may take; by default from the settings.
    memory_mb
        Memory that it may use on top of what a worker needs to start, MB (Linux only); by default
        from the settings.

    Examples
    --------
    >>> from phonoscope import read_labels
    >>> with LimitedWorker() as worker:
    ...     worker.call(read_labels, "no-such-file.mp3")
    Traceback (most recent call last):
        ...
    phonoscope.errors.UnreadableError: The file doesn't exist.
    """

    def __init__(self, *, time_limit_s: float | None = None, memory_mb: int | None = None) -> None:
        settings = Settings()
        self._made = partial(
            Pool,
            1,
            time_limit_s=settings.file_time_limit_s if time_limit_s is None else time_limit_s,
            memory_mb=settings.worker_memory_mb if memory_mb is None else memory_mb,
        )
        self._lock = threading.Lock()
        self._stack = ExitStack()
        self._pool: Pool | None = None
        self._closed = False

    @classmethod
    def of_command(cls) -> Self:
        """Return one that is a copy of this process, which starts at once, where that is possible.

        Call it when everything is imported that the calls need, and before threads start.
        """
        made = cls()
        if can_fork():
            made._pool = made._stack.enter_context(made._made(first=ForkedWorker()))
        return made

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def call(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """Return what a function returns in the worker.

        ``pickle`` has to find the function by name, and to know its arguments and its value.

        Raises
        ------
        PhonoscopeError
            What the function raised.
        UnreadableError
            ``time-limit``, ``memory-limit`` or ``crashed``; ``internal`` for any other error of
            the function.
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
        value = done[0].value
        if isinstance(value, Failure):
            raise UnreadableError(value.kind, value.message)
        if isinstance(value, PhonoscopeError):
            raise value
        return value

    def each(self, function: Callable[..., Iterator[Any]], *arguments: Any) -> Iterator[Any]:
        """Yield what a generator yields in the worker, which runs one such generator at a time.

        Each item has the time limit of a call.

        Raises
        ------
        PhonoscopeError
            As :meth:`call`.
        """
        self.call(_begin, function, arguments)
        while item := self.call(_next):
            yield item[0]

    def close(self) -> None:
        """End the process."""
        self._closed = True
        self._stack.close()


def _reported(function: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
    """Call a function in the worker; an error on purpose is an answer."""
    try:
        return function(*arguments)
    except PhonoscopeError as error:
        return error


_running: list[Iterator[Any]] = []
"""The generator that runs in this worker."""


def _begin(function: Callable[..., Iterator[Any]], arguments: tuple[Any, ...]) -> None:
    _running[:] = [iter(function(*arguments))]


def _next() -> tuple[Any, ...]:
    """Return the next item of the generator, alone; nothing when it has ended."""
    for item in _running[0]:
        return (item,)
    _running.clear()
    return ()

"""Overviews on demand. A few threads paint them, and the last ones are kept."""

from __future__ import annotations

import queue
import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Protocol

from phonoscope.errors import ErrorKind, UnreadableError
from phonoscope.messages import gettext
from phonoscope.scan.limited import LimitedWorker
from phonoscope.settings import Settings
from phonoscope.web.overview import Overview

SIZE = 32
"""Overviews to keep; each takes about half a megabyte."""
PAINTERS = 2
WAITING = 8
"""Overviews that are painted or wait at one time; more are refused, not queued."""
LIMIT_S = 300.0
"""Time limit of an overview, s. Ten hours of stereo take about 40 s."""


class Painter(Protocol):
    """Calls functions elsewhere, see :class:`phonoscope.scan.limited.LimitedWorker`."""

    def call(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """Return what the function returns."""

    def close(self) -> None:
        """End it."""


def _limited(limit_s: float) -> Painter:
    # A little longer: painting looks at the time itself, and says so in words.
    return LimitedWorker(time_limit_s=limit_s + 10, memory_mb=Settings().worker_memory_mb)


class BusyError(Exception):
    """Too many overviews are being painted."""


class OverviewCache:
    """Bounded cache of overviews. Threads that need the same one share the work.

    Worker processes paint: a file from anyone must not take the server's memory.
    """

    def __init__(
        self,
        size: int = SIZE,
        waiting: int = WAITING,
        limit_s: float = LIMIT_S,
        workers: Sequence[Painter] | None = None,
    ) -> None:
        self._workers: queue.SimpleQueue[Painter] = queue.SimpleQueue()
        self._all_workers = list(workers or (_limited(limit_s) for _ in range(PAINTERS)))
        for worker in self._all_workers:
            self._workers.put(worker)
        self._size, self._waiting, self._limit_s = size, waiting, limit_s
        self._painters = ThreadPoolExecutor(PAINTERS, thread_name_prefix="overview")
        self._lock = threading.Lock()
        self._done: OrderedDict[str, Overview] = OrderedDict()
        self._under_way: dict[str, Future[Overview]] = {}

    def get(self, name: str, paint: Callable[..., Overview], *arguments: Any) -> Overview:
        """Return an overview; paint it if the cache doesn't have it.

        Parameters
        ----------
        name
            Its identifier.
        paint
            Paints it, in another process; takes the arguments, then a number of seconds.
        arguments
            What ``paint`` needs to know; ``pickle`` has to know them.

        Raises
        ------
        BusyError
            If too many others are being painted.
        UnreadableError
            If it can't be painted, or not in time.
        """
        with self._lock:
            if name in self._done:
                self._done.move_to_end(name)
                return self._done[name]
            future = self._under_way.get(name)
            is_mine = future is None
            if future is None:
                if len(self._under_way) >= self._waiting:
                    raise BusyError
                future = self._painters.submit(self._paint, paint, (*arguments, self._limit_s))
                self._under_way[name] = future
        if is_mine:
            # Outside the lock: the callback of a finished future runs at once, in this thread.
            future.add_done_callback(lambda done: self._put(name, done))
        try:
            return future.result(timeout=2 * self._limit_s)
        except TimeoutError as error:
            too_long = gettext("Drawing it takes too long.")
            raise UnreadableError(ErrorKind.TIME_LIMIT, too_long) from error

    def close(self) -> None:
        """Stop painting."""
        self._painters.shutdown(wait=False, cancel_futures=True)
        for worker in self._all_workers:
            worker.close()

    def _paint(self, paint: Callable[..., Overview], arguments: tuple[Any, ...]) -> Overview:
        worker = self._workers.get()
        try:
            overview: Overview = worker.call(paint, *arguments)
            return overview
        finally:
            self._workers.put(worker)

    def _put(self, name: str, done: Future[Overview]) -> None:
        with self._lock:
            self._under_way.pop(name, None)
            # Failures are not kept: the file may be back next time.
            if not done.cancelled() and done.exception() is None:
                self._done[name] = done.result()
                while len(self._done) > self._size:
                    self._done.popitem(last=False)

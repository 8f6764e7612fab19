"""Overviews on demand. A few threads paint them, and the last ones are kept."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

from phonoscope.errors import ErrorKind, UnreadableError
from phonoscope.messages import gettext
from phonoscope.web.overview import Overview

SIZE = 32
"""Overviews to keep; each takes about half a megabyte."""
PAINTERS = 2
WAITING = 8
"""Overviews that are painted or wait at one time; more are refused, not queued."""
LIMIT_S = 300.0
"""Time limit of an overview, s. Ten hours of stereo take about 40 s."""

Paint = Callable[[float], Overview]


class BusyError(Exception):
    """Too many overviews are being painted."""


class OverviewCache:
    """Bounded cache of overviews. Threads that need the same one share the work."""

    def __init__(self, size: int = SIZE, waiting: int = WAITING, limit_s: float = LIMIT_S) -> None:
        self._size, self._waiting, self._limit_s = size, waiting, limit_s
        self._painters = ThreadPoolExecutor(PAINTERS, thread_name_prefix="overview")
        self._lock = threading.Lock()
        self._done: OrderedDict[str, Overview] = OrderedDict()
        self._under_way: dict[str, Future[Overview]] = {}

    def get(self, name: str, paint: Paint) -> Overview:
        """Return an overview; paint it if the cache doesn't have it.

        Parameters
        ----------
        name
            Its identifier.
        paint
            Paints it, within a number of seconds.

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
                future = self._painters.submit(paint, self._limit_s)
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

    def _put(self, name: str, done: Future[Overview]) -> None:
        with self._lock:
            self._under_way.pop(name, None)
            # Failures are not kept: the file may be back next time.
            if not done.cancelled() and done.exception() is None:
                self._done[name] = done.result()
                while len(self._done) > self._size:
                    self._done.popitem(last=False)

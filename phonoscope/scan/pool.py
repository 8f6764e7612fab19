"""Worker processes with a time limit for each task. A crash costs one task and no more.

Each worker has a *seat*: a thread that starts its process, gives it one task at a time and waits
for the answer on a pipe of its own. Processes share no lock, so killing one never blocks another.
"""

from __future__ import annotations

import logging
import os
import pickle
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import IO, Any, NamedTuple, Protocol, Self, cast

from phonoscope import threads
from phonoscope.errors import ErrorKind, PhonoscopeError
from phonoscope.messages import gettext
from phonoscope.scan.messages import Failure, Start, Task, TaskResult, read_frame, write_frame
from phonoscope.text import span

_log = logging.getLogger(__name__)

WATCH_S = 0.1
"""How often time limits are checked, s."""
START_ATTEMPTS = 3
START_LIMIT_S = 180.0
"""A worker that isn't ready after this long never will be, s."""
ENVIRONMENT = {
    **dict.fromkeys(threads.NAMES, "1"),
    # Blocks of sound all have the same sizes. Without these, glibc returns each one's pages to the
    # kernel and gets cleared ones back, which costs an eighth of a scan.
    **dict.fromkeys(("MALLOC_MMAP_THRESHOLD_", "MALLOC_TRIM_THRESHOLD_"), str(1 << 30)),
}
"""Environment variables of a worker, which have to be set before it starts."""


@dataclass(frozen=True)
class Done:
    """A task that ended, with a value or without."""

    tag: Any
    """The tag that :meth:`Pool.submit` got."""
    value: Any
    """What the function returned; a :class:`Failure` when it didn't return."""
    cpu_s: float
    """Processor time that it took, s; the first task of a worker includes the worker's start."""


class WorkerProcess(Protocol):
    """A process that serves tasks, with as much of ``Popen`` as a pool uses."""

    pid: int

    @property
    def stdin(self) -> IO[bytes] | None:
        """Takes tasks."""

    @property
    def stdout(self) -> IO[bytes] | None:
        """Gives answers."""

    def kill(self) -> None:
        """End it, whatever it does."""

    def wait(self) -> int:
        """Wait until it ended; return its status as ``Popen`` does."""


class Pool:
    """Worker processes on this machine. Use as a context manager; leaving it ends them all.

    Parameters
    ----------
    workers
        The most processes; each starts when it is first needed.
    time_limit_s
        Seconds that one task may take. Then its worker is killed.
    memory_mb
        Memory that a worker may use on top of what it needs to start, MB (Linux only).
    first
        A process that waits to be the first worker; those after it are started.
    """

    def __init__(
        self,
        workers: int,
        *,
        time_limit_s: float,
        memory_mb: int,
        first: WorkerProcess | None = None,
    ) -> None:
        self._answered: queue.SimpleQueue[Done | BaseException] = queue.SimpleQueue()
        self._seats = [_Seat(self._answered, time_limit_s, memory_mb) for _ in range(workers)]
        self._seats[0].expect(first)
        self._free = list(reversed(self._seats))
        self._working: dict[int, _Seat] = {}
        self._number = 0
        self._closed = threading.Event()
        self._watch = threading.Thread(target=self._watch_limits, daemon=True)
        self._watch.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._closed.set()
        for seat in self._seats:
            seat.close()
        for seat in self._seats:
            seat.join()
        self._watch.join()

    @property
    def free(self) -> int:
        """Workers that wait for a task."""
        return len(self._free)

    @property
    def working(self) -> int:
        """Tasks that are running."""
        return len(self._working)

    def submit(self, tag: Any, function: Callable[..., Any], *arguments: Any) -> None:
        """Give a task to a free worker; there has to be one.

        ``pickle`` has to find the function, and the type of its value, by name.
        """
        seat = self._free.pop()
        self._number += 1
        self._working[self._number] = seat
        seat.give(self._number, tag, Task(function, arguments))

    def wait(self, timeout_s: float) -> list[Done]:
        """Return the tasks that ended; wait for the first at most ``timeout_s`` seconds.

        Raises
        ------
        PhonoscopeError
            When no worker process starts (``worker-start``).
        """
        found: list[Done] = []
        try:
            item = self._answered.get(timeout=max(0.0, timeout_s))
            while True:
                found.append(self._taken(item))
                item = self._answered.get_nowait()
        except queue.Empty:
            return found

    def _taken(self, item: Done | BaseException) -> Done:
        if isinstance(item, BaseException):
            raise item
        number, tag = item.tag
        self._free.append(self._working.pop(number))
        return Done(tag, item.value, item.cpu_s)

    def _watch_limits(self) -> None:
        while not self._closed.wait(WATCH_S):
            for seat in self._seats:
                seat.end_if_overdue()


class _Seat:
    """One worker process and the thread that talks to it."""

    def __init__(
        self,
        answered: queue.SimpleQueue[Done | BaseException],
        time_limit_s: float,
        memory_mb: int,
    ) -> None:
        self._answered = answered
        self._time_limit_s = time_limit_s
        self._start = Start(os.getpid(), memory_mb)
        self._tasks: queue.SimpleQueue[tuple[int, Any, Task] | None] = queue.SimpleQueue()
        self._process: WorkerProcess | None = None
        self._waiting: WorkerProcess | None = None
        self._thread: threading.Thread | None = None
        # Guards the next four: the watching thread may end the process at any moment.
        self._lock = threading.Lock()
        self._due_s: float | None = None
        self._overdue = False
        self._closed = False
        self._start_cpu_s = 0.0

    def expect(self, process: WorkerProcess | None) -> None:
        """Take this process first."""
        self._waiting = process

    def give(self, number: int, tag: Any, task: Task) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._serve, daemon=True)
            self._thread.start()
        self._tasks.put((number, tag, task))

    def close(self) -> None:
        """End the process, whatever it does."""
        with self._lock:
            self._closed = True
            if self._process is not None:
                self._process.kill()
        self._tasks.put(None)

    def join(self) -> None:
        if self._thread is not None:
            self._thread.join()
        # It was never needed.
        if self._waiting is not None:
            self._process, self._waiting = self._waiting, None
            self._bury()

    def end_if_overdue(self) -> None:
        with self._lock:
            if self._due_s is not None and time.monotonic() > self._due_s and self._process:
                self._overdue = True
                self._process.kill()

    def _serve(self) -> None:
        while (given := self._tasks.get()) is not None and not self._closed:
            number, tag, task = given
            try:
                answer = self._perform(task)
            except BaseException as error:
                # Pool.wait raises it again, in the thread that asked.
                self._answered.put(error)
                break
            value = answer.failure or answer.value
            self._answered.put(Done((number, tag), value, answer.cpu_s))
        self._bury()

    def _perform(self, task: Task) -> TaskResult:
        frame = pickle.dumps(task)
        for _ in range(START_ATTEMPTS):
            if self._process is None:
                self._employ()
            begun, answer = self._ask(frame, self._time_limit_s)
            ended = self._bury() if answer is None else None
            # It was killed while it waited: not this task's fault, so another worker gets the task.
            if begun:
                break
        if answer is not None:
            answer = TaskResult(answer.value, answer.failure, answer.cpu_s + self._start_cpu_s)
            self._start_cpu_s = 0.0
        else:
            answer = TaskResult(failure=self._obituary(cast("_Ended", ended)))
        return answer

    def _ask(self, frame: bytes, limit_s: float) -> tuple[bool, TaskResult | None]:
        """Send a message; return whether the process took it, and the answer.

        The answer is ``None`` when the process ended instead.
        """
        process = cast("WorkerProcess", self._process)
        with self._lock:
            self._due_s = time.monotonic() + limit_s
        answers, answer = cast("IO[bytes]", process.stdout).fileno(), None
        try:
            write_frame(cast("IO[bytes]", process.stdin).fileno(), frame)
            begun = read_frame(answers) is not None
            if begun:
                answer = read_frame(answers)
        except BrokenPipeError:
            begun = False
        with self._lock:
            self._due_s = None
            if self._overdue:
                # It answered at the moment when it was killed: the task counts as too slow.
                return True, None
        return begun, None if answer is None else pickle.loads(answer)  # noqa: S301 - our own

    def _employ(self) -> None:
        """Start a process and wait until it is ready."""
        for _ in range(START_ATTEMPTS):
            with self._lock:
                if self._closed:
                    break
                self._process = process = self._waiting or _started()
                self._waiting = None
            _, ready = self._ask(pickle.dumps(self._start), START_LIMIT_S)
            if ready is not None:
                self._start_cpu_s += ready.cpu_s
                _log.info("worker %d started", process.pid)
                return
            ended = self._bury()
        if self._closed:
            raise PhonoscopeError(gettext("The workers were stopped."), code="workers-stopped")
        message = gettext(
            "Worker processes don't start: {status}. To see why, run: {command}",
            status=_ending(ended.status),
            command=f"{sys.executable} -m phonoscope.scan.worker",
        )
        raise PhonoscopeError(message, code="worker-start")

    def _bury(self) -> _Ended:
        """End the process and return how it ended."""
        with self._lock:
            process, self._process = self._process, None
            overdue, self._overdue = self._overdue, False
        if process is None:
            return _Ended(0, overdue)
        process.kill()
        status = process.wait()
        for pipe in (process.stdin, process.stdout):
            cast("IO[bytes]", pipe).close()
        reason = "over its time limit" if overdue else "no longer needed or broken"
        _log.info("worker %d ended (%s): %s", process.pid, reason, _ending(status))
        return _Ended(status, overdue)

    def _obituary(self, ended: _Ended) -> Failure:
        if ended.overdue:
            message = gettext(
                "The analysis took longer than {limit}. To allow more, set "
                "PHONOSCOPE_FILE_TIME_LIMIT_S.",
                limit=span(self._time_limit_s),
            )
            return Failure(ErrorKind.TIME_LIMIT, message)
        message = gettext(
            "The worker process crashed on this file ({status}).", status=_ending(ended.status)
        )
        return Failure(ErrorKind.CRASHED, message)


class _Ended(NamedTuple):
    """How a process ended."""

    status: int
    overdue: bool
    """Whether it was killed for its time limit."""


def _ending(status: int) -> str:
    """Return how a process ended, as a name: ``exit status 1`` or ``SIGKILL``."""
    if status >= 0:
        return gettext("exit status {status}", status=str(status))
    try:
        return signal.Signals(-status).name
    except ValueError:
        return gettext("signal {signal}", signal=str(-status))


def _started() -> WorkerProcess:
    # The worker imports from where this process did. Without -P, a file numpy.py in a folder of
    # music would be imported too.
    path = os.pathsep.join(entry or os.getcwd() for entry in sys.path)
    return subprocess.Popen(
        [sys.executable, "-P", "-m", "phonoscope.scan.worker"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        bufsize=0,
        env={**os.environ, **ENVIRONMENT, "PYTHONPATH": path},
        # Ctrl-C reaches only the parent, which decides what to do.
        start_new_session=True,
    )

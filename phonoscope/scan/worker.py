"""A worker process: does one task at a time for its parent, and ends with it.

:mod:`phonoscope.scan.pool` starts it as ``python -m phonoscope.scan.worker``. Tasks arrive on
stdin and answers leave on what was stdout, as pickles after their length. It imports nothing of
the program that started it, so a script that scans needs no ``if __name__ == "__main__"``.
:mod:`phonoscope.scan.forked` makes one from a running command.
"""

from __future__ import annotations

import os
import pickle
import queue
import signal
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from importlib import import_module
from pathlib import Path

from phonoscope.errors import OVER_WORKER_MEMORY, ErrorKind, bug, note_worker
from phonoscope.scan.messages import (
    BEGUN,
    Failure,
    Start,
    Task,
    TaskResult,
    read_frame,
    write_frame,
)

OOM_SCORE = "800"
"""How likely Linux ends this process when memory runs out, 0 to 1000: before its parent."""
PARENT_CHECK_S = 1.0


def main() -> None:
    """Serve tasks on stdin until the parent closes the pipe or dies."""
    serve(sys.stdin.fileno(), _take_stdout(), _prepare)


def serve(given: int, answers: int, prepare: Callable[[], None]) -> None:
    """Serve tasks until the parent closes the pipe or dies.

    Parameters
    ----------
    given, answers
        Descriptors of the pipes.
    prepare
        Does what the first task needs, before memory is limited.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    frame = read_frame(given)
    if frame is None:
        return
    write_frame(answers, BEGUN)
    start: Start = pickle.loads(frame)  # noqa: S301 - from the process that started this one
    threading.Thread(target=_die_with, args=(start.parent_pid,), daemon=True).start()
    tasks: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    threading.Thread(target=_receive, args=(given, tasks), daemon=True).start()
    prepare()
    note_worker()
    if sys.platform == "linux":
        _limit_linux(start.memory_mb)
    write_frame(answers, pickle.dumps(TaskResult(cpu_s=time.process_time())))
    spent_s = time.process_time()
    while True:
        task = tasks.get()
        # If this process dies from here on, the task may be the cause; before, it isn't.
        write_frame(answers, BEGUN)
        answer = _answered(task)
        now_s = time.process_time()
        write_frame(answers, _pickled(answer, now_s - spent_s))
        spent_s = now_s


def _take_stdout() -> int:
    """Keep the pipe for answers; prints of libraries go to stderr."""
    answers = os.dup(sys.stdout.fileno())
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    return answers


def _receive(given: int, tasks: queue.SimpleQueue[bytes]) -> None:
    """Receive tasks; notices the end of the parent at once, even during a task."""
    while (frame := read_frame(given)) is not None:
        tasks.put(frame)
    os._exit(0)


def _die_with(parent_pid: int) -> None:
    """End when the parent did, even if a copy of it holds the pipe open."""
    while os.getppid() == parent_pid:
        time.sleep(PARENT_CHECK_S)
    os._exit(0)


def _prepare() -> None:
    """Import everything that a task needs."""
    # Imported here: it takes time, and the pipe and the parent are already watched.
    import threadpoolctl

    from phonoscope.scan import work

    work.prepare()
    threadpoolctl.threadpool_limits(1)


def _limit_linux(memory_mb: int) -> None:
    import resource

    pages = int(Path("/proc/self/statm").read_text().split()[0])
    most = pages * resource.getpagesize() + memory_mb * (1 << 20)
    hard = resource.getrlimit(resource.RLIMIT_AS)[1]
    if hard == resource.RLIM_INFINITY or most < hard:
        resource.setrlimit(resource.RLIMIT_AS, (most, hard))
    # A decoder that crashes must not fill the disk with memory images.
    resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))
    # Some containers forbid it. The kernel then chooses by size, as usual.
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text(OOM_SCORE)


def _answered(frame: bytes) -> TaskResult:
    try:
        task: Task = pickle.loads(frame)  # noqa: S301 - from the process that started this one
        return TaskResult(task.function(*task.arguments))
    except MemoryError:
        return TaskResult(failure=_OUT_OF_MEMORY)
    except Exception as error:
        # A bug must not stop a scan of millions: it becomes the error of a row.
        return TaskResult(failure=_failure(error))


def _pickled(answer: TaskResult, cpu_s: float) -> bytes:
    try:
        return pickle.dumps(TaskResult(answer.value, answer.failure, cpu_s))
    except MemoryError:
        return pickle.dumps(TaskResult(failure=_OUT_OF_MEMORY, cpu_s=cpu_s))
    except Exception as error:
        return pickle.dumps(TaskResult(failure=_failure(error), cpu_s=cpu_s))


_OUT_OF_MEMORY = Failure(ErrorKind.MEMORY_LIMIT, OVER_WORKER_MEMORY)


def _failure(error: Exception) -> Failure:
    return Failure(ErrorKind.INTERNAL, bug(error))


if __name__ == "__main__":
    # Under its own name: the parent can't read what is pickled from __main__.
    import_module("phonoscope.scan.worker").main()

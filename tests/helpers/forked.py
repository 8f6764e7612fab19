"""Processes forked from one that has everything loaded: a start costs milliseconds, not seconds.

They are what a real start makes, without the imports: their own memory, working folder,
environment, streams and exit status. Tests of starting itself start an interpreter.
"""

from __future__ import annotations

import atexit
import multiprocessing
import os
import sys
import threading
from collections.abc import Callable, Mapping
from multiprocessing import forkserver, resource_tracker
from multiprocessing.connection import Connection
from pathlib import Path
from typing import IO, Any

from phonoscope.cli import main as program
from phonoscope.scan import pool, worker

CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload(["tests.helpers.loaded"])

# macOS libraries do not survive a fork; `make coverage` measures processes by their start.
POSSIBLE = sys.platform == "linux" and not any(name.startswith("COVERAGE_") for name in os.environ)
_ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")
STARTED = pool._started
"""What starts a worker in the program itself."""
_starting = threading.Lock()


def start(target: Callable[..., None], *arguments: Any) -> multiprocessing.process.BaseProcess:
    """Start a function in a process of its own."""
    with _starting:
        server = _shared_server()
        kept = {name: os.environ.get(name) for name in _ONE_THREAD}
        os.environ.update(dict.fromkeys(_ONE_THREAD, "1"))
        server.ensure_running()
        for name, value in kept.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
        process = CONTEXT.Process(target=target, args=arguments)
        process.start()
    return process


def _shared_server() -> Any:
    """The server to fork from; in a process that was forked from one, that one.

    CPython 3.11 says that it does so by itself; it starts another one, which imports everything
    again, in each process that asks (4 CPU-seconds for each command with a worker).
    """
    server = forkserver._forkserver  # type: ignore[attr-defined]
    if server._forkserver_pid is None and server._forkserver_alive_fd is not None:
        server.ensure_running = resource_tracker.ensure_running
    return server


def instead_of_started() -> None:
    """From here on, fork the workers of this process, where that is possible."""
    if POSSIBLE:
        pool._started = ForkedWorker  # type: ignore[assignment]


def program_in(
    folder: Path, arguments: list[str], cwd: str, environment: Mapping[str, str]
) -> None:
    """Be ``phonoscope ARGUMENTS``, with files of a folder as its streams."""
    for descriptor, (name, flags) in enumerate(
        [("in", os.O_RDONLY), ("out", os.O_WRONLY), ("err", os.O_WRONLY)]
    ):
        opened = os.open(folder / name, flags | os.O_APPEND)
        os.dup2(opened, descriptor)
        os.close(opened)
    _be(cwd, environment)
    sys.argv = [str(program.__file__), *arguments]
    instead_of_started()
    try:
        program.main()
    finally:
        atexit._run_exitfuncs()


def _be(cwd: str, environment: Mapping[str, str]) -> None:
    """Take on what a process has from the one that started it."""
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(environment)
    sys.stdin = os.fdopen(0, encoding="utf-8", closefd=False)
    sys.stdout = os.fdopen(1, "w", encoding="utf-8", closefd=False)
    sys.stderr = os.fdopen(
        2, "w", encoding="utf-8", errors="backslashreplace", buffering=1, closefd=False
    )


class ForkedWorker:
    """A worker of :mod:`phonoscope.scan.pool`, with as much of ``Popen`` as the pool uses."""

    stdin: IO[bytes]
    stdout: IO[bytes]

    def __init__(self) -> None:
        its_tasks, mine = CONTEXT.Pipe(duplex=False)
        answers, its_answers = CONTEXT.Pipe(duplex=False)
        # Descriptors of their own: a connection closes its own when it is collected.
        self.stdin = os.fdopen(os.dup(mine.fileno()), "wb", buffering=0)
        self.stdout = os.fdopen(os.dup(answers.fileno()), "rb", buffering=0)
        self._process = start(_work, its_tasks, its_answers, dict(os.environ))
        self.pid = self._process.pid
        for end in (its_tasks, mine, answers, its_answers):
            end.close()

    def kill(self) -> None:
        self._process.kill()

    def wait(self) -> int:
        self._process.join()
        status = self._process.exitcode
        assert status is not None
        return status


def _work(tasks: Connection, answers: Connection, environment: Mapping[str, str]) -> None:
    os.setsid()
    os.dup2(tasks.fileno(), 0)
    os.dup2(answers.fileno(), 1)
    tasks.close()
    answers.close()
    _be("/", environment)
    # Its parent is the process it was forked from; the end of the pipe ends it as well.
    worker._die_with = lambda _: None
    worker.main()

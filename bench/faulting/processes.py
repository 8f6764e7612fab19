"""Work in processes of its own, which are forked from one that has everything loaded.

So a try costs what the work costs, not what starting Python costs, and a kill falls into the work
and not into its imports. The workers of a scan are forked as well, where that can be done.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import time
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

from phonoscope.scan import pool
from tests.helpers import forked

CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload(["tests.helpers.loaded", "bench.faulting.work"])
LONGEST_S = 300.0

OVERTAKEN = frozenset({"compacted-meanwhile", "being-read", "changing"})
"""Codes of errors that say: another process was faster; nothing is lost."""


def start(work: Callable[..., None], *arguments: Any) -> multiprocessing.process.BaseProcess:
    """Start work in a process of its own, quietly."""
    return forked.start(_quietly, work, *arguments)


def _quietly(work: Callable[..., None], *arguments: Any) -> None:
    if forked.POSSIBLE:
        pool._started = forked.ForkedWorker  # type: ignore[assignment]
    with Path(os.devnull).open("w") as nowhere, redirect_stdout(nowhere), redirect_stderr(nowhere):
        try:
            work(*arguments)
        except Exception as error:
            if getattr(error, "code", "") in OVERTAKEN:
                sys.exit(2)
            raise


def killed_after(work: Callable[[Path], None], folder: Path, seconds: float) -> bool:
    """Kill work after a time; return whether it was still running."""
    process = start(work, folder)
    process.join(seconds)
    running = process.exitcode is None
    if running and process.pid is not None:
        try:
            os.kill(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            # It ended in between. The fork server is its parent, so nothing is left of it here.
            running = False
    process.join(LONGEST_S)
    return running


def took_s(work: Callable[[Path], None], folder: Path) -> float:
    """Return how long work takes in a process of its own, s."""
    # The first process of all waits until everything is loaded.
    start(time.sleep, 0).join(LONGEST_S)
    started = time.monotonic()
    process = start(work, folder)
    process.join(LONGEST_S)
    if process.exitcode != 0:
        raise RuntimeError(f"the work itself fails: {process.exitcode}")
    return time.monotonic() - started

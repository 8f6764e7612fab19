"""Progress on stderr: a moving line on a terminal, a plain line now and then elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import TYPE_CHECKING, Self

from phonoscope.cli.amounts import clock, counted, speed
from phonoscope.cli.terminal import message

if TYPE_CHECKING:
    from rich.progress import Progress as Bar

PLAIN_EVERY_S = 10.0
"""Seconds between two lines where stderr is a file or a pipe."""


class Meter:
    """Shows how far a scan is; takes the calls of the catalogue's progress protocol.

    Parameters
    ----------
    quiet
        Show nothing.
    """

    def __init__(self, quiet: bool) -> None:
        self._shows = not quiet
        self._bar: Bar | None = None
        self._total: int | None = None
        self._files = 0
        self._audio_s = 0.0
        self._unreadable = 0
        self._started_s = self._said_s = time.monotonic()

    def __enter__(self) -> Self:
        if self._shows and sys.stderr.isatty():
            self._bar = _bar()
            self._bar.add_task("Listing", total=None, facts="")
            self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    def listed(self, total: int, unchanged: int = 0) -> None:
        """Take in how many files there are to examine, besides those known unchanged."""
        self._total = total
        self._started_s = self._said_s = time.monotonic()
        if self._bar is not None:
            self._bar.update(self._bar.task_ids[0], description="Examining", total=total)
        elif self._shows and total > 1:
            known = f"; {unchanged:,} unchanged and left alone" if unchanged else ""
            message(f"{counted(total, 'file')} to examine{known}")

    def advanced(self, files: int, audio_s: float, unreadable: int) -> None:
        """Take in that so many more files, and so much sound, are done."""
        self._files += files
        self._audio_s += audio_s
        self._unreadable += unreadable
        if self._bar is not None:
            self._bar.update(self._bar.task_ids[0], advance=files, facts=self.facts())
        elif self._shows and time.monotonic() - self._said_s >= PLAIN_EVERY_S:
            self._said_s = time.monotonic()
            message(f"{self._files:,}/{self._total or '?'} files, {self.facts()}")

    def facts(self) -> str:
        """Return speed, time left and unreadable files in one line."""
        elapsed_s = time.monotonic() - self._started_s
        parts = [speed(self._files, self._audio_s, elapsed_s)]
        if self._total and self._files:
            left_s = elapsed_s * max(0, self._total - self._files) / self._files
            parts.append(f"{clock(left_s)} left")
        if self._unreadable:
            parts.append(f"{self._unreadable:,} unreadable")
        return ", ".join(parts)

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Take the moving line away while something is written to stdout."""
        if self._bar is None or not sys.stdout.isatty():
            yield
            return
        self._bar.stop()
        yield
        sys.stdout.flush()
        self._bar.start()


def _bar() -> Bar:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn

    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=24),
        MofNCompleteColumn(),
        TextColumn("{task.fields[facts]}", markup=False),
        console=Console(stderr=True),
        transient=True,
    )

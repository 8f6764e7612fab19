"""Progress on stderr: a moving line on a terminal, a plain line now and then elsewhere."""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import TYPE_CHECKING, Self

from phonoscope.cli.log import is_logging
from phonoscope.cli.task import Task
from phonoscope.cli.terminal import in_language, message
from phonoscope.escape import printable
from phonoscope.messages import Joined, Localised, ngettext, sentences

if TYPE_CHECKING:
    from rich.progress import Progress as Bar

PLAIN_EVERY_S = 10.0
"""Seconds between two lines where stderr is a file or a pipe."""


class TerminalProgress:
    """Shows how far some work is; implements :class:`phonoscope.progress.Progress`.

    Use as a context manager: at its end, also after Ctrl-C, the moving line is gone and the
    cursor is back.

    Parameters
    ----------
    quiet
        Show nothing.
    """

    def __init__(self, quiet: bool) -> None:
        self._shows = not quiet
        self._task: Task | None = None
        self._bar: Bar | None = None
        self._said_s = time.monotonic()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._bar is not None:
            self._bar.stop()
            self._bar = None

    @property
    def done(self) -> float:
        """How much of the present task is done, in its unit."""
        return self._task.done if self._task else 0.0

    def start(
        self,
        task: str,
        *,
        unit: str,
        total: float | None = None,
        done: float = 0.0,
        **counters: float,
    ) -> None:
        """See :meth:`phonoscope.progress.Progress.start`."""
        now_s = time.monotonic()
        self._task = Task(task, unit, total, now_s, done, Counter(counters))
        if not self._shows:
            return
        if sys.stderr.isatty() and not is_logging():
            self._move()
        elif task == "scan" and total and total > 1:
            message(_announced(int(total), Counter({k: int(n) for k, n in counters.items()})))
            self._said_s = now_s

    def advance(self, amount: float = 1, **counters: float) -> None:
        """See :meth:`phonoscope.progress.Progress.advance`."""
        if self._task is None:
            return
        self._task.done += amount
        self._task.counters.update(counters)
        self._say()

    def reached(self, share: float) -> None:
        """See :meth:`phonoscope.progress.Progress.reached`."""
        if self._task is not None:
            self._task.reached(share, time.monotonic())

    def step(self, name: str) -> None:
        """See :meth:`phonoscope.progress.Progress.step`."""
        if self._task is not None:
            self._task.step = name
            self._say()

    def message(self, text: str) -> None:
        """See :meth:`phonoscope.progress.Progress.message`."""
        if self._shows:
            with self._away():
                message(text)

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Take the moving line away while something is written to stdout."""
        if sys.stdout.isatty():
            with self._away():
                yield
                sys.stdout.flush()
        else:
            yield

    @contextmanager
    def _away(self) -> Iterator[None]:
        if self._bar is None:
            yield
            return
        self._bar.stop()
        yield
        self._bar.start()

    def _move(self) -> None:
        """Show the present task in the moving line."""
        if self._bar is None:
            self._bar = _bar(lambda: self._task)
            self._bar.start()
        for known in self._bar.task_ids:
            self._bar.remove_task(known)
        self._bar.add_task("", total=1.0 if self._task and self._task.total else None)

    def _say(self) -> None:
        """Bring the moving line up to date, or write a plain line when it is time."""
        task = self._task
        if not self._shows or task is None:
            return
        if self._bar is not None:
            share = task.share
            total = None if share is None else 1.0
            self._bar.update(self._bar.task_ids[0], completed=share or 0.0, total=total)
        elif (now_s := time.monotonic()) - self._said_s >= PLAIN_EVERY_S:
            self._said_s = now_s
            message(Joined(": ", (task.doing, task.text(now_s))))


def _announced(files: int, counters: Counter[str]) -> Localised:
    known, again = "", ""
    if unchanged := counters["unchanged"]:
        known = ngettext("{n} is unchanged.", "{n} are unchanged.", unchanged)
    if count := counters["to_do_again"]:
        again = ngettext(
            "Another model scored {n} of them.", "Another model scored {n} of them.", count
        )
    to_do = ngettext("{n} file to analyse.", "{n} files to analyse.", files)
    return sentences(to_do, again, known)


def _bar(task: Callable[[], Task | None]) -> Bar:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, ProgressColumn, SpinnerColumn
    from rich.progress import Task as BarTask
    from rich.table import Column
    from rich.text import Text

    class Words(ProgressColumn):
        """Makes the text when the line is drawn, so that the time left counts down."""

        def render(self, _: BarTask) -> Text:
            shown = task()
            if shown is None:
                return Text("")
            text = in_language(Joined("  ", (shown.doing, shown.text(time.monotonic()))))
            return Text(printable(text), no_wrap=True, overflow="ellipsis")

    return Progress(
        SpinnerColumn(),
        BarColumn(bar_width=24),
        Words(Column(no_wrap=True, overflow="ellipsis")),
        console=Console(stderr=True),
        transient=True,
    )

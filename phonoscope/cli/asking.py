"""How far a report is: a moving line on a terminal, a plain line now and then elsewhere."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import Self

from phonoscope.cli.amounts import clock
from phonoscope.cli.progress import PLAIN_EVERY_S
from phonoscope.cli.terminal import message

_CLEAR_LINE = "\r\x1b[2K"


class Asking:
    """Shows which question is being answered.

    Parameters
    ----------
    quiet
        Show nothing.
    """

    def __init__(self, quiet: bool) -> None:
        self._shows = not quiet
        self._moves = not quiet and sys.stderr.isatty()
        self._started_s = self._said_s = time.monotonic()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._moves:
            sys.stderr.write(_CLEAR_LINE)
            sys.stderr.flush()

    def __call__(self, done: int, total: int, question: str) -> None:
        """Take in how many questions are answered, and the next one."""
        now_s = time.monotonic()
        line = f"{done} of {total} questions, {clock(now_s - self._started_s)}: {question}"
        if self._moves:
            sys.stderr.write(f"{_CLEAR_LINE}{line}")
            sys.stderr.flush()
        elif self._shows and now_s - self._said_s >= PLAIN_EVERY_S:
            self._said_s = now_s
            message(line)

"""One line about how far something is: it moves on a terminal, and comes now and then elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

from phonoscope.cli.progress import PLAIN_EVERY_S
from phonoscope.cli.terminal import message

_MOVES_EVERY_S = 0.2
_CLEAR_LINE = "\r\x1b[2K"


class Line:
    """A line on stderr; gone at the end of ``with`` where it moved.

    Parameters
    ----------
    quiet
        Show nothing.
    """

    def __init__(self, quiet: bool) -> None:
        self._shows = not quiet
        self._moves = not quiet and sys.stderr.isatty()
        self._started_s = time.monotonic()
        # On a terminal the first one shows at once.
        self._said_s = self._started_s - (_MOVES_EVERY_S if self._moves else 0.0)

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

    def elapsed_s(self) -> float:
        """Return the time since the start, s."""
        return time.monotonic() - self._started_s

    def tell(self, text: str) -> None:
        """Show a sentence that stays."""
        if self._moves:
            sys.stderr.write(_CLEAR_LINE)
        if self._shows:
            message(text)

    def show(self, line: Callable[[float], str]) -> None:
        """Show a line when it is time; ``line`` makes it from the seconds since the start."""
        now_s = time.monotonic()
        every_s = _MOVES_EVERY_S if self._moves else PLAIN_EVERY_S
        if not self._shows or now_s - self._said_s < every_s:
            return
        self._said_s = now_s
        text = line(now_s - self._started_s)
        if self._moves:
            sys.stderr.write(f"{_CLEAR_LINE}{text}")
            sys.stderr.flush()
        else:
            message(text)

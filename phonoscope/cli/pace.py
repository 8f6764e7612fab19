"""How fast rows are read: a moving line on a terminal, a plain line now and then elsewhere."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import Self

from phonoscope.cli.amounts import clock, counted
from phonoscope.cli.progress import PLAIN_EVERY_S
from phonoscope.cli.terminal import message

_MOVES_EVERY_S = 0.2
_CLEAR_LINE = "\r\x1b[2K"


class Pace:
    """Shows how far an ingest is; takes the calls of the catalogue's progress protocol.

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

    def __call__(self, read: int, rejected: int, share: float | None) -> None:
        """Take in rows read and rejected so far, and the share of the source if known."""
        now_s = time.monotonic()
        every_s = _MOVES_EVERY_S if self._moves else PLAIN_EVERY_S
        if not self._shows or now_s - self._said_s < every_s:
            return
        self._said_s = now_s
        line = self.line(read, rejected, share, now_s - self._started_s)
        if self._moves:
            sys.stderr.write(f"{_CLEAR_LINE}{line}")
            sys.stderr.flush()
        else:
            message(line)

    def line(self, read: int, rejected: int, share: float | None, elapsed_s: float) -> str:
        """Return rows, rows a second, time left when the share is known, and rejects."""
        parts = [counted(read, "row"), f"{rows_a_second(read, elapsed_s)} rows/s"]
        if share:
            parts.append(f"{share:.0%}, {clock(elapsed_s * (1 - share) / share)} left")
        if rejected:
            parts.append(f"{rejected:,} rejected")
        return ", ".join(parts)


def rows_a_second(rows: int, elapsed_s: float) -> str:
    """Return rows a second, whole."""
    return f"{rows / max(elapsed_s, 1e-3):,.0f}"

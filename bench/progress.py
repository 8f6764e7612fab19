"""How far a long measurement is: rate and time left, on stderr."""

from __future__ import annotations

import sys
import time

PLAIN_EVERY_S = 10.0
"""Seconds between two lines where stderr isn't a terminal."""


class Progress:
    """Counts steps of one stage.

    Parameters
    ----------
    stage
        What is done, in a few words.
    total
        How many steps there will be.
    """

    def __init__(self, stage: str, total: int) -> None:
        self._stage, self._total, self._done = stage, total, 0
        self._start_s = self._said_s = time.monotonic()
        self._moves = sys.stderr.isatty()

    def step(self) -> None:
        """Count one step and say so now and then."""
        self._done += 1
        now, last = time.monotonic(), self._done == self._total
        if not last and now - self._said_s < (0.2 if self._moves else PLAIN_EVERY_S):
            return
        self._said_s = now
        rate = self._done / max(now - self._start_s, 1e-9)
        left_s = (self._total - self._done) / rate
        facts = f"{rate:.1f}/s, {left_s / 60:.0f} min left" if not last else f"{rate:.1f}/s"
        start, end = ("\r\x1b[K", "\n" if last else "") if self._moves else ("", "\n")
        line = f"{start}{self._stage} {self._done}/{self._total}, {facts}"
        print(line, end=end, file=sys.stderr, flush=True)

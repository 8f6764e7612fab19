"""Tries of one kind of fault, and what went wrong."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field


@dataclass
class Tally:
    """Counts tries; a failure is a sentence that says what didn't hold."""

    name: str
    tries: int = 0
    hits: int = 0
    """Tries in which the fault happened while the command ran, not before or after."""
    failures: list[str] = field(default_factory=list)

    def check(self, holds: Callable[[], Iterable[str]], what: str) -> None:
        """Note what doesn't hold, or that looking itself failed."""
        try:
            self.failures += [f"{what}: {wrong}" for wrong in holds()]
        except Exception as error:
            self.failures.append(f"{what}: {type(error).__name__}: {error}"[:300])

    def __str__(self) -> str:
        return f"{self.name}: {self.tries} tries, {self.hits} hit, {len(self.failures)} failures"


def numbered(tries: int, seconds: float | None = None) -> Iterator[int]:
    """Count tries from 0, until there are enough or the time is up."""
    until = None if seconds is None else time.monotonic() + seconds
    for number in range(tries):
        if until is not None and time.monotonic() > until:
            return
        yield number

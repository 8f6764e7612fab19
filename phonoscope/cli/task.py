"""How far a task is, in one line: amount, rate, time left, counters."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from phonoscope.cli.quantities import clock
from phonoscope.text import counted

_DOING = {
    "list": "Listing",
    "scan": "Examining",
    "ingest": "Reading",
    "findings": "Answering",
    "plays": "Weighing plays",
    "index": "Indexing",
    "find": "Looking up",
    "copies": "Comparing",
    "label": "Labelling",
}
_SOUND = "audio_s"
_APART = (_SOUND, "unchanged")
"""Counters that the line doesn't repeat as they are."""
_SLOW_UNITS = ("questions", "steps")
"""Units of which one takes seconds: the time so far says more than a rate."""


@dataclass
class Task:
    """One task of some work, as :class:`phonoscope.progress.Progress` reports it.

    Parameters
    ----------
    code, unit, total
        As in :meth:`phonoscope.progress.Progress.start`.
    started_s
        When it began; any clock in seconds, the same one in every call.
    done
        What an earlier run did.
    counters
        Other counters.
    """

    code: str
    unit: str
    total: float | None
    started_s: float
    done: float = 0.0
    counters: Counter[str] = field(default_factory=Counter)
    step: str = ""
    _share: float | None = None

    def __post_init__(self) -> None:
        self._first_done = self.done
        self._first_share: tuple[float, float] | None = None

    @property
    def doing(self) -> str:
        """What is being done, as a person says it."""
        return _DOING.get(self.code, self.code)

    @property
    def share(self) -> float | None:
        """Share of the task that is done, where it is known."""
        return min(1.0, self.done / self.total) if self.total else self._share

    def reached(self, share: float, now_s: float) -> None:
        """Take in the share that is done."""
        if self._first_share is None:
            # A task that was resumed has read much before it begins.
            self._first_share = (share, now_s)
        self._share = share

    def text(self, now_s: float) -> str:
        """Return how far it is, e.g. ``3/9 files, 1.5 files/s, 0:04 left, 1 unreadable``."""
        took_s = max(now_s - self.started_s, 1e-3)
        named = [f"{number:,.0f} {name}" for name, number in self.counters.items()
                 if number and name not in _APART]  # fmt: skip
        facts = [self._amount(), self._rate(took_s), self._left(now_s), *named]
        text = ", ".join(fact for fact in facts if fact)
        return f"{text}: {self.step}" if self.step else text

    def _amount(self) -> str:
        if self.unit == "s":
            return clock(self.done) + (f" of {clock(self.total)}" if self.total else "")
        if self.total:
            return f"{self.done:,.0f}/{self.total:,.0f} {self.unit}"
        return counted(round(self.done), self.unit.removesuffix("s")) if self.done else ""

    def _rate(self, took_s: float) -> str:
        if self.unit in _SLOW_UNITS:
            return clock(took_s)
        fresh = self.done - self._first_done
        if not fresh:
            return ""
        if self.unit == "s":
            return f"{_rounded(fresh / took_s)} times real time"
        rate = f"{_rounded(fresh / took_s)} {self.unit}/s"
        sound_s = self.counters[_SOUND]
        return f"{rate}, {_rounded(sound_s / took_s)} times real time" if sound_s else rate

    def _left(self, now_s: float) -> str:
        if self.total:
            took_s, done = now_s - self.started_s, self.done - self._first_done
            left = max(0.0, self.total - self.done)
            return f"{clock(took_s * left / done)} left" if done else ""
        if self._share is None or self._first_share is None:
            return ""
        first, first_s = self._first_share
        if self._share <= first:
            return ""
        left_s = (now_s - first_s) * (1 - self._share) / (self._share - first)
        return f"{self._share:.0%}, {clock(left_s)} left"


def _rounded(number: float) -> str:
    return f"{number:,.0f}" if number >= 100 else f"{number:.1f}"

"""How far a task is, in one line: amount, rate, time left, counters."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

from phonoscope.cli.quantities import clock, position, rounded
from phonoscope.messages import Joined, Localised, gettext, ngettext
from phonoscope.text import percent

_DOING = {
    "list": gettext("Listing files"),
    "scan": gettext("Analysing"),
    "ingest": gettext("Importing"),
    "findings": gettext("Computing findings"),
    "plays": gettext("Analysing plays"),
    "index": gettext("Indexing"),
    "find": gettext("Searching"),
    "copies": gettext("Comparing"),
    "label": gettext("Changing labels"),
    "calibrate": gettext("Calibrating"),
}


class _Unit(NamedTuple):
    """How amounts of a unit are written."""

    amount: Callable[[int], Localised]
    of: Callable[[int, int], Localised]
    rate: Callable[[Localised], Localised]


_UNITS = {
    "files": _Unit(
        lambda n: ngettext("{n} file", "{n} files", n),
        lambda done, total: gettext("{done}/{total} files", done=done, total=total),
        lambda rate: gettext("{rate} files/s", rate=rate),
    ),
    "rows": _Unit(
        lambda n: ngettext("{n} row", "{n} rows", n),
        lambda done, total: gettext("{done}/{total} rows", done=done, total=total),
        lambda rate: gettext("{rate} rows/s", rate=rate),
    ),
    "recordings": _Unit(
        lambda n: ngettext("{n} recording", "{n} recordings", n),
        lambda done, total: gettext("{done}/{total} recordings", done=done, total=total),
        lambda rate: gettext("{rate} recordings/s", rate=rate),
    ),
    "pairs": _Unit(
        lambda n: ngettext("{n} pair", "{n} pairs", n),
        lambda done, total: gettext("{done}/{total} pairs", done=done, total=total),
        lambda rate: gettext("{rate} pairs/s", rate=rate),
    ),
    "questions": _Unit(
        lambda n: ngettext("{n} question", "{n} questions", n),
        lambda done, total: gettext("{done}/{total} questions", done=done, total=total),
        lambda rate: gettext("{rate} questions/s", rate=rate),
    ),
    "steps": _Unit(
        lambda n: ngettext("{n} step", "{n} steps", n),
        lambda done, total: gettext("{done}/{total} steps", done=done, total=total),
        lambda rate: gettext("{rate} steps/s", rate=rate),
    ),
}
_COUNTERS: dict[str, Callable[[int], Localised]] = {
    "unreadable": lambda n: gettext("{n} unreadable", n=n),
    "rejected": lambda n: gettext("{n} rejected", n=n),
    "generated": lambda n: gettext("{n} generated", n=n),
    "again": lambda n: gettext("{n} analysed again", n=n),
}
_SOUND = "audio_s"
_SLOW_UNITS = ("questions", "steps")
"""Units that take seconds each: the time so far says more than a rate."""
LEAST_S = 1.0
"""The time left is shown after this many seconds of work; before, it would be a guess."""


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
        """The name of the task for a person."""
        return _DOING.get(self.code, self.code)

    @property
    def share(self) -> float | None:
        """Share of the task that is done, if known."""
        return min(1.0, self.done / self.total) if self.total else self._share

    def reached(self, share: float, now_s: float) -> None:
        """Take in the share that is done."""
        if self._first_share is None:
            # A task that was resumed has read much before it begins.
            self._first_share = (share, now_s)
        self._share = share

    def text(self, now_s: float) -> Localised:
        """Return how far it is, e.g. ``3/9 files, 1.5 files/s, 0:04 left, 1 unreadable``."""
        took_s = max(now_s - self.started_s, 1e-3)
        facts = [self._amount(), self._rate(took_s), self._left(now_s), *self._counted()]
        text = Joined(", ", tuple(filter(None, facts)))
        return Joined(": ", (text, self.step)) if self.step else text

    def _counted(self) -> list[str]:
        return [
            _COUNTERS[name](round(number))
            for name, number in self.counters.items()
            if number and name in _COUNTERS
        ]

    def _amount(self) -> str:
        if self.unit == "s":
            if not self.total:
                return clock(self.done)
            done, total = clock(self.done), clock(self.total)
            return gettext("{done} of {total}", done=done, total=total)
        unit = _UNITS.get(self.unit, _UNITS["steps"])
        if self.total:
            return unit.of(round(self.done), round(self.total))
        return unit.amount(round(self.done)) if self.done else ""

    def _rate(self, took_s: float) -> str:
        if self.unit in _SLOW_UNITS:
            return clock(took_s)
        fresh = self.done - self._first_done
        if not fresh:
            return ""
        if self.unit == "s":
            return _times_real_time(fresh / took_s)
        rate = _UNITS.get(self.unit, _UNITS["steps"]).rate(rounded(fresh / took_s))
        sound_s = self.counters[_SOUND]
        return Joined(", ", (rate, _times_real_time(sound_s / took_s))) if sound_s else rate

    def _left(self, now_s: float) -> str:
        left_s = self._left_s(now_s)
        if left_s is None or now_s - self.started_s < LEAST_S:
            return ""
        left = gettext("{time} left", time=position(max(1.0, left_s)))
        if self.total or self._share is None:
            return left
        return Joined(", ", (percent(self._share), left))

    def _left_s(self, now_s: float) -> float | None:
        """Return the seconds left; ``None`` when unknown or when nothing is left."""
        if self.total:
            took_s, done = now_s - self.started_s, self.done - self._first_done
            left = self.total - self.done
            return took_s * left / done if done > 0 and left > 0 else None
        if self._share is None or self._first_share is None:
            return None
        first, first_s = self._first_share
        if not first < self._share < 1.0:
            return None
        return (now_s - first_s) * (1 - self._share) / (self._share - first)


def _times_real_time(ratio: float) -> Localised:
    return gettext("{ratio}\u00d7 real time", ratio=rounded(ratio))

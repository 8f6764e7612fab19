"""How work reports how far it is. One protocol for scans, ingests, reports and searches.

The model is the collector of dlt: work names a task, adds to its counters, and never draws. The
faces implement :class:`Progress`; work without a face uses :class:`NoProgress`.
"""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """Takes in how far some work is."""

    def start(self, task: str, *, unit: str, total: float | None = None) -> None:
        """Begin a task; the task before it, if any, is done.

        Parameters
        ----------
        task
            A stable code, e.g. ``"scan"``, ``"ingest"``, ``"finding"``; a face puts it into words.
        unit
            What is counted, e.g. ``"files"``, ``"rows"``.
        total
            How much there is to do, in ``unit``; ``None`` when that isn't known.
        """

    def advance(self, amount: float = 1, **counters: float) -> None:
        """Add what is done, in the task's unit, and other counters, e.g. ``unreadable=1``."""

    def reached(self, share: float) -> None:
        """Set the share of the task that is done, 0 to 1, where its total isn't known."""

    def message(self, text: str) -> None:
        """Take in a sentence for a person, e.g. at which row an ingest resumes."""


class NoProgress:
    """Reports nothing."""

    def start(self, task: str, *, unit: str, total: float | None = None) -> None:
        """See :meth:`Progress.start`."""

    def advance(self, amount: float = 1, **counters: float) -> None:
        """See :meth:`Progress.advance`."""

    def reached(self, share: float) -> None:
        """See :meth:`Progress.reached`."""

    def message(self, text: str) -> None:
        """See :meth:`Progress.message`."""

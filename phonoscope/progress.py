"""How work reports how far it is. One protocol for scans, ingests, reports and searches.

The model is the collector of dlt: work names a task, adds to its counters, and never draws. The
faces implement :class:`Progress`; work without a face uses :class:`NoProgress`.
"""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """Takes in how far some work is.

    Work calls :meth:`start` once for each of its tasks, then the other methods in any order. All
    calls come from one thread. Whatever a method raises ends the work, as Ctrl-C does.

    Examples
    --------
    >>> class Printed(NoProgress):
    ...     def advance(self, amount=1, **counters):
    ...         print(f"{amount} more, {counters}")
    >>> def work(progress: Progress) -> None:
    ...     progress.start("scan", unit="files", total=2)
    ...     progress.advance(2, unreadable=1)
    >>> work(Printed())
    2 more, {'unreadable': 1}
    """

    def start(
        self,
        task: str,
        *,
        unit: str,
        total: float | None = None,
        done: float = 0.0,
        **counters: float,
    ) -> None:
        """Begin a task; the task before it, if any, is done.

        Parameters
        ----------
        task
            A stable code: ``"scan"``, ``"ingest"``, ``"findings"``, ``"plays"``, ``"index"``,
            ``"find"``, ``"label"``, ``"calibrate"``. A face puts it into words.
        unit
            What is counted: ``"files"``, ``"rows"``, ``"questions"``, ``"steps"``,
            ``"recordings"``, or ``"s"`` for seconds of sound.
        total
            How much there is to do, in ``unit``; ``None`` when that isn't known.
        done
            How much of it an earlier run did, so that it doesn't count as speed.
        counters
            Where other counters begin, e.g. ``unchanged=12`` for files that are left alone.
        """

    def advance(self, amount: float = 1, **counters: float) -> None:
        """Add what is done, in the task's unit, and other counters.

        Counters in use are ``unreadable``, ``rejected`` and ``again`` (recordings analysed again
        because another model had scored them), which count, and ``audio_s``, the duration of the
        sound that was examined, s.
        """

    def reached(self, share: float) -> None:
        """Set the share of the task that is done, 0 to 1, where its total isn't known."""

    def step(self, name: str) -> None:
        """Name what is done next within the task, e.g. the question that is being answered."""

    def message(self, text: str) -> None:
        """Take in a sentence for a person, e.g. at which row an ingest resumes."""


class NoProgress:
    """Reports nothing. A base for classes that take in only some of the calls."""

    def start(
        self,
        task: str,
        *,
        unit: str,
        total: float | None = None,
        done: float = 0.0,
        **counters: float,
    ) -> None:
        """See :meth:`Progress.start`."""

    def advance(self, amount: float = 1, **counters: float) -> None:
        """See :meth:`Progress.advance`."""

    def reached(self, share: float) -> None:
        """See :meth:`Progress.reached`."""

    def step(self, name: str) -> None:
        """See :meth:`Progress.step`."""

    def message(self, text: str) -> None:
        """See :meth:`Progress.message`."""

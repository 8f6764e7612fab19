"""How far a report is: which question is being answered."""

from __future__ import annotations

from phonoscope.cli.amounts import clock
from phonoscope.cli.line import Line


class Asking(Line):
    """Takes the calls of the findings' progress protocol; see :class:`.Line`."""

    def __call__(self, done: int, total: int, question: str) -> None:
        """Take in how many questions are answered, and the next one."""
        self.show(lambda elapsed_s: f"{done} of {total} questions, {clock(elapsed_s)}: {question}")

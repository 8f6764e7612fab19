"""The door through which every question about a recording enters.

A question is a file in this package that ends in ``QUESTION = Question(...)``. It brings

- a frozen dataclass, the *answer*; its fields are declared with
  :func:`phonoscope.types.column`, which makes them columns of ``recordings``;
- an accumulator with ``update(block)`` and ``result()``, over pure functions on arrays;
- plain words: a function from the answer to statements.

Nothing else has to be touched: :func:`questions` finds the file, the catalogue's layout
takes the columns from the answer, and a scan asks it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Generic, Protocol, TypeVar

from phonoscope.audio.block import Block
from phonoscope.audio.decode import Stream
from phonoscope.registry import registered
from phonoscope.types import Statement

AnswerT = TypeVar("AnswerT")
AnswerT_co = TypeVar("AnswerT_co", covariant=True)


class Accumulator(Protocol[AnswerT_co]):
    """Gathers evidence block by block; its memory does not grow with the recording."""

    def update(self, block: Block, /) -> None:
        """Take in the next block of the recording."""

    def result(self) -> AnswerT_co:
        """Answer the question from all blocks seen. Called once, after the last block."""


def _nothing_to_say(_: Any) -> Sequence[Statement]:
    return ()


@dataclass(frozen=True)
class Question(Generic[AnswerT]):
    """One question that every examined recording is asked."""

    name: str
    """Short name: the ``kind`` of its statements and the heading of its columns."""
    answer: type[AnswerT]
    """Frozen dataclass of the answer; its fields become columns of ``recordings``."""
    ask: Callable[[Stream], Accumulator[AnswerT]]
    """Starts an accumulator for a recording with this stream."""
    says: Callable[[AnswerT], Sequence[Statement]] = _nothing_to_say
    """Puts an answer into plain words; most answers need none."""


@cache
def questions() -> tuple[Question[Any], ...]:
    """Return every question, in order of name."""
    asked = registered("phonoscope.features", "QUESTION")
    return tuple(sorted(asked, key=lambda question: question.name))

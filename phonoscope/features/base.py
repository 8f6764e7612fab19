"""What a feature of a recording is, and the list of them all.

A feature is a file in this package that ends in ``FEATURE = Feature(...)``. It brings

- a frozen dataclass, the *result*; fields declared with :func:`phonoscope.columns.column` become
  columns of the table ``recordings``;
- an accumulator with ``update(block)`` and ``result()``, built from pure functions on arrays;
- a function that puts the result into plain words.

Nothing else has to change. :func:`features` finds the file, the catalogue's schema takes the
columns from the result, and a scan computes it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Generic, Protocol, TypeVar

from phonoscope.audio.block import Block
from phonoscope.audio.decode import Stream
from phonoscope.columns import Statement, columns_in
from phonoscope.plugins import collected, without_duplicates

ResultT = TypeVar("ResultT")
ResultT_co = TypeVar("ResultT_co", covariant=True)


class Accumulator(Protocol[ResultT_co]):
    """Gathers evidence block by block; its memory does not grow with the recording."""

    def update(self, block: Block, /) -> None:
        """Take in the next block of the recording."""

    def result(self) -> ResultT_co:
        """Return the result from all blocks seen. Called once, after the last block."""


def _nothing_to_say(_: Any) -> Sequence[Statement]:
    return ()


@dataclass(frozen=True)
class Feature(Generic[ResultT]):
    """One feature, computed for every recording."""

    name: str
    """Short name: the ``kind`` of its statements and the heading of its columns."""
    result: type[ResultT]
    """Frozen dataclass of the result; its fields become columns of ``recordings``."""
    start: Callable[[Stream], Accumulator[ResultT]]
    """Starts an accumulator for a recording with this stream."""
    says: Callable[[ResultT], Sequence[Statement]] = _nothing_to_say
    """Puts a result into plain words; most need none."""


@cache
def features() -> tuple[Feature[Any], ...]:
    """Return every feature, in order of name.

    Raises
    ------
    PluginError
        When two have the same name or column.
    """
    known = collected("phonoscope_features")
    without_duplicates("phonoscope_features", (f.name for f in known))
    columns = (column.name for f in known for column in columns_in(f.result))
    without_duplicates("phonoscope_features", columns)
    return tuple(sorted(known, key=lambda feature: feature.name))

"""The type of a feature of a recording, and the list of all features.

A feature is a file in this package that ends in ``FEATURE = Feature(...)``. It brings

- a frozen dataclass, the *result*; fields declared with :func:`phonoscope.columns.column` become
  columns of the table ``recordings``;
- an accumulator with ``update(block)`` and ``result()``, built from pure functions on arrays;
- a function that explains the result in sentences.

Nothing else changes: :func:`features` finds the file, the catalogue's schema takes the
columns from the result, and a scan computes it. A feature that
stores more than one row's columns declares a :class:`FeatureTable`. A feature that the detector
scores sets ``feeds_detector``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Generic, Protocol, TypeVar

from phonoscope.audio.block import Block
from phonoscope.audio.stream import Stream
from phonoscope.columns import Statement, columns_in
from phonoscope.plugins import collected, without_duplicates

ResultT = TypeVar("ResultT")
ResultT_co = TypeVar("ResultT_co", covariant=True)


class Accumulator(Protocol[ResultT_co]):
    """Computes a result block by block; its memory doesn't grow with the recording."""

    def update(self, block: Block, /) -> None:
        """Take in the next block of the recording."""

    def result(self) -> ResultT_co:
        """Return the result of all blocks. Called once, after the last block."""


def _no_statements(_: Any) -> Sequence[Statement]:
    return ()


@dataclass(frozen=True)
class FeatureTable(Generic[ResultT]):
    """A table that a feature fills, for results that don't fit into ``recordings``."""

    name: str
    """Name of the table, which no other table has."""
    doc: str
    """One sentence for the documented schema."""
    row: type[Any]
    """Frozen dataclass of a row; its fields, declared with :func:`phonoscope.columns.column`,
    are the columns. The catalogue adds ``recording_id``, which is the key."""
    rows: Callable[[ResultT], Iterable[Any]]
    """Returns the rows of a result, instances of :attr:`row`."""
    several: bool = False
    """Whether a recording may have several rows."""


@dataclass(frozen=True)
class Feature(Generic[ResultT]):
    """One feature, computed for every recording."""

    name: str
    """Short name: the ``kind`` of its statements and the heading of its columns."""
    result: type[ResultT]
    """Frozen dataclass of the result; its fields become columns of ``recordings``."""
    start: Callable[[Stream], Accumulator[ResultT]]
    """Starts an accumulator for a recording with this stream."""
    statements: Callable[[ResultT], Sequence[Statement]] = _no_statements
    """Explains a result in sentences; most features need none."""
    table: FeatureTable[ResultT] | None = None
    """A table that it fills besides its columns in ``recordings``; most features need none."""
    feeds_detector: bool = False
    """Whether the detector gets its result. The detector uses the results that its model was
    trained on and ignores others."""


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

"""What a source gives: its rows in chunks, and the rows that can't be kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol, TypeAlias, TypeVar

import pyarrow as pa

Position: TypeAlias = Sequence[Any]
"""Where in a source a chunk begins: numbers, names and sequences of them, which JSON can hold."""
NOWHERE: Position = ()
"""The position of a chunk that can't be found again: its rows aren't in the order of the file."""


class Source(Protocol):
    """An opened source, of one kind of file."""

    name: str
    """Its name for people; safe on a terminal."""
    start: Position | None
    """Where reading begins: the ``begins`` of a chunk, or ``None`` for the whole source. Rows are
    numbered from there."""

    def found(self) -> str:
        """Return what it holds, as part of a sentence: "a text file with the columns a, b"."""

    def share_read(self) -> float | None:
        """Return the share that was read, 0 to 1, or ``None`` when it isn't known."""


SourceT = TypeVar("SourceT", bound=Source)


@dataclass(frozen=True)
class Reject:
    """A row that can't be kept."""

    row: int
    """Number of the row in reading order, from 1."""
    reason: str
    """A few English words out of a small set, so that rejects can be counted by reason."""
    text: str
    """The row as JSON, bounded."""


@dataclass(frozen=True)
class EmptiedCells:
    """Cells of one column that can't be read, in rows that are kept: they became empty."""

    column: str
    reason: str
    """What is wrong with them, a few English words after the name of the column."""
    count: int
    row: int
    """Number of the first row that has one, in reading order, from 1."""
    cell: str
    """Its text, bounded; empty where it can't be shown."""


@dataclass(frozen=True)
class Chunk:
    """Some thousand rows of one table of a source; ``read`` = ``kept`` + rejects."""

    source_table: str
    read: int
    kept: int
    rows: Mapping[str, pa.Table]
    """By common table; columns have its names and types, absent ones are empty."""
    rejects: Sequence[Reject]
    begins: Position | None = None
    """Where reading can begin again with this chunk; ``None`` when only an earlier one can."""
    emptied: Sequence[EmptiedCells] = ()
    """Cells that can't be read."""


def renumbered(chunk: Chunk, before: Mapping[str, int]) -> Chunk:
    """Return a chunk that follows other rows, given how many of each table came before."""
    rows = before.get(chunk.source_table, 0)
    if not rows or not (chunk.rejects or chunk.emptied):
        return chunk
    return replace(
        chunk,
        rejects=[replace(r, row=r.row + rows) for r in chunk.rejects],
        emptied=[replace(e, row=e.row + rows) for e in chunk.emptied],
    )

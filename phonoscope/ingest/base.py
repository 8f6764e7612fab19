"""What a source gives: its rows in chunks, and those that cannot be kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol, TypeAlias, TypeVar

import pyarrow as pa

Position: TypeAlias = Sequence[Any]
"""Where in a source a chunk begins: numbers, names and such sequences, which JSON can hold."""
NOWHERE: Position = ()
"""Said of a chunk that cannot be found again: rows came in another order than they lie in."""


class Source(Protocol):
    """An opened source, of one kind of file."""

    name: str
    """How a person calls it; safe on a terminal."""
    start: Position | None
    """Where reading begins: what a chunk's ``begins`` said, or ``None`` for all of it. Rows are
    numbered from there."""

    def found(self) -> str:
        """Return what it holds, in words, for who asks why it was refused."""

    def share_read(self) -> float | None:
        """Return how much of it was read, 0 to 1, or ``None`` when that is not known."""


SourceT = TypeVar("SourceT", bound=Source)


@dataclass(frozen=True)
class Reject:
    """A row that cannot be kept."""

    row: int
    """Number of the row as it was read, from 1."""
    reason: str
    """A few words out of a small set, so that they can be counted."""
    text: str
    """The row as JSON, bounded."""


@dataclass(frozen=True)
class Chunk:
    """Some thousand rows of one table of a source; ``read`` = ``kept`` + rejects."""

    source_table: str
    read: int
    kept: int
    rows: Mapping[str, pa.Table]
    """By common table; columns of its names and types, absent ones are empty."""
    rejects: Sequence[Reject]
    begins: Position | None = None
    """Where reading can begin again with this chunk; ``None`` when only with one before it."""


def renumbered(chunk: Chunk, before: Mapping[str, int]) -> Chunk:
    """Return a chunk whose rows come after others, of which there are so many by table."""
    rows = before.get(chunk.source_table, 0)
    if not rows or not chunk.rejects:
        return chunk
    return replace(chunk, rejects=[replace(r, row=r.row + rows) for r in chunk.rejects])

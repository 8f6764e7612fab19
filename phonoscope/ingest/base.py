"""The door through which every layout of metadata enters.

A layout is a file in this package that ends in ``LAYOUT = Layout(...)``. It says

- how it recognises a source, from what the source holds and never from its name;
- what it looks for, in words, for the error that a user gets when nothing fits;
- how to read it: a generator of :class:`Chunk`, Arrow columns of the common tables.

An ingest that was stopped goes on where it stopped, see :mod:`.trail`. A layout has to do nothing
for that: its chunks are read again and passed over, so they must be the same ones each time. It is
faster when chunks say where they begin and the source can begin there.

Nothing else has to be touched: :func:`formats` finds the file. :func:`..columns.chunk_of` turns
raw cells into the tables' types and rows that cannot be kept into rejects.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, Generic, Protocol, TypeAlias, TypeVar

import pyarrow as pa

from phonoscope.plugins import collected, without_duplicates

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


@dataclass(frozen=True)
class Format(Generic[SourceT]):
    """One way in which metadata is laid out."""

    name: str
    """Short name, kept in table ``ingests``."""
    opens: type[SourceT]
    """Kind of file it is found in."""
    looks_for: str
    """What a source must hold to be recognised, in words."""
    recognises: Callable[[SourceT], bool]
    """Whether a source has this layout; looks at columns, reads no rows."""
    read: Callable[[SourceT], Iterator[Chunk]]
    """Reads all of a source that was recognised."""
    ignored: Callable[[SourceT], Sequence[str]]
    """Names tables or columns of the source that are not read."""
    always_anew: str = ""
    """Why an ingest that was stopped cannot go on, in words; empty when it can. A kept key of
    :mod:`.pseudonyms` lets it go on all the same."""


@cache
def formats() -> tuple[Format[Source], ...]:
    """Return every layout, in order of name."""
    known = collected("phonoscope_ingest_formats")
    without_duplicates("phonoscope_ingest_formats", (f.name for f in known))
    return tuple(sorted(known, key=lambda layout: layout.name))

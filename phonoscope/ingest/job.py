"""A source to read and everything that reading it needs; and the formats that can read one.

Every format enters through the same door. It is a file in :mod:`.formats` that ends in
``FORMAT = Format(...)``. It says

- how it recognises a source, from what the source holds and never from its name;
- what it looks for, in words, for the error that a user gets when nothing fits;
- how to read it: a generator of :class:`Chunk`, Arrow columns of the common tables.

An ingest that was stopped continues where it stopped, see :mod:`.resume`. A format has to do
nothing for that: its chunks are read again and passed over, so they must be the same ones each
time. It is faster when chunks say where they begin and the source can begin there.

Nothing else has to be touched: :func:`formats` finds the file. A package from outside gives its
formats through the hook ``phonoscope_ingest_formats``. :func:`.convert.columns.chunk_of`
turns raw cells into the tables' types, and rows that cannot be kept into rejects.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Generic

from phonoscope.ingest.base import Chunk, Source, SourceT
from phonoscope.ingest.pseudonyms import Pseudonyms
from phonoscope.plugins import collected, without_duplicates


@dataclass(frozen=True)
class Job(Generic[SourceT]):
    """One source to read, made once by :func:`.detect.open_job` and passed on to whoever reads."""

    origin: str
    """URI of the source."""
    source: SourceT
    """The source, opened."""
    format: Format[SourceT]
    """The format that recognised it."""
    mapping: Mapping[str, str] | None = None
    """Field by column, when the user said which column of a CSV file is what."""
    constants: Mapping[str, str] | None = None
    """Values that hold for all rows of a chart, by field; ``None`` where nobody calls it one."""
    pseudonyms: Pseudonyms = field(default_factory=Pseudonyms.drawn)
    """What hides accounts and addresses."""

    def chunks(self) -> Iterator[Chunk]:
        """Yield all rows of the source."""
        return self.format.read(self)


@dataclass(frozen=True)
class Format(Generic[SourceT]):
    """One way in which metadata is written down."""

    name: str
    """Short name, kept in table ``ingests``."""
    opens: type[SourceT]
    """Kind of file it is found in."""
    looks_for: str
    """What a source must hold to be recognised, in words."""
    recognises: Callable[[SourceT], bool]
    """Whether a source has this format; looks at columns, reads no rows."""
    read: Callable[[Job[SourceT]], Iterator[Chunk]]
    """Reads all of a source that was recognised."""
    ignored: Callable[[SourceT], Sequence[str]]
    """Names tables or columns of the source that are not read."""
    not_resumable_reason: str = ""
    """Why an ingest that was stopped has to start over, in words; empty when it can continue. With
    a kept key of :mod:`.pseudonyms` it continues all the same."""


@cache
def formats() -> tuple[Format[Source], ...]:
    """Return every format, in order of name."""
    known = collected("phonoscope_ingest_formats")
    without_duplicates("phonoscope_ingest_formats", (each.name for each in known))
    return tuple(sorted(known, key=lambda each: each.name))

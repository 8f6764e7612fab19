"""A source to read with everything that reading it needs, and the formats that can read one.

A format is a file in :mod:`.formats` that ends in ``FORMAT = Format(...)``. It says

- how it recognises a source: by what the source holds, never by its name;
- what it needs of a source, so that a refusal can say what is missing;
- how to read it: a generator of :class:`Chunk`, Arrow columns of the common tables.

An interrupted ingest resumes where it stopped, see :mod:`.resume`. A format needs no code for that:
its chunks are read again and skipped, so they must be the same each time. Resuming is faster when
chunks say where they begin and the source can begin there.

:func:`formats` finds the file; nothing else has to change. Other packages add formats through the
hook ``phonoscope_ingest_formats``. :func:`.convert.columns.chunk_of` turns raw cells into the types
of the tables, and rows that can't be kept into rejects.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Generic

from phonoscope.ingest.base import Chunk, Source, SourceT
from phonoscope.ingest.options import SourceOptions
from phonoscope.ingest.pseudonyms import Pseudonyms
from phonoscope.plugins import collected, without_duplicates


@dataclass(frozen=True)
class Job(Generic[SourceT]):
    """One source to read, opened by :func:`.detect.open_jobs`."""

    origin: str
    """URI of the source."""
    source: SourceT
    """The source, opened."""
    format: Format[SourceT]
    """The format that recognised it."""
    options: SourceOptions = field(default_factory=SourceOptions)
    """How the user wants it to be read."""
    pseudonyms: Pseudonyms = field(default_factory=Pseudonyms.drawn)
    """Replaces accounts and addresses."""
    part: str = ""
    """Name of the format, where a folder has several and this job reads the files of one."""
    unknown: Sequence[str] = ()
    """Names of the files of a folder that no format fits; only the first job of it has them."""

    @property
    def mapping(self) -> Mapping[str, str] | None:
        """Field by column, as the user gave it for a CSV file."""
        return self.options.mapping

    @property
    def constants(self) -> Mapping[str, str] | None:
        """Values for all rows of a chart."""
        return self.options.constants

    @property
    def key(self) -> str:
        """What tells this job from others: two jobs with one key replace each other's rows."""
        return f"{self.origin}#{self.part}" if self.part else self.origin

    def chunks(self) -> Iterator[Chunk]:
        """Yield all rows of the source."""
        return self.format.read(self)


@dataclass(frozen=True)
class Need:
    """One thing that a format needs of a source."""

    name: str
    """The column, key or element, as the documentation names it."""
    found: str = ""
    """What the source calls it; empty where the source lacks it."""


@dataclass(frozen=True)
class Format(Generic[SourceT]):
    """One way in which metadata is written down."""

    name: str
    """Short name, stored in the table ``ingests``."""
    opens: type[SourceT]
    """Kind of file that can have this format."""
    looks_for: str
    """What a source of this format is, for people: "a CSV file of tracks"."""
    recognises: Callable[[SourceT], bool]
    """Whether a source has this format; looks at columns and reads no rows."""
    read: Callable[[Job[SourceT]], Iterator[Chunk]]
    """Reads all of a source that was recognised."""
    ignored: Callable[[SourceT], Sequence[str]]
    """Names the tables or columns of the source that aren't read."""
    not_resumable_reason: str = ""
    """Why an interrupted ingest starts over, a sentence; empty when it can resume. With a stable
    key of :mod:`.pseudonyms` it resumes all the same."""
    needs: Callable[[SourceT], Sequence[Need]] = lambda source: ()
    """What the format needs, and what of it the source has; for a helpful refusal."""
    notes: Callable[[SourceT], Sequence[str]] = lambda source: ()
    """What was decided about a source without being asked, as sentences for people."""
    questions: Callable[[SourceT], Mapping[str, str]] = lambda source: {}
    """Columns that aren't read although they look like a field, with that field."""
    takes_id_from: bool = False
    """Whether ids of tracks can be derived from other fields."""


@cache
def formats() -> tuple[Format[Source], ...]:
    """Return every format, in order of name."""
    known = collected("phonoscope_ingest_formats")
    without_duplicates("phonoscope_ingest_formats", (each.name for each in known))
    return tuple(sorted(known, key=lambda each: each.name))

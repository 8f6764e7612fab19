"""What all engines share: they take pending files, write batches of outcomes, and count."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from phonoscope.analysis import Analysis
from phonoscope.catalogue.parts import BatchNames
from phonoscope.catalogue.schema.tables import FileRow, Outcome, rows_of
from phonoscope.catalogue.store import Store
from phonoscope.errors import ErrorKind
from phonoscope.progress import Progress
from phonoscope.scan.known import KnownIds
from phonoscope.scan.messages import Failure
from phonoscope.scan.sources import SourceFile
from phonoscope.settings import Settings

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Receipt:
    """Some outcomes in numbers."""

    files: int = 0
    examined: int = 0
    duplicates: int = 0
    unreadable: Counter[ErrorKind] = field(default_factory=Counter)
    audio_s: float = 0.0
    cpu_s: float = 0.0
    examined_again: int = 0
    """Those of ``examined`` whose verdict was by another model."""

    @classmethod
    def of(cls, outcomes: Sequence[Outcome], *, again: bool = False) -> Receipt:
        """Count outcomes; ``again`` says whether they are of recordings to analyse again."""
        bad = Counter(o.file.error_kind for o in outcomes if o.file.error_kind is not None)
        good = [o.analysis for o in outcomes if o.file.error_kind is None]
        durations = [e.duration_s or 0.0 for e in good if e is not None]
        return cls(
            files=len(outcomes),
            examined=len(durations),
            duplicates=len(good) - len(durations),
            unreadable=bad,
            audio_s=sum(durations),
            examined_again=len(durations) if again else 0,
        )

    def __add__(self, other: Receipt) -> Receipt:
        return Receipt(
            self.files + other.files,
            self.examined + other.examined,
            self.duplicates + other.duplicates,
            self.unreadable + other.unreadable,
            self.audio_s + other.audio_s,
            self.cpu_s + other.cpu_s,
            self.examined_again + other.examined_again,
        )


@dataclass
class ScanJob:
    """One scan, as an engine sees it."""

    store: Store
    scan_id: str
    names: BatchNames
    settings: Settings
    progress: Progress
    again: KnownIds = field(default_factory=KnownIds)
    """Recordings of the catalogue that are analysed again."""
    receipt: Receipt = field(default_factory=Receipt)
    """The numbers so far; engines add to them."""

    def write(self, outcomes: Sequence[Outcome]) -> None:
        """Write a batch. When this returns, all of it is in the catalogue."""
        if outcomes:
            batch = self.names.next()
            self.store.write(rows_of(outcomes, self.scan_id, batch), batch)
            _log.info("batch %s: %d files written", batch, len(outcomes))

    def count(self, receipt: Receipt) -> None:
        """Add to the numbers and report progress."""
        self.receipt += receipt
        if receipt.files:
            bad = receipt.unreadable.total()
            self.progress.advance(
                receipt.files,
                audio_s=receipt.audio_s,
                unreadable=bad,
                again=receipt.examined_again,
            )


class Engine(Protocol):
    """Where work runs."""

    name: str

    def run(self, job: ScanJob, files: Iterator[list[SourceFile]]) -> None:
        """Analyse files and write the results into the job's catalogue.

        On ``KeyboardInterrupt``, finished recordings are written before it is raised again.
        """


def file_row(
    file: SourceFile,
    recording_id: str | None = None,
    error_kind: ErrorKind | None = None,
    error: str | None = None,
) -> FileRow:
    """Return the row of a listed file."""
    return FileRow(file.uri, file.size_bytes, file.mtime_ns, recording_id, error_kind, error)


def outcomes_of(
    recording_id: str, files: Sequence[SourceFile], found: Analysis | Failure
) -> list[Outcome]:
    """Return the outcomes of all files with the same recording.

    Parameters
    ----------
    recording_id
        Hash of their bytes.
    files
        The first one is the file that was analysed.
    found
        Its analysis, or why there is none.
    """
    if isinstance(found, Failure):
        return [Outcome(file_row(f, recording_id, found.kind, found.message)) for f in files]
    rows = [file_row(f, recording_id, found.error_kind, found.error) for f in files]
    if found.error_kind is not None:
        return [Outcome(row) for row in rows]
    return [Outcome(rows[0], found), *(Outcome(row) for row in rows[1:])]

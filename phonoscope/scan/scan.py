"""Scan sources into a catalogue: list files, find the new ones, analyse them, store results."""

from __future__ import annotations

import dataclasses
import logging
import os
import secrets
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from phonoscope.catalogue.parts import BatchNames
from phonoscope.catalogue.schema.tables import ScanRow, phonoscope_version, scan_rows
from phonoscope.catalogue.store import Store
from phonoscope.clock import utc_now
from phonoscope.errors import CatalogueError, UsageError
from phonoscope.files import shown, uri_of
from phonoscope.messages import gettext
from phonoscope.progress import NoProgress, Progress
from phonoscope.scan.base import Engine, ScanJob
from phonoscope.scan.pending import Pending
from phonoscope.scan.sources import EXTENSIONS, SourceFile, list_sources
from phonoscope.settings import Settings

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class ScanSummary:
    """The result of a scan in numbers."""

    scan_id: str
    listed: int
    """Distinct files in the sources."""
    unchanged: int
    """Files that weren't read again: their URI, size and time of change are known."""
    examined: int
    """Recordings that were analysed."""
    duplicates: int
    """Files with the same bytes as another one; they aren't analysed again."""
    unreadable: int
    """Files that can't be analysed, in this scan or unchanged since an earlier one."""
    unreadable_kinds: dict[str, int]
    """The same by kind of error, most frequent first."""
    audio_s: float
    """Duration of the analysed recordings, s."""
    wall_s: float
    """Elapsed time, s."""
    cpu_s: float
    """Processor time of all processes, s, without the last tasks of killed workers."""
    other_model: int = 0
    """Recordings of unchanged files that another model scored, or none although there is enough
    sound, when the scan began."""
    examined_again: int = 0
    """Recordings of the catalogue that were analysed again because of that, also in
    ``examined``."""
    not_examined_again: int | None = None
    """Recordings of the catalogue that should have been, and keep their older verdict: no file with
    them was found in the sources, or it couldn't be analysed. ``None`` if the scan wasn't asked
    to."""

    def to_json(self) -> dict[str, Any]:
        """Return the documented JSON shape of ``phonoscope scan --json``."""
        return {"format": "phonoscope-scan/1", **dataclasses.asdict(self)}


def scan(
    store: Store,
    sources: Sequence[str | os.PathLike[str]],
    *,
    engine: Engine,
    settings: Settings,
    progress: Progress | None = None,
    again_if_model_changed: bool = False,
) -> ScanSummary:
    """Analyse every recording of some sources that isn't in the catalogue yet.

    Parameters
    ----------
    store
        The catalogue.
    sources
        Folders, files, manifests (csv, parquet, txt), playlists, cue sheets and fsspec URIs.
    engine
        Where the work runs.
    settings
        Workers, limits, share of false alarms, size of a batch.
    progress
        Receives the progress.
    again_if_model_changed
        Also analyse the recordings again whose verdict isn't by this version's model
        (:mod:`.outdated`). The newer rows are valid; the older ones stay until a compaction.

    Returns
    -------
    ScanSummary
        A bad file counts in ``unreadable`` and becomes a row of the table ``files``.

    Raises
    ------
    UsageError
        When a source doesn't exist or has no audio file; nothing is written.
    CatalogueError
        When the catalogue can't be written; earlier batches are safe.
    KeyboardInterrupt
        After Ctrl-C. Finished recordings are in the catalogue; the next scan continues there.
    """
    clock, progress = _Clock(), progress or NoProgress()
    listing = _reported(list_sources(sources), progress)
    with Pending(
        store,
        listing,
        settings.query_memory_mb,
        again_if_model_changed=again_if_model_changed,
    ) as pending:
        if not pending.listed:
            raise UsageError(_nothing_found(sources), code="no-audio-files")
        scan_id = secrets.token_hex(6)
        names = BatchNames(scan_id, store.newest_batch())
        job = ScanJob(store, scan_id, names, settings, progress, pending.again)

        def keep(state: str) -> ScanSummary:
            summary = _summary(job, pending, clock, again_if_model_changed)
            finished_utc = None if state == "running" else utc_now()
            row = ScanRow(
                engine=engine.name,
                state=state,
                version=phonoscope_version(),
                sources=tuple(uri_of(source) for source in sources),
                settings=settings.model_dump_json(),
                started_utc=clock.started_utc,
                finished_utc=finished_utc,
                again_if_model_changed=again_if_model_changed,
                **{name: getattr(summary, name) for name in _COUNTS},
            )
            batch = names.next()
            store.write({"scans": scan_rows(row, scan_id, batch)}, batch)
            return summary

        _log.info("scan %s: %d files listed, %d to analyse", scan_id, pending.listed, pending.total)
        for source in sources:
            _log.debug("scan %s: source %s", scan_id, shown(uri_of(source)))
        keep("running")
        unchanged = pending.listed - pending.total
        again = pending.outdated_listed if again_if_model_changed else 0
        job.progress.start(
            "scan", unit="files", total=pending.total, unchanged=unchanged, to_do_again=again
        )
        try:
            engine.run(job, pending.files())
        except BaseException as error:
            # The cause of the end is raised; a full disk can't store this row either.
            with suppress(CatalogueError):
                keep("interrupted" if isinstance(error, KeyboardInterrupt) else "failed")
            raise
        return keep("done")


def _reported(listing: Iterator[SourceFile], progress: Progress) -> Iterator[SourceFile]:
    progress.start("list", unit="files")
    for file in listing:
        yield file
        progress.advance()


class _Clock:
    """When a scan began, and the time it has taken."""

    def __init__(self) -> None:
        self.started_utc = utc_now()
        self._started_s = time.monotonic()
        self._cpu_s = time.process_time()

    @property
    def wall_s(self) -> float:
        return time.monotonic() - self._started_s

    @property
    def cpu_s(self) -> float:
        """Processor time of this process, s."""
        return time.process_time() - self._cpu_s


def _nothing_found(sources: Sequence[str | os.PathLike[str]]) -> str:
    named = ", ".join(shown(uri_of(source)) for source in sources)
    return gettext(
        "No audio or video file was found in {sources}. Phonoscope reads files with one of {n} "
        "extensions, from .aac to .xwma.",
        sources=named,
        n=len(EXTENSIONS),
    )


def _summary(job: ScanJob, pending: Pending, clock: _Clock, again: bool) -> ScanSummary:
    receipt = job.receipt
    kinds = receipt.unreadable + pending.known_errors
    return ScanSummary(
        scan_id=job.scan_id,
        listed=pending.listed,
        unchanged=pending.listed - pending.total,
        examined=receipt.examined,
        duplicates=receipt.duplicates,
        unreadable=kinds.total(),
        unreadable_kinds={kind.value: count for kind, count in kinds.most_common()},
        audio_s=receipt.audio_s,
        wall_s=clock.wall_s,
        cpu_s=clock.cpu_s + receipt.cpu_s,
        other_model=pending.outdated_listed,
        examined_again=receipt.examined_again,
        not_examined_again=len(pending.again) - receipt.examined_again if again else None,
    )


_COUNTS = (
    *("listed", "unchanged", "examined", "duplicates", "unreadable"),
    *("audio_s", "wall_s", "cpu_s", "examined_again"),
)
"""Fields of a summary that are columns of its row in table scans."""

"""Ingest: the rows of one source go into a catalogue, counted so that none is lost silently."""

from __future__ import annotations

import dataclasses
import json
import logging
import secrets
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass

from phonoscope.catalogue.compaction import again_if_replaced
from phonoscope.catalogue.deduplicate import FinishedIngest, deduplicate
from phonoscope.catalogue.parts import BatchNames
from phonoscope.catalogue.schema.metadata import IngestRow
from phonoscope.catalogue.schema.tables import phonoscope_version, plain_rows
from phonoscope.catalogue.store import Store
from phonoscope.catalogue.versions import Names
from phonoscope.clock import utc_now
from phonoscope.errors import CatalogueError, PhonoscopeError, UsageError
from phonoscope.escape import printable
from phonoscope.files import shown
from phonoscope.ingest.base import Source
from phonoscope.ingest.checkpoint import (
    Checkpoint,
    CheckpointFile,
    fingerprint_of,
    locked_checkpoint,
    remove_after,
)
from phonoscope.ingest.convert.flat_table import as_text
from phonoscope.ingest.detect import open_again
from phonoscope.ingest.job import Job
from phonoscope.ingest.resume import OtherRowsError, ResumePoint
from phonoscope.ingest.summary import IngestSummary
from phonoscope.ingest.writer import PartWriter
from phonoscope.messages import gettext, sentences
from phonoscope.progress import NoProgress, Progress

_log = logging.getLogger(__name__)

CHARTS = ("charts-csv", "charts-json")
"""Formats of charts, the only ones that take constants for all rows."""


def ingest(
    store: Store,
    job: Job[Source],
    *,
    memory_mb: int,
    name: str | None = None,
    progress: Progress | None = None,
    restart: bool = False,
) -> IngestSummary:
    """Read a source of metadata into a catalogue.

    An interrupted ingest of the same source resumes, unless the source, the options or Phonoscope
    have changed. When it ends, it replaces what an earlier ingest of the same source wrote. Rows of
    other files under the same name are replaced by key, so no row is doubled.

    Parameters
    ----------
    store
        The catalogue.
    job
        The source, opened by :func:`.detect.open_jobs`; it is read once.
    memory_mb
        Memory after which the last step, which removes duplicate keys, spills to disk, MB.
    name
        Name to store in the column ``source``; by default the path or URI.
    progress
        Receives how far it is, and a message when it resumes or starts over.
    restart
        Start over even if an earlier ingest was interrupted.

    Raises
    ------
    SourceError
        When the source is damaged midway. The batches before that are in the catalogue, and the
        table ``ingests`` shows the ingest as 'failed'.
    UsageError
        When there are constants and the source is not a chart.
    CatalogueError
        When the catalogue can't be written (what was written before is safe), or another process
        reads the same source into it.
    """
    progress = progress or NoProgress()
    if job.constants is not None and job.format.name not in CHARTS:
        raise UsageError(
            gettext(
                "{file} isn't a chart. Its format is {format}.",
                file=job.source.name,
                format=job.format.name,
            ),
            code="not-a-chart",
        )
    _log.info("format recognised: %s", job.format.name)
    _log.debug("source: %s", shown(job.origin))
    source_name, mapped = name or job.origin, _stated(job)
    with locked_checkpoint(store, job.key) as kept:
        fingerprint = fingerprint_of(
            job.origin,
            name=source_name,
            source_format=job.format.name,
            mapping=mapped,
            version=phonoscope_version(),
            accounts=job.pseudonyms.mark,
            options=job.options,
        )
        target = _Target(source_name, mapped, memory_mb, fingerprint)
        found, why = (None, "") if restart else kept.find(fingerprint)
        if found and job.format.not_resumable_reason and not job.pseudonyms.is_stable:
            found, why = None, job.format.not_resumable_reason
        named = printable(source_name)
        if why:
            progress.message(sentences(gettext("Restarting {source}.", source=named), why))
        if found is not None:
            _log.info("resuming at row %d", found.next_row)
            progress.message(
                gettext("Resuming {source} at row {row}.", source=named, row=found.next_row)
            )
            try:
                return _Run(store, job, target, kept=kept, found=found).run(progress)
            except OtherRowsError:
                progress.message(
                    gettext("Restarting {source}. Its rows have changed.", source=named)
                )
            job = open_again(job)
        return _Run(store, job, target, kept=kept, found=None).run(progress)


def _stated(job: Job[Source]) -> str | None:
    """Return what the user says of the source, as the table ``ingests`` stores it."""
    stated = {**(job.mapping or {}), **(job.constants or {})}
    if job.options.id_from:
        stated["--id-from"] = ",".join(job.options.id_from)
    return as_text(stated or None)


@dataclass(frozen=True)
class _Target:
    """How the rows are written."""

    source: str
    """Value of the column of this name."""
    mapping: str | None
    memory_mb: int
    fingerprint: Mapping[str, str]
    """What must be the same for an interrupted ingest to resume."""


class _Run:
    def __init__(
        self,
        store: Store,
        job: Job[Source],
        target: _Target,
        *,
        kept: CheckpointFile,
        found: Checkpoint | None,
    ) -> None:
        self._store, self._job, self._target = store, job, target
        self._kept, self._found = kept, found
        self._scan_id = found.scan_id if found else secrets.token_hex(6)
        self._names = BatchNames(self._scan_id, store.newest_batch())
        self._writer = PartWriter(store, self._names, self._scan_id, target.source, self._mark)
        self._resume = ResumePoint(found)
        self._started_utc = found.started_utc if found else utc_now()
        self._resumed_at_row: int | None = None
        self._started_s, self._started_cpu_s = time.monotonic(), time.process_time()
        if found is not None:
            job.source.start = found.position
            self._writer.written.update(found.written)
            self._resumed_at_row = found.next_row

    def run(self, progress: Progress) -> IngestSummary:
        if self._found is not None:
            remove_after(self._store, self._scan_id, self._found.batch)
        else:
            self._kept.forget()
        self._keep("running")
        try:
            self._read(progress)
            self._writer.flush()
            self._resume.tally.check(self._writer.written)
            again_if_replaced(self._finish)
        except BaseException as error:
            if type(error) is PhonoscopeError:
                # A fault of ours, which resuming would only meet again.
                self._kept.forget()
            # The error is raised below. A full disk keeps this row out as well.
            with suppress(CatalogueError):
                self._keep("interrupted" if isinstance(error, KeyboardInterrupt) else "failed")
            raise
        self._kept.forget()
        return self._summary()

    def _read(self, progress: Progress) -> None:
        """Write every new chunk and report it. What an earlier run read counts as done."""
        before = self._found.tables.values() if self._found else ()
        tally = self._resume.tally
        read, rejected = sum(c.read for c in before), sum(c.rejected for c in before)
        progress.start("ingest", unit="rows", done=read, rejected=rejected)
        for chunk in self._resume.new(self._job.chunks()):
            self._writer.add(chunk)
            if (share := self._job.source.share_read()) is not None:
                progress.reached(share)
            progress.advance(tally.read - read, rejected=tally.rejected - rejected)
            read, rejected = tally.read, tally.rejected

    def _mark(self, batch: str) -> None:
        """Record that a batch is complete. If this run is stopped, reading resumes after it."""
        point = self._resume
        if not point.is_known:
            return
        self._kept.keep(
            Checkpoint(
                fingerprint=self._target.fingerprint,
                scan_id=self._scan_id,
                started_utc=self._started_utc,
                batch=batch,
                position=point.position,
                before=point.before,
                passed=point.passed,
                tables=point.tally.tables(),
                written=self._writer.written,
            )
        )

    def _finish(self) -> None:
        """Remove duplicate keys and say that this is done, in one step for all who read."""
        whole = deduplicate(
            self._store,
            FinishedIngest(self._target.source, self._job.key, self._scan_id),
            memory_mb=self._target.memory_mb,
        )
        self._keep("done", added=whole.added, removed=whole.removed)
        _log.info("deduplicated")

    def _keep(
        self, state: str, *, added: Names | None = None, removed: Names | None = None
    ) -> None:
        """Write the row of this ingest, without counts if it ended early; and change parts."""
        done, tally = state == "done", self._resume.tally
        tables = {name: dataclasses.asdict(c) for name, c in tally.tables().items()}
        row = IngestRow(
            source=self._target.source,
            origin=self._job.key,
            layout=self._job.format.name,
            state=state,
            deduplicated=done,
            version=phonoscope_version(),
            mapping=self._target.mapping,
            started_utc=self._started_utc,
            resumed_at_row=self._resumed_at_row,
            finished_utc=None if state == "running" else utc_now(),
            read=tally.read if done else None,
            kept=tally.kept if done else None,
            rejected=tally.rejected if done else None,
            counts=json.dumps(tables) if done else None,
        )
        batch = self._names.next()
        rows = {"ingests": plain_rows("ingests", [row], batch, self._scan_id)}
        self._store.write(rows, batch, added=added, removed=removed)

    def _summary(self) -> IngestSummary:
        tally = self._resume.tally
        return IngestSummary(
            scan_id=self._scan_id,
            source=self._target.source,
            layout=self._job.format.name,
            read=tally.read,
            kept=tally.kept,
            rejected=tally.rejected,
            reasons=dict(tally.reasons().most_common()),
            emptied=tally.emptied(),
            read_as=getattr(self._job.source, "read_as", {}),
            tables=tally.tables(),
            written=dict(sorted(self._writer.written.items())),
            ignored=[*self._job.format.ignored(self._job.source), *self._job.unknown],
            notes=list(self._job.format.notes(self._job.source)),
            questions=dict(self._job.format.questions(self._job.source)),
            resumed_at_row=self._resumed_at_row,
            wall_s=time.monotonic() - self._started_s,
            cpu_s=time.process_time() - self._started_cpu_s,
        )

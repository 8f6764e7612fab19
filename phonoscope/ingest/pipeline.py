"""Ingest: the rows of one source into a catalogue, counted so that none is lost silently."""

from __future__ import annotations

import dataclasses
import json
import os
import secrets
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass

from phonoscope.catalogue.deduplicate import Settled, settle
from phonoscope.catalogue.parts import BatchNames
from phonoscope.catalogue.schema.metadata import IngestRow
from phonoscope.catalogue.schema.tables import phonoscope_version, plain_rows
from phonoscope.catalogue.store import Store
from phonoscope.clock import utc_now
from phonoscope.errors import CatalogueError, PhonoscopeError, UsageError
from phonoscope.files import printable, uri_of
from phonoscope.ingest.base import Format, Source
from phonoscope.ingest.checkpoint import (
    Checkpoint,
    Unfinished,
    remove_after,
    same_of,
    unfinished,
)
from phonoscope.ingest.convert.flat_table import as_text
from phonoscope.ingest.convert.pseudonyms import current
from phonoscope.ingest.detect import open_metadata
from phonoscope.ingest.resume import OtherRowsError, Trail
from phonoscope.ingest.summary import IngestSummary
from phonoscope.ingest.writer import PartWriter
from phonoscope.progress import NoProgress, Progress

CHARTS = "charts-csv"
"""Layout of charts, of whose rows something can be stated."""


def ingest(
    store: Store,
    source: str | os.PathLike[str],
    *,
    memory_mb: int,
    mapping: Mapping[str, str] | None = None,
    name: str | None = None,
    progress: Progress | None = None,
    restart: bool = False,
    stated: Mapping[str, str] | None = None,
) -> IngestSummary:
    """Read a source of metadata into a catalogue.

    It goes on where an earlier one of the same source was stopped, whatever stopped it, unless the
    source, what is asked of it, or Phonoscope has changed. What another ingest of the same source
    wrote is replaced when this one ends; rows of other files under the same name are replaced by
    key. None is doubled.

    Parameters
    ----------
    store
        The catalogue.
    source
        File or folder of a known layout.
    memory_mb
        Memory after which the last step, which looks for keys that occur twice, spills, MB.
    mapping
        Field by column, for a CSV file whose columns are not recognised; then nothing else
        is read.
    name
        What the column ``source`` says; by default the path or URI.
    progress
        Takes in how far it is, and a sentence that says where it continues or why it begins
        again.
    restart
        Begin at the start also where an earlier one was stopped.
    stated
        What holds for all rows of a chart, by field; then the source must be one.

    Raises
    ------
    SourceError
        When the source cannot be read or its layout is not known; also when it breaks off
        midway, and then the batches before that are in the catalogue and the ingest is kept as
        'failed'.
    UsageError
        When the mapping, or what is stated, does not fit.
    CatalogueError
        When the catalogue cannot be written, and what was written before is safe; or another
        process reads the same source into it.
    """
    progress = progress or NoProgress()
    opened, layout = open_metadata(source, mapping, stated)
    if stated is not None and layout.name != CHARTS:
        raise UsageError(f"{opened.name} is no chart: its layout is {layout.name}")
    origin = uri_of(source)
    source_name, mapped = name or origin, as_text(mapping or stated or None)
    with unfinished(store, origin) as kept:
        same = same_of(
            origin,
            name=source_name,
            layout=layout.name,
            mapping=mapped,
            version=phonoscope_version(),
            accounts=current().mark,
        )
        about = _About(origin, source_name, mapped, memory_mb, same)
        found, why = (None, "") if restart else kept.find(same)
        if found and layout.always_anew and not current().is_stable:
            found, why = None, layout.always_anew
        shown = printable(source_name)
        if why:
            progress.message(f"begins again with {shown}: {why}")
        if found is not None:
            progress.message(f"goes on at row {found.next_row:,} of {shown}")
            try:
                return _Run(store, opened, layout, about, kept=kept, found=found).run(progress)
            except OtherRowsError:
                progress.message(f"begins again with {shown}: it gives other rows than before")
            opened, layout = open_metadata(source, mapping, stated)
        return _Run(store, opened, layout, about, kept=kept, found=None).run(progress)


@dataclass(frozen=True)
class _About:
    """What was asked for."""

    origin: str
    source: str
    """As the column of this name says."""
    mapping: str | None
    memory_mb: int
    same: Mapping[str, str]
    """What must be the same for an ingest to go on with one that was stopped."""


class _Run:
    def __init__(
        self,
        store: Store,
        opened: Source,
        layout: Format[Source],
        about: _About,
        *,
        kept: Unfinished,
        found: Checkpoint | None,
    ) -> None:
        self._store, self._opened, self._layout, self._about = store, opened, layout, about
        self._kept, self._found = kept, found
        self._scan_id = found.scan_id if found else secrets.token_hex(6)
        self._names = BatchNames(self._scan_id, store.newest_batch())
        self._writer = PartWriter(store, self._names, self._scan_id, about.source, self._mark)
        self._trail = Trail(found)
        self._started_utc = found.started_utc if found else utc_now()
        self._resumed_at_row: int | None = None
        self._started_s, self._started_cpu_s = time.monotonic(), time.process_time()
        if found is not None:
            opened.start = found.position
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
            self._trail.tally.check(self._writer.written)
            settle(
                self._store,
                Settled(self._about.source, self._about.origin, self._scan_id),
                memory_mb=self._about.memory_mb,
            )
        except BaseException as error:
            if type(error) is PhonoscopeError:
                # A fault of ours, which going on would only meet again.
                self._kept.forget()
            # What ended it is raised; a full disk keeps this row out as well.
            with suppress(CatalogueError):
                self._keep("interrupted" if isinstance(error, KeyboardInterrupt) else "failed")
            raise
        self._keep("done")
        self._kept.forget()
        return self._summary()

    def _read(self, progress: Progress) -> None:
        """Take every new chunk and report it. What an earlier run read counts as done."""
        before = self._found.tables.values() if self._found else ()
        tally = self._trail.tally
        read, rejected = sum(c.read for c in before), sum(c.rejected for c in before)
        progress.start("ingest", unit="rows", done=read, rejected=rejected)
        for chunk in self._trail.new(self._layout.read(self._opened)):
            self._writer.add(chunk)
            if (share := self._opened.share_read()) is not None:
                progress.reached(share)
            progress.advance(tally.read - read, rejected=tally.rejected - rejected)
            read, rejected = tally.read, tally.rejected

    def _mark(self, batch: str) -> None:
        """Write down that a batch is whole. Another ingest reads what comes after it again."""
        trail = self._trail
        if not trail.is_known:
            return
        self._kept.keep(
            Checkpoint(
                same=self._about.same,
                scan_id=self._scan_id,
                started_utc=self._started_utc,
                batch=batch,
                position=trail.position,
                before=trail.before,
                passed=trail.passed,
                tables=trail.tally.tables(),
                written=self._writer.written,
            )
        )

    def _keep(self, state: str) -> None:
        """Write the row of this ingest. Of one that ended early no counts are claimed."""
        done, tally = state == "done", self._trail.tally
        tables = {name: dataclasses.asdict(c) for name, c in tally.tables().items()}
        row = IngestRow(
            source=self._about.source,
            origin=self._about.origin,
            layout=self._layout.name,
            state=state,
            deduplicated=done,
            version=phonoscope_version(),
            mapping=self._about.mapping,
            started_utc=self._started_utc,
            resumed_at_row=self._resumed_at_row,
            finished_utc=None if state == "running" else utc_now(),
            read=tally.read if done else None,
            kept=tally.kept if done else None,
            rejected=tally.rejected if done else None,
            counts=json.dumps(tables) if done else None,
        )
        batch = self._names.next()
        self._store.write({"ingests": plain_rows("ingests", [row], batch, self._scan_id)}, batch)

    def _summary(self) -> IngestSummary:
        tally = self._trail.tally
        return IngestSummary(
            scan_id=self._scan_id,
            source=self._about.source,
            layout=self._layout.name,
            read=tally.read,
            kept=tally.kept,
            rejected=tally.rejected,
            reasons=dict(tally.reasons().most_common()),
            tables=tally.tables(),
            written=dict(sorted(self._writer.written.items())),
            ignored=list(self._layout.ignored(self._opened)),
            resumed_at_row=self._resumed_at_row,
            wall_s=time.monotonic() - self._started_s,
            cpu_s=time.process_time() - self._started_cpu_s,
        )

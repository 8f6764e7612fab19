"""Ingest: the rows of one source into a catalogue, counted so that none is lost silently."""

from __future__ import annotations

import dataclasses
import json
import os
import secrets
import time
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime

from phonoscope.audio.source import uri_of
from phonoscope.catalogue.ingest.base import Layout, Source
from phonoscope.catalogue.ingest.flat_table import as_text
from phonoscope.catalogue.ingest.opened import open_metadata
from phonoscope.catalogue.ingest.summary import IngestProgress, IngestSummary
from phonoscope.catalogue.ingest.tally import Tally
from phonoscope.catalogue.ingest.writer import Writer
from phonoscope.catalogue.layout import phonoscope_version, plain_rows
from phonoscope.catalogue.metadata import IngestRow
from phonoscope.catalogue.parts import BatchNames
from phonoscope.catalogue.settling import Settled, settle
from phonoscope.catalogue.store import Store
from phonoscope.errors import CatalogueError


def ingest(
    store: Store,
    source: str | os.PathLike[str],
    *,
    memory_mb: int,
    mapping: Mapping[str, str] | None = None,
    name: str | None = None,
    progress: IngestProgress | None = None,
) -> IngestSummary:
    """Read a source of metadata into a catalogue.

    It always begins at the start of the source. What an earlier, perhaps interrupted, ingest of
    the same source wrote is replaced when this one ends; rows of other files under the same name
    are replaced by key. None is doubled.

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
        Is told how far it is.

    Raises
    ------
    SourceError
        When the source cannot be read or its layout is not known; also when it breaks off
        midway, and then the batches before that are in the catalogue and the ingest is kept as
        'failed'.
    UsageError
        When the mapping does not fit.
    CatalogueError
        When the catalogue cannot be written; what was written before is safe.
    """
    opened, layout = open_metadata(source, mapping)
    run = _Run(
        store,
        opened,
        layout,
        origin=uri_of(source),
        name=name,
        mapping=mapping,
        memory_mb=memory_mb,
    )
    return run.run(progress)


class _Run:
    def __init__(
        self,
        store: Store,
        opened: Source,
        layout: Layout[Source],
        *,
        origin: str,
        name: str | None,
        mapping: Mapping[str, str] | None,
        memory_mb: int,
    ) -> None:
        self._store, self._opened, self._layout = store, opened, layout
        self._origin, self._source, self._mapping = origin, name or origin, mapping
        self._memory_mb = memory_mb
        self._scan_id = secrets.token_hex(6)
        self._names = BatchNames(self._scan_id, store.newest_batch())
        self._writer = Writer(store, self._names, self._scan_id, self._source)
        self._tally = Tally()
        self._started_utc = _now_utc()
        self._started_s, self._started_cpu_s = time.monotonic(), time.process_time()

    def run(self, progress: IngestProgress | None) -> IngestSummary:
        self._keep("running")
        try:
            for chunk in self._layout.read(self._opened):
                self._tally.add(chunk)
                self._writer.add(chunk)
                if progress is not None:
                    progress(self._tally.read, self._tally.rejected, self._opened.share_read())
            self._writer.flush()
            self._tally.check(self._writer.written)
            settle(
                self._store,
                Settled(self._source, self._origin, self._scan_id),
                memory_mb=self._memory_mb,
            )
        except BaseException as error:
            # What ended it is raised; a full disk keeps this row out as well.
            with suppress(CatalogueError):
                self._keep("interrupted" if isinstance(error, KeyboardInterrupt) else "failed")
            raise
        self._keep("done")
        return self._summary()

    def _keep(self, state: str) -> None:
        """Write the row of this ingest. Of one that ended early no counts are claimed."""
        done = state == "done"
        tables = {name: dataclasses.asdict(c) for name, c in self._tally.tables().items()}
        row = IngestRow(
            source=self._source,
            origin=self._origin,
            layout=self._layout.name,
            state=state,
            settled=done,
            version=phonoscope_version(),
            mapping=as_text(self._mapping),
            started_utc=self._started_utc,
            finished_utc=None if state == "running" else _now_utc(),
            read=self._tally.read if done else None,
            kept=self._tally.kept if done else None,
            rejected=self._tally.rejected if done else None,
            counts=json.dumps(tables) if done else None,
        )
        batch = self._names.next()
        self._store.write({"ingests": plain_rows("ingests", [row], batch, self._scan_id)}, batch)

    def _summary(self) -> IngestSummary:
        return IngestSummary(
            scan_id=self._scan_id,
            source=self._source,
            layout=self._layout.name,
            read=self._tally.read,
            kept=self._tally.kept,
            rejected=self._tally.rejected,
            reasons=dict(self._tally.reasons().most_common()),
            tables=self._tally.tables(),
            written=dict(sorted(self._writer.written.items())),
            ignored=list(self._layout.ignored(self._opened)),
            wall_s=time.monotonic() - self._started_s,
            cpu_s=time.process_time() - self._started_cpu_s,
        )


def _now_utc() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)

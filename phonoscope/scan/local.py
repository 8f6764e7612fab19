"""The engine of one machine: worker processes in a pipeline, without barriers.

A file is identified first: its bytes are hashed. It is analysed only if its recording isn't in the
catalogue (or is to be analysed again) and isn't being analysed, so the same bytes in ten files are
decoded once. Workers do both steps at the same time, so a ten-hour file occupies only its own
worker.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator
from typing import NamedTuple

from phonoscope.analysis import Analysis
from phonoscope.catalogue.schema.tables import Outcome
from phonoscope.scan.base import Receipt, ScanJob, file_row, outcomes_of
from phonoscope.scan.known import KnownIds, known_ids
from phonoscope.scan.messages import Failure
from phonoscope.scan.pool import Done, Pool
from phonoscope.scan.sources import SourceFile
from phonoscope.scan.work import analyse_file, identify_file


class LocalEngine:
    """Runs a scan in worker processes on this machine."""

    name = "local"

    def run(self, job: ScanJob, files: Iterator[list[SourceFile]]) -> None:
        """See :meth:`phonoscope.scan.base.Engine.run`."""
        settings = job.settings
        with Pool(
            settings.workers,
            time_limit_s=settings.file_time_limit_s,
            memory_mb=settings.worker_memory_mb,
        ) as pool:
            known = known_ids(job.store).without(job.again)
            pipeline = Pipeline(job, pool, files, known)
            try:
                pipeline.run()
            finally:
                # Also on Ctrl-C, so that the next scan doesn't repeat finished recordings.
                pipeline.write()


class _Identify(NamedTuple):
    file: SourceFile


class _Analyse(NamedTuple):
    recording_id: str


class Pipeline:
    """Moves files through identification and analysis into batches."""

    def __init__(
        self, job: ScanJob, pool: Pool, files: Iterator[list[SourceFile]], known: KnownIds
    ) -> None:
        self._job = job
        self._pool = pool
        self._files = (file for group in files for file in group)
        self._known = known
        self._new: deque[str] = deque()
        """Identified recordings that wait for their analysis."""
        self._under_way: dict[str, list[SourceFile]] = {}
        """Files of each recording that waits or is being analysed; the first one is read."""
        self._complete: list[Outcome] = []
        self._due_s = time.monotonic() + job.settings.batch_seconds

    def run(self) -> None:
        """Read every file."""
        while True:
            while self._pool.free and self._give_work():
                pass
            if not self._pool.working:
                return
            for done in self._pool.wait(self._due_s - time.monotonic()):
                self._take(done)
            if time.monotonic() >= self._due_s:
                self.write()

    def write(self) -> None:
        """Write finished outcomes as a batch."""
        self._job.write(self._complete)
        self._complete = []
        self._due_s = time.monotonic() + self._job.settings.batch_seconds

    def _give_work(self) -> bool:
        """Give one task to a free worker; return ``False`` when there is no task."""
        if self._new:
            recording_id = self._new.popleft()
            first = self._under_way[recording_id][0]
            # Only files that were hashed get here, so it has a size and a time.
            self._pool.submit(
                _Analyse(recording_id),
                analyse_file,
                first.uri,
                recording_id,
                first.size_bytes,
                first.mtime_ns,
                self._job.settings.false_alarms,
            )
            return True
        for file in self._files:
            if file.error_kind is None:
                self._pool.submit(_Identify(file), identify_file, file.uri)
                return True
            self._settle(Outcome(file_row(file, None, file.error_kind, file.error)))
        return False

    def _take(self, done: Done) -> None:
        self._job.count(Receipt(cpu_s=done.cpu_s))
        if isinstance(done.tag, _Identify):
            self._identified(done.tag.file, done.value)
        else:
            self._examined(done.tag.recording_id, done.value)

    def _identified(self, file: SourceFile, found: str | Failure) -> None:
        if isinstance(found, Failure):
            self._settle(Outcome(file_row(file, None, found.kind, found.message)))
        elif found in self._known:
            self._settle(Outcome(file_row(file, found)))
        elif found in self._under_way:
            self._under_way[found].append(file)
        else:
            self._under_way[found] = [file]
            self._new.append(found)

    def _examined(self, recording_id: str, found: Analysis | Failure) -> None:
        outcomes = outcomes_of(recording_id, self._under_way.pop(recording_id), found)
        if outcomes[0].analysis is not None:
            self._known.add(recording_id)
        again = recording_id in self._job.again
        for outcome in outcomes:
            self._settle(outcome, again=again)

    def _settle(self, outcome: Outcome, *, again: bool = False) -> None:
        self._complete.append(outcome)
        self._job.count(Receipt.of([outcome], again=again))
        if len(self._complete) >= self._job.settings.batch_files:
            self.write()

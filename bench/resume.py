"""The cost of being able to resume an ingest, and what resuming saves.

    python -m bench.resume dump.sqlite3 --runs 3

Each run ingests the source three times into catalogues that are thrown away: as it is; without the
notes of how far it is; and killed (SIGKILL) halfway and gone on with. Figures are processor time,
and their ratios within a run.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import resource
import signal
import statistics
import sys
import tempfile
from pathlib import Path

import phonoscope as ps
from phonoscope.ingest.checkpoint import CheckpointFile
from phonoscope.progress import NoProgress


class _Killed(NoProgress):
    """Kills its own process once so many rows are read; ``None`` lets it finish."""

    def __init__(self, at_row: int | None) -> None:
        self._at_row, self._read = at_row, 0.0

    def advance(self, amount: float = 1, **counters: float) -> None:
        """Count rows."""
        self._read += amount
        if self._at_row is not None and self._read >= self._at_row:
            os.kill(os.getpid(), signal.SIGKILL)


def _ingest(source: str, into: str, noted: bool, killed_at: int | None) -> None:
    if not noted:
        # Replaced for this trial only.
        CheckpointFile.keep = lambda self, checkpoint: None  # type: ignore[method-assign]
    ps.open_catalogue(into, create=True).ingest(source, progress=_Killed(killed_at))


def cpu_s(source: str, into: str, *, noted: bool = True, killed_at: int | None = None) -> float:
    """Return the processor time of an ingest in a process of its own, s."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    process = multiprocessing.get_context("spawn").Process(
        target=_ingest, args=(source, into, noted, killed_at)
    )
    process.start()
    process.join()
    if process.exitcode != (-signal.SIGKILL if killed_at else 0):
        sys.exit(f"the ingest ended with {process.exitcode}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def rows_of(catalogue: str) -> tuple[int, int | None]:
    """Return rows read, and the row at which it resumed."""
    query = "select read, resumed_at_row from ingests where deduplicated"
    (row,) = ps.open_catalogue(catalogue).sql(query).read_all().to_pylist()
    return row["read"], row["resumed_at_row"]


def main() -> None:
    """Measure, and print a line a run and the medians."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("source")
    parser.add_argument("--runs", type=int, default=3)
    given = parser.parse_args()
    costs, rests = [], []
    for run in range(given.runs):
        with tempfile.TemporaryDirectory() as folder:
            at = [str(Path(folder) / name) for name in ("noted", "plain", "killed")]
            took = {}
            # Who goes first pays for what is not in the page cache.
            for noted in (True, False) if run % 2 else (False, True):
                took[noted] = cpu_s(given.source, at[0 if noted else 1], noted=noted)
            read, _ = rows_of(at[0])
            cpu_s(given.source, at[2], killed_at=read // 2)
            rest = cpu_s(given.source, at[2])
            _, resumed_at_row = rows_of(at[2])
        costs.append(took[True] / took[False])
        rests.append(rest / took[True])
        print(
            f"{read:,} rows: {took[True]:.1f} CPU-s, without notes {took[False]:.1f}, ratio "
            f"{costs[-1]:.3f}; killed halfway, resumed at row {resumed_at_row or 0:,}: "
            f"{rest:.1f}, ratio {rests[-1]:.3f}"
        )
    print(f"medians: notes {statistics.median(costs):.3f}, rest {statistics.median(rests):.3f}")


if __name__ == "__main__":
    main()

"""Processes that write to one catalogue at the same time."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

from bench.faulting.processes import LONGEST_S, start
from bench.faulting.tally import Tally
from bench.faulting.work import catalogue, no_key_twice
from bench.faulting.writers import WRITERS
from phonoscope.catalogue.store import open_store

PAIRS = tuple(itertools.combinations_with_replacement(WRITERS, 2))


def prepare(names: Sequence[str], folder: Path) -> None:
    """Make a catalogue to which some writers can write."""
    open_store(catalogue(folder), create=True)
    for name in dict.fromkeys(names):
        WRITERS[name].prepare(folder)


def at_once(names: Sequence[str], tries: int, folder: Path) -> Tally:
    """Run some kinds of work at the same time on one catalogue.

    Each has to end well, or say that another was faster. Then all has to be there once.
    """
    tally = Tally(f"{' and '.join(names)} at once")
    # Always in the same folder: a catalogue knows its sources by their paths.
    start_from, here = folder / "start", folder / "here"
    here.mkdir(parents=True)
    prepare(names, here)
    shutil.copytree(here, start_from)
    for number in range(tries):
        tally.tries += 1
        shutil.rmtree(here)
        shutil.copytree(start_from, here)
        processes = [start(WRITERS[name].run, here) for name in names]
        statuses = []
        for process in processes:
            process.join(LONGEST_S)
            statuses.append(process.exitcode)
        tally.hits += 2 in statuses
        for name, status in zip(names, statuses, strict=True):
            if status not in {0, 2}:
                tally.failures.append(f"try {number}: {name} ended with {status}")
        tally.check(partial(_wrong, here, names, statuses), f"try {number}")
    return tally


def _wrong(here: Path, names: Sequence[str], statuses: list[int | None]) -> Iterator[str]:
    yield from no_key_twice(here)
    for name in names:
        yield from WRITERS[name].wrong(here)
    for name in {n for n, status in zip(names, statuses, strict=True) if status == 0}:
        yield from WRITERS[name].unfinished(here)

"""Two processes that write to one catalogue at the same time."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from bench.faulting import work
from bench.faulting.processes import LONGEST_S, start
from bench.faulting.tally import Tally

WRITERS: dict[str, Callable[[Path], None]] = {
    name: work.WORK[name].run for name in ("ingest", "compact", "scan", "plays", "decisions")
}
PAIRS = tuple(itertools.combinations_with_replacement(WRITERS, 2))


def prepare(folder: Path) -> None:
    """Make a catalogue to which all writers can write."""
    work.write_tracks(folder)
    work.WORK["plays"].prepare(folder)
    work.WORK["scan"].prepare(folder)


def at_once(one: str, other: str, tries: int, folder: Path) -> Tally:
    """Run two kinds of work at the same time on one catalogue.

    Each has to end well, or say that the other was faster. Then all has to be there once.
    """
    tally = Tally(f"{one} and {other} at once")
    for number in range(tries):
        tally.tries += 1
        here = folder / str(number)
        here.mkdir(parents=True)
        prepare(here)
        processes = [start(WRITERS[name], here) for name in (one, other)]
        statuses = []
        for process in processes:
            process.join(LONGEST_S)
            statuses.append(process.exitcode)
        tally.hits += 2 in statuses
        for name, status in zip((one, other), statuses, strict=True):
            if status not in {0, 2}:
                tally.failures.append(f"try {number}: {name} ended with {status}")
        tally.check(partial(_wrong, here, (one, other), statuses), f"try {number}")
    return tally


def _wrong(here: Path, names: tuple[str, str], statuses: list[int | None]) -> Iterator[str]:
    yield from work.no_key_twice(here)
    for name in {n for n, status in zip(names, statuses, strict=True) if status == 0}:
        if name != "compact":
            yield from work.WORK[name].unfinished(here)

"""Faults made on purpose, in large numbers; docs/reliability.md states the counts.

    python -m bench.faults kill --tries 200            # kill -9 in every kind of work
    python -m bench.faults disk --tries 40             # write, fsync, rename, link and read fail
    python -m bench.faults pairs --tries 10            # two writers of every pair of commands
    python -m bench.faults network                     # all commands but two, connections recorded
    python -m bench.faults metadata --tries 20000      # mutated metadata of 35 kinds
    python -m bench.faults files --tries 100000        # mutated files of 31 containers
    python -m bench.faults requests --tries 20000      # requests to the server

Every line is one kind of fault with its tries, in how many of them the fault fell into the work,
and its failures. The exit status is 1 when there is a failure. The bounded form is
``tests/faults``.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bench.faulting import disks, files, kills, mutations, network, pairs
from bench.faulting import requests as server
from bench.faulting.tally import Tally
from bench.faulting.work import WORK

READS = ("compact", "plays", "ingest again")
"""Work that reads parts, in which reading fails."""
KEPT = Path("fuzz-findings")


@dataclass(frozen=True)
class Asked:
    """What a campaign is asked for."""

    tries: int
    seed: int
    only: str | None
    seconds: float

    def wanted(self, name: str) -> bool:
        """Whether a kind of work is to be tried."""
        return self.only in {None, name}


def kill(asked: Asked, folder: Path) -> Iterator[Tally]:
    """Kill every kind of work."""
    for name in filter(asked.wanted, WORK):
        yield kills.kill(name, asked.tries, folder / name, asked.seed)


def disk(asked: Asked, folder: Path) -> Iterator[Tally]:
    """Let every kind of operation fail in every kind of work."""
    for name in filter(asked.wanted, disks.IN_PROCESS):
        for kind in disks.ERRORS:
            yield disks.fail_disk(name, kind, asked.tries, folder / name / kind)
    for name in filter(asked.wanted, READS):
        yield disks.fail_disk(name, "read", asked.tries, folder / name / "read")


def at_once(asked: Asked, folder: Path) -> Iterator[Tally]:
    """Let every pair of commands write at once."""
    for two in pairs.PAIRS:
        if any(map(asked.wanted, two)):
            yield pairs.at_once(two, asked.tries, folder / " ".join(two))


def connections(_: Asked, folder: Path) -> Iterator[Tally]:
    """Record the connections of commands."""
    yield network.record(network.every_command(folder), folder, frozenset({0, 2, 3}))


def metadata(asked: Asked, folder: Path) -> Iterator[Tally]:
    """Read mutated metadata; what fails is kept in ``fuzz-findings``."""
    yield mutations.read(asked.tries, folder / "m", asked.seed, KEPT, asked.seconds)


def containers(asked: Asked, folder: Path) -> Iterator[Tally]:
    """Read mutated files; what fails is kept in ``fuzz-findings``."""
    yield files.read(asked.tries, folder / "f", asked.seed, KEPT, asked.seconds)


def requests(asked: Asked, folder: Path) -> Iterator[Tally]:
    """Send requests to the server."""
    yield server.ask(asked.tries, folder / "h", asked.seed, asked.seconds)


CAMPAIGNS = {
    "kill": kill,
    "disk": disk,
    "pairs": at_once,
    "network": connections,
    "metadata": metadata,
    "files": containers,
    "requests": requests,
}


def main() -> int:
    """Run one campaign; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("campaign", choices=CAMPAIGNS)
    parser.add_argument("--tries", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", help="one kind of work, of kill, disk and pairs")
    parser.add_argument(
        "--seconds",
        type=float,
        default=float("inf"),
        help="time after which metadata, files and requests end; the line says how many there were",
    )
    given = vars(parser.parse_args())
    campaign = CAMPAIGNS[given.pop("campaign")]
    failed = False
    with tempfile.TemporaryDirectory(prefix="phonoscope-faults-") as folder:
        for tally in campaign(Asked(**given), Path(folder)):
            print(tally, flush=True)
            for failure in tally.failures:
                failed = True
                print(f"    {failure}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

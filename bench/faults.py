"""Faults made on purpose, in large numbers; docs/reliability.md states the counts.

    python -m bench.faults kill --tries 200            # kill -9 in every kind of work
    python -m bench.faults disk --tries 40             # write, fsync, rename, link and read fail
    python -m bench.faults pairs --tries 10            # two writers of every pair of commands
    python -m bench.faults network                     # all commands but two, connections recorded
    python -m bench.faults metadata --tries 20000      # mutated metadata of 13 kinds
    python -m bench.faults files --seconds 600         # mutated files of 25 containers

Every line is one kind of fault with its tries, in how many of them the fault fell into the work,
and its failures. The exit status is 1 when there is a failure. The bounded form is
``tests/faults``.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from bench.faulting import disks, kills, mutations, network, pairs
from bench.faulting.tally import Tally
from bench.faulting.work import WORK

READS = ("compact", "plays", "ingest again")
"""Work that reads parts, in which reading fails."""


def kill(tries: int, folder: Path, seed: int) -> Iterator[Tally]:
    """Kill every kind of work."""
    for name in WORK:
        yield kills.kill(name, tries, folder / name, seed)


def disk(tries: int, folder: Path, _: int) -> Iterator[Tally]:
    """Let every kind of operation fail in every kind of work."""
    for name in disks.IN_PROCESS:
        for kind in disks.ERRORS:
            yield disks.fail_disk(name, kind, tries, folder / name / kind)
    for name in READS:
        yield disks.fail_disk(name, "read", tries, folder / name / "read")


def at_once(tries: int, folder: Path, _: int) -> Iterator[Tally]:
    """Let every pair of commands write at once."""
    for one, other in pairs.PAIRS:
        yield pairs.at_once(one, other, tries, folder / f"{one} {other}")


def connections(_: int, folder: Path, __: int) -> Iterator[Tally]:
    """Record the connections of commands."""
    yield network.record(network.every_command(folder), folder, frozenset({0, 2, 3}))


def metadata(tries: int, folder: Path, seed: int) -> Iterator[Tally]:
    """Read mutated metadata; what fails is kept in ``fuzz-findings``."""
    yield mutations.read(tries, folder / "m", seed, Path("fuzz-findings"))


CAMPAIGNS = {
    "kill": kill,
    "disk": disk,
    "pairs": at_once,
    "network": connections,
    "metadata": metadata,
}


def main() -> int:
    """Run one campaign; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("campaign", choices=[*CAMPAIGNS, "files"])
    parser.add_argument("--tries", type=int, default=20)
    parser.add_argument("--seconds", type=int, default=60, help="of 'files'")
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    if asked.campaign == "files":
        fuzz = Path(__file__).resolve().parents[1] / "tests" / "test_fuzz.py"
        return subprocess.run([sys.executable, fuzz, str(asked.seconds)], check=False).returncode
    failed = False
    with tempfile.TemporaryDirectory(prefix="phonoscope-faults-") as folder:
        for tally in CAMPAIGNS[asked.campaign](asked.tries, Path(folder), asked.seed):
            print(tally, flush=True)
            for failure in tally.failures:
                failed = True
                print(f"    {failure}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

"""What whole commands cost: ``report``, ``find``, ``copies``, and a scan of unchanged files.

CPU seconds are user and system of a new process, start-up included. The ratio that CI compares is
over those of a process that only loads the libraries that both sides need, in turns in one run.
"""

from __future__ import annotations

import resource
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from bench.made_recordings import catalogue_of_copies, catalogue_of_files

LIBRARIES = "import av, duckdb, ibis.backends.duckdb, numpy, pyarrow"
TRACKS = 10_000
"""Tracks of the catalogue in the short form."""
RECORDINGS, FILES = 500, 10_000
"""The same for ``copies`` and for the scan of unchanged files."""


def spent_s(arguments: Sequence[str]) -> float:
    """Return the CPU seconds of a Python process and of those that it started."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(
        [sys.executable, *arguments], check=True, capture_output=True, stdin=subprocess.DEVNULL
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def command(*arguments: str | Path) -> list[str]:
    return ["-m", "phonoscope", *map(str, arguments)]


def least_s(commands: Sequence[Sequence[str]], repeats: int) -> list[float]:
    """Return the least CPU seconds of each command, in turns."""
    rounds = [[spent_s(one) for one in commands] for _ in range(repeats)]
    return [min(costs) for costs in zip(*rounds, strict=True)]


def catalogue_of(tracks: int, folder: Path) -> Path:
    """Make a catalogue of so many tracks."""
    made = folder / f"tracks-{tracks}"
    spent_s(["-m", "bench.make_catalogue", "--tracks", str(tracks), "--into", str(made),
             "--short-ids"])  # fmt: skip
    return made


def scanned(files: Sequence[Path], folder: Path) -> Path:
    """Scan files; find in one of them once, which builds the index."""
    made = folder / "scanned"
    spent_s(command("scan", *files, "--into", made, "--workers", "1"))
    spent_s(command("find", files[0], "--in", made))
    return made


def ratios(excerpt: Path, files: Sequence[Path], folder: Path, repeats: int) -> Iterator[float]:
    """Yield what the four commands cost over loading the libraries."""
    report = command("report", catalogue_of(TRACKS, folder), "--to", folder / "report.html")
    find = command("find", excerpt, "--in", scanned(files, folder))
    commands = [report, find, copies_of(RECORDINGS, folder), rescan_of(FILES, folder)]
    libraries, *costs = least_s([["-c", LIBRARIES], *commands], repeats)
    yield from (cost / libraries for cost in costs)


def report_s(tracks: int, folder: Path, repeats: int) -> float:
    """Return the CPU seconds of ``report`` of a made catalogue."""
    report = command("report", catalogue_of(tracks, folder), "--to", folder / "report.html")
    return least_s([report], repeats)[0]


def find_s(excerpt: Path, files: Sequence[Path], folder: Path, repeats: int) -> float:
    """Return the CPU seconds of ``find`` of an excerpt in some files."""
    return least_s([command("find", excerpt, "--in", scanned(files, folder))], repeats)[0]


def copies_of(recordings: int, folder: Path) -> list[str]:
    """Make a catalogue of so many recordings; return the command that looks for copies."""
    made = catalogue_of_copies(recordings, folder / f"copies-{recordings}")
    return command("copies", made, "--quiet")


def rescan_of(files: int, folder: Path) -> list[str]:
    """Make so many files that are unchanged; return the command that scans them."""
    music = folder / f"files-{files}"
    made = catalogue_of_files(files, music, folder / f"unchanged-{files}")
    return command("scan", music, "--into", made, "--quiet", "--workers", "1")

"""Measure the processor time of short commands with their children, also of another version."""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import wave
from pathlib import Path

import numpy as np

RATE_HZ, DURATION_S = 44_100, 30
RUN = "from phonoscope.cli.main import main; main()"


def main() -> None:
    options = parsed()
    with tempfile.TemporaryDirectory() as folder:
        song = Path(folder, "songs", "song.wav")
        song.parent.mkdir()
        write_song(song)
        roots = [root.resolve() for root in (Path(), *options.compare)]
        commands = {"--help": ["--help"], "sql": [], "check": ["check", str(song)]}
        print("| command |" + "".join(f" {root.name}, CPU-s |" for root in roots) + " ratio |")
        print("|---|" + "---|" * (len(roots) + 1))
        catalogues = {root: str(Path(folder, str(n))) for n, root in enumerate(roots)}
        for root in roots:
            cpu_s(root, ["scan", str(song.parent), "--into", catalogues[root], "-q"])
        for name, arguments in commands.items():
            spent: dict[Path, list[float]] = {root: [] for root in roots}
            # In turns, so that a busy moment of the machine meets all of them.
            for _ in range(options.runs):
                for root in roots:
                    asked = arguments or ["sql", catalogues[root], "select 1"]
                    spent[root].append(cpu_s(root, asked))
            medians = [statistics.median(spent[root]) for root in roots]
            cells = "".join(f" {median:.2f} |" for median in medians)
            print(f"| {name} |{cells} {medians[0] / medians[-1]:.2f} |", flush=True)


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument(
        "--compare", type=Path, action="append", default=[], help="checkout of another version"
    )
    return parser.parse_args()


def write_song(path: Path) -> None:
    """Write 30 s of a chord with two onsets a second, stereo."""
    time_s = np.arange(DURATION_S * RATE_HZ) / RATE_HZ
    swell = np.exp(-3 * (time_s * 2 % 1))
    sound = sum(np.sin(2 * np.pi * f * time_s) for f in (220.0, 277.2, 329.6, 440.0)) * swell / 6
    sound += np.random.default_rng(1).normal(0, 0.01, sound.size)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(RATE_HZ)
        file.writeframes((np.stack([sound, sound], 1).clip(-1, 1) * 32_000).astype("<i2").tobytes())


def cpu_s(root: Path, arguments: list[str]) -> float:
    """Return the user and system time of one command of a checkout, s."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(
        [sys.executable, "-P", "-c", RUN, *arguments],
        check=True,
        stdout=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": str(root)},
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


if __name__ == "__main__":
    main()

"""The cost of importing and analysing plays, by size; each step in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from typing import Any

from rich.table import Table

STEPS = ("tracks", "ingest", "weigh")
"""Tracks are read first, because the analysis uses durations and artists."""


READ_ONLY = ("--no-pseudonymise", "--no-weigh")


def measured(command: list[str]) -> dict[str, float]:
    """Run a command; returns its CPU and wall seconds and the peak memory of its processes, GB.

    Raises
    ------
    SystemExit
        When it fails, with its output.
    """
    started_s = time.monotonic()
    with tempfile.TemporaryFile() as words:
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=words)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            words.seek(0)
            tail = words.read().decode(errors="replace")[-2000:]
            sys.exit(f"{' '.join(command)} exited {process.returncode}: {tail}")
    return {
        "cpu_s": usage.ru_utime + usage.ru_stime,
        "wall_s": time.monotonic() - started_s,
        "peak_gb": usage.ru_maxrss / 1e6,
    }


def curve(sizes: Sequence[int], seed: int, say: Callable[[str], None]) -> list[dict[str, Any]]:
    """Return the cost of each step at each size, for the default mix."""
    found = []
    for plays in sizes:
        with tempfile.TemporaryDirectory(prefix="plays-") as folder:
            say(f"log of {plays:,} plays")
            # In another process, because a process counts at least as large as its parent.
            make = [sys.executable, "-m", "bench.playbench.parts", str(plays), str(seed)]
            made = subprocess.run([*make, f"{folder}/log"], check=True, stdout=subprocess.PIPE)
            rows, catalogue = int(made.stdout), f"{folder}/catalogue"
            phonoscope = [sys.executable, "-m", "phonoscope.cli.main"]
            into = ["--into", catalogue, "--quiet"]
            commands = {
                "tracks": [*phonoscope, "ingest", f"{folder}/log/tracks", *into],
                "ingest": [*phonoscope, "plays", f"{folder}/log/plays", *into, *READ_ONLY],
                "weigh": [*phonoscope, "plays", *into],
            }
            costs: dict[str, Any] = {"plays": rows}
            for step in STEPS:
                say(f"{plays:,} plays: {step}")
                costs[step] = measured(commands[step])
                costs[step]["plays_a_cpu_s"] = rows / costs[step]["cpu_s"]
            found.append(costs)
    return found


def curve_table(costs: Sequence[dict[str, Any]]) -> Table:
    """Return the costs, and the extra cost per million plays compared with the size before.

    If that stays the same, the cost grows linearly; only the first size includes the start-up.
    """
    shown = Table(title="What it takes, by size of the log")
    shown.add_column("step")
    for name in ("plays", "CPU-s", "wall s", "peak GB", "plays a CPU-s", "CPU-s a million more"):
        shown.add_column(name, justify="right")
    for step in STEPS:
        for before, each in zip([None, *costs], costs, strict=False):
            more = _more(before, each, step)
            shown.add_row(step, f"{each['plays']:,}", *_cells(each[step]), more)
    return shown


def _cells(cost: dict[str, float]) -> list[str]:
    return [
        f"{cost['cpu_s']:.1f}",
        f"{cost['wall_s']:.1f}",
        f"{cost['peak_gb']:.2f}",
        f"{cost['plays_a_cpu_s']:,.0f}",
    ]


def _more(before: dict[str, Any] | None, each: dict[str, Any], step: str) -> str:
    if before is None or each["plays"] <= before["plays"]:
        return ""
    millions = (each["plays"] - before["plays"]) / 1e6
    return f"{(each[step]['cpu_s'] - before[step]['cpu_s']) / millions:.2f}"

"""What reading and weighing plays costs, and how it grows; each in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from rich.table import Table

from bench.playbench.mixes import recipe

STEPS = ("ingest", "weigh")


def measured(command: list[str]) -> dict[str, float]:
    """Run a command to its end; its CPU and wall seconds and the most memory of its processes, GB.

    Raises
    ------
    SystemExit
        When it fails, with what it said.
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
    """Return the cost of both steps at each size, default mix."""
    found = []
    for plays in sizes:
        with tempfile.TemporaryDirectory(prefix="plays-") as folder:
            say(f"log of {plays:,} plays")
            log = recipe("default", plays, seed).made(Path(folder) / "log")
            catalogue = f"{folder}/catalogue"
            ingest = [sys.executable, "-m", "phonoscope.cli.main", "plays", str(log.plays)]
            ingest += ["--into", catalogue, "--no-pseudonymise", "--quiet"]
            commands = {
                "ingest": ingest,
                "weigh": [sys.executable, "-m", "bench.playbench.ours", catalogue],
            }
            costs: dict[str, Any] = {"plays": log.rows}
            for step in STEPS:
                say(f"{plays:,} plays: {step}")
                costs[step] = measured(commands[step])
                costs[step]["plays_a_cpu_s"] = log.rows / costs[step]["cpu_s"]
            found.append(costs)
    return found


def curve_table(costs: Sequence[dict[str, Any]]) -> Table:
    """Return the costs, and beside them the ratio to the first size by play: 1 is linear."""
    shown = Table(title="CPU-seconds, and of one play beside the smallest log's")
    shown.add_column("plays", justify="right")
    for step in STEPS:
        for name in ("CPU-s", "wall s", "peak GB", "plays a CPU-s", "a play, ratio"):
            shown.add_column(f"{step} {name}", justify="right")
    for each in costs:
        cells = [f"{each['plays']:,}"]
        for step in STEPS:
            cost, first = each[step], costs[0][step]
            ratio = first["plays_a_cpu_s"] / cost["plays_a_cpu_s"]
            cells += [f"{cost['cpu_s']:.1f}", f"{cost['wall_s']:.1f}", f"{cost['peak_gb']:.2f}"]
            cells += [f"{cost['plays_a_cpu_s']:,.0f}", f"{ratio:.2f}"]
        shown.add_row(*cells)
    return shown

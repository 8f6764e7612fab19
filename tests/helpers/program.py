"""Runs the real program as a user does, in a process of its own."""

from __future__ import annotations

import json
import os
import pty
import select
import subprocess
import sys
from pathlib import Path

PROGRAM = [sys.executable, "-m", "phonoscope.cli.main"]
ROOT = Path(__file__).resolve().parents[2]


def environment(**more: str) -> dict[str, str]:
    """The environment of a user without settings: warnings of the program are errors."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("PHONOSCOPE_", "COV_"))}
    # One worker: starting more takes longer than the short sounds of the tests.
    ours = {"COLUMNS": "100", "PYTHONPATH": str(ROOT), "PHONOSCOPE_WORKERS": "1"}
    return {**kept, **ours, **more}


def run(
    *arguments: str | os.PathLike[str],
    stdin: str = "",
    cwd: Path | None = None,
    **more: str,
) -> subprocess.CompletedProcess[str]:
    """Run ``phonoscope ARGUMENTS`` with pipes for its output."""
    return subprocess.run(
        [*PROGRAM, *map(os.fspath, arguments)],
        input=stdin,
        capture_output=True,
        text=True,
        encoding="utf-8",
        cwd=cwd,
        env=environment(**more),
        timeout=120,
        check=False,
    )


def strict_json(text: str) -> list[dict]:
    """Read JSON Lines; NaN and Infinity, which are not JSON, are errors."""

    def refuse(constant: str) -> None:
        raise AssertionError(f"{constant} is not JSON")

    return [json.loads(line, parse_constant=refuse) for line in text.splitlines()]


def run_on_terminal(*arguments: str | os.PathLike[str], **more: str) -> tuple[str, int]:
    """Run with stdout on a terminal, stderr in a pipe; returns what it printed and its status."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [*PROGRAM, *map(os.fspath, arguments)],
        stdin=subprocess.DEVNULL,
        stdout=theirs,
        stderr=subprocess.PIPE,
        env=environment(TERM="xterm", **more),
    )
    os.close(theirs)
    printed = b""
    while select.select([ours], [], [], 60)[0]:
        try:
            piece = os.read(ours, 65536)
        except OSError:  # Linux ends a terminal nobody holds any more with EIO.
            break
        if not piece:
            break
        printed += piece
    os.close(ours)
    process.communicate(timeout=60)
    return printed.decode(), process.returncode

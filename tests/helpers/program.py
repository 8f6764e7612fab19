"""Runs the real program as a user does, in a process of its own.

Where nothing of the start matters, the process is forked from one that has everything loaded.
"""

from __future__ import annotations

import json
import os
import pty
import select
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.helpers import forked

PROGRAM = [sys.executable, "-m", "phonoscope.cli.main"]
ROOT = Path(__file__).resolve().parents[2]
LIMIT_S = 120
READ_WHILE_RUNNING = ("HOME", "NO_COLOR", "PATH")
"""Variables that the program asks for itself; those of its interpreter need a new one."""


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
    """Run ``phonoscope ARGUMENTS``; its output isn't a terminal.

    Variables of the interpreter, such as ``PYTHONPATH``, need a new one.
    """
    ours = all(name.startswith("PHONOSCOPE_") or name in READ_WHILE_RUNNING for name in more)
    by = _forked if forked.POSSIBLE and ours else _started
    return by([os.fspath(argument) for argument in arguments], stdin, cwd, environment(**more))


def _started(
    arguments: list[str], stdin: str, cwd: Path | None, variables: dict[str, str]
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*PROGRAM, *arguments],
        input=stdin,
        capture_output=True,
        text=True,
        encoding="utf-8",
        cwd=cwd,
        env=variables,
        timeout=LIMIT_S,
        check=False,
    )


def _forked(
    arguments: list[str], stdin: str, cwd: Path | None, variables: dict[str, str]
) -> subprocess.CompletedProcess[str]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "in").write_text(stdin, encoding="utf-8")
        for stream in ("out", "err"):
            (folder / stream).touch()
        process = forked.start(
            forked.program_in, folder, arguments, os.fspath(cwd or Path.cwd()), variables
        )
        process.join(LIMIT_S)
        if process.exitcode is None:
            process.kill()
            raise subprocess.TimeoutExpired([*PROGRAM, *arguments], LIMIT_S)
        out, err = ((folder / each).read_text(encoding="utf-8") for each in ("out", "err"))
        return subprocess.CompletedProcess(arguments, process.exitcode, out, err)


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

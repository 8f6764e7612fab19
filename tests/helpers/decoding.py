"""Which processes decode while a command runs."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from phonoscope.audio.decode import Decoder
from tests.helpers import forked


def decoders(folder: Path, *arguments: str, environment: Mapping[str, str]) -> tuple[int, set[int]]:
    """Return the process of ``phonoscope ARGUMENTS``, and those that open sounds in it."""
    for stream in ("in", "out", "err", "pids"):
        (folder / stream).write_text("")
    process = forked.start(_noted, folder, list(arguments), dict(environment))
    process.join(60)
    assert process.exitcode == 0, (folder / "err").read_text()
    assert process.pid is not None
    return process.pid, {int(line) for line in (folder / "pids").read_text().split()}


def _noted(folder: Path, arguments: list[str], environment: Mapping[str, str]) -> None:
    opened = Decoder.__init__

    def note(self: Decoder, *given: object) -> None:
        with (folder / "pids").open("a") as pids:
            pids.write(f"{os.getpid()}\n")
        opened(self, *given)  # type: ignore[arg-type]

    Decoder.__init__ = note  # type: ignore[method-assign]
    forked.program_in(folder, arguments, os.fspath(folder), environment)

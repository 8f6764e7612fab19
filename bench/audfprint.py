"""audfprint (Ellis 2014, *The 2014 LabROSA audio fingerprint system*), by its fork audfprint2.

Only called, in a process of a Python that has it (``bench/audfprint_worker.py``), at the defaults
of its own command line. It is given sound already decoded and resampled to the 11 025 Hz it
works at; that resampling counts as its analysis.
"""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np

from bench.channels import Sound, resampled
from bench.system import Base, Hit, MissingError, Query, Recording, resident_bytes

RATE_HZ = 11_025


class Audfprint(Base):
    """audfprint2 in a process of its own.

    Parameters
    ----------
    scratch
        Folder for the sound handed over.
    python
        A Python that has audfprint2; this one when ``None``.
    """

    name = "audfprint"

    def __init__(self, scratch: Path, python: str | None) -> None:
        if python is None and importlib.util.find_spec("audfprint2") is None:
            raise MissingError(
                "python3 -m venv .venv-audfprint; .venv-audfprint/bin/pip install "
                "audfprint2==0.1.2; then --audfprint .venv-audfprint/bin/python"
            )
        worker = Path(__file__).with_name("audfprint_worker.py")
        try:
            self._process = subprocess.Popen(
                [python or sys.executable, str(worker)],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            )  # fmt: skip
        except OSError as error:
            raise MissingError(f"--audfprint {python}: {error.strerror}") from error
        self._scratch, self._numbers = scratch, count()
        self._its_cpu_s, self._its_memory = 0.0, 0
        self._ask("hello")
        self._empty_bytes = self._saved_bytes()

    def add(self, recording: Recording) -> None:
        """Hand a file over to be hashed and stored."""
        parts = [resampled(_mono(block.samples, block.rate_hz), RATE_HZ)[0][0]
                 for block in recording.blocks()]  # fmt: skip
        self._ask("add", name=recording.id, sound=self._handed(np.concatenate(parts)))

    def ready(self) -> None:
        """Have the table saved."""
        self._index_bytes = self._saved_bytes() - self._empty_bytes

    def index_bytes(self) -> int:
        """Return what recordings add to the file it saves, which is compressed.

        In memory its table takes 400 MB from the start.
        """
        return self._index_bytes

    def prepare(self, sound: Sound) -> Query:
        """Hand an excerpt over to be hashed."""
        handed = self._handed(resampled(_mono(*sound), RATE_HZ)[0][0])
        return self._ask("prepare", sound=handed)["query"]

    def lookup(self, query: Query) -> list[Hit]:
        """Have the last excerpt's hashes matched."""
        return [Hit(*row, accepted=True) for row in self._ask("lookup", query=query)["hits"]]

    def cpu_s(self) -> float:
        """Return the CPU seconds of both processes."""
        return super().cpu_s() + self._its_cpu_s

    def memory_bytes(self) -> int:
        """Return the resident memory of both processes."""
        self._ask("hello")
        return resident_bytes() + self._its_memory

    def _saved_bytes(self) -> int:
        path = self._scratch / "audfprint.pklz"
        self._ask("save", to=str(path))
        return path.stat().st_size

    def _handed(self, samples: np.ndarray[Any, Any]) -> str:
        path = self._scratch / f"{next(self._numbers)}.npy"
        np.save(path, samples.astype(np.float32))
        return str(path)

    def _ask(self, what: str, **details: Any) -> dict[str, Any]:
        to, back = self._process.stdin, self._process.stdout
        assert to
        assert back
        try:
            to.write(json.dumps({"what": what, **details}) + "\n")
            to.flush()
            answer = json.loads(back.readline())
        except (BrokenPipeError, ValueError) as error:
            raise MissingError(
                "audfprint2 did not answer; is it installed in that Python?"
            ) from error
        self._its_cpu_s, self._its_memory = answer["cpu_s"], answer["memory_bytes"]
        return answer


def _mono(samples: np.ndarray[Any, Any], rate_hz: int) -> Sound:
    return samples.mean(axis=0, keepdims=True), rate_hz

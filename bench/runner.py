"""Runs a system in a process of its own and clocks what it does there."""

from __future__ import annotations

import multiprocessing
import os
import resource
import tempfile
import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Self

from bench.channels import Sound
from bench.registry import SYSTEMS, Settings
from bench.system import Distracting, Hit, MissingError, Recording, System
from phonoscope.errors import PhonoscopeError

ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}


@dataclass(frozen=True)
class Added:
    """What indexing one file took."""

    duration_s: float
    decode_cpu_s: float
    index_cpu_s: float


@dataclass(frozen=True)
class Ready:
    """What the finished index is."""

    finish_cpu_s: float
    index_bytes: int
    memory_before_bytes: int
    memory_bytes: int


@dataclass(frozen=True)
class Answer:
    """What a query found and took."""

    hits: list[Hit]
    prepare_cpu_s: float
    lookup_cpu_s: float


class Runner:
    """A system, from outside.

    Raises
    ------
    MissingError
        The system cannot run here.
    """

    def __init__(self, name: str, audfprint_python: str | None = None) -> None:
        self.name = name
        self._folder = tempfile.TemporaryDirectory(prefix="phonoscope-bench-")
        settings = Settings(Path(self._folder.name), audfprint_python)
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        os.environ.update(ONE_THREAD)
        self._process = context.Process(target=_serve, args=(theirs, name, settings), daemon=False)
        self._process.start()
        theirs.close()
        try:
            self._answer()
        except MissingError:
            self.__exit__()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._pipe.close()
        self._process.join()
        self._folder.cleanup()

    def add(self, path: Path) -> Added | None:
        """Index a file; ``None`` when it cannot be read."""
        return self._ask("add", path)

    def distract(self, count: int, seed: int) -> bool:
        """Add invented tracks; whether the system can."""
        return self._ask("distract", count, seed)

    def ready(self) -> Ready:
        """Finish the index."""
        return self._ask("ready")

    def find(self, sound: Sound) -> Answer:
        """Analyse an excerpt and look it up."""
        return self._ask("find", sound)

    def copies(self, paths: Sequence[Path]) -> tuple[list[set[str]], float]:
        """Group whole files, and the CPU seconds that took, decoding included."""
        return self._ask("copies", list(paths))

    def memory(self) -> tuple[int, int]:
        """Return the resident memory now and the largest so far, bytes."""
        return self._ask("memory")

    def _ask(self, what: str, *details: Any) -> Any:
        self._pipe.send((what, details))
        return self._answer()

    def _answer(self) -> Any:
        try:
            fault, value = self._pipe.recv()
        except EOFError:
            self._process.join()
            raise SystemExit(f"{self.name} died, status {self._process.exitcode}") from None
        if fault == "missing":
            raise MissingError(value)
        if fault:
            raise SystemExit(f"{self.name} failed:\n{value}")
        return value


def _serve(pipe: Connection, name: str, settings: Settings) -> None:
    """Make a system and answer until nobody asks."""
    try:
        served = _Served(SYSTEMS[name](settings))
        pipe.send(("", None))
        while True:
            what, details = pipe.recv()
            pipe.send(("", getattr(served, what)(*details)))
    except EOFError:
        return
    except MissingError as error:
        pipe.send(("missing", str(error)))
    except Exception:
        pipe.send(("failed", traceback.format_exc()))


class _Served:
    """A system and its clock, inside its process."""

    def __init__(self, system: System) -> None:
        self._system = system
        self._before = system.memory_bytes()

    def add(self, path: Path) -> Added | None:
        """Index a file."""
        recording, start = Recording(str(path), path), self._system.cpu_s()
        try:
            self._system.add(recording)
        except (OSError, PhonoscopeError):
            return None
        spent = self._system.cpu_s() - start - recording.decode_cpu_s
        return Added(recording.duration_s, recording.decode_cpu_s, spent)

    def distract(self, count: int, seed: int) -> bool:
        """Add invented tracks."""
        if isinstance(self._system, Distracting):
            self._system.distract(count, seed)
            return True
        return False

    def ready(self) -> Ready:
        """Finish the index."""
        start = self._system.cpu_s()
        self._system.ready()
        spent = self._system.cpu_s() - start
        now = self._system.memory_bytes()
        return Ready(spent, self._system.index_bytes(), self._before, now)

    def find(self, sound: Sound) -> Answer:
        """Analyse and look up."""
        clock = self._system.cpu_s
        start = clock()
        query = self._system.prepare(sound)
        prepared = clock()
        hits = self._system.lookup(query)
        return Answer(hits, prepared - start, clock() - prepared)

    def copies(self, paths: Sequence[Path]) -> tuple[list[set[str]], float]:
        """Group files."""
        start = self._system.cpu_s()
        groups = self._system.copies([Recording(str(path), path) for path in paths])
        return groups, self._system.cpu_s() - start

    def memory(self) -> tuple[int, int]:
        """Return memory now and at most, bytes."""
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        now = self._system.memory_bytes()
        return now, max(peak, now)

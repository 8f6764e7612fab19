"""A simulated log on disk, and the catalogue it was read into."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property, wraps
from pathlib import Path
from typing import Any, TypeVar

import duckdb

import phonoscope as ps

T = TypeVar("T")
SIMULATORS = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Recipe:
    """The recipe of a log."""

    plays: int
    seed: int
    mix: str = ""
    """The simulator's ``--mix``."""
    days: int = 14
    networks: str = "own"
    simulator: str = "simulate_plays"

    def made(self, into: Path) -> Log:
        """Make the log in a process of its own, so that this one stays small."""
        asked = {
            "--plays": self.plays,
            "--seed": self.seed,
            "--mix": self.mix,
            "--days": self.days,
            **({"--networks": self.networks} if self.networks != "own" else {}),
            "--into": into,
        }
        words = [str(word) for pair in asked.items() for word in pair]
        call = [sys.executable, str(SIMULATORS / f"{self.simulator}.py"), *words]
        subprocess.run(call, check=True, stdout=subprocess.DEVNULL)
        return Log(into)


@dataclass(frozen=True, eq=False)
class Log:
    """A folder that ``bench/simulate_plays.py`` made."""

    folder: Path
    kept: dict[object, Any] = field(default_factory=dict, repr=False)
    """Answers of :func:`once`."""

    @property
    def plays(self) -> Path:
        """The log itself."""
        return self.folder / "plays.parquet"

    @property
    def tracks(self) -> Path:
        """Artists and durations of the tracks."""
        return self.folder / "tracks.parquet"

    def truth(self, name: str) -> Path:
        """Return a table of the truth: accounts, tracks or plays."""
        return self.folder / "truth" / f"{name}.parquet"

    @property
    def rows(self) -> int:
        """Number of plays."""
        about = json.loads((self.folder / "truth/about.json").read_text(encoding="utf-8"))
        return int(about["rows"]["plays.parquet"])

    @cached_property
    def catalogue(self) -> ps.Catalogue:
        """Tracks and plays, read with account ids as they are."""
        catalogue = ps.open_catalogue(self.folder / "catalogue", create=True)
        catalogue.ingest(self.tracks)
        catalogue.plays.ingest(self.plays, pseudonymise=False)
        return catalogue

    def asked(self) -> duckdb.DuckDBPyConnection:
        """Return a connection with the views ``plays`` and ``tracks``, without the truth."""
        connection = duckdb.connect(config={"threads": 2})
        connection.read_parquet(str(self.plays)).create_view("plays")
        connection.read_parquet(str(self.tracks)).create_view("tracks")
        return connection


def once(ask: Callable[[Log], T]) -> Callable[[Log], T]:
    """Compute an answer about a log once, and cache it with the log."""

    @wraps(ask)
    def kept(log: Log) -> T:
        if ask not in log.kept:
            log.kept[ask] = ask(log)
        answer: T = log.kept[ask]
        return answer

    return kept

"""A log that is too large to be made at once: several logs, as of separate services.

    python -m bench.playbench.parts PLAYS SEED FOLDER

A log of twice the size has twice as many of everything, attackers too.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from bench.playbench.log import Log
from bench.playbench.mixes import recipe

PART = 10_000_000
"""Most plays made at once; the simulator needs 1.5 GB for them."""


def made_in_parts(plays: int, seed: int, into: Path) -> int:
    """Make the folders ``plays`` and ``tracks``, a file for each part; returns the plays made."""
    count = -(-plays // PART)
    rows = 0
    for name in ("plays", "tracks"):
        (into / name).mkdir(parents=True)
    for part in range(count):
        with tempfile.TemporaryDirectory(dir=into) as place:
            log = recipe("default", plays // count, seed + part).made(Path(place) / "log")
            rows += log.rows
            for name, ids in (
                ("plays", ("account", "track_id")),
                ("tracks", ("track_id", "artist_name")),
            ):
                _renamed(log, name, ids, f"{part:03d}-", into / name / f"{part:03d}.parquet")
    return rows


def _renamed(log: Log, name: str, ids: tuple[str, ...], before: str, into: Path) -> None:
    new = ", ".join(f"'{before}' || {column} AS {column}" for column in ids)
    with log.asked() as ask:
        ask.execute("SET preserve_insertion_order = true; SET memory_limit = '2GB'")
        ask.sql(f"SELECT * REPLACE ({new}) FROM {name}").write_parquet(str(into))


if __name__ == "__main__":
    print(made_in_parts(int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3])))

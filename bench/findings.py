"""What the findings on metadata cost, and how that grows with a catalogue.

    python -m bench.make_catalogue --tracks 16000000 --into c16m --short-ids
    python -m bench.findings c1m c16m c256m

Each catalogue is asked in a process of its own, so that the peak of memory is its own. The same
process then asks bare DuckDB a few plain questions over the same parts, for a lower bound.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb

import phonoscope as ps
from phonoscope.findings.base import QuerySession, findings
from phonoscope.findings.order import FIRST_ON_METADATA, ORDER

BARE = {
    "popularity": "SELECT popularity, count(*) FROM t GROUP BY ALL",
    "duration by second": "SELECT duration_ms // 1000, count(*) FROM t GROUP BY ALL",
    "dates": "SELECT release_date, count(*) FROM t GROUP BY ALL",
    "labels": "SELECT label, count(*) n FROM t GROUP BY ALL ORDER BY n DESC LIMIT 50",
    "artists": "SELECT artist_id, count(*) n FROM c GROUP BY ALL ORDER BY n DESC LIMIT 50",
    "ISRCs, sum only": "SELECT sum(isrc_code), sum(duration_ms) FROM t",
}
"""What a reader would ask by hand; none of it finds the newest row, or is several questions."""

ON_METADATA = ORDER[ORDER.index(FIRST_ON_METADATA) :]
"""Findings that query metadata, not recordings."""


def timed(work: Callable[[], object]) -> dict[str, float]:
    cpu_s, wall_s = time.process_time(), time.monotonic()
    work()
    return {"cpu_s": time.process_time() - cpu_s, "wall_s": time.monotonic() - wall_s}


def peak_gb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6


def measured(path: str) -> dict[str, Any]:
    """Ask one catalogue everything; called in a process of its own."""
    catalogue = ps.open_catalogue(path, create=False)
    start = timed(lambda: catalogue.table("tracks").limit(1).to_pyarrow())
    costs: dict[str, Any] = {}
    with QuerySession(catalogue) as asked:
        for finding in findings():
            if finding.name in ON_METADATA:
                said: list[Any] = []
                costs[finding.name] = timed(lambda f=finding, s=said: s.append(f.answer(asked)))
                costs[finding.name] |= {"peak_gb": peak_gb(), "headline": said[0].headline}
    tracks = catalogue.table("tracks").count().to_pyarrow().as_py()
    whole = {"tracks": tracks, "start": start, "findings": costs, "peak_gb": peak_gb()}
    return whole | {"bare": bare(Path(path))}


def bare(folder: Path) -> dict[str, Any]:
    connection = duckdb.connect(config={"threads": 2})
    for name, table in (("t", "tracks"), ("c", "track_artists")):
        parts = sorted(str(part) for part in (folder / table).glob("*.parquet"))
        connection.read_parquet(parts).create_view(name)
    return {
        name: timed(lambda q=query: connection.execute(q).fetchall())
        for name, query in BARE.items()
    }


def told(whole: dict[str, Any]) -> str:
    costs = whole["findings"]
    lines = [f"{whole['tracks']:,} tracks", f"{'':24}{'CPU-s':>9}{'wall s':>9}{'peak GB':>9}"]
    for name, cost in costs.items():
        numbers = f"{cost['cpu_s']:9.2f}{cost['wall_s']:9.2f}{cost['peak_gb']:9.2f}"
        lines.append(f"{name:24}{numbers}  {cost['headline'][:90]}")
    total, wall = (sum(c[key] for c in costs.values()) for key in ("cpu_s", "wall_s"))
    lines.append(f"{'all':24}{total:9.2f}{wall:9.2f}{whole['peak_gb']:9.2f}")
    lines.append("bare DuckDB:")
    for name, cost in whole["bare"].items():
        lines.append(f"  {name:22}{cost['cpu_s']:9.2f}{cost['wall_s']:9.2f}")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("catalogues", nargs="+")
    parser.add_argument("--json", help="write all numbers to this file too")
    parser.add_argument("--alone", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.alone:
        print(json.dumps(measured(given.catalogues[0])))
        return
    every = []
    for path in given.catalogues:
        call = [sys.executable, "-m", "bench.findings", path, "--alone"]
        made = subprocess.run(call, check=True, capture_output=True, text=True)
        every.append(json.loads(made.stdout.splitlines()[-1]))
        print(told(every[-1]), flush=True)
    if given.json:
        Path(given.json).write_text(json.dumps(every, indent=1))


if __name__ == "__main__":
    main()

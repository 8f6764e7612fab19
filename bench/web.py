"""Measures what pages cost: CPU of each request, after one that opens the catalogue.

    python bench/web.py CATALOGUE [PATH ...] [--times N]

Make a catalogue with bench/make_catalogue.py. Prints one JSON line per path: median CPU, elapsed
time, size, and the largest memory so far.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import sys
import time
from pathlib import Path

from starlette.testclient import TestClient

if not __package__:  # started by its path
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from phonoscope import open_catalogue
from phonoscope.web.app import create_app

PATHS = (
    "/tracks",
    "/tracks?year=2020&sort=-popularity",
    "/tracks?q=nano&sort=name",
    "/artists",
    "/releases",
    "/labels",
    "/recordings",
    "/search?q=nano",
)


def measured(client: TestClient, path: str, times: int) -> dict[str, object]:
    cpu, wall, size = [], [], 0
    for _ in range(times):
        started_s, started_cpu_s = time.monotonic(), time.process_time()
        answer = client.get(path)
        cpu.append(time.process_time() - started_cpu_s)
        wall.append(time.monotonic() - started_s)
        size = len(answer.content)
        if answer.status_code != 200:
            sys.exit(f"{path}: status {answer.status_code}")
    peak_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {
        "path": path,
        "cpu_ms": round(1000 * statistics.median(cpu)),
        "wall_ms": round(1000 * statistics.median(wall)),
        "bytes": size,
        "peak_mb": round(peak_kb / 1024),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("catalogue")
    parser.add_argument("--times", type=int, default=3)
    parser.add_argument("paths", nargs="*", default=PATHS)
    chosen = parser.parse_args()
    app = create_app(open_catalogue(chosen.catalogue))
    with TestClient(app, base_url="http://localhost") as client:
        for path in chosen.paths:
            client.get(path)
            print(json.dumps(measured(client, path, chosen.times)), flush=True)


if __name__ == "__main__":
    main()

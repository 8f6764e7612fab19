"""Makes a synthetic catalogue of any size, and the truth that was planted in it.

    python bench/make_catalogue.py --tracks N --into CATALOGUE [--seed S] [--as catalogue]
        [--short-ids] [--truth FILE] [--threads N]

As a catalogue it opens with Phonoscope; as ``sqlite`` or ``parquet`` it is a source to ingest,
shaped like the copies of a web API that people pass around. See ``bench/README.md``.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from pathlib import Path

if not __package__:  # started by its path
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bench.progress import Progress
from bench.synthetic import catalogue, sources
from bench.synthetic.chunks import ROWS
from bench.synthetic.facts import Facts
from bench.synthetic.plan import Plan
from bench.synthetic.truth import truth


def options(arguments: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--tracks", type=int, required=True, help="10,000 to 256,000,000 and more")
    parser.add_argument("--into", type=Path, required=True, help="folder or file to make")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--as", dest="form", choices=("catalogue", "sqlite", "parquet"),
                        default="catalogue")  # fmt: skip
    parser.add_argument("--short-ids", action="store_true",
                        help="ids are row numbers: less disk for large sizes")  # fmt: skip
    parser.add_argument("--truth", type=Path, help="default: truth.json next to the catalogue")
    parser.add_argument("--threads", type=int, default=os.process_cpu_count()
                        if hasattr(os, "process_cpu_count") else os.cpu_count())  # fmt: skip
    return parser.parse_args(arguments)


def size_bytes(path: Path) -> int:
    files = path.rglob("*") if path.is_dir() else [path]
    return sum(file.stat().st_size for file in files if file.is_file())


def main(arguments: list[str] | None = None) -> None:
    chosen = options(arguments)
    into: Path = chosen.into
    if into.is_file() or (into.is_dir() and any(into.iterdir())):
        sys.exit(f"{into} is there already")
    try:
        plan = Plan(chosen.tracks, chosen.seed, chosen.short_ids)
    except ValueError as error:
        sys.exit(str(error))
    into.parent.mkdir(parents=True, exist_ok=True)
    started_s, started_cpu_s = time.monotonic(), time.process_time()
    progress = Progress("million tracks", -(-plan.tracks // ROWS))
    if chosen.form == "catalogue":
        written = catalogue.write(Facts(plan), into, chosen.threads or 1, progress.step)
    elif chosen.form == "sqlite":
        written = sources.write_sqlite(Facts(plan), into, progress.step)
    else:
        if into.is_dir():
            into.rmdir()
        written = sources.write_parquet(Facts(plan), into, progress.step)
    beside: Path = chosen.truth or into.parent / "truth.json"
    beside.write_text(json.dumps(truth(plan), indent=1) + "\n", encoding="utf-8")
    wall_s, cpu_s = time.monotonic() - started_s, time.process_time() - started_cpu_s
    disk = size_bytes(into)
    facts = {
        "rows": dict(sorted(written.items())),
        "wall_s": round(wall_s, 1),
        "cpu_s": round(cpu_s, 1),
        "tracks_per_cpu_s": round(plan.tracks / cpu_s),
        "rows_per_cpu_s": round(written.total() / cpu_s),
        "bytes": disk,
        "bytes_per_track": round(disk / plan.tracks, 1),
        "truth": str(beside),
    }
    print(json.dumps(facts, indent=1))


if __name__ == "__main__":
    main()

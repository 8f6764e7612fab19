"""Makes a log of plays, honest and artificial, and the truth of which are which.

    python bench/simulate_plays.py --plays N --into FOLDER [--seed S] [--mix farm=0.02,thin=0]
        [--days D] [--networks shared] [--as parquet]

The log (``plays.parquet``, or csv or jsonl) is one for ``phonoscope plays``, ``tracks.parquet`` one
for ``phonoscope ingest``; ``truth/`` is for the judge. See ``bench/README.md``.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import time
from pathlib import Path

if not __package__:  # started by its path
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bench.playlogs.simulated import DAYS, NETWORKS, mix_of, simulated
from bench.playlogs.written import FORMS, Written

LEAST = 20_000


def options(arguments: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--plays", type=int, required=True, help=f"about how many; {LEAST:,} up")
    parser.add_argument("--into", type=Path, required=True, help="folder to make")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--mix", default="", help="KIND=SHARE,...: shares of all plays")
    parser.add_argument("--days", type=int, default=DAYS)
    parser.add_argument("--networks", choices=NETWORKS, default=NETWORKS[0])
    parser.add_argument("--as", dest="form", choices=FORMS, default="parquet")
    return parser.parse_args(arguments)


def main(arguments: list[str] | None = None) -> None:
    chosen = options(arguments)
    into: Path = chosen.into
    if into.exists() and (into.is_file() or any(into.iterdir())):
        sys.exit(f"{into} is there already")
    if chosen.plays < LEAST or chosen.days < 2 or chosen.seed < 0:
        sys.exit(f"--plays must be {LEAST:,} or more, --days 2 or more, --seed 0 or more")
    try:
        mix = mix_of(chosen.mix)
    except ValueError as error:
        sys.exit(f"--mix: {error}")
    started_s, started_cpu_s = time.monotonic(), time.process_time()
    log = simulated(chosen.plays, chosen.seed, mix, chosen.days, chosen.networks)
    asked = {name: getattr(chosen, name) for name in ("plays", "seed", "days", "networks")}
    about = {**asked, "mix": mix}
    rows = Written(log, chosen.seed).write(into, chosen.form, about)
    facts = {
        "rows": rows,
        "kinds": log.by_kind(),
        "wall_s": round(time.monotonic() - started_s, 1),
        "cpu_s": round(time.process_time() - started_cpu_s, 1),
        "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
    }
    print(json.dumps(facts, indent=1))


if __name__ == "__main__":
    main()

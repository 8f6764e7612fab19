"""How often real names of artists look alike by chance, by similarity and length.

    python -m bench.similar_names hot100.csv billboard200.csv

The names of charts are all of known artists, so nearly every pair among them is chance (or one
artist, written in two ways). Rates are of pairs, so that they can be carried over to a catalogue of
any size: as many known artists times as many names.
"""

from __future__ import annotations

import argparse
import csv
import time
from collections import Counter
from pathlib import Path

import pyarrow as pa

from phonoscope.findings.shared import lookalikes as search
from phonoscope.findings.shared.known_artists import _GUESTS, NAMES, Artist
from phonoscope.linking import lookalikes
from phonoscope.linking.lookalikes import Likeness


def names_of(path: Path) -> set[str]:
    with path.open(newline="", encoding="utf-8-sig") as file:
        rows = csv.DictReader(file)
        column = "performer" if "performer" in (rows.fieldnames or ()) else "artist"
        return {_GUESTS.sub("", row[column]).strip() for row in rows} - {""}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("charts", nargs="+", type=Path)
    parser.add_argument("--show", type=int, default=12)
    given = parser.parse_args()
    names = sorted(set().union(*map(names_of, given.charts)))
    # Every name once as a known one, and once as one that nobody knows.
    known = [Artist("s", f"k{at}", name, 10**6, None, 0) for at, name in enumerate(names)]
    search.KEPT = search.COMMON = 10**6
    search.SHORTEST = {**search.SHORTEST, Likeness.EDIT: 4, Likeness.WORDS: 2}
    found = search.Search(known)
    rows = {
        "source": ["s"] * len(names),
        "artist_id": [f"k{at}" for at in range(len(names))],
        "name": names,
        "followers": [0] * len(names),
        "popularity": [None] * len(names),
        "entries": [0] * len(names),
        "plays": [None] * len(names),
    }
    start = time.process_time()
    found.look(pa.RecordBatch.from_pydict(rows, schema=NAMES))
    cpu_s = time.process_time() - start
    print(f"{len(names):,} names, {cpu_s:.2f} CPU-s; pairs among {len(names) ** 2:,}:")
    pairs = list(found.pairs())
    plain = dict(zip(names, lookalikes.plain_names(names), strict=True))
    lengths = Counter(len(name or "") for name in plain.values())
    for similarity in Likeness:
        some = [pair for pair in pairs if pair.likeness is similarity]
        print(f"\n{similarity.value}: {len(some)} ({len(some) / len(names) ** 2:.2e} of pairs)")
        by_length = Counter(len(plain[pair.known.name] or "") for pair in some)
        for size, count in sorted(by_length.items())[:14]:
            print(f"  {size:2} letters: {count:4} pairs, {lengths[size]:5} names")
        for pair in some[: given.show]:
            print(f"    {pair.known.name!r} / {pair.other.name!r}")


if __name__ == "__main__":
    main()

"""How often a link of a chart's entry by names is right: real names, variants and traps.

    python -m bench.chart_links hot100.csv

Takes the songs of a chart and makes a catalogue of them: of each the same recording as another
source may write it, and recordings that are others with nearly the same names (live, remix, sped
up, re-recorded, another artist's of the same title, the same artist with another guest). Truth is
known, so links are counted as right or wrong, by rule. What the shares depend on is the mix, which
is one of each kind a song and so much harder than a catalogue.
"""

from __future__ import annotations

import argparse
import random
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.csv

import phonoscope as ps
from phonoscope.interval import wilson

WIDE = {code: code + 0xFEE0 for code in range(0x21, 0x7F)} | {0x20: 0x3000}
OTHERS = (
    "{} (Live)", "{} - Live at Wembley", "{} [Acoustic]", "{} (DJ Q Remix)", "{} - Sped Up",
    "{} (Taylor's Version)", "{} - Radio Edit", "{} (Karaoke Version)", "{} (Live) [2011 Remaster]",
)  # fmt: skip


def same(title: str, performer: str) -> Iterator[tuple[str, str, str]]:
    """Yield ways to write one recording."""
    yield "case", title.upper(), performer.lower()
    yield "width", title.translate(WIDE), performer
    yield "remaster", f"{title} - Remastered 2011", performer
    yield "remaster in brackets", f"{title} (2009 Remaster)", performer
    yield "marks", title.replace("'", "\u2019").replace(",", ""), performer
    lead, feat, guests = performer.partition(" Featuring ")
    if feat:
        yield "guests in the title", f"{title} (feat. {guests})", lead
        yield "guests by comma", title, performer.replace(" Featuring ", ", ").replace(" & ", ", ")
        yield "guests left out", title, lead


def others(title: str, performer: str, stranger: str) -> Iterator[tuple[str, str, str]]:
    """Yield other recordings with nearly the same names."""
    for form in OTHERS:
        yield form, form.format(title), performer
    yield "another artist", title, stranger
    yield "another guest", f"{title} (feat. {stranger})", performer


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("chart", type=Path)
    parser.add_argument("--songs", type=int, default=3000)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    rng = random.Random(asked.seed)
    with tempfile.TemporaryDirectory() as folder:
        catalogue = ps.open_catalogue(Path(folder) / "c", create=True)
        catalogue.ingest(asked.chart)
        query = "select distinct title, performer from chart_entries order by all"
        songs = [(r["title"], r["performer"]) for r in catalogue.sql(query).read_all().to_pylist()]
        songs = rng.sample(songs, min(asked.songs, len(songs)))
        rows = []
        for number, (title, performer) in enumerate(songs):
            stranger = rng.choice(songs)[1]
            rows += [(f"{number}/same/{k}", t, p) for k, t, p in same(title, performer)]
            wrong_ones = others(title, performer, stranger)
            rows += [(f"{number}/other/{k}", t, p) for k, t, p in wrong_ones]
        # Each kind is a source of its own: an entry takes the surest rule in each.
        for kind in sorted({row[0].split("/", 1)[1] for row in rows}):
            of_kind = [(at, row) for at, row in enumerate(rows) if row[0].split("/", 1)[1] == kind]
            table = pa.table(
                {
                    "id": [f"{at}" for at, _ in of_kind],
                    "name": [row[1] for _, row in of_kind],
                    "artist": [row[2] for _, row in of_kind],
                    "duration_ms": [1000] * len(of_kind),
                }
            )
            pyarrow.csv.write_csv(table, Path(folder) / "tracks.csv")
            catalogue.ingest(Path(folder) / "tracks.csv", name=kind)
        entries = catalogue.table("chart_entries")
        keys = ["source", "chart", "region", "chart_date", "rank"]
        linked = catalogue.chart_links().join(entries, keys)
        found = linked.select("track_id", "by", "title", "performer").distinct().to_pyarrow()
    number_of = {song: str(at) for at, song in enumerate(songs)}
    right: Counter[str] = Counter()
    total: Counter[str] = Counter()
    wrong: Counter[str] = Counter()
    reached: Counter[str] = Counter()
    for link in found.to_pylist():
        number = number_of.get((link["title"], link["performer"]))
        if number is None:
            continue
        of, kind, how = rows[int(link["track_id"])][0].split("/", 2)
        is_right = of == number and kind == "same"
        total[link["by"]] += 1
        right[link["by"]] += is_right
        reached[how] += is_right
        wrong[
            f"{link['by']}: {how}" if of == number else f"{link['by']}: of another song"
        ] += not is_right
    for by in total:
        low, high = wilson(right[by], total[by])
        print(f"{by}: {right[by]:,} of {total[by]:,} links right, {right[by] / total[by]:.4f} "
              f"({low:.4f} to {high:.4f})")  # fmt: skip
    made = Counter(row[0].split("/", 2)[2] for row in rows if "/same/" in row[0])
    for how, count in made.items():
        print(f"  found {how}: {reached[how] / count:.4f} of {count:,}")
    for how, count in wrong.most_common():
        if count:
            print(f"  wrong {how}: {count:,}")


if __name__ == "__main__":
    main()

"""What an ingest costs over a bare copy of the same source to Parquet (:mod:`bench.bare_copies`).

    python -m bench.ingest_costs [--tracks 500000] [--repeats 3]

Makes its sources in a temporary folder and prints one ratio for each format. CPU seconds are those
of whole commands, start-up included, in turns; the least of several repetitions counts.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeAlias

import duckdb

import phonoscope.api as ps
from bench import command_costs
from bench.bare_copies import copied

Measure: TypeAlias = Callable[[str, Path, Path], tuple[float, float]]
"""Returns CPU seconds of a copy and an ingest: format, source, and an empty folder."""
LIMITS = {"SQLite": 2.0, "Parquet": 2.0, "CSV": 3.0, "JSON Lines": 4.0}
"""The most that an ingest should cost, in bare copies."""
_FLAT = """
select track_id,
  (select string_agg(a.name, ';') from track_artists ta join artists a using (artist_id)
   where ta.track_id = t.track_id) artists,
  'Album ' || (hash(album_id) % 100000) album_name, coalesce(t.name, 'x') track_name, popularity,
  duration_ms, explicit, danceability, energy, f.key, loudness_db loudness, f.mode, speechiness,
  acousticness, instrumentalness, liveness, valence, tempo_bpm tempo, time_signature,
  'genre ' || (popularity % 30) track_genre, release_date
from tracks t left join features f using (track_id)
"""
"""Lists of tracks with their features, as people publish them."""
_OBJECTS = """
select track_id id, name, duration_ms, explicit, popularity, disc_number, track_number,
  {isrc: isrc} external_ids,
  {id: album_id, name: 'Album ' || (hash(album_id) % 100000), release_date: release_date,
   release_date_precision: release_date_precision, label: label, album_type: 'album',
   total_tracks: 10} album,
  (select list({id: a.artist_id, name: a.name}) from track_artists ta
   join artists a using (artist_id) where ta.track_id = t.track_id) artists
from tracks t
"""
"""Tracks as a web API returns them."""
_MADE = {
    "Parquet": (_FLAT, "parquet", "format parquet"),
    "CSV": (_FLAT, "csv", "header"),
    "JSON Lines": (_OBJECTS, "jsonl", "format json"),
}
"""Query, ending and options of the sources that are made from a catalogue."""


def sources(tracks: int, folder: Path) -> dict[str, Path]:
    """Make a source of so many tracks in each format."""
    folder = Path(tempfile.mkdtemp(dir=folder))
    made = {"SQLite": folder / "dump.db"}
    for form, path in ("catalogue", folder / "catalogue"), ("sqlite", made["SQLite"]):
        command_costs.spent_s(["-m", "bench.make_catalogue", "--tracks", str(tracks),
                               "--as", form, "--into", str(path)])  # fmt: skip
    with duckdb.connect(config={"threads": 1}) as connection:
        for name in ("tracks", "features", "artists", "track_artists"):
            parts = folder / "catalogue" / name / "*.parquet"
            connection.execute(f"create view {name} as from read_parquet('{parts}')")
        for form, (query, ending, options) in _MADE.items():
            made[form] = folder / f"tracks.{ending}"
            connection.execute(f"copy ({query}) to '{made[form]}' ({options})")
    return made


def of_commands(form: str, source: Path, folder: Path) -> tuple[float, float]:
    """Return the CPU seconds of a copy and of an ingest, start-up included."""
    copy = ["-m", "bench.bare_copies", form, str(source), str(folder)]
    ingest = command_costs.command("ingest", source, "--into", folder / "catalogue", "--quiet")
    return command_costs.spent_s(copy), command_costs.spent_s(ingest)


def of_calls(form: str, source: Path, folder: Path) -> tuple[float, float]:
    """Return those of the same in this process, where everything is loaded."""
    started_s = time.process_time()
    copied(form, source, folder)
    ingesting_s = time.process_time()
    ps.open_catalogue(folder / "catalogue", create=True).ingest(source)
    return ingesting_s - started_s, time.process_time() - ingesting_s


def ratios(
    tracks: int, folder: Path, repeats: int, measure: Measure = of_commands
) -> Iterator[tuple[str, float]]:
    """Yield formats and how many bare copies an ingest costs."""
    for form, source in sources(tracks, folder).items():
        found = []
        for _ in range(repeats):
            with tempfile.TemporaryDirectory(dir=folder) as into:
                found.append(measure(form, source, Path(into)))
        copying, ingesting = map(min, zip(*found, strict=True))
        yield form, ingesting / copying


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--tracks", type=int, default=500_000)
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        for form, ratio in ratios(options.tracks, Path(scratch), options.repeats):
            print(f"{form:12s} {ratio:6.2f}  <= {LIMITS[form]:g}", flush=True)


if __name__ == "__main__":
    sys.exit(main())

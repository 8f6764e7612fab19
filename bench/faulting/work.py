"""What is interrupted: each kind of work that writes, on small data, and what must hold after it.

Every piece of work is a function of a folder, so that it can run in a process of its own. Doing it
again until it ends has to give the same as doing it once.
"""

from __future__ import annotations

import csv
import os
import random
import wave
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

import phonoscope as ps
from phonoscope.catalogue.schema.tables import tables
from phonoscope.catalogue.store import open_store
from phonoscope.disclosure.copy_beside import remove_remnants
from phonoscope.disclosure.model import Declaration, Making, Part
from phonoscope.disclosure.writing import Labelling, write_label
from phonoscope.ingest import writer
from phonoscope.ingest.readers import csv_file
from phonoscope.matching.recording.match_store import Decision, decide
from phonoscope.settings import Settings

TRACKS = 400
SONGS = 12
ACCOUNTS = 60
_CHUNK_ROWS, _PART_ROWS = 40, 80


@dataclass(frozen=True)
class Work:
    """Some work that writes."""

    prepare: Callable[[Path], None]
    """Makes what the work starts from, in an empty folder."""
    run: Callable[[Path], None]
    wrong: Callable[[Path], Iterator[str]]
    """Yields what doesn't hold, after any interruption."""
    unfinished: Callable[[Path], Iterator[str]]
    """Yields what is missing once it has ended well."""


def catalogue(folder: Path) -> Path:
    """Return where the work keeps its catalogue."""
    return folder / "c"


def asked(folder: Path, query: str) -> list[dict[str, object]]:
    """Return the rows of a query."""
    rows: list[dict[str, object]] = (
        ps.open_catalogue(catalogue(folder)).sql(query).read_all().to_pylist()
    )
    return rows


@contextmanager
def small_batches() -> Iterator[None]:
    """Let an ingest write many small parts, and the next one in this process usual ones."""
    before = csv_file.CHUNK_ROWS, writer.PART_ROWS
    csv_file.CHUNK_ROWS, writer.PART_ROWS = _CHUNK_ROWS, _PART_ROWS
    try:
        yield
    finally:
        csv_file.CHUNK_ROWS, writer.PART_ROWS = before


def write_tracks(folder: Path, edition: int = 0) -> Path:
    """Write a CSV of tracks; every edition has the same ids."""
    file = folder / "tracks.csv"
    with file.open("w", newline="", encoding="utf-8") as out:
        to = csv.writer(out)
        to.writerow(["track_id", "name", "artist_names", "duration_ms", "release_date"])
        for n in range(TRACKS):
            to.writerow([f"t{n}", f"Name {n} of {edition}", f"Artist {n % 9}", 180_000 + n, "2020"])
    return file


def no_key_twice(folder: Path) -> Iterator[str]:
    """Yield the tables in which a key is there twice, and batches that aren't whole."""
    keyed = (table for table in tables().values() if not table.several)
    there = {each.name: each.key for each in keyed if (catalogue(folder) / each.name).exists()}
    if not there:
        return
    counts = [
        f"(SELECT count(*) - count(DISTINCT ({key})) FROM {name}) AS {name}"
        for name, key in there.items()
    ]
    if "files" in there:
        counts.append(
            "(SELECT count(*) FROM files WHERE error_kind IS NULL AND recording_id NOT IN"
            " (SELECT recording_id FROM recordings)) AS orphans"
        )
    # One query: it reads one version, and opens the catalogue once.
    (row,) = asked(folder, f"SELECT {', '.join(counts)}")
    for name, number in row.items():
        if number:
            yield f"{number} rows too many: {name}"


def _nothing(_: Path) -> None:
    pass


def _ingest(folder: Path) -> None:
    with small_batches():
        ps.open_catalogue(catalogue(folder), create=True).ingest(folder / "tracks.csv")


def _all_tracks(folder: Path) -> Iterator[str]:
    (row,) = asked(folder, "SELECT count(*) n FROM tracks")
    if row["n"] != TRACKS:
        yield f"{row['n']} of {TRACKS} tracks"
    if asked(folder, "FROM ingests WHERE state = 'done'") == []:
        yield "the ingest isn't done"


def _prepare_compact(folder: Path) -> None:
    write_tracks(folder)
    _ingest(folder)
    write_tracks(folder, 1)
    _ingest(folder)


def _compact(folder: Path) -> None:
    ps.open_catalogue(catalogue(folder)).compact(grace_s=0)


def _prepare_songs(folder: Path) -> None:
    music = folder / "music"
    music.mkdir()
    for number in range(SONGS):
        write_sound(music / f"{number:02}.wav", number)


def write_sound(file: Path, seed: int, seconds: float = 0.2, rate_hz: int = 8000) -> None:
    """Write noise as a WAV file; every seed sounds different."""
    drawn = np.random.default_rng(seed).normal(0, 3000, int(seconds * rate_hz)).astype("<i2")
    with wave.open(str(file), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(rate_hz)
        out.writeframes(drawn.tobytes())


def _scan(folder: Path) -> None:
    settings = Settings(workers=1, batch_files=3)
    ps.open_catalogue(catalogue(folder), create=True).scan(folder / "music", settings=settings)


def _all_songs(folder: Path) -> Iterator[str]:
    (row,) = asked(
        folder,
        "SELECT count(*) n FROM files JOIN recordings USING (recording_id) WHERE uri LIKE '%.wav'",
    )
    if row["n"] != SONGS:
        yield f"{row['n']} of {SONGS} songs"


def _prepare_label(folder: Path) -> None:
    write_sound(folder / "song.wav", 1, seconds=20.0)
    (folder / "whole").write_bytes((folder / "song.wav").read_bytes())


LABELLING = Labelling((Declaration("", Part.WHOLE, Making.GENERATED, "Faults", None, "", ""),))


def _label(folder: Path) -> None:
    # As the command does.
    remove_remnants(folder)
    write_label(folder / "song.wav", LABELLING)


def _song_is_whole(folder: Path) -> Iterator[str]:
    before, now = ((folder / name).read_bytes() for name in ("whole", "song.wav"))
    sound = before[44:]
    if now != before and sound not in now:
        yield "the song is torn"


def _song_is_labelled(folder: Path) -> Iterator[str]:
    if b"Faults" not in (folder / "song.wav").read_bytes():
        yield "the song has no label"
    left = [name for name in os.listdir(folder) if name.startswith(".")]
    if left:
        yield f"left behind: {left}"


def write_log(folder: Path) -> Path:
    """Write a log of plays: people, and accounts that play the same few tracks together."""
    drawn, file = random.Random(3), folder / "log.csv"
    with file.open("w", newline="", encoding="utf-8") as out:
        to = csv.writer(out)
        to.writerow(["user", "track", "played_at", "ms_played"])
        for account in range(ACCOUNTS):
            for play in range(20):
                track = drawn.randrange(8) if account < 12 else 100 + drawn.randrange(300)
                at = f"2024-01-{1 + play:02}T{drawn.randrange(24):02}:{drawn.randrange(60):02}:00Z"
                to.writerow([f"u{account}", f"s{track}", at, 31_000 + drawn.randrange(100_000)])
    return file


def _prepare_plays(folder: Path) -> None:
    ps.open_catalogue(catalogue(folder), create=True).plays.ingest(
        write_log(folder), key=folder / "key"
    )


def _analyse(folder: Path) -> None:
    ps.open_catalogue(catalogue(folder)).plays.analyse()


def _plays_are_of_one_run(folder: Path) -> Iterator[str]:
    yield from no_key_twice(folder)
    runs = {
        row["batch"]
        for table in ("listeners", "played_tracks", "plays_summary")
        for row in asked(folder, f"SELECT DISTINCT batch FROM {table}")
    }
    if len(runs) > 1:
        yield f"the results on plays are of {len(runs)} runs"


def _all_listeners(folder: Path) -> Iterator[str]:
    (row,) = asked(folder, "SELECT count(*) n FROM listeners")
    if row["n"] != ACCOUNTS:
        yield f"{row['n']} of {ACCOUNTS} accounts"


PAIRS = 5


def _decide(folder: Path) -> None:
    store = open_store(catalogue(folder), create=True)
    for number in range(PAIRS):
        decide(store, f"{number:032x}", f"{number + 1:032x}", Decision.SAME)


def _in_order(folder: Path) -> Iterator[str]:
    yield from no_key_twice(folder)
    if (catalogue(folder) / "phonoscope.toml").exists():
        made = [row["pair"] for row in asked(folder, "SELECT pair FROM decisions ORDER BY pair")]
        expected = [f"{n:032x}-{n + 1:032x}" for n in range(len(made))]
        if made != expected:
            yield f"decisions are missing among {len(made)}"


def _all_decisions(folder: Path) -> Iterator[str]:
    (row,) = asked(folder, "SELECT count(*) n FROM decisions WHERE decision = 'same'")
    if row["n"] != PAIRS:
        yield f"{row['n']} of {PAIRS} decisions"


def _write_tracks(folder: Path) -> None:
    write_tracks(folder)


WORK = {
    "ingest": Work(_write_tracks, _ingest, no_key_twice, _all_tracks),
    "ingest again": Work(_prepare_compact, _ingest, no_key_twice, _all_tracks),
    "compact": Work(_prepare_compact, _compact, _all_tracks, _all_tracks),
    "scan": Work(_prepare_songs, _scan, no_key_twice, _all_songs),
    "label write": Work(_prepare_label, _label, _song_is_whole, _song_is_labelled),
    "plays": Work(_prepare_plays, _analyse, _plays_are_of_one_run, _all_listeners),
    "decisions": Work(_nothing, _decide, _in_order, _all_decisions),
}

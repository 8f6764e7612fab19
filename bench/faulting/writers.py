"""Further work that writes: labels in scanned songs, charts, copies, calibrations, licences.

Each can run at the same time as any other on one catalogue, see :mod:`.pairs`.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

import numpy as np

import phonoscope as ps
from bench.faulting.work import (
    LABELLING,
    SONGS,
    WORK,
    Work,
    asked,
    catalogue,
    no_key_twice,
    small_batches,
)
from phonoscope.catalogue.parts import BatchNames
from phonoscope.catalogue.schema.tables import tables
from phonoscope.catalogue.store import open_store
from phonoscope.disclosure.copy_beside import remove_remnants
from phonoscope.disclosure.writing import write_label
from phonoscope.features.fingerprints import ALTERATIONS, weights
from tests.helpers import calibrated

WEEKS, RANKS = 20, 10
SAME = 3
"""Pairs of recordings that sound the same."""
HUMANS = 60
VOICES = 5
_SCAN = "aaaaaaaaaaaa"


def _prepare_label(folder: Path) -> None:
    if not (folder / "music").exists():
        WORK["scan"].prepare(folder)
    (folder / "whole").write_bytes(_song(folder).read_bytes())


def _song(folder: Path) -> Path:
    return folder / "music" / "00.wav"


def _label(folder: Path) -> None:
    # As the command does.
    remove_remnants(folder / "music")
    write_label(_song(folder), LABELLING)


def _song_is_whole(folder: Path) -> Iterator[str]:
    sound = (folder / "whole").read_bytes()[44:]
    if sound not in _song(folder).read_bytes():
        yield "the song is torn"


def _song_is_labelled(folder: Path) -> Iterator[str]:
    if b"Faults" not in _song(folder).read_bytes():
        yield "the song has no label"
    left = sorted(file.name for file in (folder / "music").iterdir())
    if len(left) != SONGS:
        yield f"left behind: {left}"


def _prepare_charts(folder: Path) -> None:
    with (folder / "charts.csv").open("w", newline="", encoding="utf-8") as out:
        to = csv.writer(out)
        to.writerow(["chart_date", "rank", "title", "artist"])
        for week in range(WEEKS):
            day = f"2024-{1 + week // 4:02}-{1 + 7 * (week % 4):02}"
            to.writerows([day, rank, f"Song {rank}", "Artist"] for rank in range(1, RANKS + 1))


def _charts(folder: Path) -> None:
    with small_batches():
        made = ps.open_catalogue(catalogue(folder), create=True)
        made.ingest(folder / "charts.csv", constants={"chart": "Top"})


def _all_entries(folder: Path) -> Iterator[str]:
    (row,) = asked(folder, "SELECT count(*) n FROM chart_entries")
    if row["n"] != WEEKS * RANKS:
        yield f"{row['n']} of {WEEKS * RANKS} entries of charts"


def _prepare_copies(folder: Path) -> None:
    """Write fingerprints as a scan does, each one twice."""
    store = open_store(catalogue(folder), create=True)
    batch = BatchNames(_SCAN, store.newest_batch()).next()
    ids = [f"{number:032x}" for number in range(2 * SAME)]
    told = {"scan_id": _SCAN, "batch": batch}
    rows = {
        "prints": [{**_prints(at // 2), **told, "recording_id": one} for at, one in enumerate(ids)],
        "recordings": [{**told, "recording_id": one, "duration_s": 100.0} for one in ids],
    }
    store.write({name: tables()[name].arrow(some) for name, some in rows.items()}, batch)


def _prints(seed: int) -> dict[str, object]:
    count, anchors = 400, 8
    bits = np.random.default_rng(seed).integers(-(1 << 63), (1 << 63) - 1, count)
    at = np.arange(count) * 16
    clearest = slice(None, None, count // anchors)
    return {
        "print_at": at.tolist(), "print_bits": bits.tolist(), "anchor_at": at[clearest].tolist(),
        "anchor_bits": np.tile(bits[clearest], len(ALTERATIONS)).tolist(),
        "print_model": weights().name,
    }  # fmt: skip


def _copies(folder: Path) -> None:
    ps.open_catalogue(catalogue(folder)).copies()


def _all_copies(folder: Path) -> Iterator[str]:
    found = asked(folder, "SELECT pair FROM matches WHERE copy ORDER BY pair")
    if [row["pair"] for row in found] != [
        f"{number:032x}-{number + 1:032x}" for number in range(0, 2 * SAME, 2)
    ]:
        yield f"other copies than there are: {found}"


def _prepare_calibrate(folder: Path) -> None:
    calibrated.make(catalogue(folder), calibrated.drawn("human", HUMANS))


def _calibrate(folder: Path) -> None:
    ps.open_catalogue(catalogue(folder)).calibrate()


def _calibrations_are_whole(folder: Path) -> Iterator[str]:
    yield from no_key_twice(folder)
    query = """
        SELECT judged, (SELECT count(*) FROM local_p_values l
                        WHERE l.calibration_id = c.calibration_id) AS stored
        FROM calibrations c"""
    for row in asked(folder, query):
        if row["stored"] != row["judged"]:
            yield f"a calibration has {row['stored']} of {row['judged']} p-values"


def _calibrated(folder: Path) -> Iterator[str]:
    yield from _calibrations_are_whole(folder)
    (row,) = asked(folder, "SELECT coalesce(max(judged), 0) n FROM calibrations")
    if row["n"] != HUMANS:
        yield f"a calibration judged {row['n']} of {HUMANS}"


def _license(folder: Path) -> None:
    licences = ps.open_catalogue(catalogue(folder), create=True).licences
    for number in range(VOICES):
        licences.add(f"voice {number}", owner="Owner", uses=["covers"])


def _all_licences(folder: Path) -> Iterator[str]:
    (row,) = asked(folder, "SELECT count(*) n FROM voices")
    if row["n"] != VOICES:
        yield f"{row['n']} of {VOICES} licences"


def _nothing(_: Path) -> None:
    pass


WRITERS = {
    **{name: WORK[name] for name in ("ingest", "compact", "scan", "plays", "decisions")},
    "label": Work(_prepare_label, _label, _song_is_whole, _song_is_labelled),
    "charts": Work(_prepare_charts, _charts, no_key_twice, _all_entries),
    "copies": Work(_prepare_copies, _copies, no_key_twice, _all_copies),
    "calibrate": Work(_prepare_calibrate, _calibrate, _calibrations_are_whole, _calibrated),
    "voices": Work(_nothing, _license, no_key_twice, _all_licences),
}
"""All commands that write."""

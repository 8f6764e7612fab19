"""Catalogues for ``copies`` and for a scan of unchanged files, made without any sound.

Of every five recordings the fifth is a copy of an earlier one, with 3 % of its bits changed. All
other fingerprints are random. The files are one byte long, and 20,000 of them share an inode.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from phonoscope.catalogue.parts import BatchNames
from phonoscope.catalogue.schema.tables import tables
from phonoscope.catalogue.store import Store, open_store
from phonoscope.features.fingerprints import ALTERATIONS, MOST_ANCHORS, weights
from phonoscope.files import uri_of

PRINTS = 400
BATCH = 20_000
LINKS = 20_000
"""Names of one file: ext4 allows 65,000."""
SCAN = "made00000000"


def catalogue_of_copies(recordings: int, into: Path) -> Path:
    """Make a catalogue of so many recordings with fingerprints."""
    store, names = open_store(into, create=True), BatchNames(SCAN)
    rows = list(_recordings(recordings))
    for first in range(0, recordings, BATCH):
        some = rows[first : first + BATCH]
        facts = [{"recording_id": row["recording_id"], "duration_s": 240.0} for row in some]
        _write(store, names, prints=some, recordings=facts)
    return into


def _recordings(count: int) -> Iterator[dict[str, Any]]:
    rng = np.random.default_rng(17)
    at = np.arange(PRINTS, dtype=np.int32) * 16
    places = np.linspace(0, PRINTS - 1, MOST_ANCHORS).astype(int)
    earlier: list[np.ndarray] = []
    for number in range(count):
        bits = rng.integers(-(1 << 63), (1 << 63) - 1, PRINTS)
        if number % 5 == 0:
            earlier.append(bits)
        elif number % 5 == 4:
            flips = rng.random((PRINTS, 64)) < 0.03
            bits = earlier[-1] ^ np.packbits(flips, axis=1).view(np.int64)[:, 0]
        altered = rng.integers(-(1 << 63), (1 << 63) - 1, (len(ALTERATIONS), MOST_ANCHORS))
        altered[0] = bits[places]
        yield {
            "recording_id": rng.bytes(16).hex(), "print_at": at, "print_bits": bits,
            "anchor_at": at[places], "anchor_bits": altered.ravel(), "print_model": weights().name,
        }  # fmt: skip


def catalogue_of_files(files: int, folder: Path, into: Path) -> Path:
    """Make a folder of so many files, and a catalogue in which all of them are unchanged."""
    store, names = open_store(into, create=True), BatchNames(SCAN)
    rows: list[dict[str, Any]] = []
    for number in range(files):
        path = folder / f"{number // 1000:06d}" / f"{number % 1000:03d}.mp3"
        if number % 1000 == 0:
            path.parent.mkdir(parents=True)
        if number % LINKS == 0:
            first = path
            first.write_bytes(b"x")
            modified_ns = first.stat().st_mtime_ns
        else:
            os.link(first, path)
        rows.append({"uri": uri_of(path), "size_bytes": 1, "mtime_ns": modified_ns,
                     "recording_id": f"{number:032x}"})  # fmt: skip
        if len(rows) == BATCH or number == files - 1:
            _write(store, names, files=rows)
            rows = []
    return into


def _write(store: Store, names: BatchNames, **rows: list[dict[str, Any]]) -> None:
    batch = names.next()
    written = {}
    for name, some in rows.items():
        whole = [{**row, "scan_id": SCAN, "batch": batch} for row in some]
        written[name] = pa.Table.from_pylist(whole, tables()[name].schema)
    store.write(written, batch)

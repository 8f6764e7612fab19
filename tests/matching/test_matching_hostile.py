"""Fingerprints that no scan can have written cost their recording only."""

import numpy as np
import pyarrow as pa
import pytest

from phonoscope.api import open_catalogue
from phonoscope.catalogue.schema.tables import tables
from phonoscope.errors import CatalogueError
from phonoscope.features.fingerprints import ALTERATIONS, MOST_ANCHORS, weights
from phonoscope.matching.recording.copies import find_pairs
from phonoscope.matching.recording.index_update import current_index
from phonoscope.matching.recording.stored_fingerprints import FingerprintFiles

BATCH = "20260101T000000.000000-aaaaaaaaaaaa"
ANCHORS = 8
SPOILT = [
    {"print_at": [None] * 400}, {"print_at": list(range(399))}, {"print_at": None},
    {"print_at": list(range(400, 0, -1))}, {"print_at": list(range(-9, 391))},
    {"print_bits": []}, {"print_bits": None},
]  # fmt: skip
"""Of the fingerprints themselves."""
SPOILT_ANCHORS = [
    {"anchor_at": []}, {"anchor_at": None}, {"anchor_at": [5] * 7}, {"anchor_bits": []},
    {"anchor_at": [7, 6, 5, 4, 3, 2, 1, 0]}, {"anchor_at": [None] * ANCHORS},
    {
        "anchor_at": list(range(MOST_ANCHORS + 1)),
        "anchor_bits": [1] * len(ALTERATIONS) * (MOST_ANCHORS + 1),
    },
]  # fmt: skip
"""Of those that only a comparison of whole recordings uses."""


def row_of(number, **changes):
    """A row as a scan writes it; all recordings sound alike."""
    rng = np.random.default_rng(1)
    bits = rng.integers(-(1 << 63), (1 << 63) - 1, 400)
    at = np.arange(400) * 16
    anchors = at[:: 400 // ANCHORS][:ANCHORS]
    altered = np.tile(bits[:: 400 // ANCHORS][:ANCHORS], len(ALTERATIONS))
    row = {
        "recording_id": f"{number:032x}", "print_at": at.tolist(), "print_bits": bits.tolist(),
        "anchor_at": anchors.tolist(), "anchor_bits": altered.tolist(),
        "print_model": weights().name,
    }  # fmt: skip
    return {**row, "scan_id": "aaaaaaaaaaaa", "batch": BATCH, **changes}


@pytest.fixture
def catalogue(tmp_path):
    made = open_catalogue(tmp_path / "c", create=True)
    spoilt = [row_of(10 + n, **changes) for n, changes in enumerate([*SPOILT, *SPOILT_ANCHORS])]
    prints = [row_of(0), row_of(1), *spoilt, row_of(99, recording_id="not hexadecimal")]
    rows = {
        "prints": pa.Table.from_pylist(prints, tables()["prints"].schema),
        "recordings": pa.Table.from_pylist(
            [
                {"recording_id": p["recording_id"], "scan_id": "aaaaaaaaaaaa", "batch": BATCH}
                for p in prints
            ],
            tables()["recordings"].schema,
        ),
    }
    made._store.write(rows, BATCH)
    return made


def test_only_whole_ones_are_compared_and_indexed(catalogue, tmp_path):
    prints, pitches = catalogue["prints"], catalogue["pitches"]
    ids = prints.recording_id.to_pyarrow().to_pylist()
    whole = {f"{n:032x}" for n in (0, 1)}
    assert len(ids) > len(SPOILT + SPOILT_ANCHORS) + 1
    held = FingerprintFiles(prints, pitches, ids, str(tmp_path))
    assert {*held} - {"not hexadecimal"} == whole
    (pair,) = (p for p in find_pairs(prints, pitches) if {p.one, p.other} == whole)
    assert pair.copy
    index = current_index(catalogue._store)
    assert index.recordings == 2 + len(SPOILT_ANCHORS)


def test_a_temporary_folder_that_cant_be_written_is_named(catalogue, tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "missing"))
    with pytest.raises(CatalogueError, match="TMPDIR") as raised:
        list(find_pairs(catalogue["prints"], catalogue["pitches"]))
    assert raised.value.code == "temporary-folder"

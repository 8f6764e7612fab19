"""A catalogue from anyone: an impossible value in a cell reads as empty."""

import math
import os
import random
import time
from datetime import date, datetime

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from phonoscope.api import open_catalogue
from phonoscope.catalogue.schema.tables import tables
from phonoscope.catalogue.valid import CUT_CHARACTERS, range_of
from phonoscope.errors import UsageError
from phonoscope.findings.base import find

ROWS = 24
SCRIPT = "<script>alert(1)</script>"
HOSTILE = {
    "double": [math.nan, math.inf, -math.inf, -1.0, 1e300, -0.0, 5e-324],
    "int64": [2_147_483_647, -(2**63), 2**63 - 1, -5, 0],
    "string": ["", "{", '{"a": NaN}', "[" * 5_000, "\0\u202e", "9" * 40, SCRIPT],
    "bool": [None],
    "date32[day]": [date.min, date.max],
    "timestamp[us]": [datetime.min, datetime.max, datetime(1970, 1, 1)],
}  # fmt: skip
HOSTILE["int32"] = [*HOSTILE["int64"][:1], -5, 0]
HOSTILE["float"] = HOSTILE["double"]
PLAUSIBLE = {
    "double": lambda rng: rng.random(),
    "float": lambda rng: rng.random(),
    "int64": lambda rng: rng.randrange(2020),
    "int32": lambda rng: rng.randrange(2020),
    "string": lambda rng: rng.choice(["A", "2019-05", "C#", "generated", "detected", "Song 1"]),
    "bool": lambda rng: rng.random() < 0.5,
    "date32[day]": lambda rng: date(2020 + rng.randrange(4), 5, 6),
    "timestamp[us]": lambda rng: datetime(2020 + rng.randrange(4), 5, 6),
}
IDS = {
    "recording_id": lambda i: f"{i:032x}",
    "one": lambda i: f"{i:032x}",
    "other": lambda i: f"{i + 1:032x}",
    "pair": lambda i: f"{i:032x}-{i + 1:032x}",
    "uri": lambda i: f"/music/{i}.wav",
    "track_id": lambda i: f"t{i}",
    "scan_id": lambda i: "aaaaaaaaaaaa",
    "source": lambda i: "list.csv",
}


def value_of(rng, column, kind, hostile):
    if pa.types.is_list(kind):
        return [value_of(rng, column, kind.value_type, hostile) for _ in range(rng.randrange(4))]
    if rng.random() < hostile:
        return rng.choice([None, *HOSTILE[str(kind)]])
    return PLAUSIBLE[str(kind)](rng)


def row_of(rng, table, i, hostile):
    row = {c.name: value_of(rng, c.name, c.type, hostile) for c in table.columns}
    keep = 1.0 if table.name in {"files", "recordings", "verdicts"} else 0.8
    ids = {name: made(i) for name, made in IDS.items() if name in row and rng.random() < keep}
    return {**row, **ids, **({"batch": BATCH} if "batch" in row else {})}


BATCH = "20260101T000000.000000-aaaaaaaaaaaa"


def hostile_catalogue(path, seed, hostile):
    rng = random.Random(seed)
    catalogue = open_catalogue(path, create=True)
    store = catalogue._store
    rows = {
        table.name: pa.Table.from_pylist(
            [row_of(rng, table, i, hostile) for i in range(ROWS)], table.schema
        )
        for table in tables().values()
        # Fingerprints have a check of their own.
        if table.name != "prints"
    }
    store.write(rows, BATCH)
    return catalogue


def test_impossible_values_read_as_empty_and_possible_ones_as_they_are(tmp_path):
    catalogue = open_catalogue(tmp_path / "c", create=True)
    cells = [
        ("duration_s", math.nan, None), ("duration_s", -0.5, None), ("duration_s", 200.25, 200.25),
        ("loudness_lufs", -math.inf, None), ("loudness_lufs", -14.2, -14.2),
        ("clipped_share", 1.5, None), ("clipped_share", 1.0, 1.0), ("sample_rate_hz", -1, None),
        ("sample_rate_hz", 192_000, 192_000), ("tag_title", "é" * 600_000, "é" * CUT_CHARACTERS),
        ("tag_title", "a" * 1_000_000, "a" * 1_000_000), ("peaks_hz", [1.0, math.nan], None),
        ("peaks_hz", [0.5, 440.0], [0.5, 440.0]), ("size_bytes", 2**50, 2**50),
    ]  # fmt: skip
    schema = tables()["recordings"].schema
    rows = [
        {"recording_id": f"{i:032x}", "scan_id": "aaaaaaaaaaaa", "batch": BATCH, name: given}
        for i, (name, given, _) in enumerate(cells)
    ]
    catalogue._store.write({"recordings": pa.Table.from_pylist(rows, schema)}, BATCH)
    found = catalogue.sql("from recordings order by recording_id").read_all().to_pylist()
    for row, (name, _, wanted) in zip(found, cells, strict=True):
        assert row[name] == wanted, name
    assert catalogue["recordings"].duration_s.mean().to_pyarrow().as_py() == 200.25


def test_years_and_times_out_of_range_read_as_empty(tmp_path):
    catalogue = open_catalogue(tmp_path / "c", create=True)
    tracks = [(1999, 1999), (2_147_483_647, None), (-5, None), (999, None), (2999, 2999)]
    rows = [
        {"source": "s", "track_id": f"t{i}", "release_year": year, "batch": BATCH}
        for i, (year, _) in enumerate(tracks)
    ]
    times = [datetime.max, datetime(2024, 2, 3), datetime.min]
    scans = [
        {"scan_id": f"{i:012x}", "sources": ["s"], "started_utc": at, "batch": BATCH}
        for i, at in enumerate(times)
    ]
    catalogue._store.write(
        {
            "tracks": pa.Table.from_pylist(rows, tables()["tracks"].schema),
            "scans": pa.Table.from_pylist(scans, tables()["scans"].schema),
        },
        BATCH,
    )
    found = catalogue.sql("select release_year from tracks order by track_id").read_all()
    assert found["release_year"].to_pylist() == [wanted for _, wanted in tracks]
    found = catalogue.sql("select started_utc from scans order by scan_id").read_all()
    assert found["started_utc"].to_pylist() == [None, datetime(2024, 2, 3), None]
    started = time.process_time()
    find(catalogue)
    assert time.process_time() - started < 20


@pytest.mark.parametrize(
    ("stored", "wanted"),
    [
        (["12.5", "x", "nan"], [12.5, None, None]),
        ([True, False, None], [1.0, 0.0, None]),
        ([[1.0], [2.0], []], [None, None, None]),
        ([{"a": 1}] * 3, [None, None, None]),
        ([b"1", b"\xff", b""], [None, None, None]),
    ],
)
def test_a_column_of_another_type_costs_its_own_values_only(tmp_path, stored, wanted):
    catalogue = open_catalogue(tmp_path / "c", create=True)
    rows = [
        {"recording_id": f"{i:032x}", "tag_title": f"Song {i}", "batch": BATCH} for i in range(3)
    ]
    table = pa.Table.from_pylist(rows, tables()["recordings"].schema)
    catalogue._store.write({"recordings": table}, BATCH)
    (part,) = (tmp_path / "c" / "recordings").glob("*.parquet")
    at = table.schema.get_field_index("duration_s")
    pq.write_table(table.set_column(at, "duration_s", pa.array(stored)), part)
    found = catalogue.sql("from recordings order by recording_id").read_all()
    assert found["duration_s"].to_pylist() == wanted
    assert found["tag_title"].to_pylist() == ["Song 0", "Song 1", "Song 2"]


def test_every_number_has_a_range_and_every_unit_is_one_that_can_be():
    for table in tables().values():
        for column in table.columns:
            low, high = range_of(column.name)
            assert low < high


def test_writing_again_keeps_what_reading_leaves_out(tmp_path):
    catalogue = hostile_catalogue(tmp_path / "c", 5, 0.5)
    store = catalogue._store
    stored = pq.read_table(os.path.join(store.uri, "recordings", f"{BATCH}.parquet"))
    later = BATCH.replace("20260101", "20260102")
    rows = {"recordings": stored.set_column(
        stored.schema.get_field_index("batch"), "batch", pa.array([later] * ROWS)
    )}  # fmt: skip
    store.write(rows, later)
    catalogue.compact(grace_s=0)
    (part,) = store.live_parts("recordings")
    kept = pq.read_table(os.path.join(store.uri, "recordings", part)).sort_by("recording_id")
    one = kept["duration_s"].to_pylist()
    other = stored.sort_by("recording_id")["duration_s"].to_pylist()
    assert [repr(v) for v in one] == [repr(v) for v in other]


def test_a_query_on_a_missing_column_is_still_refused(tmp_path):
    catalogue = open_catalogue(tmp_path / "c", create=True)
    with pytest.raises(UsageError):
        catalogue.sql("select nothing from recordings")

"""The layout: one documented schema, and rows that fit it whatever a file brought."""

import dataclasses
import json
from collections import Counter
from datetime import datetime
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pytest

from phonoscope.catalogue.schema.tables import (
    WRITTEN,
    Outcome,
    ScanRow,
    arrow_type,
    columns_of,
    document,
    rows_of,
    scan_rows,
    tables,
)
from phonoscope.catalogue.views import sql_type
from phonoscope.columns import Floats, column, columns_in
from phonoscope.detector.generated import Stretch
from phonoscope.errors import ErrorKind
from phonoscope.features.base import features
from tests.helpers.batches import (
    analysis,
    bad_outcome,
    detected,
    file_of,
    outcome,
    recording_id_of,
    stretches,
)

ROOT = Path(__file__).resolve().parents[2]


def test_no_table_names_a_column_twice():
    for table in tables().values():
        twice = [name for name, n in Counter(c.name for c in table.columns).items() if n > 1]
        assert not twice, (table.name, twice)


def test_every_table_has_its_key_and_says_who_wrote_the_row():
    for table in tables().values():
        names = [c.name for c in table.columns]
        assert set(table.key_columns) <= set(names)
        assert names[-2:] == [c.name for c in WRITTEN]


def test_every_column_is_documented_in_a_sentence():
    for table in tables().values():
        for each in table.columns:
            assert each.doc.endswith((".", "?")), (table.name, each.name)


def test_every_answer_is_a_column_of_recordings():
    names = {c.name for c in tables()["recordings"].columns}
    for feature in features():
        assert {f.name for f in columns_in(feature.result)} <= names


def test_the_written_schema_is_current():
    written = (ROOT / "docs" / "schema.md").read_text(encoding="utf-8")
    assert written == document(), "python -m phonoscope.catalogue.schema.tables > docs/schema.md"


@pytest.mark.parametrize(
    ("annotation", "expected"),
    [
        (float, pa.float64()),
        (int, pa.int64()),
        (bool, pa.bool_()),
        (str | None, pa.string()),
        (ErrorKind | None, pa.string()),
        (tuple[float, ...], pa.list_(pa.float32())),
        (tuple[float, ...] | None, pa.list_(pa.float32())),
        (tuple[str, ...], pa.list_(pa.string())),
        (datetime | None, pa.timestamp("us")),
    ],
)
def test_annotations_have_column_types(annotation, expected):
    assert arrow_type(annotation) == expected


def test_an_annotation_without_a_column_type_is_refused():
    with pytest.raises(TypeError, match="no column type"):
        arrow_type(dict[str, int])


def test_a_batch_has_a_row_in_every_table():
    parts = (Stretch(0.0, 60.0, 0.4, None), Stretch(60.0, 90.0, 1e-5, 0.001, called=True))
    verdict = detected(1e-5, stretches=parts, lines_hz=(5512.5,))
    made = outcome("a", says=("one", "two"), marks=2, segments=stretches(0.1, 0.9, 0.2),
                   verdict=verdict)  # fmt: skip
    rows = rows_of([made], "scan", "batch")
    assert {name: table.num_rows for name, table in rows.items()} == {
        "verdicts": 1,
        "segments": 3,
        "stretches": 2,
        "declared": 2,
        "statements": 2,
        "pitches": 1,
        "prints": 1,
        "recordings": 1,
        "files": 1,
    }
    for name, table in rows.items():
        assert table.schema == tables()[name].schema
        assert set(table["scan_id"].to_pylist()) == {"scan"}
        assert set(table["batch"].to_pylist()) == {"batch"}
    recording = rows["recordings"].to_pylist()[0]
    assert recording["tag_title"] == "Song a"
    assert recording["provider"] == "phonoscope"
    assert recording["recording_id"] == recording_id_of("a")
    assert json.loads(rows["statements"].to_pylist()[0]["numbers"]) == {"cutoff_hz": 16000.0}


def test_a_stretch_is_a_row_with_its_times():
    made = outcome("a", segments=stretches(0.1, 0.9))
    found = rows_of([made], "scan", "batch")["segments"].to_pylist()
    written = {"recording_id": recording_id_of("a"), "scan_id": "scan", "batch": "batch"}
    assert found == [
        {"start_s": 0.0, "end_s": 5.0, "p_generated": 0.1, **written},
        {"start_s": 5.0, "end_s": 10.0, "p_generated": 0.9, **written},
    ]


@dataclasses.dataclass(frozen=True)
class Carrying:
    """An answer with a number to keep and an array that only the verdict needs."""

    depth_db: float = column("How deep, dB.")
    spectrum: Floats


def test_what_is_not_declared_as_a_column_is_neither_stored_nor_written():
    answer = Carrying(3.5, np.zeros(4, np.float32))
    assert [c.name for c in columns_of(Carrying)] == ["depth_db"]
    made = analysis("a")
    made = dataclasses.replace(made, results={**made.results, "carrying": answer})
    assert made.descriptors["depth_db"] == 3.5
    assert "spectrum" not in made.descriptors
    assert "spectrum" not in made.to_json()["descriptors"]
    assert rows_of([Outcome(file_of("a"), made)], "scan", "batch")["recordings"].num_rows == 1


def test_what_commits_comes_last():
    """A recording counts as examined by its row in recordings, a file as read by that in files."""
    assert list(rows_of([outcome("a")], "scan", "batch"))[-2:] == ["recordings", "files"]


def test_an_unreadable_file_is_a_row_with_its_error_and_nothing_else():
    rows = rows_of([bad_outcome("a", ErrorKind.EMPTY)], "scan", "batch")
    assert list(rows) == ["files"]
    assert rows["files"].to_pylist()[0]["error_kind"] == "empty"


def test_hostile_text_and_numbers_are_stored_as_well_as_they_can_be():
    hostile = dataclasses.replace(analysis("a").tags, title="lone \ud800 surrogate")
    answer = analysis("a", tags=hostile)
    far = dataclasses.replace(file_of("a"), mtime_ns=1 << 70)
    rows = rows_of([Outcome(far, answer)], "scan", "batch")
    assert rows["recordings"].to_pylist()[0]["tag_title"] == "lone ? surrogate"
    assert rows["files"].to_pylist()[0]["mtime_ns"] == (1 << 63) - 1


def test_one_answer_that_does_not_fit_costs_only_its_own_recording():
    stream = dataclasses.replace(analysis("b").stream, sample_rate_hz="not a number")
    rows = rows_of([outcome("a"), outcome("b", stream=stream), outcome("c")], "scan", "batch")
    kinds = dict(
        zip(*rows["files"].select(["uri", "error_kind"]).to_pydict().values(), strict=True)
    )
    assert kinds == {"/music/a.wav": None, "/music/b.wav": "internal", "/music/c.wav": None}
    assert rows["recordings"].num_rows == 2


def test_a_scan_is_a_row():
    made = scan_rows(_scan_row(), "scan", "batch")
    assert made.to_pylist()[0]["sources"] == ["/music"]


def _scan_row():
    started = datetime(2026, 1, 2, 3, 4, 5)
    counts = dict.fromkeys(("listed", "unchanged", "examined", "duplicates", "unreadable"), 1)
    times = dict.fromkeys(("audio_s", "wall_s", "cpu_s"), 1.0)
    return ScanRow("local", "done", "1", ("/music",), "{}", started, None, **counts, **times)


@pytest.mark.parametrize("table", tables().values(), ids=tables())
def test_types_have_the_names_that_duckdb_gives_them(table):
    with duckdb.connect() as connection:
        there = connection.from_arrow(table.schema.empty_table())
        named = [sql_type(field.type) for field in table.schema]
        asked = connection.sql(f"SELECT {', '.join(f'NULL::{name}' for name in named)}")
        assert asked.types == there.types

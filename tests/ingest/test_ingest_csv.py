"""Flat CSV files of tracks into the common tables."""

import codecs
import csv
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import phonoscope as ps
from phonoscope.ingest.formats.flat_csv import COLUMN_ALIASES
from phonoscope.ingest.readers import csv_file
from tests.helpers.progress import Recorded
from tests.helpers.sources import table, write_csv

HEADING = ["", "id", "name", "artists", "release_date", "duration_ms", "explicit", "tempo", "key"]
ROWS = [
    ["0", "a", "Song", "One;Two", "2016-07-15", "243800.0", "False", "90.5", "0"],
    ["1", "b", "NA", "", "2011", "0", "TRUE", "", "C#"],
    ["2", "c", 'quo"ted, title', "x", "2040-12", "NA", "", "1e2", "-1"],
    ["3", "d", "two\nlines", "x", "soon", "1500.9", "1.0", "NaN", "Bb"],
    ["4", "", "no id", "x", "", "1", "0", "1", "1"],
    ["5", "NA", "no id", "x", "", "1", "0", "1", "1"],
    ["6", "e", "clock", "x", "", "3:45", "0", "1", "1"],
    ["7", "f", "bad", "x", "", "inf", "0", "1", "1"],
    ["8", "g", "bad", "x", "", "1", "maybe", "1", "1"],
    ["9", "h", "bad", "x", "", "1", "0", "fast", "1"],
    ["10", "i", "bad", "x", "", "1", "0", "1", "X"],
    ["11", "j", "too few"],
    ["12", "k", "too many", "x", "", "1", "0", "1", "1", "1"],
    ["13", "l", "y" * 5000, "x", "", "1", "0", "1", "1"],
]
REASONS = {"no track_id": 2, "too few cells": 1, "too many cells": 1}
EMPTIED = {
    ("duration_ms", "is not a number"): (1, 8, "inf"),
    ("explicit", "is neither true nor false"): (1, 9, "maybe"),
    ("tempo_bpm", "is not a number"): (1, 10, "fast"),
    ("key", "is not a pitch class"): (1, 11, "X"),
    ("name", "is too long"): (1, 14, "y" * 60),
}
KEPT = [
    ("a", "Song", "One;Two", "2016-07-15", "day", 243_800, False),
    ("b", "NA", None, "2011", "year", 0, True),
    ("c", 'quo"ted, title', "x", "2040-12", "month", None, None),
    ("d", "two\nlines", "x", "soon", None, 1500, True),
    ("e", "clock", "x", None, None, 225_000, False),
    ("f", "bad", "x", None, None, None, False),
    ("g", "bad", "x", None, None, 1, None),
    ("h", "bad", "x", None, None, 1, False),
    ("i", "bad", "x", None, None, 1, False),
    ("l", None, "x", None, None, 1, False),
]
COLUMNS = (
    *("track_id", "name", "artist_names", "release_date", "release_date_precision"),
    *("duration_ms", "explicit"),
)


@pytest.fixture
def catalogue(tmp_path):
    return ps.open_catalogue(tmp_path / "catalogue", create=True)


def check(catalogue, path):
    summary = catalogue.ingest(path)
    assert summary.layout == "flat-csv"
    assert (summary.read, summary.kept, summary.reasons) == (len(ROWS), len(KEPT), REASONS)
    assert summary.ignored == [""]
    found = {(e.column, e.reason): (e.count, e.row, e.cell) for e in summary.emptied}
    assert found == EMPTIED
    assert table(catalogue, "tracks", *COLUMNS) == KEPT
    assert table(catalogue, "features", "track_id", "tempo_bpm", "key") == [
        ("a", 90.5, 0),
        ("b", None, 1),
        ("c", 100.0, -1),
        ("d", None, 10),
        *(("e", 1.0, 1), ("f", 1.0, 1), ("g", 1.0, 1), ("h", None, 1), ("i", 1.0, None)),
        ("l", 1.0, 1),
    ]
    assert len(table(catalogue, "rejects", "row", "reason")) == summary.rejected


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"]
)
def test_every_encoding_gives_the_same_rows(tmp_path, catalogue, encoding):
    check(catalogue, write_csv(tmp_path / "x.csv", [HEADING, *ROWS], encoding=encoding))


@pytest.mark.parametrize(
    "dialect",
    [{"delimiter": ";"}, {"delimiter": "\t"}, {"delimiter": "|"}, {"lineterminator": "\n"}],
)
def test_every_separator_gives_the_same_rows(tmp_path, catalogue, dialect):
    check(catalogue, write_csv(tmp_path / "x.csv", [HEADING, *ROWS], **dialect))


def test_a_big_endian_mark_is_understood(tmp_path, catalogue):
    write_csv(tmp_path / "plain.csv", [HEADING, *ROWS], encoding="utf-16-be")
    path = tmp_path / "marked.csv"
    path.write_bytes(codecs.BOM_UTF16_BE + (tmp_path / "plain.csv").read_bytes())
    check(catalogue, path)


def test_blank_lines_are_no_rows_and_repeated_ids_are_one_track(tmp_path, catalogue):
    path = tmp_path / "x.csv"
    path.write_text("id,name,duration_ms\na,old,1\n\nb,B,2\n\na,new,3\n")
    summary = catalogue.ingest(path)
    assert (summary.read, summary.kept, summary.written["tracks"]) == (3, 3, 2)
    assert table(catalogue, "tracks", "track_id", "name") == [("a", "new"), ("b", "B")]


def test_a_stray_byte_in_utf_8_costs_its_cell_and_a_stray_byte_in_the_id_its_row(
    tmp_path, catalogue
):
    path = tmp_path / "x.csv"
    stray = b"a,caf\xe9,1,x\nb,ok,2,\xe9\n\xff,c,3,x\nd,d,4,\n"
    path.write_bytes(b"id,name,duration_ms,other\n" + "e,caf\u00e9,5,x\n".encode() * 9 + stray)
    summary = catalogue.ingest(path)
    assert summary.reasons == {"track_id is undecodable text": 1}
    # What is not read needs no decoding.
    assert [(e.column, e.reason, e.row) for e in summary.emptied] == [
        ("name", "is undecodable text", 10)
    ]
    assert table(catalogue, "tracks", "track_id", "name") == [
        *(("a", None), ("b", "ok"), ("d", "d"), ("e", "café"))
    ]


def test_seconds_become_milliseconds(tmp_path, catalogue):
    path = write_csv(
        tmp_path / "x.csv",
        [["id", "title", "duration_s"], ["a", "A", "180"], ["b", "B", "0.29"], ["c", "C", "1e20"]],
    )
    (emptied,) = catalogue.ingest(path).emptied
    assert (emptied.column, emptied.row, emptied.cell) == ("duration_ms", 3, "1e20")
    assert table(catalogue, "tracks", "track_id", "duration_ms") == [
        *(("a", 180_000), ("b", 290), ("c", None))
    ]


@pytest.mark.parametrize("field", COLUMN_ALIASES)
def test_every_spelling_is_recognised(tmp_path, field):
    for spelling in COLUMN_ALIASES[field].split():
        needed = {"track_id": "id", "name": "name", "duration_ms": "duration_ms", field: spelling}
        path = write_csv(tmp_path / "x.csv", [list(dict.fromkeys(needed.values()))])
        assert ps.format_of(path) == "flat-csv", spelling


@pytest.mark.parametrize(
    "heading",
    [
        "id,name,popularity,followers,genres",
        "chart_week,title,performer,last_week",
        "track_name,duration_ms,explicit,tempo",
        "a",
    ],
)
def test_an_unknown_format_is_refused_in_words(tmp_path, catalogue, heading):
    (tmp_path / "tracks.csv").write_text(f"{heading}\n1,2,3\n")
    with pytest.raises(ps.SourceError) as refused:
        catalogue.ingest(tmp_path / "tracks.csv")
    assert refused.value.code == "unknown-format"
    assert heading.replace(",", ", ") in refused.value.message
    assert refused.value.message.count("\n") < 10


def test_the_name_of_a_file_does_not_matter(tmp_path):
    path = tmp_path / "notes.sqlite3"
    path.write_text("id,name,duration_ms\n")
    assert ps.format_of(path) == "flat-csv"


def test_a_mapping_reads_what_it_names_and_what_is_known(tmp_path, catalogue):
    path = write_csv(
        tmp_path / "x.csv",
        [["Code", "Id", "Txt", "Sec", "popularity", "Beat"], ["a", "x", "A", "2.5", "9", "120"]],
    )
    mapping = {"Code": "track_id", "Txt": "name", "Sec": "duration_s", "Beat": "tempo_bpm"}
    summary = catalogue.ingest(path, mapping)
    assert (summary.layout, summary.ignored) == ("mapped-csv", ["Id"])
    columns = ("track_id", "name", "duration_ms", "popularity")
    assert table(catalogue, "tracks", *columns) == [("a", "A", 2500, 9)]
    assert table(catalogue, "features", "tempo_bpm") == [(120.0,)]


@pytest.mark.parametrize(
    ("mapping", "code", "names"),
    [
        ({"id": "track_id", "x": "name"}, "unknown-column", "'x'"),
        ({"id": "track_id", "nam": "name"}, "unknown-column", "'name'"),
        ({"id": "track_id", "name": "nam"}, "unknown-field", "'name'"),
        ({"id": "track_id", "name": "title"}, "unknown-field", "'name'"),
        ({"id": "track_id", "name": "track_id"}, "field-twice", "track_id"),
        ({"id": "track_id", "a": "duration_s", "b": "duration_ms"}, "field-twice", "duration_s"),
        ({"id": "track_id", "a": "name", "A": "isrc"}, "field-twice", ""),
        ({"id": "source"}, "unknown-field", "'source'"),
    ],
)
def test_a_mapping_that_does_not_fit_is_refused(tmp_path, catalogue, mapping, code, names):
    (tmp_path / "x.csv").write_text("id,name,a,b\n")
    with pytest.raises(ps.UsageError) as refused:
        catalogue.ingest(tmp_path / "x.csv", mapping)
    assert refused.value.code == code
    assert names in refused.value.message


def test_a_mapping_without_ids_is_refused_or_derives_them(tmp_path, catalogue):
    (tmp_path / "x.csv").write_text("a,b\nA,B\n")
    with pytest.raises(ps.UsageError) as refused:
        catalogue.ingest(tmp_path / "x.csv", {"a": "name"})
    assert refused.value.code == "no-track-id"
    assert catalogue.ingest(tmp_path / "x.csv", {"a": "name", "b": "artist_names"}).kept == 1
    ((track,),) = table(catalogue, "tracks", "track_id")
    assert track.startswith("derived:")


def test_many_chunks_and_parts_lose_nothing(tmp_path, catalogue, monkeypatch):
    from phonoscope.ingest import writer

    monkeypatch.setattr(csv_file, "CHUNK_ROWS", 7)
    monkeypatch.setattr(writer, "PART_ROWS", 20)
    rows = [["id", "name", "duration_ms"], *([f"{i}", "x", str(i % 50)] for i in range(1000))]
    rows[500][0], rows[700][2] = "", "none of it"
    progress = Recorded()
    summary = catalogue.ingest(write_csv(tmp_path / "x.csv", rows), None, progress)
    assert (summary.read, summary.kept, summary.rejected) == (1000, 999, 1)
    assert table(catalogue, "rejects", "row", "reason") == [(500, "no track_id")]
    assert [(e.count, e.row) for e in summary.emptied] == [(1, 700)]
    assert len(table(catalogue, "tracks", "track_id")) == 999
    assert (progress.done, progress.counters, progress.share) == (1000, {"rejected": 1}, 1.0)


CELLS = st.one_of(
    st.text(max_size=8),
    st.sampled_from(
        ["", "1", "-0", "1e5", "nan", "inf", "TRUE", "0x1", "\0", "1.5", '"', "\r", "9" * 40]
    ),
    st.floats().map(str),
    st.integers().map(str),
)


@pytest.mark.slow
@settings(max_examples=60)
@given(
    rows=st.lists(st.lists(CELLS, min_size=5, max_size=7), max_size=12), data=st.binary(max_size=40)
)
def test_whatever_the_cells_are_rows_read_are_rows_kept_and_rejected(rows, data):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "x.csv"
        with path.open("w", encoding="utf-8", errors="surrogatepass", newline="") as file:
            csv.writer(file).writerows([["id", "name", "duration_ms", "explicit", "tempo", "key"]])
            csv.writer(file).writerows(rows)
        expected = len(rows)
        if data.isalnum():
            with path.open("ab") as file:
                file.write(data)
            expected += 1
        catalogue = ps.open_catalogue(Path(folder) / "catalogue", create=True)
        summary = catalogue.ingest(path)
        assert summary.read == expected
        assert summary.read == summary.kept + summary.rejected
        assert len(table(catalogue, "rejects", "row")) == summary.rejected
        assert len(table(catalogue, "tracks", "track_id")) <= summary.kept


HOSTILE = {
    "a million columns": (b"a," * 1_000_000, "line-too-long"),
    "many columns": (b"id,name,duration_ms," + b"x," * 5000 + b"\n", "too-many-columns"),
    "nothing": (b"", "empty"),
    "only NUL": (b"\0" * 10_000, "empty"),
    "no-heading": (b"\n\n\n", "empty"),
    "a heading without names": (b",,,\n1,2,3,4\n", "no-heading"),
    "NUL bytes": (b"\x01\0\x02\0\0\0" * 1000, "unknown-format"),
    "Parquet": (b"PAR1" + b"\0" * 100, "damaged"),
    "gzip": (b"\x1f\x8b\x08" + b"\0" * 100, "not-unpacked"),
    "JSON": (b' {"id": 1}', "unknown-format"),
    "XML": (b"<?xml version='1.0'?>", "not-xml"),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_file_is_refused_within_bounds(tmp_path, catalogue, kind):
    content, code = HOSTILE[kind]
    (tmp_path / "x.csv").write_bytes(content)
    with pytest.raises(ps.SourceError) as refused:
        catalogue.ingest(tmp_path / "x.csv")
    assert refused.value.code == code
    assert len(refused.value.message) < 2000


TOO_LARGE = {
    "a long line": (b"x" * 5_000_000 + b"\n", {"the row is too long": 1}),
    "a line that is long in the next block": (
        b"a,A,1\n" * 700_000 + b"x" * 5_000_000 + b"\n",
        {"the row is too long": 1},
    ),
    "an open quote": (b'"' + b"a\n" * 9, {"a quote is never closed": 1, "too few cells": 8}),
    "many cells over many lines": (
        # More than a chunk has. A look ahead from each line to the end would take too long.
        b'"' + b'\n","' * 70_000 + b"\n",
        {"a quote is never closed": 1, "too few cells": 70_000},
    ),
    # Every second one closes the one before: that is how CSV is read.
    "open quotes only": (b'x,"\n' * 20_000, {"too few cells": 10_000}),
}


@pytest.mark.parametrize("kind", TOO_LARGE)
def test_what_no_row_can_hold_costs_its_row_only(tmp_path, catalogue, kind):
    content, reasons = TOO_LARGE[kind]
    (tmp_path / "x.csv").write_bytes(b"id,name,duration_ms\n" + content + b"b,B,2\n")
    summary = catalogue.ingest(tmp_path / "x.csv")
    assert summary.reasons == reasons
    assert ("b", "B") in table(catalogue, "tracks", "track_id", "name")


def test_a_row_of_a_million_cells_is_one_reject(tmp_path, catalogue):
    (tmp_path / "x.csv").write_text("id,name,duration_ms\na,A,1\n" + "x," * 400_000 + "\nb,B,2\n")
    summary = catalogue.ingest(tmp_path / "x.csv")
    assert (summary.kept, summary.reasons) == (2, {"too many cells": 1})
    assert len(table(catalogue, "rejects", "row_text")[0][0]) <= 1000


@pytest.mark.parametrize("what", ["missing", "folder", "fifo"])
def test_what_is_no_file_is_refused(tmp_path, catalogue, what):
    import os

    path = tmp_path / "x"
    if what == "folder":
        path.mkdir()
    if what == "fifo":
        os.mkfifo(path)
    with pytest.raises(ps.SourceError):
        catalogue.ingest(path)

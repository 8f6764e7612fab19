"""Ids that are derived from other fields, and names of columns in many ways of writing."""

import json
import sqlite3

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

import phonoscope as ps
from phonoscope.api import open_sources
from phonoscope.ingest.convert.column_aliases import plain
from phonoscope.ingest.convert.derived_ids import PREFIX, ids_of
from tests.helpers.sources import table, write_csv

ROWS = [
    ["Song", "The Artist", "LP", "1000"],
    [" song ", "THE  ARTIST", "EP", "2000"],
    ["Song", "Another", "LP", "3000"],
    ["Song", "", "LP", "4000"],
    ["\u2460", "X", "LP", "5000"],
    ["1", "X", "LP", "6000"],
]
HEADING = ["Track Name", "Artist", "Album", "Duration (ms)"]


@pytest.fixture
def catalogue(tmp_path):
    return ps.open_catalogue(tmp_path / "catalogue", create=True)


def as_csv(path):
    return write_csv(path, [HEADING, *ROWS])


def as_parquet(path):
    columns = [list(column) for column in zip(*ROWS, strict=True)]
    pq.write_table(pa.table(columns, names=HEADING), path)
    return path


@pytest.mark.parametrize("write", [as_csv, as_parquet])
def test_equal_fields_are_one_track_and_an_empty_field_is_rejected(tmp_path, catalogue, write):
    path = write(tmp_path / "x")
    summary = catalogue.ingest(path, id_from=("name", "artist"))
    assert summary.layout in ("flat-csv", "flat-parquet")
    assert (summary.read, summary.kept) == (6, 5)
    assert summary.reasons == {"no track_id": 1}
    # Case, blanks and Unicode form don't matter; the row that is read last counts.
    assert summary.written["tracks"] == 3
    kept = table(catalogue, "tracks", "name", "album_name", "duration_ms")
    assert kept == [(" song ", "EP", 2000), ("1", "LP", 6000), ("Song", "LP", 3000)]
    again = ps.open_catalogue(tmp_path / "again", create=True)
    again.ingest(path, id_from=("track_name", "ARTIST"), name="other")
    ids = table(catalogue, "tracks", "track_id")
    assert table(again, "tracks", "track_id") == ids
    assert all(each.startswith(PREFIX) for (each,) in ids)


def test_more_fields_keep_more_tracks_apart(tmp_path, catalogue):
    path = as_csv(tmp_path / "x.csv")
    summary = catalogue.ingest(path, id_from=("name", "artist", "album"))
    assert summary.written["tracks"] == 4
    stored = catalogue.sql("select mapping from ingests where state = 'done'").read_all()
    assert json.loads(stored.column(0)[0].as_py()) == {"--id-from": "name,artist,album"}


def test_a_column_that_is_no_field_can_make_ids_and_row_numbers_are_replaced(tmp_path, catalogue):
    path = write_csv(
        tmp_path / "x.csv",
        [["id", "name", "Take", "duration_ms"], ["1", "A", "a", "1"], ["2", "A", "b", "2"]],
    )
    summary = catalogue.ingest(path, id_from=("name", "take"))
    assert (summary.written["tracks"], summary.ignored) == (2, ["id"])


def test_ids_are_derived_with_a_mapping(tmp_path, catalogue):
    path = write_csv(tmp_path / "x.csv", [["Nr", "What", "Who"], ["1", "A", "B"], ["2", "a", "b"]])
    mapping = {"what": "name", "WHO": "artist_names"}
    summary = catalogue.ingest(path, mapping, id_from=("name", "artist_names"))
    assert (summary.layout, summary.ignored) == ("mapped-csv", ["Nr"])
    assert summary.written["tracks"] == 1


def test_a_field_that_is_not_there_is_refused_with_the_nearest(tmp_path, catalogue):
    with pytest.raises(ps.UsageError) as refused:
        catalogue.ingest(as_csv(tmp_path / "x.csv"), id_from=("name", "artits"))
    assert refused.value.code == "unknown-id-field"
    assert "'Artist'" in refused.value.message


def as_json(path):
    path.write_text('{"name": "A", "artist": "B"}')


def as_sqlite(path):
    with sqlite3.connect(path) as db:
        db.execute("create table songs(name text, artist text)")
    db.close()


@pytest.mark.parametrize("write", [as_json, as_sqlite])
def test_other_files_do_not_take_id_from(tmp_path, catalogue, write):
    write(tmp_path / "x")
    with pytest.raises(ps.UsageError) as refused:
        catalogue.ingest(tmp_path / "x", id_from=("name",))
    assert refused.value.code == "id-from-unsupported"
    with pytest.raises(ps.SourceError) as unknown:
        catalogue.ingest(tmp_path / "x")
    assert unknown.value.code == "unknown-format"
    assert unknown.value.message.count("\n") < 10


def test_ids_are_derived_from_title_and_artist_and_that_is_said(tmp_path, catalogue):
    said = catalogue.ingest(as_parquet(tmp_path / "x"))
    asked = catalogue.ingest(as_parquet(tmp_path / "x"), id_from=("name", "artist"))
    assert (said.layout, len(said.notes), asked.notes) == ("flat-parquet", 1, [])
    # The ids are those that --id-from name,artist gives, so nothing is there twice.
    assert said.written == asked.written
    assert {track[:8] for (track,) in table(catalogue, "tracks", "track_id")} == {"derived:"}
    only_titles = write_csv(tmp_path / "t", [["name", "duration_ms"], ["A", "1"]])
    with pytest.raises(ps.SourceError) as refused:
        catalogue.ingest(only_titles)
    assert refused.value.code == "unknown-format"
    assert "--id-from name" in refused.value.message


@pytest.mark.parametrize("heading", ["TrackId,Name,Duration-MS", "track id,NAME,durationMs"])
def test_case_and_separators_of_columns_do_not_matter(tmp_path, catalogue, heading):
    (tmp_path / "x.csv").write_text(f"{heading}\na,A,1500\n")
    assert catalogue.ingest(tmp_path / "x.csv").layout == "flat-csv"
    assert table(catalogue, "tracks", "track_id", "name", "duration_ms") == [("a", "A", 1500)]


def test_an_exact_name_goes_before_a_similar_one(tmp_path, catalogue):
    (tmp_path / "x.csv").write_text("TrackID,track_id,name,duration_ms\nwrong,right,A,1\n")
    catalogue.ingest(tmp_path / "x.csv")
    assert table(catalogue, "tracks", "track_id") == [("right",)]


def test_a_folder_with_several_formats_has_a_job_for_each(tmp_path, catalogue):
    folder = tmp_path / "folder"
    folder.mkdir()
    write_csv(folder / "a", [["id", "name", "duration_ms"], ["a", "A", "1"], ["b", "B", "1"]])
    (folder / "b").write_text(
        '{"id":"a","name":"b","duration_ms":1,"artists":[{"id":"x","name":"c"}]}'
    )
    (folder / "c").write_bytes(b"\x1f\x8b\x08 damaged")
    (folder / "d").write_text("notes\n")
    for read in (ps.format_of, catalogue.ingest):
        with pytest.raises(ps.SourceError) as several:
            read(folder)
        assert several.value.code == "several-formats"
    jobs = open_sources(folder)
    assert [job.format.name for job in jobs] == ["flat-csv", "web-api-json"]
    assert [list(job.unknown) for job in jobs] == [["d"], []]
    found = [catalogue.ingest(job) for job in jobs]
    assert [each.rejected for each in found] == [1, 0]
    assert table(catalogue, "rejects", "reason") == [("damaged file",)]
    assert {source for (source,) in table(catalogue, "tracks", "source")} == {str(folder)}
    assert table(catalogue, "tracks", "track_id", "name") == [("a", "b"), ("b", "B")]


def test_a_folder_without_a_file_is_refused(tmp_path):
    (tmp_path / "c").mkdir()
    with pytest.raises(ps.SourceError) as refused:
        ps.format_of(tmp_path / "c")
    assert refused.value.code == "empty-folder"


HUGE = ",".join(f"{'column' * 30}{number}" for number in range(1900))


def test_a_refusal_is_bounded(tmp_path):
    for content in (HUGE, json.dumps(dict.fromkeys(HUGE.split(",")[:300], 1))):
        (tmp_path / "x").write_text(f"{content}\n")
        with pytest.raises(ps.SourceError) as refused:
            ps.format_of(tmp_path / "x")
        assert refused.value.message.count("\n") < 10
        assert len(refused.value.message) < 2000


@given(st.text(), st.text())
def test_ids_are_equal_only_for_equal_texts(one, other):
    assert plain(one) == plain(plain(one))
    first, second = ids_of([pa.array([one, other])]).to_pylist()
    assert (first is None) == (not one.split())
    if " ".join(one.split()) == " ".join(other.split()):
        assert first == second

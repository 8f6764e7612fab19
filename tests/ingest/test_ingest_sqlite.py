"""Web-API-shaped SQLite into the common tables."""

import hashlib
import os
import random
import sqlite3
from datetime import datetime

import pytest

import phonoscope as ps
from phonoscope.ingest.readers import sqlite_file
from tests.helpers.sources import EMPTIED, REASONS, add_features, fill, table, web_api


@pytest.fixture
def catalogue(tmp_path):
    return ps.open_catalogue(tmp_path / "catalogue", create=True)


@pytest.fixture
def dump(tmp_path):
    return web_api(tmp_path / "dump.db")


def count(path, query):
    with sqlite3.connect(path) as db:
        return db.execute(query).fetchone()[0]


def test_counts_are_those_of_sqlite(catalogue, dump):
    summary = catalogue.ingest(dump)
    assert summary.layout == "web-api-sqlite"
    assert summary.ignored == ["artist_images"]
    for name, counted in summary.tables.items():
        assert counted.read == count(dump, f"select count(*) from {name}")
        assert counted.read == counted.kept + counted.rejected
    assert summary.read == sum(counted.read for counted in summary.tables.values())
    assert summary.read == summary.kept + summary.rejected
    assert len(table(catalogue, "rejects", "row")) == summary.rejected
    assert table(catalogue, "ingests", "state", "read", "kept", "rejected") == [
        ("done", summary.read, summary.kept, summary.rejected)
    ]


def test_facts_are_kept_as_they_are(catalogue, dump):
    catalogue.ingest(dump)
    of_tracks = ("track_id", "name", "album_id", "duration_ms", "explicit", "popularity", "isrc")
    assert table(catalogue, "tracks", *of_tracks) == [
        ("t1", "Song", "al1", 243_800, False, 59, "USABC2512345"),
        ("t2", "None", "al2", 0, True, None, None),
        ("t3", "NUL\0 in it", None, 1500, None, 0, "not an isrc"),
    ]
    dates = ("album_id", "release_date", "release_date_precision", "label", "upc")
    assert table(catalogue, "albums", *dates) == [
        ("al1", "2016-07-15", "day", "Label", "0123"),
        ("al2", "1970", "year", None, None),
        ("al3", "2040-01", "month", None, None),
        ("al4", "unknown", None, None, None),
    ]
    assert set(table(catalogue, "tracks", "source")) == {(str(dump),)}


def test_a_track_carries_what_is_stated_of_its_album_and_where_it_is_sold(catalogue, dump):
    catalogue.ingest(dump)
    names = ("track_id", "release_date", "release_date_precision", "label")
    # US is 20 x 26 + 18, ABC is 0, 1, 2 of 36 each, and seven digits follow.
    usabc = ((20 * 26 + 18) * 36**3 + 36 + 2) * 10**7 + 2512345
    assert table(catalogue, "tracks", *names, "market_count", "only_market", "isrc_code") == [
        ("t1", "2016-07-15", "day", "Label", 3, None, usabc),
        ("t2", "1970", "year", None, 1, "JP", None),
        ("t3", None, None, None, 0, None, -1),
    ]
    years = ("track_id", "artist_id", "release_year")
    assert table(catalogue, "track_artists", *years) == [
        ("t1", "ar1", 2016),
        ("t1", "ar2", 2016),
        ("t2", "ar1", 1970),
    ]
    assert table(catalogue, "albums", "release_year") == [(1970,), (2016,), (2040,), (None,)]


def test_times_in_seconds_and_in_milliseconds_are_told_apart(catalogue, dump):
    catalogue.ingest(dump)
    moment = datetime(2025, 6, 27, 4, 53, 20)
    assert table(catalogue, "artists", "artist_id", "fetched_utc") == [
        ("ar1", moment),
        ("ar2", moment),
    ]


def test_what_cannot_be_kept_is_a_row_with_the_reason(catalogue, dump):
    summary = catalogue.ingest(dump)
    assert summary.tables["tracks"].reasons == REASONS
    assert summary.tables["artists"].reasons == {"no artist_id": 1}
    # Rows that refer to a track, or an artist, that is not there or has no id.
    assert summary.tables["track_artists"].reasons == {"no track_id": 1, "no artist_id": 1}
    rejects = {
        (reason, row): text
        for table_, reason, row, text in table(
            catalogue, "rejects", "source_table", "reason", "row", "row_text"
        )
        if table_ == "tracks"
    }
    assert "no id" in rejects["no track_id", 4]
    assert max(map(len, rejects.values())) <= 1000


def test_a_cell_that_cannot_be_read_costs_the_cell(tmp_path, catalogue):
    summary = catalogue.ingest(web_api(tmp_path / "odd.db", odd=True))
    assert summary.tables["tracks"].reasons == REASONS
    found = {(e.column, e.reason): (e.count, e.row) for e in summary.tables["tracks"].emptied}
    assert found == EMPTIED
    columns = ("track_id", "name", "duration_ms", "explicit", "popularity")
    assert [row for row in table(catalogue, "tracks", *columns) if row[0] > "t3"] == [
        ("t5", "no number", None, False, 0),
        ("t6", "blob", 1, False, None),
        ("t7", None, 1, False, 0),
        ("t8", "explicit 2", 1, None, 0),
    ]


def test_row_numbers_become_ids_and_no_pair_is_doubled(catalogue, dump):
    catalogue.ingest(dump)
    assert table(catalogue, "track_artists", "track_id", "artist_id") == [
        ("t1", "ar1"),
        ("t1", "ar2"),
        ("t2", "ar1"),
    ]
    assert table(catalogue, "artist_genres", "artist_id", "genre") == [
        ("ar1", "opera"),
        ("ar2", "opera"),
        ("ar2", "rock"),
    ]


def test_reals_in_a_column_of_whole_numbers_are_read_also_after_many_batches(catalogue, dump):
    summary = catalogue.ingest(dump)
    assert summary.written["features"] == 9002
    columns = ("track_id", "tempo_bpm", "measured_ms", "null_response")
    assert [row for row in table(catalogue, "features", *columns) if row[0] in ("t1", "t2")] == [
        ("t1", 90.024, 243_801, False),
        ("t2", None, None, True),
    ]


def test_several_files_can_be_one_source(tmp_path, catalogue):
    web_api(tmp_path / "clean.db", features=False)
    with sqlite3.connect(tmp_path / "features.db") as db:
        add_features(db)
    for name in ("clean.db", "features.db"):
        catalogue.ingest(tmp_path / name, name="dump")
    query = "select count(*) n from tracks join features using (source, track_id)"
    assert catalogue.sql(query).read_all().to_pylist() == [{"n": 2}]


def test_a_second_ingest_doubles_nothing_and_the_newer_row_counts(catalogue, dump):
    names = ("tracks", "albums", "artists", "track_artists", "features", "rejects")
    catalogue.ingest(dump)
    before = {name: len(table(catalogue, name, "source")) for name in names}
    with sqlite3.connect(dump) as db:
        db.execute("update tracks set name = 'New' where id = 't1'")
    db.close()
    catalogue.ingest(dump)
    assert {name: len(table(catalogue, name, "source")) for name in names} == before
    assert ("t1", "New") in table(catalogue, "tracks", "track_id", "name")
    catalogue.compact()
    assert {name: len(table(catalogue, name, "source")) for name in names} == before


def test_two_sources_with_the_same_ids_are_kept_apart(tmp_path, catalogue, dump):
    catalogue.ingest(dump)
    catalogue.ingest(web_api(tmp_path / "other.db"))
    assert len(table(catalogue, "tracks", "track_id")) == 6


def test_numbers_stored_as_text_are_read(tmp_path, catalogue):
    path = tmp_path / "text.db"
    with sqlite3.connect(path) as db:
        db.execute("create table tracks(id, name text, duration_ms text, explicit, popularity)")
        fill(db, "tracks", [("a", "A", "1000", "true", 5), ("b", "B", "x", 1, None)])
        fill(db, "tracks", [(7, "C", None, "0", "12.0")])
    db.close()
    summary = catalogue.ingest(path)
    assert [(e.column, e.row) for e in summary.emptied] == [("duration_ms", 2)]
    columns = ("track_id", "duration_ms", "explicit", "popularity")
    assert table(catalogue, "tracks", *columns) == [
        *(("7", None, False, 12), ("a", 1000, True, 5), ("b", None, True, None)),
    ]


def test_another_encoding_of_the_database_is_read(tmp_path, catalogue):
    path = tmp_path / "utf16.db"
    with sqlite3.connect(path) as db:
        db.execute("pragma encoding = 'UTF-16'")
        db.execute("create table tracks(id text, name text, duration_ms integer)")
        fill(db, "tracks", [("a", "Ärger 曲", 1)])
    db.close()
    catalogue.ingest(path)
    assert table(catalogue, "tracks", "name") == [("Ärger 曲",)]


def test_the_source_is_only_read(tmp_path, dump, catalogue):
    before = hashlib.sha256(dump.read_bytes()).digest(), dump.stat().st_mtime_ns
    files = set(os.listdir(tmp_path))
    catalogue.ingest(dump)
    assert (hashlib.sha256(dump.read_bytes()).digest(), dump.stat().st_mtime_ns) == before
    assert set(os.listdir(tmp_path)) == files


def test_rows_that_lie_in_a_log_are_read(tmp_path, catalogue):
    path = web_api(tmp_path / "busy.db", features=False)
    db = sqlite3.connect(path)
    try:
        db.execute("pragma journal_mode = wal")
        fill(db, "tracks", [(50, "t50", *(None,) * 10)])
        db.commit()
        catalogue.ingest(path)
    finally:
        db.close()
    assert ("t50",) in table(catalogue, "tracks", "track_id")


def test_any_name_of_a_file_is_read(tmp_path, catalogue):
    catalogue.ingest(web_api(tmp_path / "a?b#c%20 d'e.db"))
    assert len(table(catalogue, "tracks", "track_id")) == 3


@pytest.mark.parametrize(
    ("schema", "names"),
    [
        ("create view tracks as select 1 id, 2 name, 3 duration_ms", "view tracks"),
        (
            "create view tracks as with recursive n(id) as (select 1 union all select id + 1 "
            "from n) select id, id name, id duration_ms from n",
            "view tracks",
        ),
        ("create virtual table tracks using fts4(id, name, duration_ms)", "virtual tracks"),
        (
            "create table tracks(id text, name text, "
            "duration_ms integer generated always as (length(zeroblob(100000000))))",
            "tracks.duration_ms",
        ),
        ("create table Artist(ArtistId integer, Name text)", "Artist"),
    ],
)
def test_only_stored_columns_of_real_tables_are_read(tmp_path, catalogue, schema, names):
    path = tmp_path / "hostile.db"
    with sqlite3.connect(path) as db:
        db.execute(schema)
    db.close()
    with pytest.raises(ps.SourceError) as refused:
        catalogue.ingest(path)
    assert refused.value.code == "unknown-format"
    assert names in refused.value.message
    assert refused.value.message.count("\n") < 10
    assert table(catalogue, "ingests", "state") == []


def test_a_trigger_and_a_hostile_name_do_nothing(tmp_path, catalogue):
    path = web_api(tmp_path / "trigger.db", features=False)
    with sqlite3.connect(path) as db:
        db.execute('create table "x""; drop table tracks; --" (a)')
        db.execute("create trigger t insert on tracks begin delete from albums; end")
        db.execute("create view v as select load_extension('evil')")
    db.close()
    assert catalogue.ingest(path).tables["tracks"].kept == 3


def test_a_join_that_could_double_rows_is_refused(tmp_path, catalogue):
    path = tmp_path / "double.db"
    with sqlite3.connect(path) as db:
        db.execute("create table albums(rowid integer, id text, name text, release_date text)")
        db.execute("create table tracks(id text, name text, duration_ms int, album_rowid int)")
    db.close()
    with pytest.raises(ps.SourceError) as refused:
        catalogue.ingest(path)
    assert refused.value.code == "rowid-not-unique"
    assert "albums" in refused.value.message


def test_a_damaged_file_says_so_and_leaves_whole_parts(tmp_path, catalogue, monkeypatch):
    path = web_api(tmp_path / "damaged.db", more=20_000)
    with path.open("r+b") as file:
        file.seek(path.stat().st_size // 2)
        file.write(random.Random(1).randbytes(200_000))
    with pytest.raises(ps.SourceError) as refused:
        catalogue.ingest(path)
    assert refused.value.code == "damaged"
    assert table(catalogue, "ingests", "state", "read") == [("failed", None)]


@pytest.mark.parametrize("content", [b"SQLite format 3\0", b"SQLite format 3\0" + b"\xff" * 5000])
def test_a_file_that_only_begins_like_one_is_refused(tmp_path, catalogue, content):
    (tmp_path / "fake.db").write_bytes(content)
    with pytest.raises(ps.SourceError):
        catalogue.ingest(tmp_path / "fake.db")


def test_memory_is_bounded_by_the_batch_not_by_the_text(tmp_path, catalogue, monkeypatch):
    path = tmp_path / "long.db"
    with sqlite3.connect(path) as db:
        db.execute("create table tracks(id text, name text, duration_ms integer)")
        db.execute("insert into tracks values ('a', hex(zeroblob(20000000)), 1)")
        db.execute("insert into tracks values ('b', 'short', cast(zeroblob(20000000) as text))")
    db.close()
    rows = []
    read = sqlite_file.SqliteFile.batches

    def watched(*arguments):
        for batch in read(*arguments):
            rows.append(batch.nbytes)
            yield batch

    monkeypatch.setattr(sqlite_file.SqliteFile, "batches", watched)
    assert sum(each.count for each in catalogue.ingest(path).emptied) == 2
    assert max(rows) < 10_000

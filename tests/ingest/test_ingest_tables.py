"""Tables of a web API, and flat tables of tracks, as Parquet, CSV and JSON Lines files."""

import json
import sqlite3
from datetime import date, datetime

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import phonoscope as ps
from tests.helpers.sources import table, web_api, write_csv

TABLES = (
    *("artists", "artist_genres", "albums", "tracks", "track_artists"),
    *("available_markets", "track_audio_features"),
)
FILLED = ("tracks", "albums", "artists", "track_artists", "artist_genres", "features")


@pytest.fixture(scope="module")
def dump(tmp_path_factory):
    """The SQLite dump of the other tests, without what only SQLite can hold."""
    path = web_api(tmp_path_factory.mktemp("dump") / "dump.db")
    with sqlite3.connect(path) as db:
        db.execute("delete from tracks where rowid in (3, 5, 6, 10, 11)")
        db.execute("update tracks set name = 'x' where rowid = 7")
        db.execute("delete from track_audio_features where rowid between 20 and 8999")
    db.close()
    return path


def rows_of(dump, name):
    with sqlite3.connect(dump) as db:
        db.row_factory = sqlite3.Row
        rows = [dict(row) for row in db.execute(f"select * from {name}")]
    db.close()
    return rows


def as_parquet(folder, name, rows):
    pq.write_table(pa.Table.from_pylist(rows), folder / f"{name}.x")


def as_csv(folder, name, rows):
    cells = [["" if cell is None else cell for cell in row.values()] for row in rows]
    write_csv(folder / f"{name}.x", [list(rows[0]), *cells])


def as_json_lines(folder, name, rows):
    (folder / f"{name}.x").write_text("".join(json.dumps(row) + "\n" for row in rows))


def as_parts(folder, name, rows):
    """Each table a folder of two files."""
    (folder / name).mkdir()
    half = len(rows) // 2
    schema = pa.Table.from_pylist(rows).schema
    for number, some in enumerate((rows[:half], rows[half:])):
        part = pa.Table.from_pylist(some, schema=schema)
        pq.write_table(part, folder / name / f"part-{number}.parquet")


FORMS = {
    "Parquet": (as_parquet, "web-api-parquet"),
    "Parquet in parts": (as_parts, "web-api-parquet"),
    "CSV": (as_csv, "web-api-text"),
    "JSON Lines": (as_json_lines, "web-api-text"),
}


@pytest.fixture
def catalogue(tmp_path):
    return ps.open_catalogue(tmp_path / "catalogue", create=True)


def contents(catalogue, name):
    with catalogue.sql(f"select * exclude (source, scan_id, batch) from {name} order by all") as r:
        return r.read_all().to_pylist()


@pytest.fixture(scope="module")
def expected(dump, tmp_path_factory):
    """What SQLite gives, by the other format."""
    catalogue = ps.open_catalogue(tmp_path_factory.mktemp("expected") / "catalogue", create=True)
    summary = catalogue.ingest(dump)
    return summary, {name: contents(catalogue, name) for name in FILLED}


@pytest.mark.parametrize("form", FORMS)
def test_a_folder_of_tables_gives_what_the_sqlite_dump_gives(
    tmp_path, catalogue, dump, expected, form
):
    write, format_name = FORMS[form]
    folder = tmp_path / "folder"
    folder.mkdir()
    for name in TABLES:
        write(folder, name, rows_of(dump, name))
    (folder / ".hidden").write_text("x")
    summary = catalogue.ingest(folder)
    assert summary.layout == format_name
    for name, counted in expected[0].tables.items():
        assert summary.tables[name] == counted, name
    for name in FILLED:
        assert contents(catalogue, name) == expected[1][name], name
    assert len(table(catalogue, "rejects", "row")) == summary.rejected > 0


def test_rejected_rows_have_their_numbers(tmp_path, catalogue, dump):
    folder = tmp_path / "folder"
    folder.mkdir()
    as_csv(folder, "tracks", rows_of(dump, "tracks"))
    with (folder / "tracks.x").open("a") as file:
        file.write("too,few\n")
    catalogue.ingest(folder)
    # Row 3 of the dump is gone: without an id is now row 3.
    found = table(catalogue, "rejects", "row", "reason")
    assert found == [(3, "no track_id"), (4, "no track_id"), (5, "too few cells")]


@pytest.mark.parametrize("form", ["Parquet", "CSV", "JSON Lines"])
def test_one_file_is_a_table_whatever_its_name(tmp_path, catalogue, dump, form):
    write, format_name = FORMS[form]
    write(tmp_path, "albums", rows_of(dump, "tracks"))
    summary = catalogue.ingest(tmp_path / "albums.x")
    assert (summary.layout, list(summary.tables)) == (format_name, ["tracks"])
    assert {row["album_id"] for row in contents(catalogue, "tracks")} == {None}


@pytest.mark.parametrize("form", ["Parquet", "CSV"])
def test_a_table_without_the_one_it_refers_to_is_refused(tmp_path, catalogue, dump, form):
    FORMS[form][0](tmp_path, "x", rows_of(dump, "track_artists"))
    with pytest.raises(ps.SourceError) as refused:
        catalogue.ingest(tmp_path / "x.x")
    assert refused.value.code == "no-joined-table"


def test_row_numbers_that_stand_twice_are_refused(tmp_path, catalogue, dump):
    folder = tmp_path / "folder"
    folder.mkdir()
    albums = rows_of(dump, "albums")
    as_parquet(folder, "tracks", rows_of(dump, "tracks"))
    as_parquet(folder, "albums", [*albums[::-1], albums[0]])
    with pytest.raises(ps.SourceError) as refused:
        catalogue.ingest(folder)
    assert refused.value.code == "rowid-not-unique"
    as_parquet(folder, "albums", albums[::-1])
    assert catalogue.ingest(folder).written["tracks"] == 2


FLAT = {
    "track_id": pa.array(["a", "b", None, "d", "x" * 5000]),
    "track_name": pa.array(["A", None, "C", "D", "E"]),
    "artist": pa.array(["x, y", "", None, "z", None]),
    "artists": pa.array([["x", "y"], [], None, ["z"], None]),
    "release_date": pa.array([date(2016, 7, 15), None, None, date(2040, 1, 1), None]),
    "duration_sec": pa.array([1.5, 0.0, 3.0, 4e20, 5.0]),
    "explicit": pa.array([True, False, None, False, False]),
    "popularity": pa.array([1, 2, 3, None, 5], pa.uint64()),
    "tempo": pa.array([120, None, 1, 1, 1], pa.decimal128(10, 3)),
    "other": pa.array([{"a": 1}] * 5),
}


def test_a_flat_table_is_read_with_its_types(tmp_path, catalogue):
    pq.write_table(pa.table(FLAT), tmp_path / "x")
    summary = catalogue.ingest(tmp_path / "x")
    assert (summary.layout, summary.ignored) == ("flat-parquet", ["artists", "other"])
    assert summary.reasons == {
        "no track_id": 1,
        "track_id is too long": 1,
    }
    names = ("track_id", "name", "artist_names", "release_date", "duration_ms", "explicit")
    assert table(catalogue, "tracks", *names, "popularity") == [
        ("a", "A", "x, y", "2016-07-15", 1500, True, 1),
        ("b", None, None, None, 0, False, 2),
        ("d", "D", "z", "2040-01-01", None, False, None),
    ]
    assert [(e.column, e.row, e.cell) for e in summary.emptied] == [("duration_ms", 4, "4e+20")]
    assert table(catalogue, "features", "tempo_bpm") == [(1.0,), (120.0,), (None,)]


def test_text_in_flat_parquet_is_read_like_a_csv_file(tmp_path, catalogue):
    columns = {"id": ["a", "b"], "name": ["A", "B"], "duration_ms": ["1.5e3", "3.45.1"]}
    fetched = [datetime(2025, 6, 27), None]
    pq.write_table(pa.table({**columns, "fetched_at": fetched}), tmp_path / "x")
    (emptied,) = catalogue.ingest(tmp_path / "x").emptied
    assert (emptied.column, emptied.row, emptied.cell) == ("duration_ms", 2, "3.45.1")
    assert table(catalogue, "tracks", "track_id", "duration_ms") == [("a", 1500), ("b", None)]


def test_names_that_look_like_patterns_are_names(tmp_path, catalogue):
    folder = tmp_path / "a[b]*'?"
    folder.mkdir()
    pq.write_table(pa.table(FLAT), folder / "x")
    assert catalogue.ingest(folder / "x").read == 5
    assert catalogue.ingest(folder).read == 5


@pytest.mark.parametrize("nested", [[["a"]], [{"a": 1}]])
def test_ids_that_are_lists_are_not_read(tmp_path, nested):
    for more in ({}, {"album_rowid": [1]}):
        rows = {"id": nested, "name": ["x"], "duration_ms": [1], **more}
        pq.write_table(pa.table(rows), tmp_path / "x")
        with pytest.raises(ps.SourceError) as refused:
            ps.format_of(tmp_path / "x")
        assert refused.value.code == "unknown-format"


def test_parquet_of_other_columns_is_refused_in_words(tmp_path):
    pq.write_table(pa.table({"a": [1], "b": ["x"]}), tmp_path / "x")
    with pytest.raises(ps.SourceError) as refused:
        ps.format_of(tmp_path / "x")
    assert refused.value.code == "unknown-format"
    assert "a, b" in refused.value.message


@pytest.mark.parametrize("at", [0.05, 0.5, 0.9, 0.99])
def test_damaged_parquet_is_an_error(tmp_path, catalogue, at):
    rows = {"id": [str(i) for i in range(9999)], "name": ["x"] * 9999, "duration_ms": [1] * 9999}
    pq.write_table(pa.table(rows), tmp_path / "x", compression="none")
    data = bytearray((tmp_path / "x").read_bytes())
    (tmp_path / "short").write_bytes(data[: int(at * len(data))])
    with pytest.raises(ps.SourceError):
        catalogue.ingest(tmp_path / "short")
    data[int(at * len(data))] ^= 0xFF
    (tmp_path / "damaged").write_bytes(data)
    try:
        summary = catalogue.ingest(tmp_path / "damaged")
    except ps.SourceError:
        return
    assert summary.read == summary.kept + summary.rejected


def test_a_cell_of_many_megabytes_repeated_is_not_held(tmp_path, catalogue):
    """A dictionary makes 100,000 cells of 8 MB each a file of some kB."""
    cells = pa.DictionaryArray.from_arrays(
        pa.array([0] * 100_000, pa.int32()), pa.array(["x" * (8 << 20)])
    )
    ids = pa.array([str(i) for i in range(100_000)])
    rows = pa.table({"id": ids, "name": cells, "duration_ms": pa.array(range(100_000))})
    pq.write_table(rows, tmp_path / "x", compression="zstd", dictionary_pagesize_limit=1 << 24)
    assert (tmp_path / "x").stat().st_size < 5e6
    with pytest.raises(ps.SourceError) as refused:
        catalogue.ingest(tmp_path / "x")
    assert refused.value.code == "cell-too-long"
    assert "8,388,608" in refused.value.message


def test_a_folder_of_files_alike_is_one_source(tmp_path, catalogue):
    folder = tmp_path / "folder"
    (folder / "sub").mkdir(parents=True)
    for number in range(3):
        rows = [["id", "name", "duration_ms"], [f"t{number}", "x", "1"], ["", "x", "2"]]
        write_csv(folder / "sub" / f"{number}.csv", rows)
    (folder / "README.md").write_text("# About\n")
    (folder / "a.csv.gz").write_bytes(b"\x1f\x8b\x08 damaged")
    summary = catalogue.ingest(folder)
    assert (summary.layout, summary.ignored) == ("flat-csv", ["README.md"])
    assert summary.tables["rows"].read == 6
    assert table(catalogue, "rejects", "source_table", "row", "reason") == [
        ("files", 1, "damaged file"),
        *(("rows", row, "no track_id") for row in (2, 4, 6)),
    ]
    assert [row for (row,) in table(catalogue, "tracks", "track_id")] == ["t0", "t1", "t2"]


def test_sums_are_those_of_duckdb(tmp_path, catalogue):
    """The sums of 300,000 rows, compared with those of DuckDB for the same file."""
    duckdb.sql(
        "select 'id' || i as id, 'n' || i as name, (i * 7919) % 600000 as duration_ms, "
        "i % 101 as popularity, i % 3 = 0 as explicit from range(300_000) t(i)"
    ).write_parquet(str(tmp_path / "x"))
    query = "select count(*), sum(duration_ms), sum(popularity), count_if(explicit) from "
    (ours,) = catalogue_rows(catalogue, tmp_path / "x", query)
    assert tuple(ours.values()) == duckdb.sql(f"{query} read_parquet('{tmp_path}/x')").fetchall()[0]


def catalogue_rows(catalogue, path, query):
    catalogue.ingest(path)
    return catalogue.sql(f"{query} tracks").read_all().to_pylist()

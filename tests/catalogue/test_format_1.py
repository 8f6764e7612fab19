"""A catalogue of format 1 is unchanged, is read correctly, and accepts new rows."""

import os
import shutil
import tomllib
import uuid

import fsspec
import pyarrow.parquet as pq
import pytest

import phonoscope as ps
from phonoscope.catalogue.schema.tables import tables
from phonoscope.catalogue.store import FORMAT, MARKER, open_store
from phonoscope.disclosure.model import Tags
from tests.helpers.batches import outcome, recording_id_of, write_batch
from tests.helpers.former import unpack_format_1

RENAMED = {
    ("listeners", "verdict"): "sign",
    ("listeners", "score"): "points",
    ("play_groups", "verdict"): "sign",
    ("play_groups", "score"): "points",
    ("played_tracks", "verdict"): "sign",
    ("recordings", "tag_error"): "tag_tag_error",
    ("ingests", "deduplicated"): "settled",
}
"""New table and column -> column of format 1."""
KEYS = {"listeners": "user_hash", "play_groups": "group_id", "played_tracks": "track_id"}


@pytest.fixture
def former(tmp_path):
    return unpack_format_1(tmp_path)


def written(folder, table, column):
    """What pyarrow itself reads of a column, part by part, without any code of ours."""
    found = []
    for part in sorted((folder / table).glob("*.parquet")):
        found += pq.ParquetFile(part).read(columns=[column])[column].to_pylist()
    return sorted(found, key=repr)


def shown(catalogue, table, column):
    """What a view shows of the same column."""
    return sorted(catalogue.table(table)[column].to_pyarrow().to_pylist(), key=repr)


def bytes_of(folder):
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def format_of(folder):
    return tomllib.loads((folder / MARKER).read_text())["format"]


def test_the_schema_names_what_was_renamed_and_never_takes_a_former_name_again():
    declared = {(t.name, c.name): c.formerly for t in tables().values() for c in t.columns}
    assert {key: name for key, name in declared.items() if name} == RENAMED
    for (table, _), name in RENAMED.items():
        assert (table, name) not in declared


@pytest.mark.parametrize(("table", "column"), RENAMED)
def test_every_renamed_column_holds_what_the_parts_hold(former, table, column):
    catalogue = ps.open_catalogue(former, create=False)
    expected = written(former, table, RENAMED[table, column])
    if table == "ingests":
        # Of an ingest the row of its end counts, and only that says how it ended.
        expected = [value for value in expected if value]
    assert any(value is not None for value in expected)
    assert shown(catalogue, table, column) == expected
    store = open_store(former)
    names = store.live_parts(table)
    assert any(row[column] for row in store.rows(table, names, [column]))
    former_name = RENAMED[table, column]
    assert former_name not in catalogue.table(table).columns
    with pytest.raises(ps.UsageError, match=former_name):
        catalogue.sql(f"select {former_name} from {table}").read_all()


def test_reading_writes_nothing(former):
    before = bytes_of(former)
    catalogue = ps.open_catalogue(former)
    assert catalogue.sql("select count(*) n from listeners").read_all()["n"].to_pylist() != [0]
    catalogue.share_generated()
    assert bytes_of(former) == before
    assert format_of(former) == 1


def test_it_may_lie_where_nothing_can_be_written(former):
    folders = [former, *(path for path in former.rglob("*") if path.is_dir())]
    for folder in folders:
        folder.chmod(0o500)
    try:
        catalogue = ps.open_catalogue(former)
        assert set(shown(catalogue, "listeners", "verdict")) >= {"artificial"}
        if os.geteuid():
            with pytest.raises(ps.CatalogueError) as refused:
                catalogue.compact()
            assert refused.value.code == "no-permission"
    finally:
        for folder in folders:
            folder.chmod(0o700)


def test_the_same_in_any_store_of_fsspec(former):
    url = f"memory://{uuid.uuid4().hex}/catalogue"
    fsspec.filesystem("memory").put(f"{former}/", url.removeprefix("memory:/"), recursive=True)
    catalogue = ps.open_catalogue(url)
    for (table, column), name in RENAMED.items():
        if table != "ingests":
            assert shown(catalogue, table, column) == written(former, table, name)


def test_the_ends_of_parts_tell_empty_cells_by_either_name(former):
    store = open_store(former)
    (name,) = store.live_parts("recordings")
    tag_errors = written(former, "recordings", "tag_tag_error")
    assert store.empty_cells("recordings", name, "tag_error") == tag_errors.count(None)


def test_the_first_new_row_marks_it_so_that_an_earlier_version_refuses(former):
    before = tomllib.loads((former / MARKER).read_text())
    store = open_store(former)
    assert format_of(former) == 1
    old = written(former, "recordings", "tag_tag_error")
    error = "ID3: damaged"
    write_batch(store, outcome("new", tags=Tags(title="New", error=error)))
    after = tomllib.loads((former / MARKER).read_text())
    assert after["format"] == FORMAT
    assert after["created_by"] == before["created_by"]
    assert after["created_at"] == before["created_at"]
    catalogue = ps.open_catalogue(former)
    assert shown(catalogue, "recordings", "tag_error") == sorted([*old, error], key=repr)
    ids = catalogue.sql("select recording_id from recordings where tag_error = 'ID3: damaged'")
    assert ids.read_all()["recording_id"].to_pylist() == [recording_id_of("new")]


def test_the_mark_is_there_before_the_first_part(former, monkeypatch):
    """Whatever happens between them, no version that would misread a part opens it."""
    store = open_store(former)
    seen = []
    write = type(store.place).write

    def watched(place, name, fill):
        seen.append(name)
        write(place, name, fill)

    monkeypatch.setattr(type(store.place), "write", watched)
    write_batch(store, outcome("new"))
    assert seen[0] == MARKER
    assert seen.count(MARKER) == 1
    seen.clear()
    write_batch(open_store(former), outcome("newer"))
    assert MARKER not in seen


def test_a_catalogue_that_was_made_newer_meanwhile_is_left_alone(former):
    store = open_store(former)
    (former / MARKER).write_text("format = 99\n")
    before = bytes_of(former)
    with pytest.raises(ps.NewerCatalogueError) as refused:
        write_batch(store, outcome("new"))
    assert refused.value.code == "newer-format"
    assert bytes_of(former) == before


def test_plays_weighed_again_come_to_the_same_as_after_a_compaction(former, tmp_path):
    """Verdicts may differ from those of format 1, whose rules were others; counts may not."""
    compacted = tmp_path / "compacted"
    shutil.copytree(former, compacted)
    other = ps.open_catalogue(compacted)
    other.compact(grace_s=0)
    other.plays.analyse()
    catalogue = ps.open_catalogue(former)
    before = {table: rows_of(catalogue, table) for table in KEYS}
    catalogue.plays.analyse()
    assert format_of(former) == FORMAT
    for table in KEYS:
        again = rows_of(catalogue, table)
        if table != "play_groups":
            counts = [
                [(row[KEYS[table]], row["plays"]) for row in rows]
                for rows in (again, before[table])
            ]
            assert counts[0] == counts[1]
        for one, expected in zip(again, rows_of(other, table), strict=True):
            # Sums over the tracks of a group come in no fixed order: their last digits may differ.
            floats = {name: value for name, value in expected.items() if isinstance(value, float)}
            assert one | floats == expected
            assert {name: one[name] for name in floats} == pytest.approx(floats, rel=1e-9)
        parts = open_store(former).live_parts(table)
        names = {n for p in parts for n in pq.read_schema(former / table / p).names}
        assert not names & {"sign", "points"}


def rows_of(catalogue, table):
    written_by = ("scan_id", "batch")
    rows = catalogue.table(table).drop(*written_by).to_pyarrow().to_pylist()
    return sorted(rows, key=lambda row: row[KEYS[table]])


def test_compacting_leaves_new_names_only_and_the_same_rows(former):
    catalogue = ps.open_catalogue(former)
    before = {key: shown(catalogue, *key) for key in RENAMED}
    catalogue.compact()
    catalogue.compact(grace_s=0)
    assert {key: shown(catalogue, *key) for key in RENAMED} == before
    for (table, column), name in RENAMED.items():
        for part in (former / table).glob("*.parquet"):
            assert column in pq.read_schema(part).names
            assert name not in pq.read_schema(part).names
    again = catalogue.compact()
    assert again.parts_before == again.parts_after


def test_the_findings_are_those_of_the_same_rows_under_new_names(former, tmp_path):
    copy = tmp_path / "copy"
    shutil.copytree(former, copy)
    renewed = ps.open_catalogue(copy)
    renewed.compact()
    was, now = (catalogue.report() for catalogue in (ps.open_catalogue(former), renewed))
    # A finding names the folder in the command that lists a table whole.
    said = repr(was.found).replace(str(former), "")
    assert said == repr(now.found).replace(str(copy), "")
    (plays,) = (one for one in was.found if one.finding.name == "plays")
    assert plays.answer is not None


@pytest.mark.spark
@pytest.mark.slow
@pytest.mark.timeout(600)
# PySpark leaves sockets for the garbage collector to close.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_spark_reads_parts_of_both_formats(former):
    from phonoscope.scan.session import spark_session
    from phonoscope.scan.spark_tables import SparkTables
    from phonoscope.settings import Settings

    write_batch(open_store(former), outcome("new"))
    catalogue = ps.open_catalogue(former)
    session, is_ours = spark_session(Settings())
    try:
        asked = SparkTables(open_store(former), session, str(former))
        for key in RENAMED:
            assert shown(asked, *key) == shown(catalogue, *key)
    finally:
        if is_ours:
            session.stop()

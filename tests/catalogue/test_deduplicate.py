"""After an ingest no key is twice in what its source has, whatever was ingested before."""

import sqlite3

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import phonoscope as ps
from phonoscope.catalogue import newest_row
from phonoscope.catalogue.parts import scan_of
from phonoscope.catalogue.schema.tables import tables
from phonoscope.ingest import writer
from phonoscope.ingest.readers import csv_file
from tests.helpers.progress import Recorded
from tests.helpers.sources import table, write_csv

HEAD = ["track_id", "name", "duration_ms"]


@pytest.fixture
def catalogue(tmp_path):
    return ps.open_catalogue(tmp_path / "catalogue", create=True)


@pytest.fixture
def small_parts(monkeypatch):
    monkeypatch.setattr(writer, "PART_ROWS", 3)
    monkeypatch.setattr(csv_file, "CHUNK_ROWS", 2)


def is_plain(catalogue, name="tracks"):
    """Whether the view reads the parts as they are, without a sort of their keys."""
    store = catalogue._store
    ingests = newest_row.deduplicated_ingests(store, store.live_parts("ingests"))
    return not newest_row.may_repeat(tables()[name], store.live_parts(name), ingests)


def named(catalogue):
    return table(catalogue, "tracks", "track_id", "name")


def test_a_key_in_two_parts_of_one_file_is_kept_once(tmp_path, catalogue, small_parts):
    rows = [[f"t{i % 5}", f"row {i}", 1] for i in range(12)]
    catalogue.ingest(write_csv(tmp_path / "a.csv", [HEAD, *rows]))
    assert named(catalogue) == [(f"t{i % 5}", f"row {i}") for i in (10, 11, 7, 8, 9)]
    assert is_plain(catalogue)


def test_what_the_file_no_longer_holds_is_gone(tmp_path, catalogue, small_parts):
    path = write_csv(tmp_path / "a.csv", [HEAD, *([f"t{i}", "old", 1] for i in range(7))])
    catalogue.ingest(path)
    write_csv(path, [HEAD, *([f"t{i}", "new", 1] for i in range(4)), ["", "no id", 1]])
    for _ in range(2):
        catalogue.ingest(path)
        assert named(catalogue) == [(f"t{i}", "new") for i in range(4)]
        assert len(table(catalogue, "rejects", "row")) == 1
    assert is_plain(catalogue)
    assert is_plain(catalogue, "rejects")


@pytest.mark.parametrize("compacted", [False, True])
def test_an_earlier_ingest_is_gone_also_when_it_was_compacted(
    tmp_path, catalogue, small_parts, compacted
):
    path = write_csv(tmp_path / "a.csv", [HEAD, *([f"t{i}", "old", 1] for i in range(7))])
    catalogue.ingest(path)
    catalogue.ingest(write_csv(tmp_path / "b.csv", [HEAD, ["t1", "other", 1]]))
    if compacted:
        catalogue.compact(grace_s=0)
    catalogue.ingest(write_csv(path, [HEAD, ["t1", "new", 1]]))
    assert named(catalogue) == [("t1", "new"), ("t1", "other")]
    catalogue.compact(grace_s=0)
    catalogue.compact(grace_s=0)
    assert named(catalogue) == [("t1", "new"), ("t1", "other")]


def test_of_two_files_of_one_source_the_newer_row_counts(tmp_path, catalogue, small_parts):
    one = write_csv(tmp_path / "a.csv", [HEAD, *([f"t{i}", "a", 1] for i in range(5))])
    two = write_csv(tmp_path / "b.csv", [HEAD, *([f"t{i}", "b", 1] for i in range(3, 8))])
    catalogue.ingest(one, name="both")
    catalogue.ingest(two, name="both")
    assert named(catalogue) == [(f"t{i}", "a" if i < 3 else "b") for i in range(8)]
    catalogue.ingest(one, name="both")
    assert named(catalogue) == [(f"t{i}", "a" if i < 5 else "b") for i in range(8)]
    assert is_plain(catalogue)


def test_rows_of_an_ingest_that_was_stopped_are_told_apart_by_a_sort(
    tmp_path, catalogue, small_parts
):
    rows = [[f"t{i % 4}", f"row {i}", 1] for i in range(12)]
    path = write_csv(tmp_path / "a.csv", [HEAD, *rows])

    def stop(progress):
        if progress.done >= 8:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        catalogue.ingest(path, progress=Recorded(stop))
    assert not is_plain(catalogue)
    assert len(named(catalogue)) == 4
    catalogue.ingest(path)
    assert is_plain(catalogue)
    assert named(catalogue) == [(f"t{i % 4}", f"row {i}") for i in (8, 9, 10, 11)]


keys = st.lists(st.sampled_from("abcdef"), max_size=8)
steps = st.lists(
    st.tuples(st.sampled_from(["one.csv", "two.csv"]), st.sampled_from(["s", "t"]), keys)
    | st.just("compact"),
    min_size=1,
    max_size=6,
)


@given(steps)
@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_any_order_of_ingests_shows_what_plain_rules_say(tmp_path_factory, small_parts, steps):
    """Compared with a dictionary: a file replaces its own earlier rows, then newer keys win."""
    folder = tmp_path_factory.mktemp("settling")
    catalogue = ps.open_catalogue(folder / "catalogue", create=True)
    files: dict[tuple[str, str], dict[str, tuple[int, str]]] = {}
    for at, step in enumerate(steps):
        if step == "compact":
            catalogue.compact(grace_s=0)
            continue
        file, source, ids = step
        rows = [[key, f"{at} {n}", 1] for n, key in enumerate(ids)]
        catalogue.ingest(write_csv(folder / file, [HEAD, *rows]), name=source)
        for other, held in files.items():
            if other[1] == source:
                for key in ids:
                    held.pop(key, None)
        files[file, source] = {key: name for key, name, _ in rows}
    expected = [
        (source, key, name) for (_, source), held in files.items() for key, name in held.items()
    ]
    assert table(catalogue, "tracks", "source", "track_id", "name") == sorted(expected)
    assert is_plain(catalogue)


def test_parts_are_of_the_ingest_that_wrote_them(tmp_path, catalogue, small_parts):
    summary = catalogue.ingest(
        write_csv(tmp_path / "a.csv", [HEAD, *([f"t{i}", "a", 1] for i in range(7))])
    )
    assert {scan_of(n) for n in catalogue._store.live_parts("tracks")} == {summary.scan_id}
    catalogue.compact(grace_s=0)
    assert {scan_of(n) for n in catalogue._store.live_parts("tracks")} == {""}


def test_a_catalogue_named_like_a_pattern_is_read(tmp_path):
    for name in ("a*b", "a[b]", 'it\'s "x"', "ümlaut"):
        catalogue = ps.open_catalogue(tmp_path / name, create=True)
        catalogue.ingest(write_csv(tmp_path / "a.csv", [HEAD, ["t1", "a", 1]]))
        assert named(catalogue) == [("t1", "a")]


def test_sql_reads_parts_and_no_other_file(tmp_path, catalogue):
    catalogue.ingest(write_csv(tmp_path / "a.csv", [HEAD, ["t1", "a", 1]]))
    secret = tmp_path / "catalogue" / "secret.csv"
    secret.write_text("a,b\n1,2\n")
    with sqlite3.connect(tmp_path / "catalogue" / "x.db") as db:
        db.execute("create table t(a)")
    db.close()
    for query in (
        f"select * from read_csv('{secret}')",
        f"select * from read_text('{secret}')",
        f"select * from glob('{tmp_path}/*')",
        f"select * from read_parquet('{tmp_path}/catalogue/*/*.parquet')",
        "select * from read_text('/etc/passwd')",
        "select * from read_csv('https://example.org/a.csv')",
        f"attach '{tmp_path}/catalogue/x.db'",
        f"copy tracks to '{tmp_path}/out.csv'",
        "set enable_external_access = true",
    ):
        with pytest.raises(ps.UsageError):
            catalogue.sql(query).read_all()
    assert {t.name for t in tables().values() if t.ingested} >= {"tracks", "rejects"}

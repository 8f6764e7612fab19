"""Views show what counts; SQL can read them and nothing else."""

import os
import shutil

import pyarrow.parquet as pq
import pytest

from phonoscope.catalogue.parts import BatchNames
from phonoscope.catalogue.query import sql
from phonoscope.catalogue.schema.tables import tables
from phonoscope.catalogue.store import open_store
from phonoscope.errors import UsageError
from tests.helpers.batches import bad_outcome, outcome, recording_id_of, write_batch


@pytest.fixture
def store(tmp_path):
    return open_store(tmp_path / "catalogue", create=True)


def rows(store, query):
    return sql(store, query, memory_mb=512).read_all().to_pylist()


def test_every_table_is_there_before_anything_was_written(store):
    for name, table in tables().items():
        found = sql(store, f"from {name}", memory_mb=512).read_all()
        assert found.num_rows == 0
        assert found.schema.names == table.schema.names


def test_the_newer_row_of_a_key_counts(store):
    write_batch(store, bad_outcome("a"), outcome("b"))
    write_batch(store, outcome("a"), scan_id="bbbbbbbbbbbb")
    assert rows(store, "select uri, error_kind from files order by uri") == [
        {"uri": "/music/a.wav", "error_kind": None},
        {"uri": "/music/b.wav", "error_kind": None},
    ]


def test_order_of_writing_does_not_matter_only_the_batch_does(store):
    names = BatchNames("aaaaaaaaaaaa")
    early, late = names.next(), names.next()

    class Fixed:
        def __init__(self, batch):
            self.next = lambda: batch

    write_batch(store, outcome("a", says=("new",)), names=Fixed(late))
    write_batch(store, outcome("a", says=("old",)), names=Fixed(early))
    assert rows(store, "select says from statements") == [{"says": "new"}]


def test_of_several_rows_the_newest_set_counts_whole(store):
    write_batch(store, outcome("a", says=("1", "2", "3"), marks=3))
    write_batch(store, outcome("a", says=("4",), marks=2), scan_id="bbbbbbbbbbbb")
    assert rows(store, "select says from statements") == [{"says": "4"}]
    assert rows(store, "select count(*) n from declared") == [{"n": 2}]


def test_an_empty_newer_set_counts_too(store):
    write_batch(store, outcome("a", says=("1",), marks=3))
    write_batch(store, outcome("a", says=(), marks=0), scan_id="bbbbbbbbbbbb")
    assert rows(store, "from statements") == rows(store, "from declared") == []


def test_orphans_of_a_killed_batch_do_not_show(store):
    """It had written statements and verdicts, not yet the rows that commit them.

    Before there were lists of parts, all that lay in the folders counted.
    """
    full = write_batch(store, outcome("a", says=("1", "2")))
    shutil.rmtree(os.path.join(store.uri, "_versions"))
    for table in ("files", "recordings"):
        os.remove(os.path.join(store.uri, table, f"{full}.parquet"))
    assert rows(store, "from statements") == []
    write_batch(store, outcome("a", says=("3",)), scan_id="bbbbbbbbbbbb")
    assert rows(store, "select says from statements") == [{"says": "3"}]


def test_a_column_an_older_version_did_not_know_is_empty(store):
    batch = write_batch(store, outcome("a"), outcome("b"))
    path = os.path.join(store.uri, "recordings", f"{batch}.parquet")
    old = pq.read_table(path).drop_columns(["duration_s", "tag_title", "phonoscope_version"])
    old = old.set_column(
        old.schema.get_field_index("channels"), "channels", old["channels"].cast("int32")
    ).append_column("forgotten", old["recording_id"])
    pq.write_table(old, path)
    write_batch(store, outcome("c"))
    found = rows(store, "select duration_s, tag_title, channels, codec from recordings")
    assert sorted(row["tag_title"] or "" for row in found) == ["", "", "Song c"]
    assert {row["channels"] for row in found} == {7}
    assert "forgotten" not in rows(store, "from recordings limit 1")[0]


@pytest.mark.parametrize(
    "query",
    [
        "select count(*) from files",
        "with x as (from recordings) select codec from x",
        "from files limit 1",
        "describe recordings",
        "summarize files",
        "show tables",
        "explain select 1",
        "values (1), (2)",
        "pivot recordings on codec using count(*)",
        "select count(*) from files -- and a comment",
        "select 1;",
    ],
)
def test_reading_is_allowed(store, query):
    write_batch(store, outcome("a"))
    assert rows(store, query)


@pytest.mark.parametrize(
    "query",
    [
        "",
        "-- nothing",
        "selec 1",
        "select nothing from files",
        "select 1; select 2",
        "select 1; drop view files",
        "drop view files",
        "create table t as select 1",
        "insert into files values (1)",
        "update files set uri = ''",
        "delete from files",
        "copy files to '{path}/out.csv'",
        "copy (select 1) to '{path}/out.parquet'",
        "export database '{path}/out'",
        "attach '{path}/out.db'",
        "install httpfs",
        "load httpfs",
        "set enable_external_access = true",
        "pragma enable_object_cache",
        "call pragma_version()",
        "explain analyze copy files to '{path}/out.csv'",
        "select * from read_csv('/etc/passwd')",
        "select * from read_text('/etc/passwd')",
        "select * from read_blob('{path}/secret')",
        "select * from '{path}/secret.parquet'",
        "select * from glob('/etc/*')",
        "select * from read_parquet('https://example.org/x.parquet')",
        "select * from query('drop view files')",
        "select * from store",
        "select getenv('HOME')",
        "select $1",
        "select error('no')",
    ],
)
def test_everything_else_is_refused_in_words(store, tmp_path, query):
    (tmp_path / "secret").write_text("secret")
    write_batch(store, outcome("a"))
    before = sorted(os.listdir(tmp_path))
    with pytest.raises(UsageError) as raised:
        rows(store, query.format(path=tmp_path))
    assert str(raised.value)
    assert sorted(os.listdir(tmp_path)) == before
    assert rows(store, "select count(*) n from files") == [{"n": 1}]


def test_a_mistake_that_shows_while_rows_are_read_is_said_in_words(store):
    query = "select cast(case when i > 500000 then 'x' else '1' end as int) from range(600000) t(i)"
    with pytest.raises(UsageError) as raised:
        sql(store, query, memory_mb=512).read_all()
    assert raised.value.code == "sql"
    assert "'x'" in raised.value.message


def test_nothing_is_drawn_on_stdout(store):
    assert rows(store, "select current_setting('enable_progress_bar') x") == [{"x": False}]


def test_a_question_larger_than_memory_spills(store, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    query = "select count(*) n from (select distinct i, md5(i::varchar) from range(3000000) t(i))"
    assert sql(store, query, memory_mb=256).read_all().to_pylist() == [{"n": 3_000_000}]
    assert os.listdir(tmp_path) == ["catalogue"]


def test_hostile_names_are_data(store):
    name = "x'; drop view files; --\n\u202e🎵"
    write_batch(store, outcome(name))
    assert rows(store, "select uri from files") == [{"uri": f"/music/{name}.wav"}]
    found = rows(store, f"from verdicts where recording_id = '{recording_id_of(name)}'")
    assert len(found) == 1


@pytest.mark.parametrize(
    ("query", "seen"),
    [
        ("select count(*) n from (show tables) where name in ('tracks', 'files')", 2),
        ("select count(*) n from duckdb_views() where view_name = 'albums'", 1),
        ("select count(*) n from information_schema.tables where table_name = 'scans'", 1),
        ("with one as (select * from FILES) select count(*) n from one", 2),
        ("select count(*) n from query_table('files')", 2),
        ("select (select count(*) from files) + (select count(*) from recordings) n", 3),
    ],
)
def test_a_statement_sees_every_table_it_can_look_at(store, query, seen):
    write_batch(store, bad_outcome("a"), outcome("b"))
    assert rows(store, query) == [{"n": seen}]


def test_a_table_that_does_not_exist_is_an_error_that_suggests_one(store):
    with pytest.raises(UsageError) as raised:
        sql(store, "select * from trakcs", memory_mb=512)
    assert raised.value.code == "sql"
    assert "tracks" in raised.value.message


@pytest.mark.parametrize(
    ("former", "name", "query"),
    [
        ("sign", "verdict", "select sign from listeners"),
        ("SIGN", "verdict", "select l.SIGN from listeners l"),
        ("points", "score", "select * from play_groups where points > 4"),
        ("tag_tag_error", "tag_error", "select count(tag_tag_error) from recordings"),
        ("settled", "deduplicated", "from ingests select settled"),
    ],
)
def test_a_former_column_name_is_answered_with_the_new_one(store, former, name, query):
    with pytest.raises(UsageError) as raised:
        rows(store, query)
    assert raised.value.code == "former-column"
    assert raised.value.message.splitlines()[-1].count("'") == 4
    for word in (former, name):
        assert f"'{word}'" in raised.value.message.splitlines()[-1]


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("select 1; select 2", "not-one-statement"),
        ("", "not-one-statement"),
        ("create table x (y int)", "not-reading"),
        ("select nothing from files", "sql"),
    ],
)
def test_refusals_of_statements_have_codes(store, query, code):
    with pytest.raises(UsageError) as raised:
        rows(store, query)
    assert raised.value.code == code

"""No statement changes a file, whichever kind it is: neither when it's checked nor without."""

import hashlib

import duckdb
import pytest

from phonoscope.api import open_catalogue
from phonoscope.catalogue.query import read_only_connection, rows, sql
from phonoscope.catalogue.store import open_store
from phonoscope.catalogue.views import live_parts
from phonoscope.errors import UsageError
from tests.helpers.batches import outcome, write_batch

NOT_FROM_TEXT = {"INVALID", "RELATION", "EXTENSION", "LOGICAL_PLAN"} | {
    "ANALYZE", "CREATE_FUNC", "VARIABLE_SET"
}  # fmt: skip
"""Types that no text has: the first are made otherwise, the others are parsed as another type."""
WRITING = {
    "INSERT": ["insert into files values (1)", "insert into files select * from files"],
    "UPDATE": ["update files set uri = ''", "update _parts_files set uri = ''"],
    "DELETE": ["delete from files", "truncate files"],
    "MERGE_INTO": ["merge into files using files f on true when matched then delete"],
    "CREATE": [
        "create table t as select 1",
        "create or replace temp view files as select 1",
        "create persistent secret s (type s3, key_id 'a')",
        "create schema x",
        "create macro m(a) as a",
        "create type t as enum ('a')",
        "create sequence s",
        "create index i on files (uri)",
    ],
    "ALTER": ["alter table files rename to g", "comment on view files is 'x'"],
    "DROP": ["drop view files", "drop schema main cascade"],
    "TRANSACTION": ["begin", "commit", "rollback"],
    "PREPARE": ["prepare p as copy (select 1) to '{part}'"],
    "EXECUTE": ["execute p"],
    "COPY": [
        "copy (select 1 as uri) to '{part}' (format parquet, use_tmp_file false)",
        "copy (select 1 as uri) to 'parts://0.parquet' (format parquet, use_tmp_file false)",
        "copy (select 1 as uri) to '{new}.parquet' (format parquet)",
        "copy (select 1 as uri) to '{new}' (format csv)",
        "copy (select 1 as uri) to '{new}' (format json)",
        "copy (select 1 as uri) to '{catalogue}/files' (partition_by (uri), overwrite)",
        "copy (select 1 as uri) to 'parts://' (per_thread_output)",
        "copy (select 1 as uri) to '/dev/stdout' (format csv)",
        "copy files from '{part}'",
    ],
    "COPY_DATABASE": ["copy from database memory to other (schema)"],
    "VACUUM": ["vacuum", "vacuum analyze files", "analyze"],
    "EXPORT": ["export database '{new}'", "export database 'parts://x'"],
    "PRAGMA": [
        "pragma enable_profiling",
        "pragma database_list",
        "copy from database memory to other",
        "import database '{catalogue}'",
        "pragma storage_info('files')",
    ],
    "CALL": [
        "call pragma_version()",
        "checkpoint",
        "force checkpoint",
        "call enable_logging(storage='file', storage_path='{new}')",
    ],
    "SET": [
        "use memory",
        "set variable x = 1",
        "set enable_external_access = true",
        "set temp_directory = '{new}'",
        "set profiling_output = '{new}'",
        "set log_query_path = '{new}'",
        "set global allowed_paths = ['{part}']",
        "reset allowed_directories",
        "set secret_directory = '{new}'",
    ],
    "LOAD": ["load '{new}.duckdb_extension'", "load httpfs", "install httpfs", "install '{part}'"],
    "ATTACH": [
        "attach '{new}.db'",
        "attach '{part}' as p",
        "attach 'parts://9.db' as p",
        "attach 'https://127.0.0.1:9/x.db' as p",
    ],
    "DETACH": ["detach memory"],
    "EXPLAIN": [
        "explain copy (select 1) to '{part}'",
        "explain create table t as select 1",
        "explain analyze copy (select 1) to '{part}' (format parquet, use_tmp_file false)",
        "EXPLAIN /* ) */ (ANALYZE, FORMAT json) COPY (select 1) TO '{part}' (use_tmp_file false)",
        "explain analyse\n-- é\ncopy (select 1) to 'parts://0.parquet' (use_tmp_file false)",
    ],
    "MULTI": [
        "copy (pivot files on error_kind using count(*)) to '{part}' (use_tmp_file false)",
        "explain analyze copy (pivot files on uri using count(*)) to '{part}'",
        "create table t as pivot files on uri using count(*)",
    ],
    "SELECT": [
        "with x as (insert into files select * from files returning *) from x",
        "select * from enable_logging(storage='file', storage_path='{new}')",
        "select * from read_text('/etc/hostname')",
        "select * from write_log('x')",
        "select * from query('copy (select 1) to ''{part}''')",
        "from force_checkpoint()",
    ],
}
"""Statements that write something, reach something, or change a setting, by type."""
READING = [
    "explain analyze select count(*) from files",
    "EXPLAIN (FORMAT json) select uri from files where uri <> ')' ; -- that's all",
    "explain pivot files on error_kind using count(*)",
    "pivot files on error_kind using count(*) group by uri;",
    "(select 1) union all (select 2) /* and ; this */",
]
EVERY = [(kind, text) for kind, texts in WRITING.items() for text in texts]


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    made = open_store(tmp_path_factory.mktemp("sealed") / "catalogue", create=True)
    write_batch(made, outcome("a"), outcome("b"))
    return made


@pytest.fixture
def named(store, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (part,) = store.files("files", store.live_parts("files"))
    return {"catalogue": store.uri, "part": part, "new": tmp_path / "new"}


@pytest.fixture
def unchanged(store, named, tmp_path):
    """Check that every file is what it was, to the byte, and that none was added."""
    before = _tree(store, tmp_path)
    yield
    assert _tree(store, tmp_path) == before


def _tree(store, *folders):
    from pathlib import Path

    return {
        str(path): path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest()
        for folder in (Path(store.uri), *folders)
        for path in folder.rglob("*")
    }


def test_there_is_a_statement_of_every_type_that_the_grammar_has(store):
    with duckdb.connect() as connection:
        for kind, text in EVERY:
            filled = text.format(part="p", new="n", catalogue="c")
            (found,) = connection.extract_statements(filled)
            assert found.type.name == kind, text
    assert set(WRITING) | NOT_FROM_TEXT == set(duckdb.StatementType.__members__)


@pytest.mark.parametrize(("kind", "text"), EVERY, ids=[f"{k}-{t[:40]}" for k, t in EVERY])
def test_a_statement_that_does_more_than_read_is_refused(store, named, unchanged, kind, text):
    if kind == "SELECT" and "read" not in text and "query" not in text:
        # DuckDB may let some run, on the empty database in memory; no file is touched.
        _run(lambda: sql(store, text.format(**named), memory_mb=256).read_all())
        return
    with pytest.raises(UsageError) as raised:
        sql(store, text.format(**named), memory_mb=256).read_all()
    assert raised.value.code in {"not-reading", "sql"}
    assert "Traceback" not in raised.value.message


def test_no_statement_changes_a_file_even_when_nobody_checks_it(store, named, unchanged):
    parts = live_parts(store)
    for prefix in ("", "explain analyze "):
        for kind, text in EVERY:
            if prefix and kind not in {"COPY", "MULTI", "EXPORT", "CREATE", "COPY_DATABASE"}:
                continue
            connection = read_only_connection(store, parts, frozenset({"files"}), memory_mb=256)
            try:
                statement = prefix + text.format(**named)
                _run(lambda c=connection, s=statement: c.execute(s).fetchall())
            finally:
                connection.close()


def _run(function):
    try:
        function()
    except (UsageError, duckdb.Error):
        return


@pytest.mark.parametrize("text", READING)
def test_queries_are_answered_explained_or_not(store, unchanged, text):
    with rows(store, text, memory_mb=256) as (names, batches):
        assert names
        assert [row for batch in batches for row in batch]


def test_a_catalogue_refuses_the_same(store, named, unchanged):
    catalogue = open_catalogue(store.uri)
    for text in (*WRITING["COPY"], *WRITING["EXPLAIN"], *WRITING["MULTI"]):
        with pytest.raises(UsageError):
            catalogue.sql(text.format(**named))
        with pytest.raises(UsageError), catalogue.sql_rows(text.format(**named)):
            pass


def test_an_address_outside_the_parts_reaches_nothing(store):
    connection = read_only_connection(store, live_parts(store), frozenset({"files"}), memory_mb=256)
    for name in ("999.parquet", "../etc/passwd", "/etc/passwd", "*", "-1.parquet", "²"):
        try:
            found = connection.execute("select * from read_text(?)", [f"parts://{name}"]).fetchall()
        except duckdb.Error:
            found = []
        assert found == []
    connection.close()

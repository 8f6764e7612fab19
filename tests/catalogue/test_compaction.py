"""Compaction: the same rows in fewer parts, with readers, and after an interruption."""

import os
import time
import uuid
from pathlib import Path

import pytest

from phonoscope.catalogue import compaction
from phonoscope.catalogue.query import connect, sql
from phonoscope.catalogue.schema.tables import tables
from phonoscope.catalogue.storage import TEMPORARY
from phonoscope.catalogue.store import open_store
from phonoscope.catalogue.views import live_parts
from phonoscope.errors import CatalogueError
from tests.helpers.batches import bad_outcome, outcome, write_batch


@pytest.fixture
def store(tmp_path):
    made = open_store(tmp_path / "catalogue", create=True)
    write_batch(made, outcome("a", says=("1", "2")), bad_outcome("b"))
    write_batch(made, outcome("b"), outcome("c", marks=0), scan_id="bbbbbbbbbbbb")
    write_batch(made, outcome("a", says=("3",)), scan_id="cccccccccccc")
    return made


def everything(store):
    with connect(store, live_parts(store), memory_mb=512) as connection:
        return {
            name: sorted(map(str, connection.sql(f"from {name}").to_arrow_table().to_pylist()))
            for name in tables()
        }


def parts_on_disk(store):
    return set(Path(store.uri).glob("*/*.parquet"))


def compact(store, **changes):
    return compaction.compact(store, memory_mb=512, **changes)


def test_the_rows_stay_and_each_table_has_one_part(store):
    before, on_disk = everything(store), parts_on_disk(store)
    done = compact(store)
    assert everything(store) == before
    assert done.parts_before == len(on_disk)
    assert {len(parts) for parts in live_parts(store).values()} == {0, 1}
    again = compact(store)
    assert (again.parts_before, again.parts_after) == (done.parts_after, done.parts_after)
    assert everything(store) == before


def test_what_comes_after_counts_over_what_was_compacted(store):
    compact(store)
    write_batch(store, outcome("a", says=("4",)), outcome("d"), scan_id="dddddddddddd")
    found = sql(store, "select says from statements order by says", memory_mb=512).read_all()
    assert found["says"].to_pylist() == ["4", *["It says something."] * 3]
    compact(store)
    assert everything(store)["files"] == everything(open_store(store.uri))["files"]
    assert len(everything(store)["files"]) == 4


def test_replaced_parts_go_after_their_time(store):
    before, replaced = everything(store), parts_on_disk(store)
    compact(store)
    assert compact(store).files_removed == 0
    assert parts_on_disk(store) > replaced
    assert compact(store, grace_s=0).files_removed == len(replaced)
    assert not parts_on_disk(store) & replaced
    assert everything(store) == before


def test_who_reads_goes_on_reading(store):
    before = everything(store)
    with connect(store, live_parts(store), memory_mb=512) as connection:
        compact(store)
        compact(store)
        found = connection.sql("from files").to_arrow_table().to_pylist()
    assert sorted(map(str, found)) == before["files"]


@pytest.mark.parametrize("table", ["files", "recordings", "statements"])
def test_cut_off_at_any_table_it_loses_and_doubles_nothing(store, monkeypatch, table):
    before = everything(store)
    merge = compaction._merge

    def cut(store, found, *rest):
        if found.name == table:
            raise KeyboardInterrupt
        merge(store, found, *rest)

    monkeypatch.setattr(compaction, "_merge", cut)
    with pytest.raises(KeyboardInterrupt):
        compact(store)
    assert everything(store) == before
    monkeypatch.undo()
    compact(store)
    assert everything(store) == before


def overtaken(store, monkeypatch, times):
    """Let another process compact first, as often as this."""
    merge, write = compaction._merge, compaction._write
    left = [times]

    def slow(*arguments):
        write(*arguments)
        if left[0]:
            left[0] -= 1
            monkeypatch.setattr(compaction, "_write", write)
            merge(store, tables()["files"], 512)
            # So that there is something to merge again.
            write_batch(store, outcome("z"), scan_id=f"{left[0]:012d}")
            monkeypatch.setattr(compaction, "_write", slow)

    monkeypatch.setattr(compaction, "_write", slow)


def test_a_compaction_that_another_overtook_is_made_again(store, monkeypatch):
    before = everything(store)
    overtaken(store, monkeypatch, 1)
    compact(store)
    found = everything(store)
    assert len(found["files"]) == len(before["files"]) + 1
    assert len(live_parts(store)["files"]) == 1


def test_a_compaction_that_others_overtake_again_and_again_gives_up(store, monkeypatch):
    before = everything(store)
    overtaken(store, monkeypatch, 9)
    with pytest.raises(CatalogueError) as refused:
        compact(store)
    assert refused.value.code == "compacted-meanwhile"
    assert {*before["files"]} < {*everything(store)["files"]}


def test_temporary_files_of_the_killed_are_removed_after_a_day(store):
    old, young = (os.path.join(store.uri, "files", f"{TEMPORARY}{n}.parquet") for n in "ab")
    for path in (old, young):
        open(path, "wb").close()
    day_before = time.time() - 90_000
    os.utime(old, (day_before, day_before))
    compact(store)
    assert not os.path.exists(old)
    assert os.path.exists(young)


def test_it_works_in_any_store():
    store = open_store(f"memory://{uuid.uuid4().hex}", create=True)
    write_batch(store, outcome("a"))
    write_batch(store, outcome("b"))
    before = everything(store)
    compact(store)
    compact(store, grace_s=0)
    assert everything(store) == before
    assert len(store.place.names("files")) == 1

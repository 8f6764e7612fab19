"""Parts: whole or not there, sorted by time, replaced only by what says so."""

import errno
import json
import os
import shutil
import subprocess
import sys
import uuid

import numpy as np
import pyarrow.parquet as pq
import pytest

from phonoscope.catalogue import storage as storage_module
from phonoscope.catalogue.parts import REPLACES, BatchNames, sort_parts, written_us
from phonoscope.catalogue.query import sql
from phonoscope.catalogue.schema.tables import tables
from phonoscope.catalogue.storage import TEMPORARY
from phonoscope.catalogue.store import open_store
from phonoscope.errors import CatalogueError
from tests.helpers.batches import outcome, write_batch

FILES = tables()["files"]


@pytest.fixture
def store(tmp_path):
    return open_store(tmp_path / "catalogue", create=True)


def uris(store):
    found = sql(store, "select uri from files order by uri", memory_mb=512).read_all()
    return found["uri"].to_pylist()


def test_batch_names_sort_by_time_even_when_the_clock_goes_back():
    far = "9000000000000000-aaaaaaaaaaaa-bbbbbb-000001"
    names = BatchNames("scan", after=far)
    made = [far, *(names.next() for _ in range(1000))]
    assert made == sorted(set(made))
    assert written_us(made[-1]) > written_us(far)


def test_two_writers_never_share_a_name(monkeypatch):
    monkeypatch.setattr("time.time_ns", lambda: 1_700_000_000_000_000_000)
    assert BatchNames("scan").next() != BatchNames("scan").next()


def test_temporary_and_foreign_files_do_not_count(store):
    write_batch(store, outcome("a"))
    folder = os.path.join(store.uri, "files")
    for name in (f"{TEMPORARY}0-x.parquet", "_committed", "notes.txt", ".hidden.parquet"):
        with open(os.path.join(folder, name), "wb") as file:
            file.write(b"not parquet")
    assert uris(store) == ["/music/a.wav"]


def test_a_part_is_written_whole_or_not_at_all(store, monkeypatch):
    def full(descriptor):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    write_batch(store, outcome("a"))
    monkeypatch.setattr(storage_module.os, "fsync", full)
    with pytest.raises(CatalogueError) as failed:
        write_batch(store, outcome("b"))
    assert failed.value.code == "disk-full"
    monkeypatch.undo()
    assert uris(store) == ["/music/a.wav"]
    left = [name for _, _, names in os.walk(store.uri) for name in names if TEMPORARY in name]
    assert left == []


LIMITED = """
import resource, sys
from tests.helpers.batches import outcome, write_batch
from phonoscope.catalogue.store import open_store
from phonoscope.errors import CatalogueError
store = open_store(sys.argv[1])
resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000))
try:
    write_batch(store, outcome("big", says=["x" * 50] * 1))
except CatalogueError as error:
    print(error.code)
"""


def test_a_real_write_that_fails_midway_leaves_nothing(store):
    write_batch(store, outcome("a"))
    before = sorted(name for _, _, names in os.walk(store.uri) for name in names)
    ran = subprocess.run(
        [sys.executable, "-c", LIMITED, store.uri],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert ran.stdout.strip() == "file-too-large"
    after = sorted(name for _, _, names in os.walk(store.uri) for name in names)
    # Tables that are written before the one that failed may have a part more: it holds rows of
    # a recording that no row of `files` or `recordings` names yet.
    assert not [name for name in after if TEMPORARY in name]
    assert set(before) <= set(after)
    assert uris(store) == ["/music/a.wav"]


def test_a_damaged_compacted_part_is_said(store):
    write_batch(store, outcome("a"))
    with open(os.path.join(store.uri, "files", "9000000000000000-x-compact.parquet"), "wb") as f:
        f.write(b"torn")
    # No version lists it, so it doesn't count; without versions, it would.
    assert uris(store) == ["/music/a.wav"]
    shutil.rmtree(os.path.join(store.uri, "_versions"))
    with pytest.raises(CatalogueError) as refused:
        uris(store)
    assert refused.value.code == "damaged-part"


def _compacted(store, us, replaces):
    """Write a compacted part that says it replaces these."""
    return _replacing(store, us, json.dumps(replaces).encode())


def _replacing(store, us, says):
    name = f"{us:016d}-x{us}-compact.parquet"
    schema = FILES.schema.with_metadata({REPLACES: says})
    pq.write_table(schema.empty_table(), os.path.join(store.uri, "files", name))
    return name


@pytest.mark.parametrize("says", [b"{", b"7", b'{"a": 1}', b"[[1]]", b"[" * 100_000])
def test_a_part_that_says_in_no_known_way_what_it_replaces_replaces_nothing(store, says):
    kept = f"{write_batch(store, outcome('a'))}.parquet"
    odd = _replacing(store, 2_000_000_000_000_000, says)
    assert sort_parts(store.place, FILES) == ([kept, odd], [])


def test_which_parts_count(store):
    one, two, three = (f"{write_batch(store, outcome(n))}.parquet" for n in "abc")
    assert sort_parts(store.place, FILES) == ([one, two, three], [])
    first = _compacted(store, 2_000_000_000_000_000, [one, two])
    assert sort_parts(store.place, FILES) == ([three, first], [one, two])
    # Two compactions at once: the newer counts, the older and nothing else is passed over.
    second = _compacted(store, 2_000_000_000_000_001, [two, three])
    assert sort_parts(store.place, FILES) == ([one, second], [two, three, first])


def test_a_compacted_part_may_be_compacted_again(store):
    one, two = (f"{write_batch(store, outcome(n))}.parquet" for n in "ab")
    first = _compacted(store, 2_000_000_000_000_000, [one, two])
    second = _compacted(store, 2_000_000_000_000_001, [first, one, two])
    assert sort_parts(store.place, FILES) == ([second], [one, two, first])


def test_parts_in_another_store_are_as_whole():
    store = open_store(f"memory://{uuid.uuid4().hex}", create=True)
    write_batch(store, outcome("a"))

    def broken(file):
        file.write(b"half")
        raise OSError(errno.ENOSPC, "full")

    with pytest.raises(CatalogueError) as failed:
        store.place.write("files/9-x.parquet", broken)
    assert failed.value.code == "disk-full"
    assert uris(store) == ["/music/a.wav"]
    assert list(store.place.temporaries("files")) == []


def test_fingerprints_take_hardly_more_than_their_bits(tmp_path):
    chance, store = np.random.default_rng(2), open_store(tmp_path / "c", create=True)
    rows = [
        {
            "recording_id": f"{number:032x}",
            "print_at": np.cumsum(chance.integers(17, 60, 400)).astype(np.int32),
            "print_bits": chance.integers(-(2**63), 2**63, 400, dtype=np.int64),
            "anchor_bits": chance.integers(-(2**63), 2**63, 320, dtype=np.int64),
        }
        for number in range(50)
    ]
    store.write({"prints": tables()["prints"].arrow(rows)}, "1-a")
    (part,) = (tmp_path / "c" / "prints").iterdir()
    assert part.stat().st_size < 1.1 * 50 * (8 * (400 + 320) + 400)
    back = store.dataset("prints", [part.name]).to_table().to_pylist()
    assert back[7]["print_at"] == rows[7]["print_at"].tolist()
    assert back[7]["anchor_bits"] == rows[7]["anchor_bits"].tolist()


def test_columns_are_read_in_the_schema_of_today(store):
    now = tables()["ingests"]
    rows = now.arrow([{"scan_id": f"{at}", "read": at, "deduplicated": True} for at in range(5)])
    store.write({"ingests": rows}, "1-a")
    before = rows.drop_columns(["deduplicated", "read"]).append_column(
        "read", rows["read"].cast("int32")
    )
    pq.write_table(before, store.place.files(["ingests/0-b.parquet"])[0])
    store.change({"ingests": ["0-b.parquet"]})
    names = store.live_parts("ingests")
    found = list(store.batches("ingests", names, ["read", "deduplicated"], 2))
    assert [batch.num_rows for batch in found] == [2, 2, 1, 2, 2, 1]
    assert all(batch.schema == found[0].schema for batch in found)
    expected = [(at, None) for at in range(5)] + [(at, True) for at in range(5)]
    assert [(row["read"], row["deduplicated"]) for b in found for row in b.to_pylist()] == expected
    assert store.rows("ingests", [], ["read"]) == []

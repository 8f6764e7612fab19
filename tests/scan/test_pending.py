"""What a scan must read, and which recordings it knows: sets against plain Python's."""

import random

import pyarrow as pa
import pytest

from phonoscope.catalogue.parts import BatchNames
from phonoscope.catalogue.schema.tables import FileRow, Outcome, rows_of
from phonoscope.catalogue.store import open_store
from phonoscope.errors import TRANSIENT, ErrorKind
from phonoscope.scan import known
from phonoscope.scan.known import KnownIds, known_ids
from phonoscope.scan.pending import Pending
from phonoscope.scan.sources import SourceFile
from tests.helpers.batches import recording_id_of


@pytest.fixture
def store(tmp_path):
    return open_store(tmp_path / "catalogue", create=True)


def remember(store, *rows):
    names = BatchNames("aaaaaaaaaaaa", store.newest_batch())
    batch = names.next()
    store.write(rows_of([Outcome(row) for row in rows], "aaaaaaaaaaaa", batch), batch)


def pending(store, *files):
    with Pending(store, files, 512) as found:
        read = [file for group in found.files() for file in group]
        assert found.total == len(read)
        return read, found.listed, dict(found.known_errors)


def test_what_did_not_change_is_not_read_again(store):
    remember(
        store,
        FileRow("/same", 1, 1, "id", None, None),
        FileRow("/larger", 1, 1, "id", None, None),
        FileRow("/touched", 1, 1, "id", None, None),
        FileRow("/bad", 1, 1, None, ErrorKind.NOT_AUDIO, "bad"),
    )
    files = [
        SourceFile("/same", 1, 1),
        SourceFile("/larger", 2, 1),
        SourceFile("/touched", 1, 2),
        SourceFile("/new", 1, 1),
        SourceFile("/bad", 1, 1),
        SourceFile("/same", 1, 1),
    ]
    read, listed, errors = pending(store, *files)
    assert sorted(read) == sorted([files[1], files[2], files[3]])
    assert listed == 5
    assert errors == {ErrorKind.NOT_AUDIO: 1}


@pytest.mark.parametrize("kind", ErrorKind)
def test_what_may_be_different_next_time_is_tried_again(store, kind):
    remember(store, FileRow("/a", 1, 1, None, kind, "bad"))
    read, _, errors = pending(store, SourceFile("/a", 1, 1))
    assert bool(read) == (kind in TRANSIENT)
    assert errors == ({} if kind in TRANSIENT else {kind: 1})


def test_the_newest_row_decides(store):
    remember(store, FileRow("/a", 1, 1, None, ErrorKind.TIME_LIMIT, "slow"))
    remember(store, FileRow("/a", 1, 1, "id", None, None))
    assert pending(store, SourceFile("/a", 1, 1))[0] == []
    remember(store, FileRow("/a", 1, 2, "id", None, None))
    assert pending(store, SourceFile("/a", 1, 1))[0] == [SourceFile("/a", 1, 1)]


def test_what_listing_found_wrong_is_kept(store):
    bad = SourceFile("/fifo", None, None, ErrorKind.NOT_A_FILE, "a FIFO")
    assert pending(store, bad)[0] == [bad]


def test_the_largest_of_a_group_comes_first(store):
    sizes = random.Random(1).sample(range(10_000), 500)
    read, _, _ = pending(store, *(SourceFile(f"/{size}", size, 1) for size in sizes))
    assert [file.size_bytes for file in read] == sorted(sizes, reverse=True)


def test_many_files_in_groups(store):
    files = [SourceFile(f"/{number:06d}.wav", number, number) for number in range(50_000)]
    read, listed, _ = pending(store, *files, *files[:1000])
    assert listed == 50_000
    assert sorted(read) == files


def test_known_ids_are_a_set(monkeypatch):
    monkeypatch.setattr(known, "_MERGE", 50)
    drawn = random.Random(2)
    ids = [drawn.randbytes(16).hex() for _ in range(1000)]
    # Zero bytes at the end are where fixed-width byte strings go wrong.
    ids += ["00" * 16, "ff" * 16, "ab" * 15 + "00", "ab" * 14 + "0000"]
    inside, outside = ids[::2], ids[1::2]
    held = KnownIds([pa.array(inside[:100] * 2), pa.array([], pa.string())])
    for one in inside[100:]:
        held.add(one)
    assert all(one in held for one in inside)
    assert not any(one in held for one in outside)
    assert "00" * 16 not in KnownIds()


def test_known_ids_of_a_catalogue(store):
    from tests.helpers.batches import bad_outcome, outcome, write_batch

    write_batch(store, outcome("a"), bad_outcome("b"))
    held = known_ids(store)
    assert recording_id_of("a") in held
    assert recording_id_of("b") not in held

"""Versions: readers see one state, writers lose nothing, and the list can be made again."""

import errno
import json
import logging
import os
import shutil
import threading
import uuid

import fsspec
import pytest
from fsspec.implementations.memory import MemoryFileSystem

import phonoscope as ps
from phonoscope.catalogue import compaction, storage
from phonoscope.catalogue.query import sql
from phonoscope.catalogue.store import MARKER, open_store
from phonoscope.catalogue.versions import FOLDER
from phonoscope.errors import CatalogueError
from tests.helpers import forked
from tests.helpers.batches import outcome, write_batch

TRACKS = 300


class LikeS3(MemoryFileSystem):
    """A store as S3 is: a file is made on the condition that there is none, in one step."""

    protocol = "likes3"
    store: dict = {}  # noqa: RUF012 - fsspec's own way to share files between objects
    pseudo_dirs = [""]  # noqa: RUF012 - as above
    _one_step = threading.Lock()

    def pipe_file(self, path, value, mode="overwrite", **options):
        with self._one_step:
            return super().pipe_file(path, value, mode=mode, **options)


fsspec.register_implementation("likes3", LikeS3, clobber=True)


@pytest.fixture(params=["local", "likes3"])
def path(request, tmp_path):
    return tmp_path / "c" if request.param == "local" else f"likes3://{uuid.uuid4().hex}/c"


def uris(store):
    return (
        sql(store, "select uri from files order by uri", memory_mb=512)
        .read_all()["uri"]
        .to_pylist()
    )


def table_of_tracks(folder, edition):
    """A CSV of tracks: the same ids in every edition, other names."""
    file = folder / "tracks.csv"
    rows = [f"t{n},Name {n} of {edition},Artist {n % 7},200000" for n in range(TRACKS)]
    file.write_text("\n".join(["track_id,name,artist_names,duration_ms", *rows, ""]))
    return file


def write_editions(path, folder, editions):
    """Ingest a file repeatedly, with other content, and compact in between."""
    catalogue = ps.open_catalogue(path, create=True)
    for edition in range(editions):
        catalogue.ingest(table_of_tracks(folder, edition))
        catalogue.compact(grace_s=60)


def keys_seen(path, until):
    """Read all keys repeatedly until the writer has ended; return what isn't as it should."""
    wrong, reads = [], 0
    while not until() or not reads:
        (row,) = (
            ps.open_catalogue(path)
            .sql("select count(*) n, count(distinct (source, track_id)) ids from tracks")
            .read_all()
            .to_pylist()
        )
        reads += 1
        if (row["n"], row["ids"]) != (TRACKS, TRACKS):
            wrong.append(row)
    return wrong


def test_a_reader_sees_every_key_once_while_others_ingest_and_compact(path, tmp_path):
    ps.open_catalogue(path, create=True).ingest(table_of_tracks(tmp_path, "first"))
    if isinstance(path, str):
        writer = threading.Thread(target=write_editions, args=(path, tmp_path, 3))
        writer.start()
        assert keys_seen(path, lambda: not writer.is_alive()) == []
        writer.join()
    else:
        process = forked.start(write_editions, path, tmp_path, 3)
        assert keys_seen(path, lambda: process.exitcode is not None) == []
        assert process.exitcode == 0
    (row,) = ps.open_catalogue(path).sql("select max(name) n from tracks").read_all().to_pylist()
    assert row["n"].endswith("of 2")


def test_of_many_writers_at_once_none_loses_a_batch(path):
    open_store(path, create=True)
    failed = []

    def write(writer):
        try:
            store = open_store(path)
            for number in range(4):
                write_batch(store, outcome(f"{writer}-{number}"), scan_id=f"{writer:012d}")
        except CatalogueError as error:
            failed.append(error)

    threads = [threading.Thread(target=write, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert uris(open_store(path)) == sorted(
        f"/music/{w}-{n}.wav" for w in range(4) for n in range(4)
    )


def test_a_batch_counts_as_a_whole(path, monkeypatch):
    store = open_store(path, create=True)
    write_batch(store, outcome("a"))

    def stopped(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(type(store.place), "create", stopped)
    with pytest.raises(KeyboardInterrupt):
        write_batch(store, outcome("b"))
    monkeypatch.undo()
    again = open_store(path)
    for table in ("files", "recordings", "verdicts"):
        assert len(again.live_parts(table)) == 1
    assert uris(again) == ["/music/a.wav"]


def test_what_is_pinned_stays_whatever_is_written(path):
    store = open_store(path, create=True)
    write_batch(store, outcome("a"))
    with store.pinned() as version:
        write_batch(store, outcome("b"))
        compaction.compact(store, memory_mb=512)
        assert store.version() == version
        assert uris(store) == ["/music/a.wav"]
    assert uris(store) == ["/music/a.wav", "/music/b.wav"]


@pytest.fixture
def store(tmp_path):
    made = open_store(tmp_path / "c", create=True)
    for name in "abc":
        write_batch(made, outcome(name))
    compaction.compact(made, memory_mb=512)
    write_batch(made, outcome("d"))
    return made


FOUR = [f"/music/{name}.wav" for name in "abcd"]


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"format": "other/1"}', None])
def test_a_damaged_list_is_made_again_with_a_word(store, tmp_path, content, caplog):
    newest = max((tmp_path / "c" / FOLDER).iterdir())
    newest.write_bytes(newest.read_bytes()[:-9] if content is None else content)
    with caplog.at_level(logging.WARNING, "phonoscope"):
        assert uris(open_store(store.uri)) == FOUR
    assert len(caplog.records) == 1
    again = open_store(store.uri)
    write_batch(again, outcome("e"))
    caplog.clear()
    assert len(uris(open_store(store.uri))) == 5
    assert caplog.records == []


def test_a_missing_list_is_made_again_with_a_word(store, tmp_path, caplog):
    shutil.rmtree(tmp_path / "c" / FOLDER)
    with caplog.at_level(logging.WARNING, "phonoscope"):
        again = open_store(store.uri)
        assert uris(again) == FOUR
        assert uris(again) == FOUR
    assert len(caplog.records) == 1
    write_batch(again, outcome("e"))
    caplog.clear()
    assert len(uris(open_store(store.uri))) == 5
    assert caplog.records == []


@pytest.mark.parametrize("name", ["../../x.parquet", "/etc/x.parquet", ".x.parquet", "x.txt", 7])
def test_a_list_that_names_other_files_is_damaged(store, tmp_path, name):
    newest = max((tmp_path / "c" / FOLDER).iterdir())
    shape = json.loads(newest.read_bytes())
    shape["parts"]["files"].append(name)
    newest.write_text(json.dumps(shape))
    assert uris(open_store(store.uri)) == FOUR


def test_a_new_catalogue_has_a_list_and_no_word(tmp_path, caplog):
    with caplog.at_level(logging.WARNING, "phonoscope"):
        assert uris(open_store(tmp_path / "new", create=True)) == []
    assert caplog.records == []


def test_few_lists_stay(store, tmp_path):
    for number in range(20):
        write_batch(store, outcome(f"x{number}"))
    assert len(list((tmp_path / "c" / FOLDER).iterdir())) <= 17


def test_without_links_it_works_as_well(store, monkeypatch):
    def refused(*_):
        raise OSError(errno.EPERM, "no links here")

    monkeypatch.setattr(storage.os, "link", refused)
    assert store.place.create("_versions/x", b"1")
    assert not store.place.create("_versions/x", b"2")
    assert store.place.read("_versions/x") == b"1"
    write_batch(store, outcome("e"))
    assert len(uris(store)) == 5


def test_a_writer_that_slept_for_long_loses_nothing(store, monkeypatch):
    """Its number was free again, as old lists are removed: it has to notice."""
    slow = open_store(store.uri)
    slow.version()
    newest = slow._versions.newest
    behind = [newest()]
    for number in range(20):
        write_batch(store, outcome(f"x{number}"))
    monkeypatch.setattr(slow._versions, "newest", lambda: behind.pop() if behind else newest())
    write_batch(slow, outcome("late"))
    assert "/music/late.wav" in uris(open_store(store.uri))
    assert len(uris(open_store(store.uri))) == 25


def test_a_catalogue_that_vanishes_is_not_empty(store, tmp_path):
    os.rename(tmp_path / "c", tmp_path / "away")
    for act in (
        lambda: uris(store),
        lambda: write_batch(store, outcome("e")),
        lambda: compaction.compact(store, memory_mb=512),
    ):
        with pytest.raises(CatalogueError) as said:
            act()
        assert said.value.code == "vanished"
    assert not (tmp_path / "c").exists()
    os.rename(tmp_path / "away", tmp_path / "c")
    assert uris(store) == FOUR


def test_an_unmounted_disk_is_not_an_empty_catalogue(store, tmp_path):
    os.rename(tmp_path / "c", tmp_path / "away")
    (tmp_path / "c").mkdir()
    with pytest.raises(CatalogueError) as said:
        uris(store)
    assert said.value.code == "vanished"
    assert MARKER not in os.listdir(tmp_path / "c")

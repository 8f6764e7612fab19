"""Opening: what is a catalogue, of which format, and where it may lie."""

import os
import tomllib
import uuid

import pytest

from phonoscope.catalogue.query import sql
from phonoscope.catalogue.storage import storage_of
from phonoscope.catalogue.store import FORMAT, MARKER, open_store
from phonoscope.errors import CatalogueError, NewerCatalogueError, UsageError
from tests.helpers.batches import outcome, write_batch


def rows(store, query):
    return sql(store, query, memory_mb=512).read_all().to_pylist()


def test_a_new_catalogue_says_its_format_and_who_made_it(tmp_path):
    open_store(tmp_path / "new" / "catalogue", create=True)
    marker = tomllib.loads((tmp_path / "new" / "catalogue" / MARKER).read_text())
    assert marker["format"] == FORMAT == 3
    assert marker["created_by"].startswith("phonoscope ")
    assert marker["created_at"].tzinfo is not None


def test_an_empty_folder_or_one_with_hidden_files_only_may_become_one(tmp_path):
    (tmp_path / ".DS_Store").write_bytes(b"")
    open_store(tmp_path, create=True)
    assert (tmp_path / MARKER).exists()


def test_nothing_is_made_unless_asked(tmp_path):
    with pytest.raises(CatalogueError) as refused:
        open_store(tmp_path / "none")
    assert refused.value.code == "no-catalogue"
    assert not (tmp_path / "none").exists()


def test_a_folder_with_other_things_in_it_is_left_alone(tmp_path):
    (tmp_path / "song.mp3").write_bytes(b"")
    with pytest.raises(CatalogueError) as refused:
        open_store(tmp_path, create=True)
    assert refused.value.code == "not-a-catalogue"
    assert "song.mp3" in refused.value.message
    assert os.listdir(tmp_path) == ["song.mp3"]


def test_a_file_is_not_a_catalogue(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(CatalogueError):
        open_store(tmp_path / "file", create=True)


def test_a_newer_format_is_refused_and_left_alone(tmp_path):
    (tmp_path / MARKER).write_text("format = 99\n")
    with pytest.raises(NewerCatalogueError) as refused:
        open_store(tmp_path, create=True)
    assert refused.value.code == "newer-format"
    assert "99" in refused.value.message
    assert (tmp_path / MARKER).read_text() == "format = 99\n"


@pytest.mark.parametrize("content", ["", "format = 'one'", "format = 0", "format = true", "x\0="])
def test_a_damaged_marker_is_said(tmp_path, content):
    (tmp_path / MARKER).write_text(content)
    with pytest.raises(CatalogueError) as refused:
        open_store(tmp_path, create=True)
    assert refused.value.code == "damaged-marker"


STRANGE = ["with 'quotes' and \"more\"", "[glob] * ?", "новая музыка 音楽 🎵", "a\nb", b"caf\xe9"]


@pytest.mark.parametrize("name", STRANGE, ids=ascii)
def test_a_catalogue_may_have_any_name(tmp_path, name):
    path = os.path.join(os.fsencode(tmp_path), name if isinstance(name, bytes) else name.encode())
    store = open_store(os.fsdecode(path), create=True)
    write_batch(store, outcome("a"))
    write_batch(store, outcome("b"))
    assert rows(open_store(store.uri), "select count(*) n from recordings") == [{"n": 2}]


def test_a_catalogue_may_lie_in_any_store_of_fsspec():
    url = f"memory://{uuid.uuid4().hex}/catalogue"
    store = open_store(url, create=True)
    write_batch(store, outcome("a"))
    assert rows(open_store(url), "select count(*) n from recordings") == [{"n": 1}]


def test_an_unknown_store_is_said():
    with pytest.raises(UsageError) as refused:
        storage_of("nosuchstore://bucket/catalogue")
    assert refused.value.code == "unreachable"

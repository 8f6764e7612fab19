"""A catalogue that can only be read answers 'find' and 'copies' as any other."""

import errno
import os
from pathlib import Path

import pytest

import phonoscope as ps
from phonoscope.catalogue.storage import LocalStorage
from phonoscope.matching.recording import index_update
from tests.helpers.sounds import write
from tests.helpers.tunes import RATE, excerpt, tune


@pytest.fixture(scope="module")
def scanned(tmp_path_factory):
    folder = tmp_path_factory.mktemp("music")
    write(folder / "one.wav", tune(3, 30.0), RATE)
    write(folder / "two.wav", 0.5 * tune(3, 30.0), RATE)
    ps.open_catalogue(folder / "c", create=True).scan(folder)
    return folder


@pytest.fixture
def read_only(scanned, tmp_path, monkeypatch):
    """The catalogue, in which nothing can be written; caches go to another folder."""
    catalogue = scanned / "c"

    def refuse(path):
        if catalogue in [path, *Path(path).parents]:
            raise OSError(errno.EROFS, os.strerror(errno.EROFS), str(path))

    writing, make_folder = index_update.writing, LocalStorage._make_folder

    def refused_index(folder):
        refuse(folder)
        return writing(folder)

    def refused_folder(place, folder):
        refuse(folder)
        make_folder(place, folder)

    monkeypatch.setattr(index_update, "writing", refused_index)
    monkeypatch.setattr(LocalStorage, "_make_folder", refused_folder)
    monkeypatch.setattr(
        index_update.platformdirs, "user_cache_dir", lambda *_: str(tmp_path / "cache")
    )
    return catalogue


def state_of(folder):
    return {path: path.stat().st_mtime_ns for path in folder.rglob("*")}


@pytest.mark.parametrize("cache", ["writable", "not writable"])
def test_find_answers(read_only, tmp_path, cache):
    if cache == "not writable":
        (tmp_path / "cache").write_bytes(b"a file where the folder should be")
    before = state_of(read_only)
    sound = write(tmp_path / "part.wav", excerpt(tune(3, 30.0), 5.0, 10.0), RATE)
    assert ps.open_catalogue(read_only).find(sound)
    assert state_of(read_only) == before
    assert (tmp_path / "cache").is_dir() == (cache == "writable")


def test_copies_are_found_and_not_stored(read_only):
    before = state_of(read_only)
    (group,) = ps.open_catalogue(read_only).copies()
    assert len(group.members) == 2
    assert state_of(read_only) == before

"""A file is written whole or not at all, and no temporary file is left."""

import os
import stat

import pytest

from phonoscope.atomic import put_in_place, replacing, temporary_beside, write_whole


class Stopped(BaseException):
    """What a person's Ctrl-C is."""


@pytest.fixture
def path(tmp_path):
    (tmp_path / "file").write_bytes(b"old")
    return tmp_path / "file"


def beside(path):
    return [p.name for p in path.parent.iterdir() if p != path]


@pytest.fixture
def no_folder(monkeypatch):
    """A file system that forces files to disk, but no folder."""
    real = os.fsync

    def refuse(descriptor):
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(22, "Invalid argument")
        real(descriptor)

    monkeypatch.setattr(os, "fsync", refuse)


def test_the_old_file_is_there_until_the_new_one_is_whole(path):
    with replacing(path) as file:
        file.write(b"new")
        file.flush()
        assert path.read_bytes() == b"old"
        assert len(beside(path)) == 1
    assert path.read_bytes() == b"new"
    assert beside(path) == []


@pytest.mark.parametrize("error", [OSError, ValueError, Stopped])
def test_what_fails_leaves_the_old_file_alone(path, error):
    def fail():
        with replacing(path) as file:
            file.write(b"new")
            raise error

    with pytest.raises(error):
        fail()
    assert path.read_bytes() == b"old"
    assert beside(path) == []


@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_a_step_that_is_refused_leaves_the_old_file_alone(path, monkeypatch, call):
    def refuse(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, call, refuse)
    with pytest.raises(OSError, match="No space"):
        write_whole(path, b"new")
    with temporary_beside(path) as temporary:
        temporary.write_bytes(b"new")
        with pytest.raises(OSError, match="No space"):
            put_in_place(temporary, path)
    assert path.read_bytes() == b"old"
    assert beside(path) == []


@pytest.mark.usefixtures("no_folder")
def test_a_folder_that_is_not_forced_to_disk_fails_only_who_asks_for_it(path):
    write_whole(path, b"new")
    assert path.read_bytes() == b"new"
    with pytest.raises(OSError, match="Invalid"), replacing(path) as file:
        file.write(b"newer")
    assert path.read_bytes() == b"newer"
    assert beside(path) == []


def test_the_file_is_forced_to_disk_before_its_name_and_the_folder_after(path, monkeypatch):
    done = []
    sync, rename = os.fsync, os.replace

    def synced(descriptor):
        is_folder = stat.S_ISDIR(os.fstat(descriptor).st_mode)
        done.append("folder" if is_folder else f"file of {os.fstat(descriptor).st_size}")
        sync(descriptor)

    def renamed(old, new):
        done.append("rename")
        rename(old, new)

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(os, "replace", renamed)
    with replacing(path) as file:
        file.write(b"12345")
    with temporary_beside(path) as temporary:
        temporary.write_bytes(b"123456")
        put_in_place(temporary, path)
    assert done == ["file of 5", "rename", "folder", "file of 6", "rename", "folder"]


def test_a_temporary_file_that_is_not_used_goes(path):
    with temporary_beside(path) as temporary:
        assert temporary.parent == path.parent
        assert temporary.name.startswith(".")
    assert path.read_bytes() == b"old"
    assert beside(path) == []


def test_a_name_that_is_taken_is_refused_and_kept(path):
    taken = path.with_name("taken")
    taken.write_bytes(b"mine")
    with pytest.raises(FileExistsError), temporary_beside(path, "taken"):
        pass
    assert taken.read_bytes() == b"mine"


def test_permissions_are_those_asked_for(path):
    old = os.umask(0o022)
    try:
        with temporary_beside(path) as usual, temporary_beside(path, mode=0o600) as private:
            modes = [stat.S_IMODE(p.stat().st_mode) for p in (usual, private)]
    finally:
        os.umask(old)
    assert modes == [0o644, 0o600]


@pytest.mark.parametrize("letter", ["a", "é", "曲", "🎵"])
def test_the_longest_names_can_be_written(tmp_path, letter):
    path = tmp_path / (letter * (255 // len(letter.encode())))
    write_whole(path, b"new")
    assert path.read_bytes() == b"new"

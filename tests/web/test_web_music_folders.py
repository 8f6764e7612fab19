"""A catalogue from someone else opens no file and no connection."""

import os
import shutil
import socket
import threading

import pyarrow.parquet as pq
import pytest

from phonoscope.api import open_catalogue
from phonoscope.catalogue.music_folders import MusicFolders, music_folders, note_scanned
from phonoscope.dossier.content import dossier_of
from phonoscope.errors import UnreadableError
from phonoscope.web.app import create_app
from tests.helpers.served import TestClient
from tests.helpers.sounds import noise, write


@pytest.fixture(scope="module")
def scanned(tmp_path_factory):
    """A catalogue that this user scanned, and its folder of music."""
    folder = tmp_path_factory.mktemp("mine")
    (folder / "music").mkdir()
    write(folder / "music" / "song.wav", noise(2.0))
    (folder / "music" / "notes.txt").write_text("private")
    (folder / "secret.mp3").write_text("secret")
    catalogue = open_catalogue(folder / "catalogue", create=True)
    catalogue.scan(folder / "music")
    return catalogue, folder


@pytest.fixture
def foreign(scanned, tmp_path):
    """A copy of the catalogue whose rows someone has edited, at the same place or another."""
    catalogue, _ = scanned
    kept = tmp_path / "kept"
    shutil.copytree(catalogue.path, kept)

    def made(uri, at=None, sources=None):
        target = tmp_path / at if at else catalogue.path
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(kept, target)
        edit(target, "files", uri=uri, size_bytes=None, mtime_ns=None)
        edit(target, "recordings", container="mp3", codec="mp3")
        if sources:
            edit(target, "scans", sources=sources)
        return open_catalogue(target)

    yield made
    shutil.rmtree(catalogue.path)
    shutil.copytree(kept, catalogue.path)


def edit(path, table, **values):
    for name in os.listdir(os.path.join(path, table)):
        part = os.path.join(path, table, name)
        rows = pq.read_table(part)
        pq.write_table(
            rows.from_pylist([{**row, **values} for row in rows.to_pylist()], rows.schema), part
        )


def statuses(catalogue, **named):
    (recording_id,) = catalogue["recordings"].recording_id.to_pyarrow().to_pylist()
    with TestClient(create_app(catalogue, **named), base_url="http://localhost") as client:
        page = f"/recordings/{recording_id}"
        assert client.get(page).status_code == 200
        asked = [
            client.get(f"{page}/{name}") for name in ("audio", "spectrogram.png", "outline.json")
        ]
        assert all(b"root:" not in answer.content for answer in asked)
        assert all(b"secret" not in answer.content for answer in asked)
        return [answer.status_code for answer in asked]


def test_the_users_own_scan_is_played(scanned):
    catalogue, _ = scanned
    assert statuses(catalogue) == [200, 200, 200]
    dossier = dossier_of(catalogue, catalogue["recordings"].recording_id.to_pyarrow()[0].as_py())
    assert [file.state for file in dossier.files] == ["unchanged"]


@pytest.mark.parametrize("name", ["list.txt", "list.m3u"])
def test_recordings_of_a_list_are_played(tmp_path, name):
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
    write(tmp_path / "one" / "song.wav", noise(2.0))
    (tmp_path / "two" / "notes.mp3").write_text("root: no sound")
    (tmp_path / name).write_text("one/song.wav\ntwo/notes.mp3\n")
    catalogue = open_catalogue(tmp_path / "catalogue", create=True)
    catalogue.scan(tmp_path / name)
    assert statuses(catalogue) == [200, 200, 200]
    # A folder from which nothing was analysed stays closed.
    edit(catalogue.path, "files", uri=str(tmp_path / "two" / "notes.mp3"))
    assert statuses(open_catalogue(catalogue.path)) == [404, 404, 404]


@pytest.mark.parametrize("uri", ["/etc/passwd", "file:///etc/passwd", "{folder}/secret.mp3"])
def test_a_row_that_names_another_file_opens_nothing(foreign, scanned, uri):
    _, folder = scanned
    catalogue = foreign(uri.format(folder=folder))
    assert statuses(catalogue) == [404, 404, 404]
    dossier = dossier_of(catalogue, catalogue["recordings"].recording_id.to_pyarrow()[0].as_py())
    assert [file.state for file in dossier.files] == ["unreachable"]


def test_folders_that_only_the_catalogue_names_are_not_enough(foreign):
    assert statuses(foreign("/etc/passwd", sources=["/etc", "/"])) == [404, 404, 404]


def test_a_catalogue_from_elsewhere_opens_not_even_files_that_this_user_has_scanned(
    foreign, scanned
):
    _, folder = scanned
    song = str(folder / "music" / "song.wav")
    assert statuses(foreign(song)) == [200, 200, 200]
    elsewhere = foreign(song, at="elsewhere")
    assert statuses(elsewhere) == [404, 404, 404]
    assert statuses(elsewhere, music=[folder / "music"]) == [200, 200, 200]
    assert statuses(elsewhere, music=[folder / "catalogue"]) == [404, 404, 404]


@pytest.mark.parametrize("scheme", ["ftp", "http", "https", "sftp", "memory", "github", "smb"])
def test_no_row_makes_the_server_connect(foreign, monkeypatch, scheme):
    tried = []
    monkeypatch.setattr(socket.socket, "connect", lambda self, to: tried.append(to))
    monkeypatch.setattr("fsspec.core.url_to_fs", lambda *a, **k: tried.append(a))
    catalogue = foreign(f"{scheme}://127.0.0.1:9/x.mp3", sources=[f"{scheme}://127.0.0.1:9/"])
    note_scanned(catalogue.path, [f"{scheme}://127.0.0.1:9/"])
    (recording_id,) = catalogue["recordings"].recording_id.to_pyarrow().to_pylist()
    folders = music_folders(catalogue)
    for row in catalogue["files"].to_pyarrow().to_pylist():
        with pytest.raises(UnreadableError):
            folders.open(row["uri"])
    dossier_of(catalogue, recording_id)
    assert tried == []


@pytest.mark.parametrize("kind", ["link", "folder-link", "dots", "fifo", "folder", "null"])
def test_nothing_leads_out_of_a_folder_and_nothing_blocks(tmp_path, kind):
    music = tmp_path / "music"
    music.mkdir()
    (tmp_path / "secret.mp3").write_text("secret")
    (music / "a.mp3").write_text("sound")
    if kind == "link":
        (music / "x.mp3").symlink_to(tmp_path / "secret.mp3")
    elif kind == "folder-link":
        (music / "away").symlink_to(tmp_path)
    elif kind == "fifo":
        os.mkfifo(music / "x.mp3")
    names = {
        "folder-link": music / "away" / "secret.mp3",
        "dots": f"{music}/../secret.mp3",
        "folder": music,
        "null": f"{music}/\0.mp3",
    }
    folders = MusicFolders([music])
    with folders.open(str(music / "a.mp3")) as file:
        assert file.read() == b"sound"
    failed = []

    def opening():
        try:
            folders.open(str(names.get(kind, music / "x.mp3")))
        except UnreadableError as error:
            failed.append(error)

    thread = threading.Thread(target=opening, daemon=True)
    thread.start()
    thread.join(10)
    assert failed


@pytest.mark.parametrize("uri", ["/proc/self/environ", "/dev/zero", "/sys/kernel/notes", "", None])
def test_the_systems_own_files_are_never_opened(uri):
    with pytest.raises(UnreadableError):
        MusicFolders(["/"]).open(uri)


def test_what_was_scanned_is_noted_once_and_only_for_its_catalogue(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    music = tmp_path / "music"
    music.mkdir()
    song = write(music / "song.wav", noise(1.0))
    catalogue = open_catalogue(tmp_path / "one", create=True)
    with pytest.raises(UnreadableError):
        music_folders(catalogue).find(str(song))
    catalogue.scan(music)
    catalogue.scan(music)
    assert music_folders(catalogue).find(str(song)) == os.path.realpath(song)
    (notes,) = (tmp_path / "state" / "phonoscope").iterdir()
    assert notes.read_text().count(str(music)) == 1
    notes.write_text("[" * 100_000)
    with pytest.raises(UnreadableError):
        music_folders(catalogue).find(str(song))
    note_scanned(catalogue.path, [music])
    assert music_folders(catalogue).find(str(song))

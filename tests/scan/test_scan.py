"""Scanning on this machine, end to end on real sounds, good and bad."""

import json
import os
import shutil
import subprocess
import sys
from collections import Counter
from datetime import timedelta

import pytest

from phonoscope.api import Catalogue, open_catalogue
from phonoscope.errors import CatalogueError, UsageError
from phonoscope.scan import local
from phonoscope.settings import Settings
from tests.helpers import tasks
from tests.helpers.progress import Recorded
from tests.helpers.sounds import noise, sine, write

SETTINGS = Settings(workers=1, file_time_limit_s=60)


def rows(catalogue, query):
    return catalogue.sql(query).read_all().to_pylist()


@pytest.fixture
def catalogue(tmp_path):
    return open_catalogue(tmp_path / "catalogue", create=True)


@pytest.fixture
def music(tmp_path):
    folder = tmp_path / "music"
    folder.mkdir()
    return folder


def test_a_folder_good_and_bad_once_and_again(catalogue, music, tmp_path):
    """One scan for many promises, because starting a worker takes a second."""
    write(music / "a.wav", noise(0.5, seed=1))
    write(music / "b.ogg", sine(1.0), form="ogg-vorbis")
    (music / "copy of a.wav").write_bytes((music / "a.wav").read_bytes())
    odd = os.path.join(os.fsencode(music), b"\xff\n.wav")
    with open(odd, "wb") as file:
        file.write((music / "a.wav").read_bytes())
    write(music / "音楽 🎵.flac", noise(0.3, seed=2), form="flac-16")
    (music / "empty.mp3").write_bytes(b"")
    (music / "text.mp3").write_text("no sound")
    os.mkfifo(music / "pipe.mp3")
    progress = Recorded()
    done = catalogue.scan(music, settings=SETTINGS, progress=progress)

    assert (done.listed, done.unchanged) == (8, 0)
    assert (done.examined, done.duplicates, done.unreadable) == (3, 2, 3)
    assert done.unreadable_kinds == {"not-a-file": 1, "empty": 1, "not-audio": 1}
    assert done.audio_s == pytest.approx(1.8, abs=0.1)
    assert done.wall_s > 0
    assert done.cpu_s > 0
    assert progress.tasks == [("list", "files"), ("scan", "files")]
    assert (progress.total, progress.done, progress.counters["unreadable"]) == (8, 8, 3)
    assert progress.counters["audio_s"] == pytest.approx(done.audio_s)
    json.dumps(done.to_json())

    assert Counter(row["error_kind"] for row in rows(catalogue, "from files")) == {
        None: 5,
        "not-a-file": 1,
        "empty": 1,
        "not-audio": 1,
    }
    ids = rows(catalogue, "select distinct recording_id from files where error is null")
    assert len(ids) == 3
    for table in ("recordings", "verdicts"):
        assert len(rows(catalogue, f"from {table}")) == 3
    (scan,) = rows(catalogue, "from scans")
    assert scan["state"] == "done"
    assert scan["engine"] == "local"
    assert scan["sources"] == [str(music)]
    assert json.loads(scan["settings"])["workers"] == 1
    assert scan["examined"] == 3
    assert timedelta(0) < scan["finished_utc"] - scan["started_utc"] < timedelta(minutes=5)

    again = catalogue.scan(music, settings=SETTINGS)
    # A FIFO has no size to tell a change by, so it is looked at again; nothing else is.
    assert (again.listed, again.unchanged, again.examined) == (8, 7, 0)
    assert again.unreadable == 3, "what cannot be read stays said, also when it is not read again"
    assert again.unreadable_kinds == done.unreadable_kinds

    write(music / "a.wav", noise(0.5, seed=9))
    (music / "text.mp3").unlink()
    (music / "moved").mkdir()
    (music / "b.ogg").rename(music / "moved" / "b.ogg")
    third = catalogue.scan(music, settings=SETTINGS)
    assert (third.listed, third.examined, third.duplicates) == (7, 1, 1)
    assert len(rows(catalogue, "from recordings")) == 4
    assert len(rows(catalogue, "from files")) == 9


def test_a_file_that_hangs_or_crashes_is_a_row_and_the_others_are_done(
    catalogue, music, monkeypatch
):
    monkeypatch.setattr(local, "analyse_file", tasks.misbehaving_examination)
    for number, name in enumerate(["hang", "crash", "fine"]):
        write(music / f"{name}.wav", noise(0.2, seed=number))
    (music / "hang too.wav").write_bytes((music / "hang.wav").read_bytes())
    settings = Settings(workers=2, file_time_limit_s=3, false_alarms=0.02)
    done = catalogue.scan(music, settings=settings)
    assert done.unreadable_kinds == {"time-limit": 2, "crashed": 1}
    found = {os.path.basename(r["uri"]): r for r in rows(catalogue, "from files")}
    assert found["fine.wav"]["error"] is None
    assert "3 s" in found["hang.wav"]["error"]
    assert "SIGSEGV" in found["crash.wav"]["error"]
    assert len(rows(catalogue, "from recordings")) == 1
    assert rows(catalogue, "select false_alarms a from verdicts") == [{"a": 0.02}]

    monkeypatch.undo()
    again = catalogue.scan(music, settings=settings)
    assert (again.unchanged, again.examined, again.unreadable) == (1, 2, 0)


def test_a_file_that_vanishes_or_changes_is_a_row(catalogue, music, monkeypatch):
    for number in range(3):
        write(music / f"{number}.wav", noise(0.2, seed=number))
    pipeline = local.Pipeline.run

    def late(self):
        (music / "0.wav").unlink()
        write(music / "1.wav", noise(0.2, seed=7))
        pipeline(self)

    monkeypatch.setattr(local.Pipeline, "run", late)
    done = catalogue.scan(music, settings=SETTINGS)
    assert done.unreadable_kinds == {"vanished": 1, "io": 1}
    monkeypatch.undo()
    assert catalogue.scan(music, settings=SETTINGS).examined == 1


def test_batches_are_written_by_number_and_by_time(catalogue, music, monkeypatch):
    monkeypatch.setattr(local, "analyse_file", tasks.misbehaving_examination)
    for number in range(5):
        write(music / f"{number}.wav", noise(0.1, seed=number))
    write(music / "slow.wav", noise(0.1, seed=99))
    settings = Settings(workers=1, batch_files=2, batch_seconds=1.0)
    catalogue.scan(music, settings=settings)
    batches = rows(catalogue, "select batch, count(*) n from files group by 1 order by 1")
    assert sum(row["n"] for row in batches) == 6
    assert max(row["n"] for row in batches) <= 2


def test_nothing_to_examine_is_an_error_and_writes_nothing(catalogue, music):
    (music / "notes.txt").write_text("x")
    for source, engine, code in (
        (music, "local", "no-audio-files"),
        (music / "none", "local", "unreachable-source"),
        (music, "cloud", "unknown-engine"),
    ):
        with pytest.raises(UsageError) as refused:
            catalogue.scan(source, engine=engine)
        assert refused.value.code == code
    assert rows(catalogue, "from scans") == []


def test_a_catalogue_that_cannot_be_written_ends_the_scan_with_words(catalogue, music, monkeypatch):
    for number in range(3):
        write(music / f"{number}.wav", noise(0.1, seed=number))

    def full(self, rows, batch):
        if "files" in rows:
            raise CatalogueError("full", code="disk-full")
        written(self, rows, batch)

    written = type(catalogue._store).write
    monkeypatch.setattr(type(catalogue._store), "write", full)
    with pytest.raises(CatalogueError) as ended:
        catalogue.scan(music, settings=SETTINGS)
    assert ended.value.code == "disk-full"
    monkeypatch.undo()
    assert rows(catalogue, "select state from scans") == [{"state": "failed"}]
    assert catalogue.scan(music, settings=SETTINGS).examined == 3


def test_ctrl_c_keeps_what_is_complete(catalogue, music):
    for number in range(4):
        write(music / f"{number}.wav", noise(0.1, seed=number))

    def stop(progress):
        if progress.tasks[-1][0] == "scan" and progress.done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        catalogue.scan(music, settings=SETTINGS, progress=Recorded(stop))
    assert len(rows(catalogue, "from files")) == len(rows(catalogue, "from recordings")) == 2
    assert rows(catalogue, "select state from scans") == [{"state": "interrupted"}]
    done = catalogue.scan(music, settings=SETTINGS)
    assert (done.unchanged, done.examined) == (2, 2)


UNGUARDED = """
import sys, phonoscope
from phonoscope import Settings
print("top level")
catalogue = phonoscope.open_catalogue(sys.argv[2], create=True)
print(catalogue.scan(sys.argv[1], settings=Settings(workers=2)).examined)
print([e.duration_s for e in phonoscope.check([sys.argv[1] + "/a.wav"])])
"""


def test_a_script_needs_no_guard(music, tmp_path):
    """Workers do not import the program that started them: its top level runs once."""
    write(music / "a.wav", noise(0.5))
    script = tmp_path / "script.py"
    script.write_text(UNGUARDED)
    # A file of that name next to the script or in the working folder must not reach a worker.
    (tmp_path / "threadpoolctl.py").write_text("raise SystemExit('imported from music')")
    ran = subprocess.run(
        [sys.executable, script.name, music, tmp_path / "catalogue"],
        check=False,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "PYTHONSAFEPATH": "1"},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert ran.stderr == ""
    assert ran.stdout.split() == ["top", "level", "1", "[0.5]"]


def test_a_manifest_and_named_files_are_scanned_together(catalogue, music):
    for name in ("a", "b", "c"):
        write(music / f"{name}.wav", noise(0.1, seed=ord(name)))
    (music / "c.wav").rename(music / "c.odd")
    (music / "list.txt").write_text("a.wav\nb.wav\n")
    done = catalogue.scan(music / "list.txt", music / "c.odd", settings=SETTINGS)
    assert (done.listed, done.examined) == (3, 3)


def test_what_a_killed_scan_left_half_written_is_done_again(catalogue, music):
    """Its recording was stored, the row of its file was not."""
    write(music / "a.wav", noise(0.1))
    catalogue.scan(music, settings=SETTINGS)
    for name in catalogue._store.live_parts("files"):
        os.remove(os.path.join(catalogue.path, "files", name))
    # The list of parts never names a batch of which a part is missing.
    shutil.rmtree(os.path.join(catalogue.path, "_versions"))
    done = Catalogue(catalogue._store, catalogue.path).scan(music, settings=SETTINGS)
    assert (done.examined, done.duplicates) == (0, 1)
    assert len(rows(catalogue, "from files")) == len(rows(catalogue, "from recordings")) == 1

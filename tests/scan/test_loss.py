"""Nothing is lost and nothing is counted twice, whatever happens to a scan."""

import os
import random
import shutil
import signal
import subprocess
import threading
import time
from contextlib import contextmanager

import numpy as np
import pyarrow.parquet as pq
import pytest
import soundfile

from phonoscope.api import open_catalogue
from phonoscope.catalogue.storage import TEMPORARY
from phonoscope.errors import CatalogueError
from phonoscope.settings import Settings
from tests.helpers.programs import all_gone, run_scan, start_scan, wait_for, workers_of

FILES = 150
COPIES = 10
SETTINGS = Settings(workers=1)


def make_music(folder, count, copies=0):
    """Many tiny sounds, some of them twice."""
    folder.mkdir()
    for number in range(count):
        drawn = np.random.default_rng(number).normal(0, 0.1, 800)
        soundfile.write(folder / f"{number:05d}.wav", drawn, 8000)
    for number in range(copies):
        shutil.copy(folder / f"{number:05d}.wav", folder / f"copy-{number}.wav")
    return folder


@pytest.fixture(scope="module")
def music(tmp_path_factory):
    return make_music(tmp_path_factory.mktemp("many") / "music", FILES, COPIES)


def rows(catalogue, query):
    return catalogue.sql(query).read_all().to_pylist()


def hold_whole(path, music):
    """Every file is there exactly once, every part is readable, nothing temporary counts."""
    catalogue = open_catalogue(path, create=False)
    uris = [row["uri"] for row in rows(catalogue, "select uri from files where error is null")]
    assert sorted(uris) == sorted(str(music / name) for name in os.listdir(music))
    (counts,) = rows(
        catalogue,
        "select count(*) n, count(distinct recording_id) ids from recordings",
    )
    distinct = len([name for name in os.listdir(music) if not name.startswith("copy")])
    assert counts == {"n": distinct, "ids": distinct}
    for table in ("verdicts",):
        assert rows(catalogue, f"select count(*) n from {table}") == [{"n": distinct}]
    orphans = "select uri from files anti join recordings using (recording_id)"
    assert rows(catalogue, orphans) == []
    for folder, _, names in os.walk(path):
        for name in names:
            if name.endswith(".parquet") and not name.startswith(TEMPORARY):
                assert pq.read_table(os.path.join(folder, name)).num_rows > 0


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_killed_again_and_again_at_random(music, tmp_path):
    path = tmp_path / "catalogue"
    drawn = random.Random(8)
    orphans = set()
    kills = 0
    while kills < 8:
        with start_scan(music, path, batch_files=drawn.choice([1, 3, 7])) as process:
            # At every stage: while it starts, while it lists, while it works and writes.
            if drawn.random() < 0.25:
                time.sleep(drawn.random() * 3)
            else:
                wait_for(process, drawn.randrange(1, 20))
                time.sleep(drawn.random() * 0.05)
            orphans |= workers_of(process.pid)
            process.kill()
            kills += 1
        if not kills % 4:
            # What is there in between is whole as well: it can be read.
            # A recording may be ahead of its file, which commits it; never the other way round.
            found = open_catalogue(path, create=True)
            assert rows(found, "from files anti join recordings using (recording_id)") == []
            found.compact(grace_s=0)
    # Killed scans leave what they had written, so the last one has less to do.
    assert rows(open_catalogue(path), "from recordings")
    run_scan(music, path)
    hold_whole(path, music)
    assert all_gone(orphans)
    assert run_scan(music, path) == ["done", "0", "0", "0"]


def test_killed_once_and_resumed(music, tmp_path):
    """The short form of the test above, in every run."""
    path = tmp_path / "catalogue"
    with start_scan(music, path, batch_files=10) as process:
        assert wait_for(process, 40)
        left = workers_of(process.pid)
        assert left
        process.kill()
    assert all_gone(left)
    before = len(rows(open_catalogue(path), "from files"))
    assert 0 < before < FILES + COPIES
    _, examined, _, _ = run_scan(music, path)
    assert int(examined) <= FILES + COPIES - before
    hold_whole(path, music)


def test_ctrl_c_stops_it_and_leaves_it_whole(music, tmp_path):
    path = tmp_path / "catalogue"
    with start_scan(music, path, batch_files=1000) as process:
        assert wait_for(process, 30)
        left = workers_of(process.pid)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    assert process.returncode != 0
    assert err.rstrip().endswith("KeyboardInterrupt")
    assert all_gone(left)
    found = open_catalogue(path)
    assert rows(found, "select state from scans") == [{"state": "interrupted"}]
    assert len(rows(found, "from files")) >= 28
    run_scan(music, path)
    hold_whole(path, music)


def test_two_scans_into_one_catalogue_at_once(music, tmp_path):
    path = tmp_path / "catalogue"
    with start_scan(music, path) as one, start_scan(music, path) as two:
        for process in (one, two):
            out, err = process.communicate(timeout=250)
            assert process.returncode == 0, err
            assert out.splitlines()[-1].startswith("done")
    hold_whole(path, music)
    assert len(rows(open_catalogue(path), "from scans where state = 'done'")) == 2


def test_reading_and_compacting_while_a_scan_runs(music, tmp_path):
    path = tmp_path / "catalogue"
    seen = []
    with start_scan(music, path, batch_files=5) as process:
        assert wait_for(process, 12)
        drain = threading.Thread(target=process.stdout.read)
        drain.start()
        while process.poll() is None:
            found = open_catalogue(path, create=False)
            seen.append(len(rows(found, "from files")))
            assert len(rows(found, "from files anti join recordings using (recording_id)")) == 0
            assert found["files"].count().to_pyarrow().as_py() >= seen[-1]
            found.compact(grace_s=5)
        drain.join()
    assert process.returncode == 0
    assert seen == sorted(seen)
    hold_whole(path, music)
    open_catalogue(path).compact(grace_s=0)
    hold_whole(path, music)


def is_root():
    return os.geteuid() == 0


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 400 kB, where root may mount one; else a limit on the size of files."""
    mounted = tmp_path / "disk"
    mounted.mkdir()
    if not is_root() or not _mount("-t", "tmpfs", "-o", "size=400k", "tmpfs", mounted):
        yield None
        return
    yield mounted
    subprocess.run(["umount", "--lazy", str(mounted)], check=True)


FULL = """
import resource, sys
from phonoscope.api import open_catalogue
from phonoscope.errors import CatalogueError
from phonoscope.settings import Settings
catalogue = open_catalogue(sys.argv[2], create=True)
if int(sys.argv[3]):
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[3]),) * 2)
try:
    catalogue.scan(sys.argv[1], settings=Settings(workers=1, batch_files=5))
except CatalogueError as error:
    print(error.code)
"""


def test_a_full_disk_is_said_and_nothing_is_torn(music, tmp_path, small_disk):
    path = (small_disk or tmp_path) / "catalogue"
    limit = 0 if small_disk else 20_000
    process = start_scan(music, path, batch_files=limit, code=FULL)
    out, err = process.communicate(timeout=250)
    assert process.returncode == 0, err
    assert out.strip() == ("disk-full" if small_disk else "file-too-large")
    found = open_catalogue(path, create=False)
    assert len(rows(found, "from files")) == len(
        rows(found, "from files semi join recordings using (recording_id)")
    )
    left = [name for _, _, names in os.walk(path) for name in names if TEMPORARY in name]
    assert left == []
    if small_disk:
        moved = tmp_path / "elsewhere"
        shutil.copytree(path, moved)
        run_scan(music, moved)
        hold_whole(moved, music)


@contextmanager
def unwritable(path):
    """Make a catalogue one that cannot be written, for root as well."""
    if not is_root():
        path.chmod(0o500)
        yield
        path.chmod(0o700)
    elif _mount("--bind", path, path):
        # Root may write everywhere but where a file system says no.
        assert _mount("-o", "remount,bind,ro", path)
        yield
        subprocess.run(["umount", path], check=True)
    else:
        # A container that may not mount: a file lies where a table should.
        (path / "scans").write_bytes(b"")
        yield
        (path / "scans").unlink()


def _mount(*arguments):
    return subprocess.run(["mount", *arguments], capture_output=True, check=False).returncode == 0


def test_a_folder_that_cannot_be_written_is_said(music, tmp_path):
    path = tmp_path / "catalogue"
    catalogue = open_catalogue(path, create=True)
    with (
        unwritable(path),
        pytest.raises(CatalogueError) as refused,
    ):
        catalogue.scan(music, settings=SETTINGS)
    assert refused.value.code in ("no-permission", "read-only")
    assert rows(catalogue, "from scans") == []


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_more_than_a_thousand_small_files(tmp_path):
    music = make_music(tmp_path / "music", 1_200, 100)
    catalogue = open_catalogue(tmp_path / "catalogue", create=True)
    done = catalogue.scan(music, settings=Settings(workers=2))
    assert (done.examined, done.duplicates, done.unreadable) == (1_200, 100, 0)
    hold_whole(tmp_path / "catalogue", music)
    again = catalogue.scan(music, settings=Settings(workers=2))
    assert (again.unchanged, again.examined) == (1_300, 0)
    catalogue.compact(grace_s=0)
    hold_whole(tmp_path / "catalogue", music)

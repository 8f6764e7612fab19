"""Recordings that another model scored are analysed again, on request and only these."""

import dataclasses
import os
import random

import numpy as np
import pytest

from phonoscope.api import open_catalogue
from phonoscope.catalogue.parts import BatchNames
from phonoscope.catalogue.schema.tables import rows_of
from phonoscope.catalogue.store import open_store
from phonoscope.detector.model import model
from phonoscope.scan.known import KnownIds
from phonoscope.scan.pending import Pending
from phonoscope.scan.sources import SourceFile
from phonoscope.settings import Settings
from tests.helpers import programs
from tests.helpers.batches import analysis, detected, outcome, recording_id_of, write_batch
from tests.helpers.program import run, strict_json
from tests.helpers.served import examined_outcome
from tests.helpers.sounds import noise, write

OLDER = "phonoscope-generated 1 (0123abcd)"
SCORED_S, TOO_SHORT_S = 3.4, 0.4
"""Twelve spectra of 0.37 s, half overlapped, are enough."""
FLAG = "--again-if-model-changed"


def by(named, one):
    """The outcome as another model would have left it, or none."""
    verdict = dataclasses.replace(one.analysis.verdict, model=named)
    return dataclasses.replace(one, analysis=dataclasses.replace(one.analysis, verdict=verdict))


def rows(path, query):
    return open_catalogue(path).sql(query).read_all().to_pylist()


def models(path):
    query = "select uri, model from files join verdicts using (recording_id) where error is null"
    return {os.path.basename(row["uri"]): row["model"] for row in rows(path, query)}


def music_scored_by_another_model(folder, count):
    """Noise in files, and a catalogue in which another model scored all of it."""
    music = folder / "music"
    music.mkdir()
    sounds = [noise(SCORED_S, 16_000, 1, seed=n) for n in range(count)]
    files = [write(music / f"{n:02}.wav", sounds[n], 16_000) for n in range(count)]
    store = open_store(folder / "catalogue", create=True)
    write_batch(store, *(by(OLDER, examined_outcome(file)) for file in files))
    return music, folder / "catalogue"


def test_with_the_flag_and_without(tmp_path):
    """One catalogue for many promises: an analysis takes a second."""
    music, into = music_scored_by_another_model(tmp_path, 4)
    store = open_store(into)
    # No model, though there is enough sound; too short for any; scored by this version's.
    unscored = write(music / "unscored.wav", noise(SCORED_S, 16_000, 1, seed=20), 16_000)
    short = write(music / "short.wav", noise(TOO_SHORT_S, 16_000, 1, seed=21), 16_000)
    ours = write(music / "ours.wav", noise(SCORED_S, 16_000, 1, seed=22), 16_000)
    write_batch(store, by(None, examined_outcome(unscored)), examined_outcome(short))
    write_batch(store, examined_outcome(ours))
    (music / "copy.wav").write_bytes((music / "01.wav").read_bytes())
    (music / "00.wav").unlink()
    (music / "03.wav").rename(music / "moved.wav")
    before = rows(into, "from verdicts order by recording_id")

    without = run("scan", music, "--into", into)
    assert without.returncode == 0
    assert without.stdout.count(FLAG) == 1
    assert rows(into, "from verdicts order by recording_id") == before

    done = run("scan", music, "--into", into, FLAG, "--json")
    assert done.returncode == 0, done.stderr
    (summary,) = strict_json(done.stdout)
    # 01 (with its copy), 02, moved, unscored; 00 is gone.
    assert summary["other_model"] == summary["examined_again"] == summary["examined"] == 4
    assert summary["not_examined_again"] == 1
    assert (summary["duplicates"], summary["unreadable"]) == (0, 0)
    now = models(into)
    assert now.pop("short.wav") is None
    assert now.pop("00.wav") == OLDER
    assert set(now.values()) == {model().name}
    assert len(now) == 7
    (ours_now,) = rows(into, f"select scan_id from files where uri = '{ours}'")
    assert ours_now["scan_id"] != summary["scan_id"]
    said = {"state": "done", "examined_again": 4, "again_if_model_changed": True}
    wanted = f"select {', '.join(said)} from scans where scan_id = '{summary['scan_id']}'"
    assert rows(into, wanted) == [said]
    # Nothing was deleted: the older verdicts are in their part until a compaction.
    store = open_store(into)
    kept = store.rows("verdicts", store.live_parts("verdicts"), ["recording_id", "model"])
    assert [row["model"] for row in kept].count(OLDER) == 4
    # What was measured is of the same scan as the verdict.
    apart = "from recordings r join verdicts v using (recording_id) where r.batch != v.batch"
    assert rows(into, apart) == []

    (summary,) = strict_json(run("scan", music, "--into", into, FLAG, "--json").stdout)
    assert (summary["examined"], summary["not_examined_again"]) == (0, 1)
    assert FLAG not in run("scan", music, "--into", into).stdout


def test_killed_half_way_it_goes_on_where_it_stopped(tmp_path):
    count = 8
    music, into = music_scored_by_another_model(tmp_path, count)
    code = programs.SCAN.replace(
        "settings=settings,", "settings=settings, again_if_model_changed=True,"
    )
    assert code != programs.SCAN
    with programs.start_scan(music, into, batch_files=1, code=code) as process:
        assert programs.wait_for(process, 4)
        left = programs.workers_of(process.pid)
        process.kill()
    assert programs.all_gone(left)
    between = [*models(into).values()]
    assert len(between) == count
    assert set(between) == {OLDER, model().name}
    _, examined, _, _ = programs.run_scan(music, into, code=code)
    assert int(examined) == between.count(OLDER)
    assert [*models(into).values()] == [model().name] * count
    assert rows(into, "select count(*) n from recordings") == [{"n": count}]
    assert programs.run_scan(music, into, code=code) == ["done", "0", "0", "0"]


@pytest.mark.spark
@pytest.mark.slow
@pytest.mark.timeout(600)
# pyspark leaves sockets to its gateway for the garbage collector to close.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_on_spark_too(tmp_path):
    music, into = music_scored_by_another_model(tmp_path, 2)
    ours = write(music / "ours.wav", noise(SCORED_S, 16_000, 1, seed=22), 16_000)
    write_batch(open_store(into), examined_outcome(ours))
    (music / "01.wav").rename(music / "moved.wav")
    (music / "copy of ours.wav").write_bytes(ours.read_bytes())
    settings = Settings(workers=2)
    done = open_catalogue(into).scan(
        music, engine="spark", settings=settings, again_if_model_changed=True
    )
    assert (done.other_model, done.examined_again, done.examined) == (1, 2, 2)
    assert (done.not_examined_again, done.duplicates) == (0, 1)
    assert set(models(into).values()) == {model().name}


def ids_to_do(store, *names, again=True):
    files = [SourceFile(f"/music/{name}.wav", 1000, 1) for name in names]
    with Pending(store, files, 512, again_if_model_changed=again) as found:
        assert found.total == sum(len(group) for group in found.files())
        return found.again.to_list(), found.total, found.outdated_listed


@pytest.fixture
def store(tmp_path):
    return open_store(tmp_path / "catalogue", create=True)


def test_the_newest_verdict_of_the_newest_recording_decides(store):
    """Against a plain dict, over random histories; half of the recordings are listed."""
    drawn, last = random.Random(5), {}
    choices = (OLDER, "another 3 (ffff)", model().name, None)
    for _ in range(12):
        some = drawn.sample([f"r{n}" for n in range(30)], 8)
        named = {name: drawn.choice(choices) for name in some}
        made = [outcome(n, verdict=detected(0.5, model=m)) for n, m in named.items()]
        write_batch(store, *made)
        last |= named
    listed = sorted(last)[::2]
    # The helper's recordings have sound up to trace_limit_hz, so a model could score them.
    old = {name for name, by_model in last.items() if by_model != model().name}
    ids, total, met = ids_to_do(store, *listed)
    assert ids == sorted(recording_id_of(name) for name in old)
    assert total == met == len(old & {*listed})
    assert ids_to_do(store, *listed, again=False) == ([], 0, met)


def test_a_verdict_that_a_kill_left_without_its_recording_does_not_count(store):
    write_batch(store, outcome("a", verdict=detected(0.5, model=OLDER)))
    names = BatchNames("bbbbbbbbbbbb", store.newest_batch())
    batch = names.next()
    written = rows_of([outcome("a", verdict=detected(0.5, model=model().name))], "b", batch)
    store.write({"verdicts": written["verdicts"]}, batch)
    assert ids_to_do(store, "a") == ([recording_id_of("a")], 1, 1)
    store.write({name: written[name] for name in ("recordings", "files")}, batch)
    assert ids_to_do(store, "a") == ([], 0, 0)


def test_too_little_sound_is_not_decoded_again_and_again(store):
    silent = analysis("a", verdict=detected(1.0, model=None))
    results = dict(silent.results)
    results["traces"] = dataclasses.replace(results["traces"], trace_limit_hz=None)
    write_batch(store, outcome("a", verdict=silent.verdict, results=results))
    assert ids_to_do(store, "a") == ([], 0, 0)


def test_ids_without_others():
    drawn = np.random.default_rng(3)
    ids = [drawn.bytes(15).hex() + end for end in ("00", "ff") for _ in range(40)]
    all_of, some = KnownIds(), KnownIds()
    for one in ids:
        all_of.add(one)
    for one in ids[::3]:
        some.add(one)
    left = all_of.without(some)
    assert left.to_list() == sorted({*ids} - {*ids[::3]})
    assert len(left) == len({*ids} - {*ids[::3]})
    assert KnownIds().to_list() == []

"""What a user looks up is found where it is, altered or not; and nothing that is not there."""

from __future__ import annotations

import io
import itertools

import numpy as np
import pytest
import scipy.signal

import phonoscope as ps
from phonoscope.errors import CatalogueError, UnreadableError, UsageError
from phonoscope.matching.recording.alignment import significance
from phonoscope.matching.recording.find import Passage, covered_s, stretches
from phonoscope.matching.recording.index_update import current_index, index_folder
from phonoscope.matching.recording.match import Match
from tests.helpers.progress import Recorded
from tests.helpers.sounds import write
from tests.helpers.tunes import RATE, excerpt, hissing, sped, tune

SEEDS = range(11, 19)


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory):
    folder = tmp_path_factory.mktemp("music")
    for seed in SEEDS:
        write(folder / f"{seed}.wav", tune(seed, 40.0), RATE)
    held = ps.open_catalogue(folder / "catalogue", create=True)
    held.scan(folder)
    return held


@pytest.fixture(scope="module")
def ids(catalogue):
    rows = catalogue["files"].to_pyarrow().to_pylist()
    return {int(row["uri"].rsplit("/", 1)[-1][:2]): row["recording_id"] for row in rows}


def look_up(catalogue, tmp_path, sound, form="wav-16", rate=RATE, **options):
    return catalogue.find(write(tmp_path / "excerpt", sound, rate, form), **options)


def test_an_excerpt_is_found_at_its_place(catalogue, ids, tmp_path):
    (found,) = look_up(catalogue, tmp_path, excerpt(tune(13, 40.0), 12.3, 10.0))
    assert found.recording_id == ids[13]
    assert (found.begin_s, found.there_begin_s) == pytest.approx(
        (found.there_begin_s - 12.3, found.begin_s + 12.3), abs=0.05
    )
    assert found.end_s - found.begin_s > 7
    assert found.p_false < 1e-3
    assert found.speed == found.pitch == 1.0


@pytest.mark.parametrize(("up", "down"), [(21, 20), (20, 21), (51, 50), (100, 101)])
def test_a_small_change_of_speed_is_one_passage_at_that_speed(catalogue, ids, tmp_path, up, down):
    speed = up / down
    sound = sped(excerpt(tune(16, 40.0), 4.0, 30.0), up, down)
    (found,) = look_up(catalogue, tmp_path, sound)
    assert found.recording_id == ids[16]
    assert (found.speed, found.pitch) == pytest.approx((speed, speed), rel=0.004)
    assert found.there_begin_s == pytest.approx(4.0 + found.begin_s * speed, abs=0.15)
    assert found.there_end_s == pytest.approx(4.0 + found.end_s * speed, abs=0.25)
    assert found.end_s - found.begin_s > 25 / speed


@pytest.mark.parametrize("cents", [-100, -50, 50, 100])
def test_a_shift_of_pitch_alone_is_measured(catalogue, ids, tmp_path, cents):
    sound = excerpt(tune(14, 40.0, cents=cents), 6.0, 20.0)
    (found,) = look_up(catalogue, tmp_path, sound)
    assert found.recording_id == ids[14]
    assert found.speed == pytest.approx(1.0, abs=0.004)
    assert found.pitch == pytest.approx(2 ** (cents / 1200), rel=0.01)


@pytest.mark.parametrize("length_s", [5.0, 20.0])
def test_short_and_long_excerpts_are_found(catalogue, ids, tmp_path, length_s):
    found = look_up(catalogue, tmp_path, excerpt(tune(15, 40.0), 8.0, length_s))
    assert [stretch.recording_id for stretch in found] == [ids[15]]


@pytest.mark.parametrize("form", ["mp3", "opus", "ogg-vorbis", "wav-mulaw"])
def test_through_a_codec(catalogue, ids, tmp_path, form):
    rate = 48_000 if form == "opus" else RATE
    sound = excerpt(tune(12, 40.0), 5.0, 10.0)
    sound = scipy.signal.resample_poly(sound, rate // 150, RATE // 150, axis=-1)
    found = look_up(catalogue, tmp_path, sound.astype(np.float32), form, rate)
    assert [stretch.recording_id for stretch in found] == [ids[12]]


def test_through_a_telephone_under_noise_and_quiet(catalogue, ids, tmp_path):
    band = scipy.signal.butter(4, [300, 3400], "bandpass", fs=RATE, output="sos")
    sound = scipy.signal.sosfilt(band, excerpt(tune(16, 40.0), 20.0, 10.0), axis=-1)
    for altered in (sound, hissing(sound, 0.5), 0.02 * sound):
        found = look_up(catalogue, tmp_path, altered.astype(np.float32))
        assert [stretch.recording_id for stretch in found] == [ids[16]]


@pytest.mark.parametrize(("numerator", "denominator"), [(27, 25), (10, 11), (4, 3), (4, 5)])
def test_played_faster_or_slower(catalogue, ids, tmp_path, numerator, denominator):
    ratio = numerator / denominator
    sound = sped(excerpt(tune(14, 40.0), 6.0, 10.0 * ratio), numerator, denominator)
    (found,) = look_up(catalogue, tmp_path, sound)
    assert found.recording_id == ids[14]
    assert found.speed == pytest.approx(ratio, rel=0.012)
    assert found.pitch == pytest.approx(ratio, rel=0.012)
    expected = 6.0 + found.begin_s * ratio
    assert found.there_begin_s == pytest.approx(expected, abs=0.25)
    assert look_up(catalogue, tmp_path, sound, altered=False) == []


@pytest.mark.parametrize("seed", range(70, 80))
def test_what_is_not_there_is_not_found(catalogue, tmp_path, seed):
    assert look_up(catalogue, tmp_path, tune(seed, 12.0)) == []


def test_an_hour_is_told_apart_into_what_was_played(catalogue, ids, tmp_path):
    """A programme: three tunes, one twice as a snippet, other music and silence between."""
    silence = np.zeros((1, 4 * RATE), np.float32)
    parts = [
        tune(90, 15.0), tune(11, 40.0), silence, excerpt(tune(17, 40.0), 10.0, 20.0),
        tune(91, 10.0), tune(12, 40.0),
    ]  # fmt: skip
    starts = np.cumsum([0, *(part.shape[1] for part in parts)]) / RATE
    found = look_up(catalogue, tmp_path, np.concatenate(parts, axis=1))
    assert [stretch.recording_id for stretch in found] == [ids[11], ids[17], ids[12]]
    for stretch, (begin, end), there in zip(
        found, [starts[1:3], starts[3:5], starts[5:7]], [0.0, 10.0, 0.0], strict=True
    ):
        assert stretch.begin_s == pytest.approx(begin, abs=2.5)
        assert stretch.end_s == pytest.approx(end, abs=2.5)
        assert stretch.there_begin_s - (stretch.begin_s - begin) == pytest.approx(there, abs=0.1)
    assert covered_s(found) == pytest.approx(100.0, abs=6.0)


def test_copied_passages_of_some_seconds_are_found(catalogue, ids, tmp_path):
    sound = np.concatenate(
        [tune(92, 8.0), excerpt(tune(18, 40.0), 21.0, 4.5), tune(93, 8.0)], axis=1
    )
    (found,) = look_up(catalogue, tmp_path, sound, passages=True)
    assert found.recording_id == ids[18]
    assert found.begin_s == pytest.approx(8.0, abs=1.5)
    assert found.end_s == pytest.approx(12.5, abs=1.5)
    assert found.there_begin_s - found.begin_s == pytest.approx(13.0, abs=0.1)


def test_a_new_scan_is_found_and_damage_is_repaired(tmp_path):
    music = tmp_path / "music"
    music.mkdir()
    write(music / "1.wav", tune(1, 20.0), RATE)
    held = ps.open_catalogue(tmp_path / "catalogue", create=True)
    held.scan(music)
    query = excerpt(tune(2, 20.0), 4.0, 10.0)
    assert look_up(held, tmp_path, query) == []
    write(music / "2.wav", tune(2, 20.0), RATE)
    held.scan(music)
    (found,) = look_up(held, tmp_path, query)
    for file in index_folder(held._store).rglob("bits"):
        file.write_bytes(b"\0" * file.stat().st_size)
    progress = Recorded()
    assert current_index(held._store, progress).recordings == 2
    assert (progress.tasks, progress.done) == ([("index", "recordings")], 2)
    assert look_up(held, tmp_path, query) == [found]
    held.compact(grace_s=0)
    assert look_up(held, tmp_path, query) == [found]


def test_a_catalogue_without_prints_says_so(tmp_path):
    write(tmp_path / "silent.wav", np.zeros((1, 5 * RATE), np.float32), RATE)
    held = ps.open_catalogue(tmp_path / "catalogue", create=True)
    assert look_up(held, tmp_path, tune(3, 8.0)) == []
    held.scan(tmp_path / "silent.wav")
    with pytest.raises(CatalogueError) as refused:
        look_up(held, tmp_path, tune(3, 8.0))
    assert refused.value.code == "no-fingerprints"


def test_an_open_file_is_looked_up(catalogue, ids, tmp_path):
    path = write(tmp_path / "a.wav", excerpt(tune(13, 40.0), 2.0, 8.0), RATE)
    (found,) = catalogue.find(io.BytesIO(path.read_bytes()))
    assert found.recording_id == ids[13]


def test_what_cannot_be_looked_up_is_said(catalogue, tmp_path):
    bad = tmp_path / "bad.mp3"
    bad.write_bytes(b"no sound" * 100)
    with pytest.raises(UnreadableError):
        catalogue.find(bad)
    with pytest.raises(UsageError) as refused:
        catalogue.find(bad, false_matches=0.5)
    assert refused.value.code == "false-matches"
    assert look_up(catalogue, tmp_path, np.zeros((1, 10 * RATE), np.float32)) == []


def test_by_chance_agreement_is_spread_as_it_says():
    """Also when both linger, as sustained sounds do: the spread stays about 1."""
    rng, scores = np.random.default_rng(8), []
    for _ in range(400):
        one, other = (np.repeat(rng.normal(size=(4, 64)), 4, axis=0) for _ in range(2))
        one, other = (x + 0.3 * rng.normal(size=x.shape) for x in (one, other))
        one, other = (x - x.mean(axis=0) for x in (np.sign(one), other))
        scores.append(significance(one.astype(np.float32), other.astype(np.float32)))
    assert abs(np.mean(scores)) < 0.2
    assert 0.8 < np.std(scores) < 1.2


def test_stretches_of_two_recordings_do_not_mix():
    def match(name, begin, there, speed=1.0):
        return Match(name, begin, begin + 9, there, speed, speed, 20.0, 1e-9, "plain")

    steps = [(0, 30), (6, 36), (12, 42)]
    found = stretches(
        [*itertools.chain(*([match("a", b, t), match("b", b, 2 * b)] for b, t in steps))]
    )
    assert [(s.recording_id, s.excerpts) for s in found] == [
        ("a", 3), ("b", 1), ("b", 1), ("b", 1)
    ]  # fmt: skip
    assert isinstance(found[0], Passage)
    assert (found[0].there_begin_s, found[0].end_s) == pytest.approx((30.0, 21.75))

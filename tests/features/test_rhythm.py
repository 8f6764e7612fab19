"""Tempo, beat strength and onset rate of sounds whose rhythm the test itself made."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from phonoscope.features.rhythm import FEATURE, mel_bands
from tests.helpers.asking import ask
from tests.helpers.music import chord, clicks, drums
from tests.helpers.sounds import noise, sine


@pytest.mark.parametrize("bpm", [60, 67.3, 75, 90, 104.7, 120, 133.3, 150, 174, 200])
def test_isochronous_clicks_have_their_tempo_or_an_octave_of_it(bpm):
    # Nothing in even clicks says which of them a person would call the beat.
    answer = ask(FEATURE, clicks(bpm), 44_100)
    octave = round(math.log2(answer.tempo_bpm / bpm))
    assert abs(octave) <= 1
    assert answer.tempo_bpm / 2**octave == pytest.approx(bpm, rel=0.005)
    assert answer.beat_strength > 0.8
    assert answer.onset_rate_hz == pytest.approx(bpm / 60, rel=0.05)


@pytest.mark.parametrize("bpm", [40, 43, 47, 52, 180, 200, 208, 219, 240])
def test_slow_and_fast_clicks_have_their_tempo_as_one_of_two(bpm):
    answer = ask(FEATURE, clicks(bpm), 44_100)
    named = (answer.tempo_bpm, answer.tempo_alternative_bpm)
    assert min(abs(tempo / bpm - 1) for tempo in named) < 0.005


@pytest.mark.parametrize("bpm", [76, 88.8, 100, 112.5, 126, 140])
def test_drums_have_their_tempo_within_half_a_per_cent(bpm):
    answer = ask(FEATURE, drums(bpm), 44_100)
    assert answer.tempo_bpm == pytest.approx(bpm, rel=0.005)
    assert answer.onset_rate_hz == pytest.approx(bpm / 30, rel=0.1)


@pytest.mark.parametrize("bpm", [155, 174, 190])
def test_fast_drums_have_their_tempo_or_its_half_and_name_the_other(bpm):
    # Kick to kick or beat to beat: drummers' charts have both.
    answer = ask(FEATURE, drums(bpm), 44_100)
    tempi = sorted([answer.tempo_bpm, answer.tempo_alternative_bpm])
    assert tempi == pytest.approx([bpm / 2, bpm], rel=0.005)


@pytest.mark.parametrize("rate_hz", [8_000, 16_000, 22_050, 48_000, 96_000, 192_000])
def test_tempo_does_not_depend_on_the_sample_rate(rate_hz):
    answer = ask(FEATURE, drums(117.0, 20.0, rate_hz), rate_hz)
    assert answer.tempo_bpm == pytest.approx(117.0, rel=0.005)


@settings(max_examples=12)
@given(st.integers(2_000, 500_000))
def test_the_answer_does_not_depend_on_where_blocks_are_cut(size):
    samples = drums(126.0, 16.0)
    whole, cut = ask(FEATURE, samples, 44_100), ask(FEATURE, samples, 44_100, size)
    assert cut.tempo_bpm == pytest.approx(whole.tempo_bpm, rel=1e-4)
    assert cut.tempo_alternative_bpm == pytest.approx(whole.tempo_alternative_bpm, rel=1e-4)
    assert cut.beat_strength == pytest.approx(whole.beat_strength, abs=1e-4)
    assert cut.onset_rate_hz == whole.onset_rate_hz


def test_the_answer_does_not_depend_on_gain_or_channels():
    loud = drums(97.0, 16.0)
    quiet = np.repeat(loud * np.float32(0.01), 6, axis=0)
    one, other = ask(FEATURE, loud, 44_100), ask(FEATURE, quiet, 44_100)
    assert other.tempo_bpm == pytest.approx(one.tempo_bpm, rel=1e-3)
    assert other.beat_strength == pytest.approx(one.beat_strength, abs=0.02)


def test_the_competing_tempo_is_another_metrical_level():
    answer = ask(FEATURE, clicks(120.0), 44_100)
    ratio = answer.tempo_alternative_bpm / answer.tempo_bpm
    assert min(abs(ratio / level - 1) for level in (2, 1 / 2, 3, 1 / 3, 2 / 3, 3 / 2)) < 0.01


def test_a_tempo_that_lasts_longer_wins_over_one_that_lasts_shorter():
    samples = np.concatenate([drums(90.0, 15.0), drums(125.0, 45.0)], axis=1)
    assert ask(FEATURE, samples, 44_100).tempo_bpm == pytest.approx(125.0, rel=0.005)


def test_a_jittering_player_has_a_weaker_beat_than_a_machine():
    steady = clicks(110.0, 40.0)
    late = np.random.default_rng(5).normal(0, 0.04, 100)
    loose = np.zeros_like(steady)
    burst = steady[0, 4_410 : 4_410 + 882]
    for beat in range(70):
        at = max(0, round((0.1 + beat * 60 / 110 + late[beat]) * 44_100))
        loose[0, at : at + 882] = burst
    strengths = [ask(FEATURE, s, 44_100).beat_strength for s in (steady, loose)]
    assert strengths[0] > 2 * strengths[1]


@pytest.mark.parametrize("seed", range(4))
def test_noise_has_no_tempo(seed):
    answer = ask(FEATURE, noise(30.0, channels=1, seed=seed), 44_100)
    assert answer.tempo_bpm is None
    assert answer.tempo_alternative_bpm is None
    assert answer.beat_strength < 0.1


@pytest.mark.parametrize(
    "samples",
    [np.zeros((2, 441_000)), sine(10.0), np.full((1, 441_000), 0.5)],
    ids=["silence", "sine", "constant"],
)
def test_a_steady_sound_has_no_rhythm(samples):
    answer = ask(FEATURE, samples, 44_100)
    assert (answer.tempo_bpm, answer.beat_strength) == (None, None)
    assert answer.onset_rate_hz == 0.0


@pytest.mark.parametrize("length", [1, 100, 2_047, 2_048, 2_049, 10_000, 44_100])
def test_very_short_recordings_have_no_tempo(length):
    answer = ask(FEATURE, noise(1.0, channels=1)[:, :length], 44_100)
    assert (answer.tempo_bpm, answer.beat_strength) == (None, None)
    assert (answer.onset_rate_hz is None) == (length < 20_000)


def test_soft_notes_are_counted_one_by_one():
    notes = [chord([60 + 3 * k % 13], 0.4) for k in range(40)]
    answer = ask(FEATURE, np.concatenate(notes)[None], 44_100)
    # The first note rises over nothing.
    assert answer.onset_rate_hz == pytest.approx(2.5, rel=0.05)


@pytest.mark.parametrize(("rate_hz", "size"), [(1_000, 128), (8_000, 512), (192_000, 8_192)])
def test_bands_average_power_at_every_rate(rate_hz, size):
    bands = mel_bands(rate_hz, size)
    np.testing.assert_allclose(bands.sum(axis=0), 1.0, rtol=1e-5)
    assert (np.diff(bands.argmax(axis=0)) >= 0).all()
    assert 8 <= bands.shape[1] <= 32

"""Key, mode and tuning of cadences, scales and sounds that the tests made."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from phonoscope.audio.spectra import Spectra, power_spectra
from phonoscope.features.tonality import (
    FEATURE,
    KEYS,
    Peaks,
    harmonics,
    key_correlations,
    spectral_peaks,
    votes,
)
from tests.helpers.asking import ask
from tests.helpers.music import band, cadence, chord, drum_kit, drums
from tests.helpers.sounds import noise, sine

NOTHING = (None, None, None, None)


def told(answer):
    return (answer.key, answer.mode, answer.key_strength, answer.tuning_cents)


@pytest.mark.parametrize("mode", ["major", "minor"])
@pytest.mark.parametrize("tonic", range(12))
def test_a_cadence_is_in_its_key(tonic, mode):
    answer = ask(FEATURE, cadence(tonic, mode), 44_100)
    assert (answer.key, answer.mode) == (KEYS[tonic], mode)
    assert answer.key_strength > 0.6
    assert answer.tuning_cents == pytest.approx(0.0, abs=5.0)


@pytest.mark.parametrize("cents", [-45, -30, -10, 15, 30, 45])
def test_tuning_is_found_and_does_not_move_the_key(cents):
    answer = ask(FEATURE, cadence(2, "major", cents=cents), 44_100)
    assert answer.tuning_cents == pytest.approx(cents, abs=5.0)
    assert (answer.key, answer.mode) == ("D", "major")


@pytest.mark.parametrize("rate_hz", [8_000, 11_025, 22_050, 48_000, 96_000, 192_000])
def test_the_key_does_not_depend_on_the_sample_rate(rate_hz):
    answer = ask(FEATURE, cadence(9, "minor", rate_hz, times=1), rate_hz)
    assert (answer.key, answer.mode) == ("A", "minor")


@settings(max_examples=12)
@given(st.integers(5_000, 300_000))
def test_the_answer_does_not_depend_on_where_blocks_are_cut(size):
    samples = cadence(5, "minor", times=1)
    whole, cut = ask(FEATURE, samples, 44_100), ask(FEATURE, samples, 44_100, size)
    assert told(cut)[:2] == told(whole)[:2]
    assert cut.key_strength == pytest.approx(whole.key_strength, abs=1e-4)
    assert cut.tuning_cents == pytest.approx(whole.tuning_cents, abs=0.01)


def test_the_answer_does_not_depend_on_gain_or_channels():
    loud = cadence(7, "major")
    quiet = np.repeat(loud * np.float32(0.02), 6, axis=0)
    one, other = ask(FEATURE, loud, 44_100), ask(FEATURE, quiet, 44_100)
    assert told(other)[:2] == told(one)[:2]
    assert other.key_strength == pytest.approx(one.key_strength, abs=1e-3)
    assert other.tuning_cents == pytest.approx(one.tuning_cents, abs=0.1)


def test_drums_over_the_music_leave_its_key():
    music = cadence(3, "major", times=3)
    beat = drums(100.0, 20.0)[:, : music.shape[1]]
    answer = ask(FEATURE, music + 0.5 * beat, 44_100)
    assert (answer.key, answer.mode) == ("D#", "major")


@pytest.mark.parametrize("mode", ["major", "minor"])
@pytest.mark.parametrize("bass", [0.3, 3.0])
def test_a_bass_on_the_roots_leaves_the_key(mode, bass):
    for tonic in range(12):
        answer = ask(FEATURE, band(tonic, mode, 11_025, bass, times=1), 11_025)
        assert (answer.key, answer.mode) == (KEYS[tonic], mode)


KITS = [drum_kit(kind, 6.0, 22_050, n) for kind in ("toms", "machine", "metal") for n in range(4)]


def test_drums_have_no_key_and_leave_that_of_music():
    # Resonances of a kit can agree by chance: one kit of twelve may have a key.
    keys = [ask(FEATURE, kit, 22_050).key for kit in KITS]
    assert sum(key is not None for key in keys) <= 1
    music = band(4, "minor", 22_050, times=2)[:, : KITS[0].shape[1]]
    for kit in KITS:
        answer = ask(FEATURE, music + 0.3 * kit, 22_050)
        assert (answer.key, answer.mode) == ("E", "minor")


@pytest.mark.parametrize(
    "samples",
    [
        noise(30.0, channels=1),
        np.zeros((2, 441_000)),
        np.full((1, 441_000), 0.5),
        sine(10.0, channels=1),
    ],
    ids=["noise", "silence", "constant", "one tone"],
)
def test_sound_without_pitches_or_with_one_has_no_key(samples):
    assert told(ask(FEATURE, samples, 44_100)) == NOTHING


def snares(duration_s=20.0, rate_hz=44_100):
    """Bursts of noise, no two alike, twice a second; shape (1, n)."""
    hiss = noise(duration_s, rate_hz, 1)
    since_s = np.arange(hiss.shape[1]) % (rate_hz // 2) / rate_hz
    return (hiss * np.exp(-since_s / 0.05)).astype(np.float32)


@pytest.mark.parametrize("samples", [noise(1.0, channels=1, seed=7), snares()])
def test_a_moment_of_noise_or_unpitched_drums_has_no_key_to_speak_of(samples):
    # A drum machine that repeats one sample repeats its resonances too: that may have one.
    answer = ask(FEATURE, samples, 44_100)
    assert (answer.key_strength or 0.0) < 0.25


@pytest.mark.parametrize("length", [1, 2, 1_000, 16_383, 16_384, 16_385])
def test_very_short_recordings_have_an_answer(length):
    for samples in (sine(1.0, channels=1)[:, :length], np.zeros((1, length))):
        answer = ask(FEATURE, samples, 44_100)
        assert (answer.key is None) == (answer.key_strength is None)


HUMS = {
    "all partials": {k: 1 / k for k in range(1, 30)},
    "three partials": {1: 1.0, 2: 0.5, 3: 0.3},
    "strong odd partials": {1: 1.0, 2: 0.6, 3: 0.5, 4: 0.1, 5: 0.3, 6: 0.1, 7: 0.2, 9: 0.1},
}


@pytest.mark.parametrize("fundamental_hz", [49.95, 50.0, 60.0])
@pytest.mark.parametrize("hum", HUMS.values(), ids=HUMS)
def test_a_hum_of_the_mains_has_no_key(hum, fundamental_hz):
    turn = 2 * np.pi * fundamental_hz * np.arange(6 * 11_025) / 11_025
    sound = sum(level * np.sin(k * turn + k * k) for k, level in hum.items())
    sound = 0.1 * sound[None] + 0.01 * noise(6.0, 11_025, channels=1)
    assert ask(FEATURE, sound, 11_025).key is None


def test_a_peak_is_read_between_the_bins():
    for hz in (110.0, 261.6, 441.3, 1_234.5):
        frames = sine(1.0, channels=1, frequency_hz=hz)[:, :16_384]
        peaks = spectral_peaks(Spectra(power_spectra(frames), 16_384, 8_192, 44_100, 0))
        strongest = int(peaks.strength.argmax())
        expected = 12 * np.log2(hz / 440.0) + 57
        assert peaks.pitch[strongest] == pytest.approx(expected, abs=0.02)


def test_a_flat_top_is_a_peak_without_a_warning():
    power = np.full((1, 8_193), 1e-8, np.float32)
    power[0, 200:202] = 1e-2
    peaks = spectral_peaks(Spectra(power, 16_384, 8_192, 44_100, 0))
    assert np.isfinite(peaks.pitch).all()
    assert len(peaks.pitch) == 1


def test_harmonics_of_one_tone_are_taken_away_and_a_second_tone_is_not():
    pitch = np.float32([48, 48 + 12, 48 + 19.02, 52.0])
    strength = np.float32([1.0, 0.5, 0.4, 0.9])
    of_all, of_upper = harmonics(Peaks(np.zeros(4, np.int64), pitch, strength), 1)
    np.testing.assert_allclose(np.maximum(strength - of_all, 0), [1.0, 0.0, 0.0, 0.9], atol=1e-6)
    np.testing.assert_array_equal(of_upper, of_all)


def test_a_bass_leaves_the_chord_over_it_and_nothing_decides_alone():
    # C2, C3, G3 and E4 in a first frame, F6 alone in a second.
    frame = np.array([0, 0, 0, 0, 1])
    peaks = Peaks(frame, np.float32([24, 36, 43.02, 51.86, 77]), np.float32([9, 0.5, 0.5, 0.5, 2]))
    shares = votes(peaks, 2)
    np.testing.assert_allclose(shares.pitch, [1, 0, 0, 0, 1], atol=1e-6)
    # C2 takes nothing from the chord over it, and its own vote of 9 in 10.5 is capped to an eighth.
    least = 0.5 / 10.5
    total = 0.125 + 3 * least
    np.testing.assert_allclose(shares.key[:4], [0.125 / total, *[least / total] * 3], atol=1e-6)
    assert shares.key[4] == 1.0


def test_one_tone_with_harmonics_sounds_as_one_pitch_class():
    # Without correction, the third and fifth harmonic of C would count as the chord C, E, G.
    tone = np.concatenate([chord([48], 1.0, harmonics=8)] * 5)[None]
    assert told(ask(FEATURE, tone, 44_100)) == NOTHING


def test_no_contrast_has_no_correlation():
    np.testing.assert_array_equal(key_correlations(np.ones(12)), np.zeros((2, 12)))


@given(st.integers(0, 11))
def test_correlations_turn_with_the_pitch_classes(steps):
    classes = np.array([9.0, 1, 4, 1, 5, 4, 1, 8, 1, 3, 1, 4])
    turned = key_correlations(np.roll(classes, steps))
    np.testing.assert_allclose(turned, np.roll(key_correlations(classes), steps, axis=1))

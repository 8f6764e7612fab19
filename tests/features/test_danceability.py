"""Detrended fluctuation analysis of envelopes whose exponents theory knows."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from phonoscope.features.danceability import (
    CHAPTER_STEPS,
    FEATURE,
    LONGEST_STEPS,
    danceability,
    residual_energy,
    window_lengths,
)
from tests.helpers.asking import ask
from tests.helpers.music import drums
from tests.helpers.sounds import noise, sine


def envelope_of(kind, steps=60_000, seed=1):
    """White noise, whose profile has exponent 0.5, or its sum, exponent 1.5; shape (steps,)."""
    white = np.random.default_rng(seed).normal(size=steps)
    return white if kind == "white" else np.cumsum(white)


def fluctuation(envelope):
    energy, windows = residual_energy(envelope)
    return np.sqrt(energy / windows)


@pytest.mark.parametrize(("kind", "exponent"), [("white", 0.5), ("brown", 1.5)])
def test_exponents_of_noise_are_those_of_theory(kind, exponent):
    curve = np.log(fluctuation(envelope_of(kind)))
    slope = np.polyfit(np.log(window_lengths()), curve, 1)[0]
    assert slope == pytest.approx(exponent, abs=0.06)


def test_residuals_are_those_of_a_straight_line_fitted_to_each_window():
    envelope = np.abs(envelope_of("white", 3_000)) + 0.3
    energy, windows = residual_energy(envelope)
    profile = np.cumsum(envelope)
    for i in (0, 10, len(window_lengths()) - 1):
        length = window_lengths()[i]
        starts = range(0, len(profile) - length + 1, length // 4)
        position = np.arange(length)
        left = [
            np.mean((part - np.polyval(np.polyfit(position, part, 1), position)) ** 2)
            for part in (profile[s : s + length] for s in starts)
        ]
        assert windows[i] == len(left)
        assert energy[i] == pytest.approx(sum(left), rel=1e-6)


@given(st.floats(1e-3, 1e3), st.floats(0, 100))
@settings(max_examples=20)
def test_gain_scales_and_an_offset_changes_nothing(gain, offset):
    envelope = np.abs(envelope_of("white", 2_000))
    changed = fluctuation(gain * envelope + offset)
    np.testing.assert_allclose(changed, gain * fluctuation(envelope), rtol=1e-4)


def test_window_lengths_are_those_of_the_paper():
    lengths = np.array(window_lengths())
    assert (lengths[0], lengths.max() <= LONGEST_STEPS) == (31, True)
    assert lengths[-1] > 0.9 * LONGEST_STEPS
    np.testing.assert_allclose(lengths[1:] / lengths[:-1], 1.1, atol=0.02)


def test_the_answer_is_one_over_the_exponent_and_three_at_most():
    lengths = np.array(window_lengths()) + 3.0
    assert danceability(lengths**0.8) == pytest.approx(1 / 0.8)
    assert danceability(lengths**0.1) == 3.0
    assert danceability(lengths**-0.2) == 3.0


def swells(duration_s=60.0):
    """Noise whose loudness wanders slowly, shape (1, n)."""
    steps = np.cumsum(np.random.default_rng(6).normal(size=round(duration_s * 100)))
    level = 0.2 + 0.1 * (steps - steps.min()) / np.ptp(steps)
    return noise(duration_s, channels=1) * np.repeat(level, 441)[None].astype(np.float32)


def test_a_steady_beat_is_more_danceable_than_slow_swells():
    beat, swell = (
        ask(FEATURE, s, 44_100).danceability_dfa for s in (drums(120.0, 60.0), 4 * swells())
    )
    assert beat > 1.3 * swell


@settings(max_examples=8)
@given(st.integers(10_000, 500_000))
def test_the_answer_does_not_depend_on_where_blocks_are_cut(size):
    samples = swells(30.0)
    whole, cut = ask(FEATURE, samples, 44_100), ask(FEATURE, samples, 44_100, size)
    assert cut.danceability_dfa == pytest.approx(whole.danceability_dfa, rel=1e-6)


def test_chapters_answer_as_one_long_analysis_does():
    envelope = np.abs(envelope_of("white", 4 * CHAPTER_STEPS)).astype(np.float32)
    # One sample a step: at 100 Hz the envelope is the signal itself.
    answer = ask(FEATURE, envelope[None], 100, 1_000)
    at_once = danceability(fluctuation(envelope.astype(np.float64)))
    assert answer.danceability_dfa == pytest.approx(at_once, rel=0.05)


def test_the_answer_does_not_depend_on_gain_channels_or_rate():
    values = [
        ask(FEATURE, samples, rate_hz).danceability_dfa
        for samples, rate_hz in (
            (drums(120.0, 30.0), 44_100),
            (np.repeat(drums(120.0, 30.0), 6, axis=0) * np.float32(0.01), 44_100),
            (drums(120.0, 30.0, 192_000), 192_000),
        )
    ]
    assert values[1] == pytest.approx(values[0], rel=1e-4)
    assert values[2] == pytest.approx(values[0], rel=0.1)


@pytest.mark.parametrize(
    "samples",
    [np.zeros((2, 882_000)), np.full((1, 882_000), 0.5), sine(20.0, frequency_hz=1_000.0)],
    ids=["silence", "constant", "sine"],
)
def test_without_fluctuation_there_is_no_answer(samples):
    assert ask(FEATURE, samples, 44_100).danceability_dfa is None


@pytest.mark.parametrize("length", [1, 441, 44_100, 8 * 44_100])
def test_short_recordings_have_no_answer(length):
    samples = noise(8.0, channels=1)[:, :length]
    assert ask(FEATURE, samples, 44_100).danceability_dfa is None

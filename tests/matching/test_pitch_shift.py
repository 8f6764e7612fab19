"""The shift between two pitch profiles, against shifts that the test makes."""

from __future__ import annotations

import numpy as np
import pytest

from phonoscope.features.tonality import STEPS, profile_of
from phonoscope.matching.recording.alignment import significance
from phonoscope.matching.recording.pitch_shift import pitch_shift

NONE = np.empty(0, np.int64)


def profile(seed, cents=0.0, noise=0.0):
    """Peaks of 40 tones, sampled at steps of 10 cents."""
    rng = np.random.default_rng(seed)
    at = rng.uniform(1500, 8000, 40) + cents
    weight = rng.uniform(0.2, 1.0, 40)
    steps = 10 * np.arange(STEPS)
    sounding = (weight * np.exp(-0.5 * ((steps[:, None] - at) / 12) ** 2)).sum(axis=1)
    sounding += noise * np.random.default_rng([seed, 1 + round(abs(cents))]).uniform(size=STEPS)
    return profile_of(sounding).astype(np.int64)


@pytest.mark.parametrize("cents", [-450, -100, -33, 0, 7, 50, 300])
@pytest.mark.parametrize("noise", [0.0, 0.1])
def test_a_shift_is_found(cents, noise):
    measured = pitch_shift(profile(1, noise=noise), profile(1, cents, noise))
    assert measured == pytest.approx(cents, abs=3)


def test_other_music_has_no_shift():
    found = [pitch_shift(profile(seed), profile(seed + 100)) for seed in range(20)]
    assert found == [None] * 20


def test_a_profile_that_is_missing_or_empty_gives_none():
    assert pitch_shift(NONE, profile(1)) is None
    assert pitch_shift(profile(1), NONE) is None
    silent = np.zeros(STEPS, np.int64)
    assert pitch_shift(silent, silent) is None


def test_a_profile_shorter_than_the_largest_shift_says_nothing():
    short = np.arange(40) % 7
    assert pitch_shift(short, short) is None


def test_significance_is_that_of_the_gram_matrices():
    rng = np.random.default_rng(3)
    one, other = (rng.normal(size=(n, 64)).astype(np.float32) for n in (50, 50))
    variance = float(((one @ one.T) * (other @ other.T)).sum()) / 64
    assert significance(one, other) == pytest.approx((one * other).sum() / variance**0.5, rel=1e-4)

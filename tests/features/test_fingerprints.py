"""Fingerprints: the same for the same sound, like for copies, unlike for anything else."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.signal

from phonoscope.features.fingerprints import ALTERATIONS, BITS, FEATURE, packed
from phonoscope.features.patches import BANDS, band_matrix, bins_needed
from tests.helpers.asking import ask
from tests.helpers.sounds import noise
from tests.helpers.tunes import RATE, excerpt, hissing, sped, tune


@pytest.fixture(scope="module")
def sound():
    return tune(1)


def fingerprints_of(sound, rate=RATE, size=None):
    return ask(FEATURE, sound, rate, size)


def differing(one, other, near=2):
    """Bits in which prints at the same places differ, and the share of places both have."""
    after = np.searchsorted(other.print_at, one.print_at).clip(1, len(other.print_at) - 1)
    closer = one.print_at - other.print_at[after - 1] < other.print_at[after] - one.print_at
    nearest = after - closer
    beside = np.abs(other.print_at[nearest] - one.print_at) <= near
    bits = np.bitwise_count(one.print_bits ^ other.print_bits[nearest])[beside]
    return bits, beside.mean()


def test_bands_of_a_flat_spectrum_are_flat():
    bin_hz = 21.5
    summed = np.ones(bins_needed(bin_hz)) @ band_matrix(bins_needed(bin_hz), bin_hz)
    np.testing.assert_allclose(summed, np.ones(BANDS), rtol=1e-5)


def test_where_blocks_are_cut_changes_nothing(sound):
    whole = fingerprints_of(sound)
    for size in (4_000, 30_011):
        pieces = fingerprints_of(sound, size=size)
        np.testing.assert_array_equal(whole.print_at, pieces.print_at)
        np.testing.assert_array_equal(whole.anchor_at, pieces.anchor_at)
        # Sums in another order round otherwise; a bit at its threshold may turn.
        assert np.bitwise_count(whole.print_bits ^ pieces.print_bits).mean() < 0.1
        assert np.bitwise_count(whole.anchor_bits ^ pieces.anchor_bits).mean() < 0.1


def test_gain_changes_nothing(sound):
    loud, quiet = fingerprints_of(sound), fingerprints_of(sound * np.float32(0.05))
    np.testing.assert_array_equal(loud.print_at, quiet.print_at)
    assert np.bitwise_count(loud.print_bits ^ quiet.print_bits).max() <= 1


def test_the_sample_rate_changes_little(sound):
    other = scipy.signal.resample_poly(sound, 320, 147, axis=-1).astype(np.float32)
    bits, shared = differing(fingerprints_of(sound), fingerprints_of(other, 48_000))
    assert shared > 0.9
    assert bits.mean() < 4


def test_noise_changes_some_bits_and_other_music_half_of_them(sound):
    bits, shared = differing(fingerprints_of(sound), fingerprints_of(hissing(sound, 0.3)))
    assert shared > 0.7
    assert bits.mean() < 12
    other, _ = differing(fingerprints_of(sound), fingerprints_of(tune(2)), near=40)
    assert 24 < other.mean() < 40


@pytest.mark.parametrize(("numerator", "denominator"), [(16, 15), (8, 7), (5, 4), (4, 3)], ids=str)
def test_anchors_are_the_prints_of_the_recording_played_faster(sound, numerator, denominator):
    """The sped-up sound is made by resampling; its plain prints are like the altered anchors."""
    ratio, one = numerator / denominator, fingerprints_of(sound)
    other = fingerprints_of(sped(sound, numerator, denominator))
    faster = [i for i, a in enumerate(ALTERATIONS) if a.speed == a.pitch]
    nearest = min(faster, key=lambda i: abs(np.log(ALTERATIONS[i].speed / ratio)))
    anchors = one.anchor_bits.reshape(len(ALTERATIONS), -1)[nearest]
    places = one.anchor_at / ratio
    found = []
    for place, bits in zip(places, anchors, strict=True):
        near = np.abs(other.print_at - place) <= 4
        if near.any():
            found.append(np.bitwise_count(other.print_bits[near] ^ bits).min())
    assert len(found) >= 0.6 * len(places)
    assert np.median(found) <= 10


def test_the_first_alteration_is_none(sound):
    found = fingerprints_of(sound)
    plain = found.anchor_bits.reshape(len(ALTERATIONS), -1)[0]
    where = np.searchsorted(found.print_at, found.anchor_at)
    np.testing.assert_array_equal(found.print_at[where], found.anchor_at)
    assert np.bitwise_count(found.print_bits[where] ^ plain).mean() < 2


@pytest.mark.parametrize("made", [np.zeros((1, 10 * RATE)), np.zeros((1, 100)), noise(0.4, RATE)])
def test_silence_and_snippets_have_no_prints(made):
    assert fingerprints_of(np.float32(made)).prints == 0


def test_a_few_seconds_have_a_few_prints(sound):
    found = fingerprints_of(excerpt(sound, 3.0, 5.0))
    assert 3 <= found.prints == len(found.print_at) == len(found.print_bits)
    assert len(found.anchor_bits) == len(found.anchor_at) * len(ALTERATIONS)


def test_bits_are_packed_lowest_first():
    measured = -np.ones((2, BITS), np.float32)
    measured[0, 0] = measured[1, 63] = 1
    assert packed(measured).tolist() == [1, -(2**63)]

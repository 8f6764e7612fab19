import itertools

import numpy as np
import pytest
import scipy.signal
from hypothesis import given, settings
from hypothesis import strategies as st

from phonoscope.audio.iir import BlockIir
from phonoscope.audio.loudness import k_weighting


@settings(max_examples=40, deadline=None)
@given(
    cuts=st.lists(st.integers(0, 9000), max_size=6),
    rate_hz=st.sampled_from([8000, 22050, 44100, 48000, 96000, 192000]),
    seed=st.integers(0, 2**32 - 1),
)
def test_it_filters_as_scipy_does_however_the_signal_is_cut(cuts, rate_hz, seed):
    signal = np.random.default_rng(seed).normal(0.1, 0.2, (2, 9000)).astype(np.float32)
    sections = k_weighting(rate_hz)
    block_iir = BlockIir(sections, 2)
    edges = [0, *sorted(cuts), 9000]
    parts = [block_iir(signal[:, a:b]) for a, b in itertools.pairwise(edges)]
    expected = scipy.signal.sosfilt(sections, signal.astype(np.float64), axis=-1)
    # float32 keeps 24 bits; the high pass amplifies rounding towards high rates.
    np.testing.assert_allclose(np.concatenate(parts, axis=1), expected, atol=2e-4)


def test_channels_do_not_leak_into_each_other():
    signal = np.zeros((2, 1000), np.float32)
    signal[0, 10] = 1.0
    assert not BlockIir(k_weighting(48_000), 2)(signal)[1].any()


@pytest.mark.parametrize("rate_hz", [44_100, 48_000])
def test_k_weighting_is_that_of_the_standard(rate_hz):
    # The coefficients printed in ITU-R BS.1770-5, tables 1 and 2, for 48 kHz.
    shelf = [1.53512485958697, -2.69169618940638, 1.19839281085285, 1.0, -1.69065929318241,
             0.73248077421585]  # fmt: skip
    high_pass = [1.0, -2.0, 1.0, 1.0, -1.99004745483398, 0.99007225036621]
    frequencies = np.geomspace(20, 18_000, 60)
    printed = scipy.signal.sosfreqz(np.array([shelf, high_pass]), frequencies, fs=48_000)[1]
    ours = scipy.signal.sosfreqz(k_weighting(rate_hz), frequencies, fs=rate_hz)[1]
    difference_db = 20 * np.log10(np.abs(ours) / np.abs(printed))
    # At another rate the bilinear transform warps the top octave a little.
    assert np.abs(difference_db).max() < (1e-6 if rate_hz == 48_000 else 0.1)

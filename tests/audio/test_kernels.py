"""SciPy's compiled code gives to the last bit what SciPy's front door gives."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
import scipy.fft
from scipy import ndimage

from phonoscope.audio import kernels

SIZES = (1, 7, 64, 1000, 6615)
MODES = ("reflect", "nearest", "constant")
BOTH = pytest.mark.parametrize("kind", [np.float32, np.float64])


def same(one, other):
    return one.dtype == other.dtype and np.array_equal(one, other)


def noise(kind, size):
    return np.random.default_rng(size).normal(size=(5, size)).astype(kind)


@pytest.fixture(params=["compiled", "public"])
def door(request, monkeypatch):
    """Take either way into SciPy."""
    kernels._fourier.cache_clear()
    kernels._filters.cache_clear()
    if request.param == "public":
        monkeypatch.setattr(kernels, "_loaded", lambda part: 1 / 0)
    yield request.param
    kernels._fourier.cache_clear()
    kernels._filters.cache_clear()


@BOTH
@pytest.mark.parametrize("size", SIZES)
def test_transforms_are_scipys(kind, size, door):
    values = noise(kind, size)
    for some in (values, values[0], values[:, ::-1]):
        assert same(kernels.rfft(some), scipy.fft.rfft(some))
        assert same(kernels.rfft(some, size + 9), scipy.fft.rfft(some, size + 9))
    for bins in (kernels.rfft(values), np.abs(kernels.rfft(values))):
        for length in (2 * size + 6, 8 * size + 7):
            assert same(kernels.irfft(bins, length), scipy.fft.irfft(bins, length))


def test_fast_sizes_are_scipys(door):
    asked = range(1, 2_000)
    found = [kernels.fast_size(size) for size in asked]
    assert found == [scipy.fft.next_fast_len(size, real=True) for size in asked]


@BOTH
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("mode", MODES)
def test_filters_are_scipys(kind, size, mode, door):
    values = noise(kind, size)[0]
    for reach in (1, 2, 3, 8, 33):
        mean = ndimage.uniform_filter1d(values, reach, mode=mode)
        assert same(kernels.running_mean(values, reach, mode), mean)
        highest = ndimage.maximum_filter1d(values, reach, mode=mode)
        assert same(kernels.running_maximum(values, reach, mode), highest)


def test_of_the_scipy_installed_here_only_compiled_parts_are_loaded():
    code = (
        "import sys, numpy as np; from phonoscope.audio import kernels;"
        "kernels.rfft(np.ones(8)); kernels.running_mean(np.ones(8), 3);"
        "sys.exit(any(name.partition('.')[0] == 'scipy' for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_what_a_changed_scipy_gets_wrong_is_not_used(monkeypatch):
    kernels._filters.cache_clear()
    wrong = kernels._Filters(lambda v, size, mode: v * 0, lambda v, size, mode: v * 0)
    monkeypatch.setattr(kernels, "_compiled_filters", lambda: wrong)
    values = noise(np.float64, 64)[0]
    assert same(kernels.running_mean(values, 5), ndimage.uniform_filter1d(values, 5))
    kernels._filters.cache_clear()

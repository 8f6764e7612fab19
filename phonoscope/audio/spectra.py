"""Power spectra, computed once for each block and shared by all features."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray

from phonoscope.audio import kernels, transform
from phonoscope.columns import Floats

FLOOR_POWER = np.float32(1e-16)
"""Power below this counts as this: -160 dB re full scale, under 24-bit rounding noise."""

SOUNDING_POWER = np.float32(3e-7)
"""Summed power of a frame of noise at -70 dBFS: Hann spectra sum to 3 times the mean square."""

DB_PER_NEPER = np.float32(10.0 / math.log(10.0))
_CACHE_SAMPLES = 1 << 18
"""Frames are transformed in groups of about this many samples, so that a group stays in cache."""


def fine_size(rate_hz: int) -> int:
    """Return the length of the long spectrum: the power of two with bins nearest 2.7 Hz.

    Parameters
    ----------
    rate_hz
        Sample rate, Hz.

    Returns
    -------
    int
        Samples in a frame, at least 1024 and at most 131072.

    Examples
    --------
    >>> fine_size(44_100), fine_size(48_000), fine_size(96_000), fine_size(4_000)
    (16384, 16384, 32768, 2048)
    """
    return int(min(1 << 17, max(1 << 10, 1 << round(math.log2(rate_hz / 2.69)))))


@dataclass(frozen=True, eq=False)
class Spectra:
    """Power spectra on the recording's frame grid."""

    power: Floats
    """Shape (frames, size // 2 + 1). A full-scale sine on a bin has power 1."""
    size: int
    """Samples in a frame."""
    hop: int
    """Samples between frames."""
    rate_hz: int
    """Sample rate, Hz."""
    first: int
    """Index of the first frame in the recording's grid."""

    @property
    def bin_hz(self) -> float:
        """Distance of two bins, Hz."""
        return self.rate_hz / self.size

    @cached_property
    def level_db(self) -> Floats:
        """Level, dB re a full-scale sine, shape as ``power``, at least -160."""
        # numpy's float32 log is vectorised, its log10 is not.
        level = np.log(np.maximum(self.power, FLOOR_POWER))
        level *= DB_PER_NEPER
        return level

    @cached_property
    def sounding(self) -> NDArray[np.bool_]:
        """Which frames are not silence: mean square over -70 dBFS, shape (frames,)."""
        return self.power.sum(axis=1) > SOUNDING_POWER

    @cached_property
    def level_sum(self) -> tuple[NDArray[np.float64], int]:
        """Sum of ``level_db`` over sounding frames, shape (bins,), and their number.

        The sums of all blocks, divided by the number, are the mean log spectrum, in which quiet and
        loud moments count the same.
        """
        logs = transform.log_sum(self.power, self.sounding)
        if logs is not None:
            return logs * float(DB_PER_NEPER), int(np.count_nonzero(self.sounding))
        levels = self.level_db if self.sounding.all() else self.level_db[self.sounding]
        return levels.sum(axis=0, dtype=np.float64), len(levels)


@lru_cache(maxsize=16)
def _window(size: int) -> Floats:
    """Hann window scaled so that a full-scale sine has power 1."""
    window = np.hanning(size + 1)[:-1]
    return (window * (2.0 / window.sum())).astype(np.float32)


def power_spectra(frames: Floats) -> Floats:
    """Return Hann-windowed power spectra of frames.

    Parameters
    ----------
    frames : ndarray, shape (k, size), float32
        May be a strided view. Full scale is 1.0.

    Returns
    -------
    ndarray, shape (k, size // 2 + 1), float32
        A full-scale sine on a bin has power 1.

    Examples
    --------
    A sine on bin 8 of a frame of 64 samples has power 1 there, and a quarter in the bins next to
    it: the main lobe of a Hann window.

    >>> sine = np.sin(2 * np.pi * 8 / 64 * np.arange(64)).astype(np.float32)
    >>> power = power_spectra(sine[None])
    >>> power.shape, power[0, 7:10].round(3).tolist()
    ((1, 33), [0.25, 1.0, 0.25])
    """
    made = transform.spectra_of(frames, _window(frames.shape[1]))
    return _power_spectra(frames) if made is None else made


def paired_spectra(mid: Floats, side: Floats) -> tuple[Floats, Floats]:
    """Return the power spectra of frames of two signals, for little more than the cost of one.

    Parameters
    ----------
    mid, side : ndarray, shape (k, size), float32
        May be strided views. Full scale is 1.0.

    Returns
    -------
    ndarray, ndarray, shape (k, size // 2 + 1), float32
        As :func:`power_spectra` of each.

    Examples
    --------
    >>> frames = np.random.default_rng(1).normal(size=(2, 3, 64)).astype(np.float32)
    >>> both = paired_spectra(frames[0], frames[1])
    >>> [bool(np.allclose(power, power_spectra(f), atol=1e-6)) for power, f in zip(both, frames)]
    [True, True]
    """
    made = transform.spectra_of_two(mid, side, _window(mid.shape[1]))
    return (_power_spectra(mid), _power_spectra(side)) if made is None else made


def _power_spectra(frames: Floats) -> Floats:
    """Return the same as :func:`power_spectra`, without compiled code."""
    count, size = frames.shape
    window = _window(size)
    power = np.empty((count, size // 2 + 1), np.float32)
    step = max(1, _CACHE_SAMPLES // size)
    for at in range(0, count, step):
        spectrum = kernels.rfft(frames[at : at + step] * window)
        real, imaginary = spectrum.real, spectrum.imag
        part = power[at : at + step]
        np.multiply(real, real, out=part)
        part += imaginary * imaginary
    return power

"""Loudness according to EBU R128: K-weighting, gating, range and true peak, as pure functions.

Sources: ITU-R BS.1770-5 (K-weighting, gating, true peak), EBU Tech 3342 (loudness range).
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from phonoscope import compiled
from phonoscope.columns import Floats

ABSOLUTE_GATE_LUFS = -70.0
RELATIVE_GATE_LU = -10.0
RANGE_GATE_LU = -20.0
_OFFSET_LUFS = -0.691

SURROUND_WEIGHT = 1.41
_SURROUND = frozenset({"BL", "BR", "BC", "SL", "SR", "SDL", "SDR", "TBL", "TBC", "TBR"})
_USUAL_LAYOUTS = {4: "4.0", 5: "5.0", 6: "5.1", 7: "6.1", 8: "7.1"}

TRUE_PEAK_TAPS = 12
"""Filter taps per phase, as in the example in BS.1770."""


@lru_cache(maxsize=16)
def k_weighting(rate_hz: int) -> NDArray[np.float64]:
    """Return the K-weighting filter for a sample rate, as second-order sections.

    BS.1770 gives coefficients at 48 kHz only. The analogue prototypes behind them (a high
    shelf of +4 dB at 1682 Hz, a high pass at 38 Hz) are mapped to any rate by the bilinear
    transform. At 48 kHz this gives the published coefficients (ITU-R BS.1770-5, annex 1,
    tables 1 and 2).

    Parameters
    ----------
    rate_hz
        Sample rate, Hz.

    Returns
    -------
    ndarray, shape (2, 6), float64
        Sections in the format of ``scipy.signal.sosfilt``.

    Examples
    --------
    >>> shelf, high_pass = k_weighting(48_000)
    >>> shelf[:3].round(8).tolist(), high_pass[4:].round(8).tolist()
    ([1.53512486, -2.69169619, 1.19839281], [-1.99004745, 0.99007225])
    """
    shelf_hz, shelf_q, gain_db = 1681.974450955533, 0.7071752369554196, 3.999843853973347
    k = math.tan(math.pi * shelf_hz / rate_hz)
    high = 10 ** (gain_db / 20)
    band = high**0.4996667741545416
    a0 = 1 + k / shelf_q + k * k
    shelf = [
        (high + band * k / shelf_q + k * k) / a0,
        2 * (k * k - high) / a0,
        (high - band * k / shelf_q + k * k) / a0,
        1.0,
        2 * (k * k - 1) / a0,
        (1 - k / shelf_q + k * k) / a0,
    ]
    pass_hz, pass_q = 38.13547087602444, 0.5003270373238773
    k = math.tan(math.pi * pass_hz / rate_hz)
    a0 = 1 + k / pass_q + k * k
    high_pass = [1.0, -2.0, 1.0, 1.0, 2 * (k * k - 1) / a0, (1 - k / pass_q + k * k) / a0]
    return np.array([shelf, high_pass])


def channel_weights(layout: str, channels: int) -> NDArray[np.float64]:
    """Return the weight of each channel in the loudness sum.

    1 for front channels, 1.41 for side and back channels, 0 for LFE, according to BS.1770.

    Parameters
    ----------
    layout
        FFmpeg's name, e.g. ``"stereo"``, ``"5.1"``. A file that names no layout
        (``"6 channels"``) gets the usual one for its number of channels.
    channels
        Number of channels.

    Returns
    -------
    ndarray, shape (channels,), float64
        All 1 for a layout that FFmpeg doesn't know.

    Examples
    --------
    >>> channel_weights("5.1", 6).tolist()
    [1.0, 1.0, 1.0, 0.0, 1.41, 1.41]
    """
    from av.audio.layout import AudioLayout

    if layout == f"{channels} channels":
        layout = _USUAL_LAYOUTS.get(channels, layout)
    try:
        names = [channel.name for channel in AudioLayout(layout).channels]
    except ValueError:
        return np.ones(channels)
    if len(names) != channels:
        return np.ones(channels)
    return np.array([_weight(name) for name in names])


def _weight(channel: str) -> float:
    if channel.startswith("LFE"):
        return 0.0
    return SURROUND_WEIGHT if channel in _SURROUND else 1.0


def loudness_of(power: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the loudness of weighted mean-square powers.

    Parameters
    ----------
    power : ndarray, any shape, float64
        Mean square after K-weighting, summed over channels by :func:`channel_weights`.

    Returns
    -------
    ndarray, shape of ``power``, float64
        LUFS; -inf for silence.

    Examples
    --------
    >>> loudness_of(np.array([1.0, 0.1, 0.0])).tolist()
    [-0.691, -10.691, -inf]
    """
    with np.errstate(divide="ignore"):
        return _OFFSET_LUFS + 10 * np.log10(power)


def _gated(power: NDArray[np.float64], relative_lu: float) -> NDArray[np.float64]:
    """Return the powers above the absolute gate and the gate relative to their mean."""
    loud = power[loudness_of(power) > ABSOLUTE_GATE_LUFS]
    if loud.size == 0:
        return loud
    return loud[loud > loud.mean() * 10 ** (relative_lu / 10)]


def integrated_lufs(momentary_power: NDArray[np.float64]) -> float | None:
    """Return the integrated (programme) loudness with the two gates of BS.1770.

    Parameters
    ----------
    momentary_power : ndarray, shape (n,), float64
        Weighted mean-square power of 400 ms blocks, 100 ms apart.

    Returns
    -------
    float or None
        LUFS; ``None`` when all of it is below -70 LUFS.

    Examples
    --------
    The quiet half is 30 dB below the rest, so the relative gate excludes it.

    >>> integrated_lufs(np.repeat([0.01, 0.00001], 50))
    -20.691
    >>> integrated_lufs(np.zeros(10)) is None
    True
    """
    gated = _gated(momentary_power, RELATIVE_GATE_LU)
    return float(loudness_of(gated.mean())) if gated.size else None


def range_lu(short_term_power: NDArray[np.float64]) -> float | None:
    """Return the loudness range of EBU Tech 3342: 10th to 95th percentile, short-term, gated.

    Parameters
    ----------
    short_term_power : ndarray, shape (n,), float64
        Weighted mean-square power of 3 s blocks.

    Returns
    -------
    float or None
        LU; ``None`` when all of it is below -70 LUFS.

    Examples
    --------
    >>> round(range_lu(np.repeat([0.01, 0.001], 50)), 6)
    10.0
    """
    gated = _gated(short_term_power, RANGE_GATE_LU)
    if gated.size == 0:
        return None
    low, high = np.percentile(loudness_of(gated), (10, 95))
    return float(high - low)


def oversampling(rate_hz: int) -> int:
    """Return the oversampling for true peak: 4 below 80 kHz, 2 below 160 kHz, 1 above (BS.1770).

    Examples
    --------
    >>> oversampling(44_100), oversampling(96_000), oversampling(192_000)
    (4, 2, 1)
    """
    return 4 if rate_hz < 80_000 else 2 if rate_hz < 160_000 else 1


_STRETCH = 32
_REACH = _STRETCH + TRUE_PEAK_TAPS - 1
_GROUP = 1024


@lru_cache(maxsize=4)
def _phases(factor: int) -> tuple[Floats, float]:
    """Return the interpolation filter by phase, and how far it can overshoot.

    Returns
    -------
    phases
        Shape (factor - 1, TRUE_PEAK_TAPS): what each of the samples around a place counts, in their
        order. Windowed sinc; each phase has unit gain at DC.
    bound
        Largest absolute sum of a phase: every value is at most the largest sample times this.
    """
    taps = TRUE_PEAK_TAPS
    if factor == 1:
        return np.empty((0, taps), np.float32), 1.0
    offsets = np.arange(-taps * factor // 2, taps * factor // 2 + 1) / factor
    prototype = np.sinc(offsets) * np.kaiser(offsets.size, 5.0)
    phases = np.stack([prototype[p : p + taps * factor : factor] for p in range(1, factor)])
    phases /= phases.sum(axis=1, keepdims=True)
    bound = float(np.abs(phases).sum(axis=1).max())
    return np.ascontiguousarray(phases[:, ::-1], np.float32), bound


@lru_cache(maxsize=4)
def _interpolator(factor: int) -> Floats:
    """Return the interpolation of a stretch as a matrix.

    Shape (_REACH, _STRETCH * (factor - 1)): from the samples around a stretch to the values between
    them.
    """
    phases, _ = _phases(factor)
    matrix = np.zeros((_REACH, _STRETCH, factor - 1), np.float32)
    for at in range(_STRETCH):
        matrix[at : at + TRUE_PEAK_TAPS, at] = phases.T
    return matrix.reshape(_REACH, -1)


def true_peak(samples: Floats, factor: int, at_least: float) -> float:
    """Return the largest absolute value of the oversampled signal, or a known larger peak.

    An interpolated value is at most the largest sample around it times a known bound, so
    stretches that can't exceed the peak so far aren't interpolated. The result is the same as if
    they were.

    Parameters
    ----------
    samples : ndarray, shape (channels, n), float32
        Full scale 1.0.
    factor
        Oversampling, from :func:`oversampling`.
    at_least
        A peak that is already known, e.g. of earlier blocks.

    Returns
    -------
    float
        ``max(at_least, true peak of samples)``, full scale 1.0.

    Examples
    --------
    A sine at a quarter of the sample rate, sampled 45 degrees off its peaks: all samples are at
    most 0.71, and the signal between them reaches 1.

    >>> sine = np.sin(np.pi / 2 * np.arange(400) + np.pi / 4).astype(np.float32)[None]
    >>> round(float(sine.max()), 2), round(true_peak(sine[:, 100:300], 4, 0.0), 1)
    (0.71, 1.0)
    """
    if (loops := compiled.loops()) is None:
        return _true_peak(samples, factor, at_least)
    taps, bound = _phases(factor)
    count = -(-(samples.shape[1] + TRUE_PEAK_TAPS) // _STRETCH) + 1
    padded, largest = np.zeros((count + 1) * _STRETCH, np.float32), np.empty(count, np.float32)
    within = slice(TRUE_PEAK_TAPS - 1, TRUE_PEAK_TAPS - 1 + samples.shape[1])
    for channel in samples:
        padded[within] = channel
        at_least = loops.true_peak(
            compiled.at(padded), count - 1, compiled.at(taps), factor - 1, bound, at_least,
            compiled.at(largest),
        )  # fmt: skip
    return float(at_least)


def _true_peak(samples: Floats, factor: int, at_least: float) -> float:
    """Return the same as :func:`true_peak`, without compiled code."""
    cut = [_stretches(channel) for channel in samples]
    peak = max(at_least, *(float(peaks.max()) for _, peaks in cut))
    if factor == 1:
        return peak
    matrix, bound = _interpolator(factor), _phases(factor)[1]
    for rows, peaks in cut:
        # The loudest ones first: they raise the peak that all others have to exceed.
        first = np.argpartition(peaks, -min(64, peaks.size))[-64:]
        peak = max(peak, float(np.abs(rows[first] @ matrix).max()))
        hopeful = np.flatnonzero(peaks * np.float32(bound) > peak)
        for at in range(0, hopeful.size, _GROUP):
            between = rows[hopeful[at : at + _GROUP]] @ matrix
            peak = max(peak, float(between.max()), -float(between.min()))
    return peak


def _stretches(channel: Floats) -> tuple[Floats, Floats]:
    """Cut a channel into stretches, each with the samples around it that the filter needs.

    Returns
    -------
    rows
        Shape (k, _REACH), a view.
    peaks
        Shape (k,), no less than each row's largest absolute sample.
    """
    count = -(-(channel.size + TRUE_PEAK_TAPS) // _STRETCH)
    padded = np.zeros((count + 1) * _STRETCH, np.float32)
    padded[TRUE_PEAK_TAPS - 1 : TRUE_PEAK_TAPS - 1 + channel.size] = channel
    rows = np.lib.stride_tricks.sliding_window_view(padded, _REACH)[::_STRETCH][:count]
    largest = np.abs(padded)
    while largest.size > count + 1:
        largest = np.maximum(largest[0::2], largest[1::2])
    return rows, np.maximum(largest[:-1], largest[1:])

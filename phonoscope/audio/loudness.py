"""Loudness after EBU R128: K-weighting, gating, range and true peak, as pure functions.

Sources: ITU-R BS.1770-5 (K-weighting, gating, true peak), EBU Tech 3342 (loudness range).
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from av.audio.layout import AudioLayout
from numpy.typing import NDArray

from phonoscope.columns import Floats

ABSOLUTE_GATE_LUFS = -70.0
RELATIVE_GATE_LU = -10.0
RANGE_GATE_LU = -20.0
_OFFSET_LUFS = -0.691

SURROUND_WEIGHT = 1.41
_SURROUND = frozenset({"BL", "BR", "BC", "SL", "SR", "SDL", "SDR", "TBL", "TBC", "TBR"})
_USUAL_LAYOUTS = {4: "4.0", 5: "5.0", 6: "5.1", 7: "6.1", 8: "7.1"}

TRUE_PEAK_TAPS = 12
"""Filter taps a phase, as many as in BS.1770's own example."""


@lru_cache(maxsize=16)
def k_weighting(rate_hz: int) -> NDArray[np.float64]:
    """K-weighting filter for a sample rate, as second-order sections.

    BS.1770 gives coefficients at 48 kHz only. The analogue prototypes behind them (a high
    shelf of +4 dB at 1682 Hz, a high pass at 38 Hz) are mapped to any rate by the bilinear
    transform; at 48 kHz this reproduces the printed coefficients.

    Returns
    -------
    ndarray
        Shape (2, 6), float64.
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
    """Weight of each channel in the loudness sum, shape (channels,).

    1 for front channels, 1.41 for side and back channels, 0 for LFE, after BS.1770.

    Parameters
    ----------
    layout
        FFmpeg's name, e.g. ``"stereo"``, ``"5.1"``. A file that names no layout
        (``"6 channels"``) is taken to have the usual one of its number of channels.
    channels
        Number of channels.
    """
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
    """Loudness, LUFS, of weighted mean-square powers (any shape); -inf for silence."""
    with np.errstate(divide="ignore"):
        return _OFFSET_LUFS + 10 * np.log10(power)


def _gated(power: NDArray[np.float64], relative_lu: float) -> NDArray[np.float64]:
    """Powers above the absolute gate and the gate relative to their mean."""
    kept = power[loudness_of(power) > ABSOLUTE_GATE_LUFS]
    if kept.size == 0:
        return kept
    return kept[kept > kept.mean() * 10 ** (relative_lu / 10)]


def integrated_lufs(momentary_power: NDArray[np.float64]) -> float | None:
    """Integrated (programme) loudness with BS.1770's two gates.

    Parameters
    ----------
    momentary_power
        Weighted mean-square power of 400 ms blocks, 100 ms apart, shape (n,).

    Returns
    -------
    float or None
        LUFS; ``None`` when nothing is louder than -70 LUFS.
    """
    kept = _gated(momentary_power, RELATIVE_GATE_LU)
    return float(loudness_of(kept.mean())) if kept.size else None


def range_lu(short_term_power: NDArray[np.float64]) -> float | None:
    """Loudness range: 10th to 95th percentile of gated short-term loudness (EBU Tech 3342).

    Parameters
    ----------
    short_term_power
        Weighted mean-square power of 3 s blocks, shape (n,).

    Returns
    -------
    float or None
        LU; ``None`` when nothing is louder than -70 LUFS.
    """
    kept = _gated(short_term_power, RANGE_GATE_LU)
    if kept.size == 0:
        return None
    low, high = np.percentile(loudness_of(kept), (10, 95))
    return float(high - low)


def oversampling(rate_hz: int) -> int:
    """Oversampling for true peak: 4 below 80 kHz, 2 below 160 kHz, 1 above (BS.1770)."""
    return 4 if rate_hz < 80_000 else 2 if rate_hz < 160_000 else 1


_STRETCH = 32
_REACH = _STRETCH + TRUE_PEAK_TAPS - 1
_GROUP = 1024


@lru_cache(maxsize=4)
def _interpolator(factor: int) -> tuple[Floats, float]:
    """Interpolation of a stretch as a matrix, and how far it can overshoot.

    Returns
    -------
    matrix
        Shape (_REACH, _STRETCH * (factor - 1)): from the samples around a stretch to the
        values between them; windowed sinc, each phase of unit gain at DC.
    bound
        Largest absolute sum of a phase: no value exceeds the largest sample times this.
    """
    taps = TRUE_PEAK_TAPS
    offsets = np.arange(-taps * factor // 2, taps * factor // 2 + 1) / factor
    prototype = np.sinc(offsets) * np.kaiser(offsets.size, 5.0)
    phases = np.stack([prototype[p : p + taps * factor : factor] for p in range(1, factor)])
    phases /= phases.sum(axis=1, keepdims=True)
    matrix = np.zeros((_REACH, _STRETCH, factor - 1))
    for at in range(_STRETCH):
        matrix[at : at + taps, at] = phases[:, ::-1].T
    return matrix.reshape(_REACH, -1).astype(np.float32), float(np.abs(phases).sum(axis=1).max())


def true_peak(samples: Floats, factor: int, at_least: float) -> float:
    """Largest absolute value of the oversampled signal, where it can exceed a known peak.

    No interpolated value exceeds the largest sample around it times a known bound, so
    stretches that cannot exceed the peak so far are not interpolated; the result is the
    same as if they were.

    Parameters
    ----------
    samples
        Shape (channels, n), full scale 1.0.
    factor
        Oversampling, from :func:`oversampling`.
    at_least
        A peak already known, e.g. of earlier blocks.

    Returns
    -------
    float
        ``max(at_least, true peak of samples)``, full scale 1.0.
    """
    cut = [_stretches(channel) for channel in samples]
    peak = max(at_least, *(float(peaks.max()) for _, peaks in cut))
    if factor == 1:
        return peak
    matrix, bound = _interpolator(factor)
    for rows, peaks in cut:
        # The very loudest first: they raise the peak that all others must be able to beat.
        first = np.argpartition(peaks, -min(64, peaks.size))[-64:]
        peak = max(peak, float(np.abs(rows[first] @ matrix).max()))
        hopeful = np.flatnonzero(peaks * np.float32(bound) > peak)
        for at in range(0, hopeful.size, _GROUP):
            between = rows[hopeful[at : at + _GROUP]] @ matrix
            peak = max(peak, float(between.max()), -float(between.min()))
    return peak


def _stretches(channel: Floats) -> tuple[Floats, Floats]:
    """Cut a channel into stretches of new samples with what the filter needs around them.

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

"""What the detector gets: the occupancy of a window, as a fixed number of values.

There are two views of the same votes (:mod:`phonoscope.features.traces`). The *grid* has the
occupancy at fixed frequencies: decoders with known strides and rates leave lines at known places.
The *shape* doesn't depend on where the lines are: how strongly the occupancy repeats at each
spacing, how far its largest values stand out in each band, and how much of it is the same at the
start and the end of the window. An unknown decoder has a shape, too.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from phonoscope.audio import kernels
from phonoscope.columns import Floats
from phonoscope.features.traces import REACHES, TraceSegment

MIDDLE = REACHES.index(2)
"""The reach whose votes are used bin by bin; of the others, only the distribution is used."""
GRID_HZ = np.arange(500.0, 15_500.0, 2.7)
"""Frequencies of the grid."""
COMB_BANDS_HZ = ((1_000.0, 5_000.0), (5_000.0, 10_000.0), (10_000.0, 15_500.0))
LINE_BANDS_HZ = (
    (200.0, 1_000.0),
    (1_000.0, 3_000.0),
    (3_000.0, 6_000.0),
    (6_000.0, 9_000.0),
    (9_000.0, 12_000.0),
    (12_000.0, 16_000.0),
)
SPACINGS_HZ = (
    *(75.0, 150.0, 50.0, 44_100 / 512, 44_100 / 2048, 25.0, 100.0, 93.75, 399.9, 62.5),
    *(44_100 / 1024, 46.875, 12.5, 80.0, 125.0, 31.25, 68.9, 137.8),
)
"""Spacings that are tested one by one: those of published decoders and ordinary codecs."""
_TRANSFORM = 1 << 13
_NARROWEST_BAND_HZ = 1_500.0
_WIDEST_HZ, _NARROWEST_HZ = 1_500.0, 12.0
_CLIP = 4.0


def window_grid(stretches: Sequence[TraceSegment]) -> Floats:
    """Describe segments at fixed frequencies.

    Parameters
    ----------
    stretches
        Of one recording, in order; at least one.

    Returns
    -------
    ndarray, shape (GRID_HZ.size,), float32
        Occupancy by the middle reach, less its mean over the frequencies with sound: a share
        of spectra, -1 to 1. 0 above the highest sound.

    Raises
    ------
    IndexError
        When there is no segment.

    Examples
    --------
    >>> votes = np.zeros((len(REACHES), 6000), np.uint32)
    >>> votes[MIDDLE, 1000] = 5  # of ten spectra, at 2,700 Hz
    >>> grid = window_grid([TraceSegment(0.0, 5.3, 10, votes, bin_hz=2.7, limit_hz=16_000.0)])
    >>> grid.shape, int(GRID_HZ[grid.argmax()].round())
    ((5556,), 2700)
    """
    along = _occupancy(stretches, MIDDLE)
    return _on_grid(along, stretches[0].bin_hz, stretches[0].limit_hz)


def window_shape(stretches: Sequence[TraceSegment]) -> Floats:
    """Describe the lines of segments, wherever they are; takes ten times as long as a grid.

    Parameters
    ----------
    stretches
        Of one recording, in order; at least one.

    Returns
    -------
    ndarray, shape (n,), float32
        Sounding spectra, then combs by band of :data:`COMB_BANDS_HZ`, lines by reach and band of
        :data:`LINE_BANDS_HZ`, and steadiness by band; ``n`` is always the same. NaN where the
        recording has no such band.

    Raises
    ------
    IndexError
        When there is no segment.

    Examples
    --------
    >>> votes = np.zeros((len(REACHES), 6000), np.uint32)
    >>> stretch = TraceSegment(0.0, 5.3, 10, votes, bin_hz=2.7, limit_hz=16_000.0)
    >>> window_shape([stretch]).shape
    (184,)
    """
    bin_hz, limit_hz = stretches[0].bin_hz, stretches[0].limit_hz
    occupancy = _occupancy(stretches)
    parts = [
        np.array([sum(s.frames for s in stretches)], np.float32),
        _combs(occupancy[MIDDLE], bin_hz, limit_hz),
        _lines(occupancy, bin_hz, limit_hz),
        _steadiness(_halves(stretches), bin_hz, limit_hz),
    ]
    return np.concatenate(parts).astype(np.float32)


def _occupancy(stretches: Sequence[TraceSegment], reach: int | slice = slice(None)) -> Floats:
    counts = sum(s.votes[reach].astype(np.float32) for s in stretches)
    return np.asarray(counts / max(1, sum(s.frames for s in stretches)), np.float32)


def _halves(stretches: Sequence[TraceSegment]) -> tuple[Floats, Floats] | None:
    """Occupancy of the first and last segment; ``None`` when one is too short to compare."""
    first, last = stretches[0], stretches[-1]
    if first is last or min(first.frames, last.frames) < 8:
        return None
    return (
        (first.votes[MIDDLE] / first.frames).astype(np.float32),
        (last.votes[MIDDLE] / last.frames).astype(np.float32),
    )


def _on_grid(row: Floats, bin_hz: float, limit_hz: float) -> Floats:
    inside = limit_hz > GRID_HZ
    grid = np.zeros(GRID_HZ.size, np.float32)
    if inside.any():
        grid[inside] = np.interp(GRID_HZ[inside], np.arange(row.size) * bin_hz, row)
        grid[inside] -= grid[inside].mean()
    return grid


def _combs(row: Floats, bin_hz: float, limit_hz: float) -> Floats:
    """How well peaks fit multiples of one spacing, in three bands."""
    found = []
    for low_hz, end_hz in COMB_BANDS_HZ:
        high_hz = min(end_hz, limit_hz)
        if high_hz - low_hz < _NARROWEST_BAND_HZ:
            found.append(np.full(len(SPACINGS_HZ) + 3, np.nan))
            continue
        low, high = int(low_hz / bin_hz), int(high_hz / bin_hz)
        found.append(_comb_of(row[low:high], low, bin_hz))
    return np.concatenate(found)


def _comb_of(values: Floats, low: int, bin_hz: float) -> Floats:
    weights = peak_weights(values)
    at = np.flatnonzero(weights)
    heights = weights[at]
    scale = np.sqrt((heights**2).sum() / 2) + 1e-3
    position_hz = (low + at) * bin_hz
    tested = [
        np.cos(2 * np.pi / d * position_hz) @ heights / scale if d > 3.5 * bin_hz else np.nan
        for d in SPACINGS_HZ
    ]
    similarity = _free_spacings(weights, low, bin_hz) / scale
    best = np.partition(similarity, -10)[-10:]
    return np.array([*tested, best.max(), best.mean(), at.size / weights.size], np.float32)


def _free_spacings(weights: Floats, low: int, bin_hz: float) -> Floats:
    """Cosine coefficients of a signal along frequency, one for each spacing from 0 Hz."""
    coefficients = kernels.rfft(weights, _TRANSFORM)
    cycles = np.arange(coefficients.size) / _TRANSFORM
    first = int(np.ceil(_TRANSFORM * bin_hz / _WIDEST_HZ))
    last = int(_TRANSFORM * bin_hz / max(_NARROWEST_HZ, 4 * bin_hz))
    some = slice(first, last + 1)
    turned = coefficients[some] * np.exp(-2j * np.pi * cycles[some] * low)
    return turned.real.astype(np.float32)


def peak_weights(values: Floats) -> Floats:
    """Return how far local maxima stand out, on the scale of this band's own roughness.

    Parameters
    ----------
    values : ndarray, shape (n,), float32
        Occupancy of neighbouring bins; at least one.

    Returns
    -------
    ndarray, shape (n,), float32
        Height over the median in robust standard deviations, minus one, 0 to 4;
        0 outside of maxima.

    Examples
    --------
    >>> peak_weights(np.array([0, 0, 1, 0, 0, 0.03, 0], np.float32)).round(2).tolist()
    [0.0, 0.0, 4.0, 0.0, 0.0, 0.5, 0.0]
    """
    middle = np.median(values)
    roughness = 1.4826 * np.median(np.abs(values - middle)) + 0.02
    weights = np.zeros_like(values)
    inner = values[1:-1]
    is_peak = (inner > values[:-2]) & (inner >= values[2:])
    weights[1:-1] = np.where(is_peak, np.clip((inner - middle) / roughness - 1, 0, _CLIP), 0)
    return weights


def _lines(rows: Floats, bin_hz: float, limit_hz: float) -> Floats:
    """How unevenly votes are distributed in each band, row by row."""
    curve = np.zeros_like(rows)
    curve[:, 1:-1] = 2 * rows[:, 1:-1] - rows[:, :-2] - rows[:, 2:]
    found = np.full((len(rows), len(LINE_BANDS_HZ), 6), np.nan, np.float32)
    for band, (low_hz, high_hz) in enumerate(LINE_BANDS_HZ):
        if high_hz > limit_hz:
            continue
        some = slice(int(low_hz / bin_hz), int(high_hz / bin_hz))
        x, c = rows[:, some], curve[:, some]
        spread, bend = x.std(axis=1), c.std(axis=1)
        over = x - np.median(x, axis=1)[:, None]
        found[:, band] = np.stack(
            [
                x.mean(axis=1),
                spread,
                np.percentile(x, 99, axis=1),
                (over > 3 * spread[:, None]).mean(axis=1),
                bend,
                (c * c * c).mean(axis=1) / (bend**3 + 1e-6),
            ],
            axis=1,
        )
    return found.ravel()


def _steadiness(halves: tuple[Floats, Floats] | None, bin_hz: float, limit_hz: float) -> Floats:
    """How similar the votes at the window's start and end are, by band."""
    found = []
    for low_hz, high_hz in LINE_BANDS_HZ:
        if halves is None or high_hz > limit_hz:
            found += [np.nan] * 2
            continue
        some = slice(int(low_hz / bin_hz), int(high_hz / bin_hz))
        a, b = (h[some] - h[some].mean() for h in halves)
        together = float((a * b).mean() / (a.std() * b.std() + 1e-6))
        found += [together, float(np.percentile(np.minimum(a, b), 99.5))]
    return np.array(found, np.float32)

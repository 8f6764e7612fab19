"""What the detector gets: the occupancy of a window, as a fixed number of values.

There are two views of the same votes (:mod:`phonoscope.features.traces`). The *grid* has the
occupancy at fixed frequencies: decoders with known strides and rates leave lines at known places.
The *shape* doesn't depend on where the lines are: how well the lines fit multiples of one spacing,
how far the largest values stand out in each band, and how much of it is the same at the start and
the end of the window. An unknown decoder has a shape, too.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from phonoscope import compiled
from phonoscope.audio import kernels
from phonoscope.columns import Floats
from phonoscope.features.traces import MIN_FRAMES, REACHES, TraceSegment

MIDDLE = REACHES.index(2)
"""The reach whose votes are used bin by bin; of the others, only the distribution is used."""
GRID_HZ = np.arange(500.0, 15_500.0, 2.7)
"""Frequencies of the grid."""
COMB_BANDS_HZ = (
    (1_000.0, 5_000.0),
    (5_000.0, 10_000.0),
    (10_000.0, 15_500.0),
    (15_500.0, 20_500.0),
)
SUMMED = 3
"""The first bands, whose combs are added up; above them, few recordings have sound."""
WHOLE_BAND_HZ = (1_000.0, 15_500.0)
LINE_BANDS_HZ = (
    (200.0, 1_000.0),
    (1_000.0, 3_000.0),
    (3_000.0, 6_000.0),
    (6_000.0, 9_000.0),
    (9_000.0, 12_000.0),
    (12_000.0, 16_000.0),
    (16_000.0, 18_500.0),
    (18_500.0, 20_500.0),
)
DECODER_SPACINGS_HZ = (
    *(75.0, 150.0, 50.0, 44_100 / 512, 25.0, 100.0, 93.75, 399.9, 62.5, 44_100 / 1024, 46.875),
    *(12.5, 80.0, 125.0, 31.25, 48_000 / 2880, 200.0, 100 / 3, 200 / 3, 44_100 / 256, 375.0),
    *(187.5, 73.5, 23.4375, 44_100 / 128, 110.25, 300.0, 37.5, 40.0),
)
"""Rates divided by the products of the strides of published decoders, and multiples of them."""
CODEC_SPACINGS_HZ = (44_100 / 2048, 1_378.125, 137.8125, 68.90625, 689.0625, 38.28125)
"""Spacings that ordinary codecs leave too: of AAC's lines and of MP3's filter bank."""
SPACINGS_HZ = (*DECODER_SPACINGS_HZ, *CODEC_SPACINGS_HZ)
_TRANSFORM, _WHOLE_TRANSFORM = 1 << 13, 1 << 16
_NARROWEST_BAND_HZ, _NARROWEST_WHOLE_HZ = 1_500.0, 3_000.0
_WIDEST_HZ, _NARROWEST_HZ = 1_600.0, 12.0
_WIDE_SPACING_HZ = 60.0
_CLIP = 4.0
_SMOOTHEST = 0.02
"""Added to the roughness of a band, so that a smooth one has no peaks."""
_PER_BAND = len(SPACINGS_HZ) + 3
_SUMS = len(SPACINGS_HZ) + 2
_FREE = 8

COMB_SUMS = slice(1, 1 + _SUMS + len(SPACINGS_HZ) + 1)
"""Where the combs over all bands are in a shape."""
STRONGEST_SIDE_COMB = COMB_SUMS.stop + 4 * _PER_BAND + 2 * _FREE
"""Where the best fit of a decoder's spacing in the side signal is in a shape; 0 without one."""


def window_grid(stretches: Sequence[TraceSegment]) -> Floats:
    """Describe the mid signal of segments at fixed frequencies.

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
    along = _occupancy(stretches)[MIDDLE]
    return _on_grid(along, stretches[0].bin_hz, stretches[0].limit_hz)


def window_shape(stretches: Sequence[TraceSegment]) -> Floats:
    """Describe the lines of segments, wherever they are; takes five times as long as a grid.

    Parameters
    ----------
    stretches
        Of one recording, in order; at least one.

    Returns
    -------
    ndarray, shape (n,), float32
        Sounding spectra; combs over all bands (:data:`COMB_SUMS`); combs by band of
        :data:`COMB_BANDS_HZ`; the best spacings of any kind, of mid and of the better of mid and
        side; the strongest comb of the side; lines by reach and band of :data:`LINE_BANDS_HZ`;
        steadiness by band. ``n`` is always the same. NaN where the recording has no such band.

    Raises
    ------
    IndexError
        When there is no segment.

    Examples
    --------
    >>> votes = np.zeros((len(REACHES), 6000), np.uint32)
    >>> stretch = TraceSegment(0.0, 5.3, 10, votes, bin_hz=2.7, limit_hz=16_000.0)
    >>> window_shape([stretch]).shape
    (403,)
    """
    bin_hz, limit_hz = stretches[0].bin_hz, stretches[0].limit_hz
    occupancy = _occupancy(stretches)
    mid = occupancy[MIDDLE]
    by_band = _combs(mid, bin_hz, limit_hz)
    free, side_comb = _free(mid, bin_hz, limit_hz), 0.0
    better = free
    side = _side_occupancy(stretches)
    if side is not None:
        side_limit_hz = stretches[0].side_limit_hz
        better = np.fmax(free, _free(side, bin_hz, side_limit_hz))
        side_comb = _strongest(_summed(_combs(side, bin_hz, side_limit_hz)))[0]
    parts = [
        np.array([sum(s.frames for s in stretches)], np.float32),
        _sums(mid, by_band, bin_hz, limit_hz),
        by_band.ravel(),
        free,
        better,
        np.array([side_comb], np.float32),
        _lines(occupancy, bin_hz, limit_hz),
        _steadiness(_halves(stretches), bin_hz, limit_hz),
    ]
    return np.concatenate(parts).astype(np.float32)


def _occupancy(stretches: Sequence[TraceSegment]) -> Floats:
    counts = sum(s.votes.astype(np.float32) for s in stretches)
    return np.asarray(counts / max(1, sum(s.frames for s in stretches)), np.float32)


def _side_occupancy(stretches: Sequence[TraceSegment]) -> Floats | None:
    """Occupancy of the side by the middle reach; ``None`` without enough of it."""
    frames = sum(s.side_frames for s in stretches)
    if frames < MIN_FRAMES:
        return None
    voted = [s.side_votes[MIDDLE] for s in stretches if s.side_votes is not None]
    return np.asarray(sum(v.astype(np.float32) for v in voted) / frames, np.float32)


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


def _bins(band_hz: tuple[float, float], bin_hz: float, limit_hz: float, least_hz: float) -> slice:
    """Return the bins of a band, up to the highest sound; none where too few are left."""
    low_hz, high_hz = band_hz[0], min(band_hz[1], limit_hz)
    if high_hz - low_hz < least_hz:
        return slice(0, 0)
    return slice(int(low_hz / bin_hz), int(high_hz / bin_hz))


def _combs(row: Floats, bin_hz: float, limit_hz: float) -> Floats:
    """How well peaks fit multiples of one spacing, by band, shape (bands, spacings + 3)."""
    found = np.full((len(COMB_BANDS_HZ), _PER_BAND), np.nan, np.float32)
    for band, band_hz in enumerate(COMB_BANDS_HZ):
        some = _bins(band_hz, bin_hz, limit_hz, _NARROWEST_BAND_HZ)
        if some.stop:
            weights = peak_weights(row[some])
            scale = _scale(weights)
            similarity = _free_spacings(weights, some.start, bin_hz, _TRANSFORM) / scale
            best = np.partition(similarity, -10)[-10:]
            share = np.count_nonzero(weights) / weights.size
            found[band, :-3] = _fit(weights, some, bin_hz) / scale
            found[band, -3:] = best.max(), best.mean(), share
    return found


def _scale(weights: Floats) -> float:
    """Return the standard deviation that the fit of peaks at random places would have."""
    return float(np.sqrt((weights**2).sum() / 2)) + 1e-3


def _fit(weights: Floats, some: slice, bin_hz: float) -> Floats:
    """Return the fit of peaks to each of :data:`SPACINGS_HZ`; NaN where bins are too wide."""
    fits = _cosines(some.start, some.stop, bin_hz) @ weights
    fits[np.asarray(SPACINGS_HZ) <= 3.5 * bin_hz] = np.nan
    return np.asarray(fits, np.float32)


@lru_cache(maxsize=16)
def _cosines(start: int, stop: int, bin_hz: float) -> Floats:
    """Return waves along frequency, shape (spacings, bins): 1 at the multiples of a spacing."""
    position_hz = np.arange(start, stop) * bin_hz
    return np.cos(2 * np.pi * position_hz / np.asarray(SPACINGS_HZ)[:, None]).astype(np.float32)


def _summed(by_band: Floats) -> Floats:
    """Add up the fits of the first bands, on the scale of one, shape (spacings,)."""
    fits = by_band[:SUMMED, :-3]
    known = np.isfinite(fits)
    bands = known.sum(axis=0)
    total = np.where(known, fits, 0).sum(axis=0) / np.sqrt(np.maximum(1, bands))
    return np.where(bands > 0, total, np.nan).astype(np.float32)


def _strongest(fits: Floats) -> tuple[float, float]:
    """Return the best and the third best fit of a decoder's spacing; 0 without any."""
    ordered = np.sort(np.nan_to_num(fits[: len(DECODER_SPACINGS_HZ)]))
    return float(ordered[-1]), float(ordered[-3])


def _sums(row: Floats, by_band: Floats, bin_hz: float, limit_hz: float) -> Floats:
    """Return the combs over all bands: added up, and of the whole band at once."""
    added = _summed(by_band)
    some = _bins(WHOLE_BAND_HZ, bin_hz, limit_hz, _NARROWEST_BAND_HZ)
    whole = np.full(len(SPACINGS_HZ), np.nan, np.float32)
    if some.stop:
        weights = peak_weights(row[some])
        whole = _fit(weights, some, bin_hz) / np.float32(_scale(weights))
    strongest = np.array(_strongest(added), np.float32)
    return np.concatenate([added, strongest, whole, [_strongest(whole)[0]]]).astype(np.float32)


def _free(row: Floats, bin_hz: float, limit_hz: float) -> Floats:
    """How well peaks of the whole band fit the multiples of any spacing."""
    some = _bins(WHOLE_BAND_HZ, bin_hz, limit_hz, _NARROWEST_WHOLE_HZ)
    if not some.stop:
        return np.full(_FREE, np.nan, np.float32)
    weights = peak_weights(row[some])
    scale = _scale(weights)
    fits = _free_spacings(weights, some.start, bin_hz, _WHOLE_TRANSFORM) / np.float32(scale)
    first = int(np.ceil(_WHOLE_TRANSFORM * bin_hz / _WIDEST_HZ))
    wide = int(_WHOLE_TRANSFORM * bin_hz / _WIDE_SPACING_HZ) - first
    middle, distance = _median_and_spread(fits)
    spread = 1.4826 * distance + 1e-3
    double, fourfold = _harmonics(fits, first, 2), _harmonics(fits, first, 4)
    return np.array(
        [
            fits.max(),
            (fits.max() - middle) / spread,
            fourfold.max(),
            double.max(),
            np.partition(fits, -20)[-20:].mean(),
            fits[:wide].max(),
            fourfold[:wide].max(),
            fits.std(),
        ],
        np.float32,
    )


def _harmonics(fits: Floats, first: int, count: int) -> Floats:
    """Add to each fit those of 1/2, 1/3 ... of its spacing, on the scale of one fit."""
    index = np.arange(first, (first + fits.size - 1) // count + 1)
    total = sum(fits[k * index - first] for k in range(1, count + 1))
    return np.asarray(total / np.float32(np.sqrt(count)), np.float32)


def _free_spacings(weights: Floats, low: int, bin_hz: float, size: int) -> Floats:
    """Cosine coefficients of a signal along frequency, one for each spacing from 0 Hz."""
    coefficients = kernels.rfft(weights, size)
    first = int(np.ceil(size * bin_hz / _WIDEST_HZ))
    last = int(size * bin_hz / max(_NARROWEST_HZ, 4 * bin_hz))
    turned = coefficients[first : last + 1] * _turn(first, last, size, low)
    return np.asarray(turned.real, np.float32)


@lru_cache(maxsize=16)
def _turn(first: int, last: int, size: int, low: int) -> np.ndarray:
    """Return the phases that make coefficients count from 0 Hz."""
    cycles = np.arange(first, last + 1) / size
    return np.exp(-2j * np.pi * cycles * low).astype(np.complex64)


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
    if loops := compiled.loops():
        values = np.ascontiguousarray(values, np.float32)
        weights, room = np.empty((2, values.size), np.float32)
        loops.peak_weights(
            compiled.at(values), values.size, _SMOOTHEST, _CLIP,
            compiled.at(weights), compiled.at(room),
        )  # fmt: skip
        return weights
    middle, distance = _median_and_spread(values)
    roughness = np.float32(1.4826 * distance + _SMOOTHEST)
    weights = np.zeros_like(values)
    inner = values[1:-1]
    is_peak = (inner > values[:-2]) & (inner >= values[2:])
    weights[1:-1] = np.where(is_peak, np.clip((inner - middle) / roughness - 1, 0, _CLIP), 0)
    return weights


def _median_and_spread(values: Floats) -> tuple[np.float32, np.float32]:
    """Return the median, and the median distance from it."""
    if loops := compiled.loops():
        values = np.ascontiguousarray(values, np.float32)
        room, found = np.empty_like(values), np.empty(2)
        loops.median_and_spread(
            compiled.at(values), values.size, compiled.at(room), compiled.at(found)
        )
        return np.float32(found[0]), np.float32(found[1])
    middle = np.median(values)
    return middle, np.median(np.abs(values - middle))


def _quantile(values: Floats, share: float) -> float:
    if loops := compiled.loops():
        values = np.ascontiguousarray(values, np.float32)
        room = np.empty_like(values)
        return float(loops.quantile_of(compiled.at(values), values.size, share, compiled.at(room)))
    return float(np.percentile(values, 100 * share))


def _lines(rows: Floats, bin_hz: float, limit_hz: float) -> Floats:
    """How unevenly votes are distributed in each band, row by row."""
    curve = np.zeros_like(rows)
    curve[:, 1:-1] = 2 * rows[:, 1:-1] - rows[:, :-2] - rows[:, 2:]
    found = np.full((len(rows), len(LINE_BANDS_HZ), 6), np.nan, np.float32)
    for band, (low_hz, high_hz) in enumerate(LINE_BANDS_HZ):
        if high_hz > limit_hz:
            continue
        some = slice(int(low_hz / bin_hz), int(high_hz / bin_hz))
        if loops := compiled.loops():
            room = np.empty(some.stop - some.start, np.float32)
            for row, bend, values in zip(rows, curve, found[:, band], strict=True):
                loops.line_values(
                    compiled.at(row[some]), compiled.at(bend[some]), room.size,
                    compiled.at(room), compiled.at(values),
                )  # fmt: skip
            continue
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
        found += [together, _quantile(np.minimum(a, b), 0.995)]
    return np.array(found, np.float32)

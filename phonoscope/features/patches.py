"""Patches: a second and a half of sound around an onset, as 24 bands by 24 moments.

Fingerprints are made from patches. A patch is where the sound rises most within a quarter of a
second on either side. Copies of a recording therefore have their patches at the same places in the
music, wherever they begin and however fast they run. Onsets use spectral flux: S. Dixon, "Onset
detection revisited", DAFx 2006.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from phonoscope import compiled
from phonoscope.audio import kernels
from phonoscope.columns import Floats

BANDS = 24
BANDS_PER_OCTAVE = 7
LOWEST_HZ = 300.0
"""Bands go from 300 to 3,230 Hz, which a telephone transmits."""
CELLS_PER_S = 64
"""The grid of time for patches: a cell is 15.6 ms."""
MOMENT = 4
"""Cells in one moment of a patch."""
MOMENTS = 24
REACH = MOMENT * MOMENTS // 2
"""Cells of a patch on either side of its onset: 0.75 s."""
NEAR = 16
"""An onset is the strongest one within this many cells."""
POWER = 0.4
"""Exponent that compresses power; between the ear's loudness (0.3) and amplitude (0.5)."""
_MARGIN = REACH + 24
"""Cells to wait for after an onset: enough for its patch, even at a higher speed."""
SILENT = 1e-9**POWER
"""Mean compressed power of a patch under which it is silence: -90 dB re a full-scale sine."""
_TINY = np.float32(1e-30)


@dataclass(frozen=True, eq=False)
class Patches:
    """Patches of a piece of sound."""

    at: NDArray[np.int64]
    """ndarray, shape (n,), int64: onset of each, cells from the start."""
    values: Floats
    """ndarray, shape (n, MOMENTS * BANDS), float32: compressed power over its mean in the patch."""
    rise: Floats
    """ndarray, shape (n,), float32: how much the sound rises there, over its level; from 0."""

    @classmethod
    def none(cls) -> Patches:
        """Return no patches."""
        return cls(np.empty(0, np.int64), np.empty((0, MOMENTS * BANDS), "f4"), np.empty(0, "f4"))


@lru_cache(maxsize=256)
def band_matrix(bins: int, bin_hz: float, ratio: float = 1.0) -> Floats:
    """Return weights that average power spectra over bands; bins at an edge count partly.

    Parameters
    ----------
    bins, bin_hz
        Bins of the spectra, from 0 Hz, and their distance, Hz.
    ratio
        Factor by which the bands are moved up.

    Returns
    -------
    ndarray, shape (bins, BANDS), float32
        Weights; those of a band add up to 1 if the bins cover it.

    Examples
    --------
    >>> matrix = band_matrix(1200, 2.7)
    >>> matrix.shape, bool(np.allclose(matrix.sum(axis=0), 1))
    ((1200, 24), True)
    """
    edges = LOWEST_HZ * ratio * 2.0 ** (np.arange(BANDS + 1) / BANDS_PER_OCTAVE) / bin_hz + 0.5
    inside = np.clip(edges[None, :] - np.arange(bins)[:, None], 0.0, 1.0)
    return np.ascontiguousarray(np.diff(inside, axis=1) / np.diff(edges), np.float32)


def bins_needed(bin_hz: float, ratio: float = 1.0) -> int:
    """Return the number of bins that the bands need, from 0 Hz.

    Parameters
    ----------
    bin_hz
        Distance of the bins, Hz.
    ratio
        Factor by which the bands are moved up.

    Examples
    --------
    >>> bins_needed(2.7), bins_needed(2.7, ratio=2.0)
    (1198, 2394)
    """
    return int(LOWEST_HZ * ratio * 2.0 ** (BANDS / BANDS_PER_OCTAVE) / bin_hz) + 2


class Cutter:
    """Cuts patches out of band powers that arrive in pieces; its memory stays small.

    Parameters
    ----------
    hop_s, half_s
        Distance of the frames and half their length, s.
    """

    def __init__(self, hop_s: float, half_s: float) -> None:
        self._hop_s, self._half_s = hop_s, half_s
        self._frames = np.empty((0, BANDS), np.float32)
        self._first_frame = 0
        self._cells = np.empty((0, BANDS), np.float32)
        self._first_cell = 0
        self._next = REACH

    def push(self, powers: Floats, *, last: bool = False) -> Patches:
        """Take in the band powers of the next frames, and cut complete patches.

        Parameters
        ----------
        powers : ndarray, shape (n, BANDS), float32
            Power of each band in each frame, linear.
        last
            Whether no frames follow.

        Returns
        -------
        Patches
            Those that no later frame can change, each once. Times are relative to the first frame.
        """
        self._add(powers, last)
        stop = self._first_cell + len(self._cells) - (REACH if last else _MARGIN)
        if stop <= self._next:
            return Patches.none()
        found = self._cut(self._next - self._first_cell, stop - self._first_cell)
        self._next = stop
        self._forget(stop - REACH - NEAR - 2 * MOMENT)
        return found

    def _add(self, powers: Floats, last: bool) -> None:
        frames = np.concatenate([self._frames, powers]) if len(self._frames) else powers
        more, used = cells_of(
            frames, self._first_frame, (self._hop_s, self._half_s),
            self._first_cell + len(self._cells), last=last,
        )  # fmt: skip
        self._cells = np.concatenate([self._cells, more])
        self._frames = frames[used:].copy()
        self._first_frame += used

    def _forget(self, before: int) -> None:
        drop = max(0, before - self._first_cell)
        self._cells = self._cells[drop:].copy()
        self._first_cell += drop

    def _cut(self, start: int, stop: int) -> Patches:
        moments = moments_of(self._cells)
        rise = rises(moments)
        at = onsets(rise, start, stop)
        values, level = cut(moments, at)
        sounding = level > SILENT
        at, values, level = at[sounding], values[sounding], level[sounding]
        return Patches(at + self._first_cell, values, rise[at] / (level * BANDS))


def cells_of(
    frames: Floats, first_frame: int, timing: tuple[float, float], first: int, *, last: bool
) -> tuple[Floats, int]:
    """Return power on the grid of time, from frames on another grid.

    Parameters
    ----------
    frames : ndarray, shape (n, BANDS), float32
        Band powers, linear.
    first_frame
        Index of the first of them.
    timing
        Distance of the frames and half their length, s.
    first
        The first cell wanted.
    last
        Whether no frames follow.

    Returns
    -------
    cells : ndarray, shape (m, BANDS), float32
        Mean power in each cell, from cell ``first`` to the end of the frames; 0 where there is
        no frame.
    used : int
        Number of frames at the start that no later cell needs.

    Examples
    --------
    A second of frames with the same power, 10 ms long and 10 ms apart:

    >>> frames = np.ones((100, BANDS), np.float32)
    >>> cells, used = cells_of(frames, 0, (0.01, 0.005), 0, last=False)
    >>> cells.shape, used, float(cells[5, 0])
    ((64, 24), 99, 1.0)
    """
    hop, half = (part * CELLS_PER_S for part in timing)
    # Frame k covers the time from one boundary to the next. The power up to the edge of a cell is
    # interpolated between boundaries.
    origin = half - hop / 2
    known = origin + (first_frame + len(frames)) * hop
    end = int(np.ceil(known)) if last else int(np.floor(known))
    if end <= first or not len(frames):
        return np.empty((0, BANDS), np.float32), 0
    total = np.zeros((len(frames) + 1, BANDS))
    np.cumsum(frames, axis=0, dtype=np.float64, out=total[1:])
    sums, below = _between(
        total, (np.arange(first, end + 1, dtype=np.float64) - origin) / hop - first_frame
    )
    cells = (np.diff(sums, axis=0) * hop).astype(np.float32)
    return np.maximum(cells, 0), int(below[-1])


def _between(
    total: NDArray[np.float64], place: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Interpolate sums between their entries; return them and the entry below each place."""
    place = np.clip(place, 0, len(total) - 1)
    below = np.minimum(place.astype(np.int64), len(total) - 2)
    part = (place - below)[:, None]
    return total[below] * (1 - part) + total[below + 1] * part, below


def moments_of(cells: Floats) -> Floats:
    """Return the compressed power of a moment around each edge of cells.

    Parameters
    ----------
    cells : ndarray, shape (n, BANDS), float32
        Power on the grid of time, linear.

    Returns
    -------
    ndarray, shape (n + 1, BANDS), float32
        Mean power of :data:`MOMENT` cells to the power of :data:`POWER`; sound beyond either end
        is silence.

    Examples
    --------
    >>> [round(float(power), 2) for power in moments_of(np.ones((5, BANDS), np.float32))[:, 0]]
    [0.76, 0.89, 1.0, 1.0, 0.89, 0.76]
    """
    total = np.zeros((len(cells) + 1, BANDS))
    np.cumsum(cells, axis=0, dtype=np.float64, out=total[1:])
    half, edges = MOMENT // 2, np.arange(len(cells) + 1)
    high, low = np.minimum(edges + half, len(cells)), np.maximum(edges - half, 0)
    power = ((total[high] - total[low]) / MOMENT).astype(np.float32)
    return _compressed(power)


def _compressed(power: Floats) -> Floats:
    """Return power to the power of :data:`POWER`."""
    # numpy's float32 logarithm and exponential are vectorised, its power isn't.
    logarithm = np.log(np.maximum(power, _TINY))
    logarithm *= np.float32(POWER)
    return np.exp(logarithm, out=logarithm)


def rises(moments: Floats) -> Floats:
    """Return the rise of all bands at each edge: smoothed spectral flux.

    Parameters
    ----------
    moments : ndarray, shape (n, BANDS), float32
        Of :func:`moments_of`.

    Returns
    -------
    ndarray, shape (n,), float32
        Sum over bands of the increase from the moment before an edge to the one after it,
        smoothed with a triangle of two moments; from 0, unit as moments.

    References
    ----------
    S. Dixon, "Onset detection revisited", DAFx 2006.
    """
    half = MOMENT // 2
    rise = np.zeros(len(moments), np.float32)
    if len(moments) <= 2 * half:
        return rise
    difference = moments[2 * half :] - moments[: -2 * half]
    rise[half:-half] = np.maximum(difference, 0).sum(axis=1)
    triangle = np.bartlett(2 * MOMENT + 1)
    return np.convolve(rise, triangle / triangle.sum(), "same")[: len(moments)].astype(np.float32)


def onsets(rise: Floats, start: int, stop: int) -> NDArray[np.int64]:
    """Return the edges from ``start`` to before ``stop`` that have the highest rise nearby.

    Parameters
    ----------
    rise : ndarray, shape (n,), float32
        Of :func:`rises`.
    start, stop
        Indices of edges.

    Returns
    -------
    ndarray, shape (m,), int64
        Indices of edges, ascending. Edges with equal rises may be nearer than :data:`NEAR`.

    Examples
    --------
    >>> rise = np.zeros(100, np.float32)
    >>> rise[[20, 30, 60]] = 2, 1, 3
    >>> onsets(rise, 0, 100).tolist()
    [20, 60]
    """
    highest = kernels.running_maximum(rise, 2 * NEAR + 1, mode="constant")
    some = slice(start, stop)
    return start + np.flatnonzero((rise[some] == highest[some]) & (rise[some] > 0))


def cut(moments: Floats, at: NDArray[np.int64]) -> tuple[Floats, Floats]:
    """Return the patches around some edges.

    Parameters
    ----------
    moments : ndarray, shape (edges, BANDS), float32
        Of :func:`moments_of`.
    at : ndarray, shape (n,), int64
        Edges; each at least :data:`REACH` from either end.

    Returns
    -------
    values : ndarray, shape (n, MOMENTS * BANDS), float32
        Values by moment; the mean of each patch is 1.
    level : ndarray, shape (n,), float32
        The divisor of each patch; silence is at most :data:`SILENT`.

    Raises
    ------
    IndexError
        When an edge is too near the end.

    Examples
    --------
    >>> moments = np.full((2 * REACH + 1, BANDS), 0.5, np.float32)
    >>> values, level = cut(moments, np.array([REACH]))
    >>> values.shape, float(values.mean()), level.tolist()
    ((1, 576), 1.0, [0.5])
    """
    patches = moments[at[:, None] + np.arange(-REACH + MOMENT // 2, REACH, MOMENT)]
    level = patches.mean(axis=(1, 2))
    return patches.reshape(len(at), MOMENTS * BANDS) / np.maximum(level, _TINY)[:, None], level


def patches_at(
    power: Floats,
    at: NDArray[np.float64],
    timing: tuple[float, float],
    matrix: Floats,
    speed: float = 1.0,
) -> Floats:
    """Return patches at given places, at another speed.

    Parameters
    ----------
    power : ndarray, shape (n, frames, bins), float32
        Power spectra around each place, linear.
    at : ndarray, shape (n,), float64
        The places, s from the start of each first frame.
    timing
        Distance of the frames and half their length, s.
    matrix : ndarray, shape (bins, BANDS), float32
        Of :func:`band_matrix`.
    speed
        The patches are those of the recording sped up by this.

    Returns
    -------
    ndarray, shape (n, MOMENTS * BANDS), float32
        As :attr:`Patches.values`.

    Raises
    ------
    ValueError
        When the matrix is for another number of bins.
    """
    return Surroundings(power, at, timing).patches(matrix, speed)


class Surroundings:
    """Power spectra around some places, of which patches are cut at several speeds.

    Parameters
    ----------
    power, at, timing
        As for :func:`patches_at`.
    """

    def __init__(self, power: Floats, at: NDArray[np.float64], timing: tuple[float, float]) -> None:
        many, frames, bins = power.shape
        self._at, self._timing = at, timing
        self._total = np.empty((many, frames + 1, bins))
        if loops := compiled.loops():
            power = np.ascontiguousarray(power, np.float32)
            loops.running_sum(compiled.at(power), *power.shape, compiled.at(self._total))
        else:
            self._total[:, 0] = 0.0
            np.cumsum(power, axis=1, dtype=np.float64, out=self._total[:, 1:])
        self._moments: dict[float, Floats] = {}

    def patches(self, matrix: Floats, speed: float = 1.0) -> Floats:
        """Return the patches in the bands of a matrix, at a speed, as :func:`patches_at`."""
        values = _compressed(self._moments_at(speed) @ matrix).reshape(len(self._at), -1)
        return values / np.maximum(values.mean(axis=1, keepdims=True), 1e-12)

    def _moments_at(self, speed: float) -> Floats:
        """Return the mean power of each moment in each bin, shape (n, MOMENTS, bins)."""
        if speed in self._moments:
            return self._moments[speed]
        hop, half = self._timing
        edges = self._at[:, None] + np.arange(-REACH, REACH + 1, MOMENT) / CELLS_PER_S * speed
        place = (edges - half + hop / 2) / hop
        scale = hop / speed * CELLS_PER_S / MOMENT
        if loops := compiled.loops():
            found = np.empty((len(edges), MOMENTS, self._total.shape[2]), np.float32)
            loops.moments(
                compiled.at(self._total), *self._total.shape, compiled.at(place), MOMENTS + 1,
                scale, compiled.at(found),
            )  # fmt: skip
            self._moments[speed] = found
            return found
        frames = self._total.shape[1] - 1
        place = np.clip(place, 0, frames)
        below = np.minimum(place.astype(np.int64), frames - 1)
        part = (place - below)[:, :, None]
        which = np.arange(len(edges))[:, None]
        sums = self._total[which, below]
        sums += part * (self._total[which, below + 1] - sums)
        found = self._moments[speed] = (np.diff(sums, axis=1) * scale).astype(np.float32)
        return found

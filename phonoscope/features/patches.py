"""Patches: a second and a half of sound around an onset, as 24 bands by 24 moments.

What fingerprints are made of. A patch lies where the sound rises most within a quarter of a
second on either side, so copies of a recording have their patches at the same places of the
music, wherever each of them was cut or however fast it runs. Onsets by spectral flux: S. Dixon,
"Onset detection revisited", DAFx 2006.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from phonoscope.columns import Floats

BANDS = 24
BANDS_PER_OCTAVE = 7
LOWEST_HZ = 300.0
"""Bands go from 300 to 3,230 Hz: what a telephone lets through."""
CELLS_PER_S = 64
"""The grid of time on which patches lie: a cell is 15.6 ms."""
MOMENT = 4
"""Cells that make up one moment of a patch."""
MOMENTS = 24
REACH = MOMENT * MOMENTS // 2
"""Cells of a patch on either side of its onset: 0.75 s."""
NEAR = 16
"""No onset has a stronger one within this many cells."""
POWER = 0.4
"""Exponent that compresses power; between the ear's loudness (0.3) and amplitude (0.5)."""
_MARGIN = REACH + 24
"""Cells to wait for after an onset: those of its patch, also when that is read faster."""
SILENT = 1e-9**POWER
"""Mean compressed power of a patch under which it is silence: -90 dB re a full-scale sine."""
_TINY = np.float32(1e-30)


@dataclass(frozen=True, eq=False)
class Patches:
    """Patches of one stretch of sound."""

    at: NDArray[np.int64]
    """Onset of each, cells from the start, shape (n,)."""
    values: Floats
    """Shape (n, MOMENTS * BANDS): compressed power over its mean in the patch."""
    rise: Floats
    """How much the sound rises there, over its level; shape (n,), from 0."""

    @classmethod
    def none(cls) -> Patches:
        """Return no patches."""
        return cls(np.empty(0, np.int64), np.empty((0, MOMENTS * BANDS), "f4"), np.empty(0, "f4"))


@lru_cache(maxsize=256)
def band_matrix(bins: int, bin_hz: float, ratio: float = 1.0) -> Floats:
    """Return what sums power spectra to bands, shape (bins, BANDS).

    Parameters
    ----------
    bins, bin_hz
        Bins of the spectra, from 0 Hz, and their distance, Hz.
    ratio
        By what the bands are moved up. Bins at an edge count in part.
    """
    edges = LOWEST_HZ * ratio * 2.0 ** (np.arange(BANDS + 1) / BANDS_PER_OCTAVE) / bin_hz + 0.5
    inside = np.clip(edges[None, :] - np.arange(bins)[:, None], 0.0, 1.0)
    return np.ascontiguousarray(np.diff(inside, axis=1) / np.diff(edges), np.float32)


def bins_needed(bin_hz: float, ratio: float = 1.0) -> int:
    """Return how many bins the bands take, from 0 Hz."""
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
        """Take in the band powers of the next frames, shape (n, BANDS), and cut what is ready."""
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
    """Return power on the grid of time, from frames that lie on another.

    Parameters
    ----------
    frames
        Band powers, shape (n, BANDS).
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
    cells
        Shape (m, BANDS), from cell ``first`` on, as many as the frames reach.
    used
        Frames at the start that no later cell needs.
    """
    hop, half = (part * CELLS_PER_S for part in timing)
    # Frame k stands for the time from one boundary to the next; the power up to the edge of a
    # cell is read off between boundaries.
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
    """Read sums off between their entries; return them and the entry below each place."""
    place = np.clip(place, 0, len(total) - 1)
    below = np.minimum(place.astype(np.int64), len(total) - 2)
    part = (place - below)[:, None]
    return total[below] * (1 - part) + total[below + 1] * part, below


def moments_of(cells: Floats) -> Floats:
    """Return compressed power of a moment around each edge of cells, shape (cells + 1, BANDS)."""
    total = np.zeros((len(cells) + 1, BANDS))
    np.cumsum(cells, axis=0, dtype=np.float64, out=total[1:])
    half, edges = MOMENT // 2, np.arange(len(cells) + 1)
    high, low = np.minimum(edges + half, len(cells)), np.maximum(edges - half, 0)
    power = ((total[high] - total[low]) / MOMENT).astype(np.float32)
    return np.maximum(power, _TINY) ** np.float32(POWER)


def rises(moments: Floats) -> Floats:
    """Return how much all bands together rise at each edge, shape as moments' first axis."""
    half = MOMENT // 2
    rise = np.zeros(len(moments), np.float32)
    if len(moments) <= 2 * half:
        return rise
    difference = moments[2 * half :] - moments[: -2 * half]
    rise[half:-half] = np.maximum(difference, 0).sum(axis=1)
    triangle = np.bartlett(2 * MOMENT + 1)
    return np.convolve(rise, triangle / triangle.sum(), "same")[: len(moments)].astype(np.float32)


def onsets(rise: Floats, start: int, stop: int) -> NDArray[np.int64]:
    """Return the edges from ``start`` to before ``stop`` where none near rises more."""
    from scipy.ndimage import maximum_filter1d

    highest = maximum_filter1d(rise, 2 * NEAR + 1, mode="constant")
    some = slice(start, stop)
    return start + np.flatnonzero((rise[some] == highest[some]) & (rise[some] > 0))


def cut(moments: Floats, at: NDArray[np.int64]) -> tuple[Floats, Floats]:
    """Return the patches around some edges, at least REACH from either end.

    Returns
    -------
    values
        Shape (n, MOMENTS * BANDS); the mean of each is 1.
    level
        What they were divided by, shape (n,); silence is at most SILENT.
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
    """Return patches of single places, read at another speed.

    Parameters
    ----------
    power
        Spectra around each place, shape (n, frames, bins).
    at
        The places, s from the start of each first frame, shape (n,).
    timing
        Distance of the frames and half their length, s.
    matrix
        Of :func:`band_matrix`.
    speed
        The patches are those of the recording sped up by this.

    Returns
    -------
    Floats
        Shape (n, MOMENTS * BANDS), as in :class:`Patches`.
    """
    hop, half = timing
    many, frames, bins = power.shape
    banded = (power.reshape(-1, bins) @ matrix).reshape(many, frames, BANDS)
    total = np.zeros((many, frames + 1, BANDS))
    np.cumsum(banded, axis=1, dtype=np.float64, out=total[:, 1:])
    edges = at[:, None] + np.arange(-REACH, REACH + 1, MOMENT) / CELLS_PER_S * speed
    place = np.clip((edges - half + hop / 2) / hop, 0, frames)
    below = np.minimum(place.astype(np.int64), frames - 1)
    part = (place - below)[:, :, None]
    which = np.arange(many)[:, None]
    sums = total[which, below] * (1 - part) + total[which, below + 1] * part
    moments = (np.diff(sums, axis=1) * hop / speed * CELLS_PER_S / MOMENT).astype(np.float32)
    values = (np.maximum(moments, _TINY) ** np.float32(POWER)).reshape(many, -1)
    return values / np.maximum(values.mean(axis=1, keepdims=True), 1e-12)

"""Power spectra and sums of levels by compiled loops; ``None`` where those can't be used.

One complex transform serves two real frames: one is its real part, the other its imaginary part.
Eight of its shorter transforms run side by side in the processor's wide registers.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from phonoscope import compiled
from phonoscope.columns import Floats

SMALLEST = 64
"""Shorter frames aren't transformed here: their parts wouldn't fill the lanes."""


def spectra_of(frames: Floats, window: Floats) -> Floats | None:
    """Return power spectra of windowed frames, shape (k, size // 2 + 1).

    Parameters
    ----------
    frames : ndarray, shape (k, size), float32
        May overlap in memory: a view of a signal.
    window : ndarray, shape (size,), float32
    """
    loops, plan = compiled.loops(), _plan(frames.shape[1])
    if loops is None or plan is None or not _readable(frames):
        return None
    count, size = frames.shape
    power, room = np.empty((count, size // 2 + 1), np.float32), plan.room()
    loops.spectra(
        plan.address, compiled.at(window), compiled.at(room), compiled.at(frames),
        frames.strides[0] // frames.itemsize, count, compiled.at(power),
    )  # fmt: skip
    return power


def spectra_of_two(mid: Floats, side: Floats, window: Floats) -> tuple[Floats, Floats] | None:
    """Return the same of frames of two signals, whose shapes and steps are equal."""
    loops, plan = compiled.loops(), _plan(mid.shape[1])
    usable = _readable(mid) and _readable(side) and mid.strides == side.strides
    if loops is None or plan is None or not usable or mid.shape != side.shape:
        return None
    count, size = mid.shape
    power, room = np.empty((2, count, size // 2 + 1), np.float32), plan.room()
    loops.two_spectra(
        plan.address, compiled.at(window), compiled.at(room), compiled.at(mid), compiled.at(side),
        mid.strides[0] // mid.itemsize, count, compiled.at(power[0]), compiled.at(power[1]),
    )  # fmt: skip
    return power[0], power[1]


def log_sum(power: Floats, wanted: NDArray[np.bool_]) -> NDArray[np.float64] | None:
    """Return sums of natural logarithms of power, at least 1e-16, over some frames, shape (bins,).

    Parameters
    ----------
    power : ndarray, shape (frames, bins), float32
        Finite.
    wanted : ndarray, shape (frames,), bool
    """
    loops = compiled.loops()
    if loops is None:
        return None
    power = np.ascontiguousarray(power, np.float32)
    wanted = np.ascontiguousarray(wanted, np.bool_)
    total = np.zeros(power.shape[1])
    loops.level_sum(compiled.at(power), *power.shape, compiled.at(wanted), compiled.at(total))
    return total


class _Plan:
    """Factors of a transform of one size, which threads may share."""

    def __init__(self, size: int) -> None:
        rows = 1 << (size.bit_length() - 1) // 2
        columns = size // rows
        self._held = (
            _turns(np.arange(rows) / rows),
            _turns(np.arange(columns) / columns),
            _turns(np.outer(np.arange(rows), np.arange(columns)) / size),
        )
        self._fields = np.array([size, rows, columns, *map(compiled.at, self._held)], np.int64)
        self.address = compiled.at(self._fields)
        self._room = 4 * size + 32 * max(rows, columns)

    def room(self) -> Floats:
        """Return memory for one call to write to."""
        return np.empty(self._room, np.float32)


@lru_cache(maxsize=16)
def _plan(size: int) -> _Plan | None:
    return _Plan(size) if size >= SMALLEST and size & (size - 1) == 0 else None


def _turns(turns: NDArray[np.float64]) -> Floats:
    """Cosines and negative sines of whole turns, shape (2, ...)."""
    return np.stack([np.cos(2 * np.pi * turns), -np.sin(2 * np.pi * turns)]).astype(np.float32)


def _readable(frames: Floats) -> bool:
    step, value = frames.strides
    return (
        frames.dtype == np.float32
        and value == 4
        and step >= 0
        and step % 4 == 0
        and len(frames) > 0
    )

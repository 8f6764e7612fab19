"""The power of a filtered signal in steps of time."""

from __future__ import annotations

import math
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from phonoscope import compiled
from phonoscope.audio.iir import BlockIir
from phonoscope.columns import Floats

_SETTLED = 1e-12
"""A filter has forgotten its past when the powers of its poles are below this."""


class StepPower:
    """Filters a signal and takes the mean square of consecutive steps, however the signal is cut.

    Parameters
    ----------
    sections : ndarray, shape (2, 6), float64
        Second-order sections as in scipy.signal, with ``a0`` of 1 and poles inside the unit circle.
    channels
        Number of channels.
    step
        Samples in a step, at least one.

    Examples
    --------
    A filter that passes everything; two steps of two samples, and half of a third:

    >>> power = StepPower(np.array([[1.0, 0, 0, 1, 0, 0]] * 2), channels=1, step=2)
    >>> power(np.array([[1.0, 1.0, 2.0]], np.float32)).tolist()
    [[1.0]]
    >>> power(np.array([[0.0, 3.0]], np.float32)).tolist(), power.rest
    ([[2.0]], (array([9.]), 0.5))
    """

    def __init__(self, sections: NDArray[np.float64], channels: int, step: int) -> None:
        self._step = step
        self._plain = None if compiled.loops() else _Plain(sections, channels, step)
        self._coefficients = np.ascontiguousarray(sections, np.float64)
        self._settling = _settling(sections)
        self._state = np.zeros((channels, 4))
        self._done = np.zeros(channels, np.int64)
        self._sum = np.zeros(channels)

    def __call__(self, samples: Floats) -> NDArray[np.float64]:
        """Return the mean squares of the steps that end in the next samples.

        Parameters
        ----------
        samples : ndarray, shape (channels, n), float32
            Any unit, any n.

        Returns
        -------
        ndarray, shape (channels, k), float64
            The square of the unit.
        """
        if self._plain is not None:
            return self._plain(samples)
        loops = cast(Any, compiled.loops())
        channels, count = samples.shape
        ended = int(self._done[0] + count) // self._step
        sums = np.empty((channels, ended))
        for channel, row in enumerate(samples):
            values = np.ascontiguousarray(row, np.float32)
            loops.weighted_power(
                compiled.at(values), count, compiled.at(self._coefficients),
                compiled.at(self._state[channel:]), self._settling, self._step,
                compiled.at(self._done[channel:]), compiled.at(self._sum[channel:]),
                compiled.at(sums[channel:]),
            )  # fmt: skip
        return sums / self._step

    @property
    def rest(self) -> tuple[NDArray[np.float64], float]:
        """Mean square of the unfinished step, shape (channels,), and its length in steps."""
        if self._plain is not None:
            return self._plain.rest
        done = int(self._done[0])
        return self._sum / max(1, done), done / self._step


class _Plain:
    """The same without compiled code."""

    def __init__(self, sections: NDArray[np.float64], channels: int, step: int) -> None:
        self._filter, self._step = BlockIir(sections, channels), step
        self._held = np.empty((channels, 0), np.float32)

    def __call__(self, samples: Floats) -> NDArray[np.float64]:
        filtered = np.concatenate([self._held, self._filter(samples)], axis=1)
        whole = filtered.shape[1] // self._step * self._step
        self._held = filtered[:, whole:].copy()
        return self._mean_square(filtered[:, :whole], self._step)

    @property
    def rest(self) -> tuple[NDArray[np.float64], float]:
        count = self._held.shape[1]
        if count == 0:
            return np.zeros(len(self._held)), 0.0
        return self._mean_square(self._held, count)[:, 0], count / self._step

    def _mean_square(self, filtered: Floats, step: int) -> NDArray[np.float64]:
        steps = filtered.reshape(filtered.shape[0], -1, step)
        return np.einsum("ckn,ckn->ck", steps, steps) / step


def _settling(sections: NDArray[np.float64]) -> int:
    """Return the samples after which the filter has forgotten its past."""
    farthest = max(float(np.abs(np.roots(section[3:])).max(initial=0.0)) for section in sections)
    return 1 if farthest == 0.0 else math.ceil(math.log(_SETTLED) / math.log(farthest))

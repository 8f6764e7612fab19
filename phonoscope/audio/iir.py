"""Recursive filters for long signals as matrix products: the same result in half the time."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from phonoscope.columns import Floats

_RUN = 64


class _Realisation(NamedTuple):
    """A filter over runs of ``_RUN`` samples: its response and how its state evolves."""

    response: Floats  # (run, run): samples of a run -> its output, from rest
    ringing: Floats  # (states, run): state before a run -> its output
    charge: Floats  # (run, states): samples of a run -> state after it
    poles: NDArray[np.complex128]  # (states,): how each mode of the state decays over a run
    modes: NDArray[np.complex128]  # (states, states): state -> modes
    back: NDArray[np.complex128]  # (states, states): modes -> state


class BlockIir:
    """An IIR filter that keeps its state between calls, several channels at once.

    This is the block realisation of Burrus (see References). The output of a run of 64 samples is
    a matrix product of those samples, plus the ringing of the state before it. The states of all
    runs are a first-order recursion in the modes of the filter. The matrices come from the filter
    itself, applied sample by sample to unit impulses and unit states.

    Parameters
    ----------
    sections : ndarray, shape (n, 6), float64
        Second-order sections as in scipy.signal, with ``a0`` of 1 and distinct poles inside the
        unit circle.
    channels
        Number of channels.

    Raises
    ------
    numpy.linalg.LinAlgError
        When equal poles leave the filter without modes. Rounding may hide equal poles.

    References
    ----------
    C. S. Burrus, "Block realization of digital filters", IEEE Transactions on Audio and
    Electroacoustics 20 (1972) 230-235.

    Examples
    --------
    A filter with one pole at 0.5 halves an impulse with every sample, even over two calls:

    >>> halving = BlockIir(np.array([[1.0, 0.0, 0.0, 1.0, -0.5, 0.0]]), channels=1)
    >>> halving(np.array([[1.0, 0.0]], np.float32)).tolist()
    [[1.0, 0.5]]
    >>> halving(np.zeros((1, 2), np.float32)).tolist()
    [[0.25, 0.125]]
    """

    def __init__(self, sections: NDArray[np.float64], channels: int) -> None:
        self._sections = sections
        self._matrices = _realise(sections.tobytes(), len(sections))
        self._state = np.zeros((channels, 2 * len(sections)))

    def __call__(self, samples: Floats) -> Floats:
        """Filter the next samples.

        Parameters
        ----------
        samples : ndarray, shape (channels, n), float32
            Any unit, any n.

        Returns
        -------
        ndarray, shape (channels, n), float32
            Unit as given.

        Raises
        ------
        ValueError
            When the number of channels isn't the filter's.
        """
        whole = samples.shape[1] // _RUN * _RUN
        output = np.empty_like(samples)
        if whole:
            for channel, state, out in zip(samples, self._state, output, strict=True):
                self._runs(channel[:whole], state, out[:whole])
        output[:, whole:], self._state = stepped(self._sections, samples[:, whole:], self._state)
        return output

    def _runs(self, channel: Floats, state: NDArray[np.float64], out: Floats) -> None:
        """Filter whole runs; updates ``state`` and fills ``out`` in place."""
        m = self._matrices
        runs = channel.reshape(-1, _RUN)
        charged = (runs @ m.charge).astype(np.complex128) @ m.modes
        before, after = _recursion(charged, m.poles, state @ m.modes)
        state[:] = (after @ m.back).real
        filtered = out.reshape(-1, _RUN)
        np.matmul(runs, m.response, out=filtered)
        filtered += (before @ m.back).real.astype(np.float32) @ m.ringing


def stepped(
    sections: NDArray[np.float64], samples: NDArray[np.floating], state: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Filter sample by sample: transposed direct form II, one section after the other.

    Parameters
    ----------
    sections : ndarray, shape (n, 6), float64
        Second-order sections, with ``a0`` of 1.
    samples : ndarray, shape (signals, k), floating
        Any unit; ``k`` is small.
    state : ndarray, shape (signals, 2 n), float64
        Two values a section; zeros at rest.

    Returns
    -------
    output : ndarray, shape (signals, k), float64
        Unit as given.
    state : ndarray, shape (signals, 2 n), float64
        State after the samples; the argument isn't changed.

    Examples
    --------
    >>> delay = np.array([[0.0, 1.0, 0.0, 1.0, 0.0, 0.0]])
    >>> output, state = stepped(delay, np.array([[1.0, 2.0]]), np.zeros((1, 2)))
    >>> output.tolist(), state.tolist()
    ([[0.0, 1.0]], [[2.0, 0.0]])
    """
    state = state.copy()
    output = np.empty(samples.shape)
    for at in range(samples.shape[1]):
        value = samples[:, at].astype(np.float64)
        for (b0, b1, b2, _, a1, a2), own in zip(sections, range(0, state.shape[1], 2), strict=True):
            filtered = b0 * value + state[:, own]
            state[:, own] = b1 * value - a1 * filtered + state[:, own + 1]
            state[:, own + 1] = b2 * value - a2 * filtered
            value = filtered
        output[:, at] = value
    return output, state


def _recursion(
    charged: NDArray[np.complex128], poles: NDArray[np.complex128], start: NDArray[np.complex128]
) -> tuple[NDArray[np.complex128], NDArray[np.complex128]]:
    """Solve after[n] = poles * before[n] + charged[n], before[n + 1] = after[n].

    Parameters
    ----------
    charged
        Shape (runs, states).
    poles
        Shape (states,), each of magnitude under 1.
    start
        ``before[0]``, shape (states,).

    Returns
    -------
    before, last
        ``before``, shape (runs, states), and ``after`` of the last run.
    """
    held = np.concatenate([start[None], charged]).T.copy()
    for mode, pole in zip(held, poles, strict=True):
        # Doubling: after pass k, a value has the charges of the 2^k runs before it. A pole's power
        # soon vanishes, so a few passes replace a loop over runs.
        reach, factor = 1, pole
        while reach < mode.size and abs(factor) > _VANISHED:
            mode[reach:] += factor * mode[:-reach]
            factor, reach = factor * factor, 2 * reach
    return held[:, :-1].T, held[:, -1]


_VANISHED = 1e-12


@lru_cache(maxsize=16)
def _realise(sections: bytes, count: int) -> _Realisation:
    sos = np.frombuffer(sections).reshape(count, 6)
    states = 2 * count
    response, charge = stepped(sos, np.eye(_RUN), np.zeros((_RUN, states)))
    ringing, decay = stepped(sos, np.zeros((states, _RUN)), np.eye(states))
    # Row vectors: state after a run = samples @ charge + state before @ decay.
    poles, modes = np.linalg.eig(decay)
    return _Realisation(
        response.astype(np.float32),
        ringing.astype(np.float32),
        charge.astype(np.float32),
        poles.astype(np.complex128),
        modes.astype(np.complex128),
        np.linalg.inv(modes).astype(np.complex128),
    )

"""Durations: a bent log-normal through the published whole minutes, with peaks put on top."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import PchipInterpolator
from scipy.special import ndtr, ndtri

from bench.synthetic import planted, published

Array = NDArray[np.float64]
LONGEST_S, TAIL_STEP_S = 3600, 5
_BELOW_S = {2.0: 0.0004, 30.0: 0.24}
"""How the tracks under a minute are spread: share of them under these seconds."""


@dataclass(frozen=True)
class Durations:
    """Bins of duration and how many tracks lie in each."""

    start_s: Array
    width_s: Array
    """0 for a duration that is met exactly: 0, and the planted peaks."""
    share: Array

    @property
    def middle_s(self) -> Array:
        """Mean of each bin, s."""
        return self.start_s + self.width_s / 2

    @property
    def mean_s(self) -> float:
        """Mean, s."""
        return float(self.share @ self.middle_s)


def durations(mean_s: float) -> Durations:
    """Return the distribution over all tracks; its tail is such that the mean is ``mean_s``."""
    below = np.arange(600.0)
    tail = np.arange(600.0, LONGEST_S, TAIL_STEP_S)
    minutes = np.array(published.MINUTES) / published.TRACKS
    peaks = dict.fromkeys(planted.PEAKS, 0.0)
    body = np.zeros(600)
    for _ in range(20):  # the peaks take from their own minute
        body = _body(_without(minutes, peaks))
        peaks = {at: (times - 1.0) * body[at] for at, times in planted.PEAKS.items()}
    exact = np.array([0.0, *peaks])
    start = np.concatenate([below, tail, exact])
    width = np.concatenate(
        [np.ones(600), np.full(len(tail), float(TAIL_STEP_S)), np.zeros(len(exact))]
    )
    known = np.concatenate([body, np.zeros(len(tail)), [planted.ZERO_DURATION, *peaks.values()]])
    rest = mean_s - float(known @ (start + width / 2))
    shape = _tail(tail + TAIL_STEP_S / 2, rest / minutes[10])
    known[600 : 600 + len(tail)] = minutes[10] * shape
    return Durations(start, width, known / known.sum())


def _without(minutes: Array, peaks: dict[int, float]) -> Array:
    left = minutes.copy()
    left[0] -= planted.ZERO_DURATION
    for at, share in peaks.items():
        left[at // 60] -= share
    return left


def _body(minutes: Array) -> Array:
    """Return the share of tracks in each second below ten minutes.

    A log-normal is a straight line of the probit of its distribution over the logarithm of time;
    this is a smooth rising curve through the published points instead, so that no step at a
    whole minute looks like a peak.
    """
    edges = np.array([*_BELOW_S, *(60.0 * k for k in range(1, 11))])
    under = np.concatenate(
        [minutes[0] * np.array(list(_BELOW_S.values())), np.cumsum(minutes[:10])]
    )
    curve = PchipInterpolator(np.log(edges), ndtri(under), extrapolate=True)
    at = np.arange(601.0)
    at[0] = 1e-3
    until = ndtr(curve(np.log(np.maximum(at, 0.5))))
    until[0] = 0.0
    until[-1] = under[-1]
    return np.diff(until)


def _tail(middle_s: Array, mean_s: float) -> Array:
    """Return an exponential fall from ten minutes on with this mean as nearly as it can have."""
    low, high = 20.0, 5000.0
    for _ in range(60):
        fall = (low + high) / 2
        share = np.exp(-(middle_s - 600.0) / fall)
        share /= share.sum()
        low, high = (fall, high) if share @ middle_s < mean_s else (low, fall)
    return share

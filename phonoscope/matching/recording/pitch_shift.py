"""How far one recording is shifted in pitch against another, from the pitches that sound in both.

Copies have the same pitch profile, moved up or down. The lag with the highest correlation is the
shift. That holds for noisy music, too, because the profiles of two copies agree in what no scale
explains.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from phonoscope.features.tonality import STEPS_PER_SEMITONE

MOST_SEMITONES = 6
"""Largest shift that is looked for."""
CENTS = 100 / STEPS_PER_SEMITONE
AROUND = 15
"""Steps on either side over which the mean is taken away: what is left changes within a scale."""
LEAST_CORRELATION = 0.5
CLEAR_LEAD = 0.03
"""How far the highest correlation must exceed those of other shifts."""
NEXT_TO_IT = 3
"""Steps on either side of the highest that belong to it."""

Doubles = NDArray[np.float64]


def pitch_shift(one: NDArray[np.int64], other: NDArray[np.int64]) -> float | None:
    """Return how much higher ``other`` sounds, in cents.

    Parameters
    ----------
    one, other : ndarray, shape (STEPS,)
        Pitch profiles; see :class:`phonoscope.features.tonality.PitchRow`.

    Returns
    -------
    float or None
        -600 to 600; ``None`` when no shift fits clearly best, or a profile is missing.

    Examples
    --------
    >>> profile = np.random.default_rng(1).integers(0, 200, 960)
    >>> round(pitch_shift(profile, np.roll(profile, 7)))
    70
    """
    most = MOST_SEMITONES * STEPS_PER_SEMITONE
    if len(one) <= most or len(one) != len(other):
        return None
    correlations = _correlations(_detail(one), _detail(other), most)
    best = int(correlations.argmax())
    rest = np.delete(correlations, slice(max(0, best - NEXT_TO_IT), best + NEXT_TO_IT + 1))
    if correlations[best] < max(LEAST_CORRELATION, rest.max() + CLEAR_LEAD):
        return None
    return CENTS * (best - most + _vertex(correlations, best))


def _detail(profile: NDArray[np.int64]) -> Doubles:
    """Return a profile less its moving mean."""
    window = 2 * AROUND + 1
    detail: Doubles = profile - np.convolve(profile, np.ones(window) / window, "same")
    return detail


def _correlations(one: Doubles, other: Doubles, most: int) -> Doubles:
    """Return the correlation at each lag from ``-most`` to ``most``, of the part both have."""
    middle, whole = len(one) - 1, np.correlate(other, one, "full")
    products = whole[middle - most : middle + most + 1]
    lags = np.arange(-most, most + 1)
    # What both have at a lag is a beginning of one and an end of the other.
    scale = np.sqrt(_squares(one, -lags) * _squares(other, lags))
    found: Doubles = np.divide(products, scale, out=np.zeros(len(lags)), where=scale > 0)
    return found


def _squares(values: Doubles, first: NDArray[np.int64]) -> Doubles:
    """Return the sum of squares from each place on; up to it, counted from the end, if negative."""
    sums = np.concatenate([[0.0], np.cumsum(np.square(values))])
    squares: Doubles = sums[len(values) + np.minimum(first, 0)] - sums[np.maximum(first, 0)]
    return squares


def _vertex(values: Doubles, at: int) -> float:
    """Return how far the top of a parabola through a maximum and its neighbours is from it."""
    if not 0 < at < len(values) - 1:
        return 0.0
    before, top, after = values[at - 1 : at + 2]
    return float((before - after) / (2 * (before - 2 * top + after)))

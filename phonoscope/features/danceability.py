"""Danceability by detrended fluctuation analysis of the amplitude envelope.

After S. Streich and P. Herrera, "Detrended fluctuation analysis of music signals:
danceability estimation and further semantic characterization", 118th AES Convention,
2005, paper 6458; the analysis itself is C.-K. Peng et al., "Mosaic organization of DNA
nucleotides", Physical Review E 49 (1994) 1685. Music with a steady, strong beat has an
envelope that fluctuates about as much over long windows as over short ones; music that swells and
fades fluctuates more over long ones.

As in the paper, the envelope in steps of 10 ms is integrated and cut into windows of 310 ms to
8.8 s, each length 10% longer than the one before. A straight line is subtracted from every window.
The rest, ``F(n)``, gives the local exponents ``d log F / d log (n + 3)``.

Departures:

- the envelope is the root mean square of a step, not the standard deviation (they only differ by
  an offset within 10 ms);
- windows start every quarter of their length and stay within chapters of 82 s, so memory doesn't
  grow with the recording. The straight line also removes the constant of the integration, so a
  chapter only loses the windows across its end;
- the paper compares the curve of exponents. The number here is the reciprocal of their mean, as in
  Essentia's ``Danceability``, but without setting exponents to zero, and at most 3: a loop that
  repeats exactly has a mean exponent near zero;
- the longest window is 8.8 s and all lengths are used, so recordings under 8.8 s have no result.

The provider is ``phonoscope``: this isn't Spotify's ``danceability``, in method or in scale.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from phonoscope.audio.block import Block
from phonoscope.audio.stream import Stream
from phonoscope.columns import column
from phonoscope.features.base import Feature

SHORTEST_STEPS = 31
LONGEST_STEPS = 880
GROWTH = 1.1
OFFSET_STEPS = 3
"""The paper's correction of short windows: exponents are slopes over ``log (n + 3)``."""

CHAPTER_STEPS = 8192
"""Steps of 10 ms integrated together: 82 s."""

MOST = 3.0
"""The highest value."""

STEADY = 1e-5
"""Fluctuation below this share of the mean level is rounding or silence: -100 dB."""

Doubles = NDArray[np.float64]


@dataclass(frozen=True)
class Danceability:
    """Result: how little the loudness changes apart from the beat."""

    danceability_dfa: float | None = column(
        "Danceability by detrended fluctuation analysis (Streich & Herrera 2005): 1 / mean "
        "exponent of the 10 ms envelope over 0.31 to 8.8 s. About 0.5 to 3, higher is more "
        "danceable; noise without rhythm has 2, so it only ranks music. Measured by Phonoscope; "
        "not Spotify's. Empty under 8.8 s or without fluctuation."
    )


@cache
def window_lengths() -> tuple[int, ...]:
    """Return the window lengths in steps of 10 ms: from 31, each 10% longer, to at most 880.

    Examples
    --------
    >>> lengths = window_lengths()
    >>> lengths[:4], lengths[-1], len(lengths)
    ((31, 34, 37, 41), 879, 36)
    """
    lengths = [SHORTEST_STEPS]
    while (longer := max(lengths[-1] + 1, int(lengths[-1] * GROWTH + 0.5))) <= LONGEST_STEPS:
        lengths.append(longer)
    return tuple(lengths)


def residual_energy(envelope: Doubles) -> tuple[Doubles, NDArray[np.int64]]:
    """Sum the energy of detrended windows of the integrated envelope.

    Parameters
    ----------
    envelope : ndarray, shape (n,), float64
        Amplitudes in steps of 10 ms, any unit; at least one.

    Returns
    -------
    energy : ndarray, shape (lengths,), float64
        For each of :func:`window_lengths` the mean squared residual of a window, summed
        over windows; the square of the envelope's unit. 0 where no window fits.
    windows : ndarray, shape (lengths,), int64
        Number of windows of each length.

    References
    ----------
    C.-K. Peng et al., "Mosaic organization of DNA nucleotides", Physical Review E 49 (1994) 1685.

    Examples
    --------
    A constant envelope leaves nothing; no window of 37 steps fits into 36.

    >>> energy, windows = residual_energy(np.ones(36))
    >>> energy[:3].tolist(), windows[:3].tolist()
    ([0.0, 0.0, 0.0], [1, 1, 0])
    """
    lengths = window_lengths()
    energy, windows = np.zeros(len(lengths)), np.zeros(len(lengths), np.int64)
    profile = np.cumsum(envelope - envelope.mean())
    position = np.arange(len(profile), dtype=np.float64)
    sums = [
        np.concatenate([[0.0], np.cumsum(part)])
        for part in (profile, profile * position, profile * profile)
    ]
    for i, length in enumerate(lengths):
        first = np.arange(0, len(profile) - length + 1, max(1, length // 4))
        plain, moment, square = (s[first + length] - s[first] for s in sums)
        tilt = moment - (first + (length - 1) / 2) * plain
        spread = length * (length * length - 1) / 12
        left = square - plain * plain / length - tilt * tilt / spread
        energy[i] = np.maximum(left, 0.0).sum() / length
        windows[i] = len(first)
    return energy, windows


def danceability(fluctuation: Doubles) -> float:
    """Return the danceability of a curve of fluctuations.

    Parameters
    ----------
    fluctuation : ndarray, shape (lengths,), float64
        ``F(n)`` for each of :func:`window_lengths`; positive, any unit.

    Returns
    -------
    float
        1 / mean local exponent, over 0; :data:`MOST` when fluctuation barely grows with length.

    References
    ----------
    S. Streich and P. Herrera, "Detrended fluctuation analysis of music signals: danceability
    estimation and further semantic characterization", 118th AES Convention, 2005, paper 6458.

    Examples
    --------
    The fluctuation of noise grows with the root of the length. A constant one has the most.

    >>> lengths = np.array(window_lengths()) + OFFSET_STEPS
    >>> round(danceability(lengths**0.5), 6), danceability(np.ones(len(lengths)))
    (2.0, 3.0)
    """
    lengths = np.log(np.array(window_lengths()) + OFFSET_STEPS)
    exponents = np.diff(np.log(fluctuation)) / np.diff(lengths)
    mean = float(exponents.mean())
    return 1.0 / max(mean, 1.0 / MOST)


class _DanceabilityAccumulator:
    def __init__(self, stream: Stream) -> None:
        del stream
        self._pending: list[Doubles] = []
        self._pending_steps = 0
        self._level_sum = 0.0
        self._steps = 0
        self._energy = np.zeros(len(window_lengths()))
        self._windows = np.zeros(len(window_lengths()), np.int64)

    def update(self, block: Block) -> None:
        envelope = block.rms.astype(np.float64)
        self._level_sum += float(envelope.sum())
        self._steps += len(envelope)
        self._pending.append(envelope)
        self._pending_steps += len(envelope)
        while self._pending_steps >= CHAPTER_STEPS:
            held = np.concatenate(self._pending)
            self._take(held[:CHAPTER_STEPS])
            self._pending = [held[CHAPTER_STEPS:]]
            self._pending_steps -= CHAPTER_STEPS

    def result(self) -> Danceability:
        if self._pending_steps >= SHORTEST_STEPS:
            self._take(np.concatenate(self._pending))
        if self._windows[-1] == 0:
            return Danceability(None)
        fluctuation = np.sqrt(self._energy / self._windows)
        if fluctuation.min() <= STEADY * self._level_sum / self._steps:
            return Danceability(None)
        return Danceability(danceability(fluctuation))

    def _take(self, chapter: Doubles) -> None:
        energy, windows = residual_energy(chapter)
        self._energy += energy
        self._windows += windows


FEATURE = Feature(name="danceability", result=Danceability, start=_DanceabilityAccumulator)

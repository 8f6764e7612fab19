"""Plain tones: sounds of oscillators and nothing else, so that there is no music to weigh.

A decoder's lines are weak, and stay while the music over them changes. In a test signal, a held
chord or a hum, the loudest partials themselves stay, and rise far over what is around them. Then
lines at a decoder's spacing say nothing about where the sound comes from.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from phonoscope.features.traces import REACHES, TraceSegment

LOUDEST = 20
"""Partials that are looked at."""
TALL_DB, VERY_TALL_DB = 20.0, 24.0
"""Height of the loudest partials over the level around them, in the mean spectrum. Of 777
machine-made recordings the highest has 20.7 dB, and the next 18.5; of 379 human ones, 1 % have more
than 20 dB."""
STAY, OFTEN = 0.8, 0.4
"""Share of spectra in which the loudest partials stand out, on average: of tall ones, and of very
tall ones. A held tone has 1; no machine-made recording has more than 0.78."""
_MIDDLE = REACHES.index(2)
_LOWEST_HZ, _HIGHEST_HZ, _AROUND_HZ = 200.0, 15_500.0, 40.0

Levels = NDArray[np.float64]


def are_plain_tones(segments: Sequence[TraceSegment], level_db: Levels) -> bool:
    """Return whether a sound is plain tones and nothing else.

    Parameters
    ----------
    segments
        Of one recording, in order; at least one.
    level_db
        Mean level by bin, dB, shape (bins,), as in
        :attr:`phonoscope.features.traces.Traces.level_db`.

    Examples
    --------
    A partial at 2,700 Hz that stands out in 9 of 10 spectra, and one in 3 of 10.

    >>> level_db = np.full(6000, -90.0)
    >>> level_db[1000] = -10.0
    >>> votes = np.zeros((len(REACHES), 6000), np.uint32)
    >>> segment = TraceSegment(0.0, 5.3, 10, votes, bin_hz=2.7, limit_hz=16_000.0)
    >>> votes[:, 1000] = 9
    >>> are_plain_tones([segment], level_db)
    True
    >>> votes[:, 1000] = 3
    >>> are_plain_tones([segment], level_db)
    False
    """
    loudest = _loudest(segments[0], level_db)
    if not loudest.size:
        return False
    height_db = _height_db(loudest, level_db, segments[0].bin_hz)
    if height_db < TALL_DB:
        return False
    return _stay(segments, loudest) >= (OFTEN if height_db >= VERY_TALL_DB else STAY)


def _loudest(segment: TraceSegment, level_db: Levels) -> NDArray[np.intp]:
    """Return the bins of the loudest partials."""
    low = int(_LOWEST_HZ / segment.bin_hz)
    inside = level_db[low : int(min(_HIGHEST_HZ, segment.limit_hz) / segment.bin_hz)]
    if inside.size < 3:
        return np.zeros(0, np.intp)
    peaks = low + 1 + np.flatnonzero((inside[1:-1] >= inside[:-2]) & (inside[1:-1] > inside[2:]))
    return peaks[np.argsort(-level_db[peaks], kind="stable")[:LOUDEST]]


def _height_db(bins: NDArray[np.intp], level_db: Levels, bin_hz: float) -> float:
    """Return how far bins rise over the level around them: the median, dB."""
    reach = max(1, round(_AROUND_HZ / bin_hz))
    around = [np.median(level_db[max(0, i - reach) : i + reach + 1]) for i in bins]
    return float(np.median(level_db[bins] - around))


def _stay(segments: Sequence[TraceSegment], bins: NDArray[np.intp]) -> float:
    """Return in which share of spectra bins stand out, on average, 0 to 1."""
    counts = sum(segment.votes[_MIDDLE].astype(np.int64) for segment in segments)
    share = counts / max(1, sum(segment.frames for segment in segments))
    # A peak of the mean can lie one bin from that of most spectra.
    return float(np.mean(np.max([share[bins + step] for step in (-1, 0, 1)], axis=0)))

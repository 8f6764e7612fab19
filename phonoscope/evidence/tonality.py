"""Key, mode and tuning from the pitches of spectral peaks.

After E. Gomez, "Tonal description of polyphonic audio for music content processing",
INFORMS Journal on Computing 18 (2006) 294: the peaks of the spectrum vote for pitch
classes in proportion to their strength, and the votes are correlated with the profile of
each of the 24 keys (C. L. Krumhansl, "Cognitive foundations of musical pitch", 1990).

Provider ``phonoscope``: measured here from the sound. It is not Spotify's ``key`` and
``mode``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from phonoscope.audio.block import Block
from phonoscope.audio.decode import Stream
from phonoscope.audio.spectra import FLOOR_POWER, Spectra
from phonoscope.evidence.base import Question
from phonoscope.types import Floats, column

KEYS = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")

LOWEST_HZ, HIGHEST_HZ = 55.0, 3500.0
REFERENCE_HZ = 440.0 * 2.0 ** (-9 / 12 - 4)
"""C0: pitch 0 of the histogram."""
STEPS_PER_SEMITONE = 10
"""Resolution of the histogram: 10 cents."""
STEPS_PER_OCTAVE = 12 * STEPS_PER_SEMITONE
OCTAVES = 9

RANGE_DB = 50.0
"""Peaks this far under the strongest of their frame are not heard beside it."""
COMPRESSION = 0.25
"""Votes are power to this exponent: between loudness and one peak, one vote."""
QUIETEST_POWER = np.float32(1e-9)
"""Frames whose strongest peak is under -90 dBFS are silence."""

Doubles = NDArray[np.float64]


@dataclass(frozen=True)
class Tonality:
    """Which key the pitches fit, and how they are tuned."""

    key: str | None = column(
        "Tonic by pitch class, 'C' to 'B' with sharps; measured by phonoscope, not Spotify's. "
        "Empty when the sound has no clear pitches."
    )
    mode: str | None = column("'major' or 'minor'; empty when key is.")
    key_strength: float | None = column(
        "How well the pitches fit the key, 0 to 1; empty when key is."
    )
    tuning_cents: float | None = column(
        "Tuning against A = 440 Hz in equal temperament, cents, -50 to 50; empty when key is."
    )


MAJOR = (0.238, 0.006, 0.111, 0.006, 0.137, 0.094, 0.016, 0.214, 0.009, 0.080, 0.008, 0.081)
MINOR = (0.220, 0.006, 0.104, 0.123, 0.019, 0.103, 0.012, 0.214, 0.062, 0.022, 0.061, 0.052)


def spectral_peaks(spectra: Spectra) -> tuple[Doubles, Doubles]:
    """Pitches and votes of spectral peaks.

    Returns
    -------
    pitch
        Semitones above C0, shape (peaks,).
    votes
        Shape (peaks,); the votes of a frame sum to 1.
    """
    low = max(2, math.ceil(LOWEST_HZ / spectra.bin_hz))
    high = min(spectra.power.shape[1] - 2, int(HIGHEST_HZ / spectra.bin_hz))
    power = spectra.power[:, low - 1 : high + 1]
    middle = power[:, 1:-1]
    loudest = middle.max(axis=1, initial=0.0)
    least = np.maximum(loudest * np.float32(10 ** (-RANGE_DB / 10)), QUIETEST_POWER)
    is_peak = middle > least[:, None]
    is_peak &= middle > power[:, :-2]
    is_peak &= middle >= power[:, 2:]
    frame, at = np.nonzero(is_peak)
    below, here, above = (np.log(np.maximum(power[frame, at + k], FLOOR_POWER)) for k in (0, 1, 2))
    # Parabola through the logarithms of three bins (J. O. Smith and X. Serra, PARSHL, 1987).
    shift = 0.5 * (below - above) / (below - 2 * here + above)
    level = here - 0.25 * (below - above) * shift
    pitch = 12 * np.log2((at + low + shift) * (spectra.bin_hz / REFERENCE_HZ))
    votes = np.exp(COMPRESSION * level.astype(np.float64))
    total = np.bincount(frame, votes, minlength=len(power))
    return pitch, votes / total[frame]


def key_correlations(classes: Doubles) -> Doubles:
    """Correlate pitch classes with the 24 key profiles.

    Parameters
    ----------
    classes
        Votes by pitch class from C, shape (12,).

    Returns
    -------
    Doubles
        Pearson correlations, shape (2, 12): major and minor, by tonic; 0 for no contrast.
    """
    centred = classes - classes.mean()
    norm = float(np.linalg.norm(centred))
    return _profiles() @ centred / norm if norm > 0 else np.zeros((2, 12))


@cache
def _profiles() -> Doubles:
    """Key profiles of zero mean and unit norm, shape (2, 12, 12): mode, tonic, class."""
    both = np.array([[np.roll(p, tonic) for tonic in range(12)] for p in (MAJOR, MINOR)])
    both -= both.mean(axis=-1, keepdims=True)
    return both / np.linalg.norm(both, axis=-1, keepdims=True)


class _Listener:
    def __init__(self, stream: Stream) -> None:
        del stream
        self._histogram = np.zeros(OCTAVES * STEPS_PER_OCTAVE)

    def update(self, block: Block) -> None:
        if len(block.fine.power) == 0:
            return
        pitch, votes = spectral_peaks(block.fine)
        step = np.floor(pitch * STEPS_PER_SEMITONE).astype(np.int64)
        self._histogram += np.bincount(step, votes, minlength=len(self._histogram))

    def result(self) -> Tonality:
        histogram = self._histogram
        total = histogram.sum()
        if total == 0:
            return Tonality(None, None, None, None)
        centre = np.arange(len(histogram)) + 0.5
        angle = np.exp(2j * np.pi * centre / STEPS_PER_SEMITONE)
        vector = complex((histogram * angle).sum() / total)
        tuning = float(np.angle(vector)) / (2 * np.pi)
        nearest = np.floor(centre / STEPS_PER_SEMITONE - tuning + 0.5).astype(np.int64) % 12
        classes = np.bincount(nearest, histogram, minlength=12)
        fit = key_correlations(classes)
        mode, tonic = np.unravel_index(int(fit.argmax()), fit.shape)
        strength = float(fit.max()) * min(1.0, abs(vector) / 0.3)
        return Tonality(KEYS[tonic], ("major", "minor")[mode], strength, 100 * tuning)


QUESTION = Question(name="tonality", answer=Tonality, ask=_Listener)

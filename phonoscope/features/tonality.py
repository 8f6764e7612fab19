"""Key, mode and tuning from the pitches of spectral peaks.

After E. Gómez, "Tonal description of polyphonic audio for music content processing",
INFORMS Journal on Computing 18 (2006) 294: peaks of the spectrum vote for pitch classes,
and the votes of the whole recording are correlated with a profile of each of the 24 keys.
The profiles are those that J. Albrecht and D. Shanahan counted in music of undisputed key
("The use of large corpora to train a new type of key-finding algorithm", Music Perception
31 (2013) 59). They did better in ``bench/descriptors.py`` than those of Krumhansl & Kessler 1982,
Temperley 1999 and 2007, Aarden & Essen 2003, Sapp 2011 and Sha'ath 2011.

Departures from Gómez:

- a peak has to exceed its surroundings by 6 dB, which excludes drums and noise;
- instead of letting a peak also vote for the tones whose harmonic it may be, the part that may
  be a harmonic of lower peaks is subtracted (otherwise every tone would have a fifth and a major
  third);
- for the key, a bass takes nothing away. Where it plays the roots of chords, their thirds and
  fifths lie on its harmonics; without them only roots are left, and C G A F fit F major better than
  C major. Other tones keep at least 15 % of their strength, and no peak has more than an eighth of
  its frame's vote, so that a loud root doesn't decide alone;
- drums have resonances, not notes. The tunings of different notes agree, those of resonances
  don't. A recording has a key if the pitches agree more, or fit the key better, than those of
  drums, noise and speech (:func:`is_tonal`);
- one tone has no key, though its harmonics are a chord: a hum of the mains at 50 Hz would be in
  G major (:func:`share_of_one_tone`). Its partials are exact multiples; chords of instruments
  aren't, because their thirds are 14 cents wider or narrower;
- pitches are collected in steps of 10 cents, whatever the tuning. At the end, the tuning is found
  from the mean of the votes as vectors whose turn is a semitone (K. Dressler and S. Streich,
  "Tuning frequency estimation using circular statistics", ISMIR 2007), and the pitches are folded
  to 12 classes. This takes one pass and flat memory;
- every frame has one vote, whatever its level.

A recording gets one key, even if it modulates. Near a tuning of ±50 cents, a key a semitone
higher and a tuning 50 cents lower are the same sound.

The provider is ``phonoscope``: this isn't Spotify's ``key`` and ``mode``.
"""

from __future__ import annotations

import cmath
import dataclasses
import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from phonoscope.audio.block import Block
from phonoscope.audio.spectra import FLOOR_POWER, Spectra
from phonoscope.audio.stream import Stream
from phonoscope.columns import Floats, column
from phonoscope.features.base import Feature, FeatureTable

MODES = ("major", "minor")
KEYS = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")

LOWEST_HZ, HIGHEST_HZ = 55.0, 3500.0
REFERENCE_HZ = 440.0 * 2.0 ** (-9 / 12 - 4)
"""C0: pitch 0 of the histogram."""
STEPS_PER_SEMITONE = 10
"""Resolution of the histogram: 10 cents."""
NOISE_CONCENTRATION, TONAL_CONCENTRATION = 0.05, 0.3
"""Concentration of pitch on a scale of semitones, in noise and in clearly tonal music."""
CLASSES_OF_A_CHORD = 3.0
"""Fewer pitch classes than this don't determine a key."""
WEAKEST = 0.05
"""Below this strength there is no key."""
TONAL_FIT, FIT_OF_AGREEMENT, CHANCE_AGREEMENT = 0.68, 0.15, 0.2
"""Fit that pitches need to be music, and how much less they need the more their tunings agree."""
MOST_OF_ONE_TONE = 0.9
"""With a larger share of the votes on partials of one tone, there is only that tone. A hum has more
than 0.99; of 72 recordings of music the highest has 0.73, of cadences in the tests 0.75."""
STEPS = 12 * STEPS_PER_SEMITONE * 8
TONES_HZ = (24.0, 131.0)
"""Fundamentals of tones whose partials can look like chords; those of higher tones are taken away
as harmonics."""
TONE_STEP = 0.02
"""Distance of the fundamentals that are tried, semitones."""
PARTIALS, PARTIAL_WIDTH = 20, 0.065
"""Number of partials that are looked at, and how far a vote can be from one, semitones. Steps of
the histogram and bins of spectra leave that much; the thirds of chords are further away."""

RANGE_DB = 50.0
"""Peaks this far under the strongest peak of their frame don't count."""
PROMINENCE = 4.0
"""A tone exceeds its surroundings by this factor of power: 6 dB."""
SURROUNDINGS = (3, 4)
"""Bins on both sides of a peak, outside the Hann window's main lobe: its surroundings."""
COMPRESSION = 0.5
"""Strength is power to this exponent, amplitude."""
TREBLE_SLOPE = 0.5
"""Strength falls with frequency to this exponent, 3 dB an octave: low tones decide the key."""
HARMONICS = 6
HARMONIC_DECAY = 0.8
"""The n-th harmonic of a tone may have its strength times this to the power of n - 1."""
LOWEST_TAKING_PITCH = 36.0
"""Semitones above C0. Tones under C3 (131 Hz) are bass, whose harmonics may be the chord."""
LEAST_KEPT = 0.15
"""Share of its strength that a tone keeps for the key, whatever may be a harmonic."""
LARGEST_SHARE = 0.125
"""Largest share of a frame's vote on the key that one peak may have."""
COARSE_STEPS = 5
"""Steps in a semitone when looking for harmonics: 20 cents, and one more to either side."""
QUIETEST_POWER = np.float32(1e-9)
"""Frames whose strongest peak is under -90 dBFS are silence."""

Doubles = NDArray[np.float64]
Indices = NDArray[np.int64]


@dataclass(frozen=True)
class Tonality:
    """Result: the key that the pitches fit, and their tuning."""

    key: str | None = column(
        "Tonic, 'C' to 'B' with sharps. Measured by Phonoscope; not Spotify's. Empty when the "
        "sound has no clear notes: drums, noise, speech, one tone."
    )
    mode: str | None = column("Mode, 'major' or 'minor'; empty if key is.")
    key_strength: float | None = column(
        "How well the pitches fit the key, 0.05 to 1: correlation with its profile, lower where "
        "pitches are few or unclear. Above 0.85 the key is mostly right. Empty if key is."
    )
    tuning_cents: float | None = column(
        "Tuning relative to A = 440 Hz in equal temperament, cents, -50 to 50; empty if key is."
    )
    pitch_profile: NDArray[np.int32] = dataclasses.field(
        default_factory=lambda: np.empty(0, np.int32), repr=False, compare=False
    )
    """See :class:`PitchRow`; shape (STEPS,), or (0,) without any pitches."""


NOT_TONAL = Tonality(None, None, None, None)


@dataclass(frozen=True, eq=False)
class PitchRow:
    """Row of the table ``pitches``: how often each pitch sounds in one recording."""

    pitch_profile: NDArray[np.int32] = column(
        "Strength of each pitch in steps of 10 cents, the first at C0 and 8 octaves: square roots "
        "of shares, scaled so that the largest is 255. Copies have the same profile, moved up or "
        "down if the pitch was shifted."
    )


# Albrecht & Shanahan 2013, shares of the pitch classes from the tonic.
MAJOR = (0.238, 0.006, 0.111, 0.006, 0.137, 0.094, 0.016, 0.214, 0.009, 0.080, 0.008, 0.081)
MINOR = (0.220, 0.006, 0.104, 0.123, 0.019, 0.103, 0.012, 0.214, 0.062, 0.022, 0.061, 0.052)


@dataclass(frozen=True)
class Peaks:
    """Spectral peaks of some frames, in order of frame and pitch."""

    frame: Indices
    """Frame of each peak, shape (peaks,)."""
    pitch: Floats
    """Semitones above C0, shape (peaks,)."""
    strength: Floats
    """Compressed and weighted power, any unit, shape (peaks,)."""


def spectral_peaks(spectra: Spectra) -> Peaks:
    """Find peaks that exceed their surroundings.

    Frequencies are those of a parabola through the logarithms of three bins (J. O. Smith
    and X. Serra, "PARSHL", ICMC 1987).
    """
    low = max(SURROUNDINGS[-1], math.ceil(LOWEST_HZ / spectra.bin_hz))
    high = min(spectra.power.shape[1] - SURROUNDINGS[-1], int(HIGHEST_HZ / spectra.bin_hz))
    middle = spectra.power[:, low:high]
    least = middle.max(axis=1, initial=0.0) * np.float32(10 ** (-RANGE_DB / 10))
    is_peak = middle > np.maximum(least, QUIETEST_POWER)[:, None]
    is_peak &= middle > spectra.power[:, low - 1 : high - 1]
    is_peak &= middle >= spectra.power[:, low + 1 : high + 1]
    frame, at = np.divmod(np.flatnonzero(is_peak), high - low)
    # One index into the flattened spectra costs half as much as a pair of indices.
    flat = np.ascontiguousarray(spectra.power).ravel()
    index = frame * spectra.power.shape[1] + at + low
    around = sum(flat[index + k] + flat[index - k] for k in SURROUNDINGS)
    stands_out = flat[index] > np.float32(PROMINENCE / len(SURROUNDINGS) / 2) * around
    frame, at, index = frame[stands_out], at[stands_out], index[stands_out]
    below, here, above = (np.log(np.maximum(flat[index + k], FLOOR_POWER)) for k in (-1, 0, 1))
    # Rounding may leave two equal bins without curvature.
    curvature = np.minimum(below - 2 * here + above, np.float32(-1e-3))
    shift = np.float32(0.5) * (below - above) / curvature
    level = here - np.float32(0.25) * (below - above) * shift
    octaves = np.log((at + low + shift) * (spectra.bin_hz / REFERENCE_HZ)) / math.log(2)
    strength = np.exp(COMPRESSION * level - TREBLE_SLOPE * math.log(2) * octaves)
    return Peaks(frame, 12 * octaves, strength)


def harmonics(peaks: Peaks, frames: int) -> tuple[Doubles, Doubles]:
    """Estimate how much of each peak may be harmonics of lower peaks.

    Parameters
    ----------
    peaks
        Peaks of ``frames`` frames.
    frames
        Number of frames.

    Returns
    -------
    of_all, of_upper : ndarray, shape (peaks,), float64
        Strengths, 0 or more and without a limit: harmonics of all lower peaks, and of those from
        ``LOWEST_TAKING_PITCH`` up.
    """
    step = np.floor(peaks.pitch * COARSE_STEPS).astype(np.int64)
    width = int(step.max(initial=0)) + 2
    grid = np.bincount(peaks.frame * width + step, peaks.strength, minlength=frames * width)
    near = grid.copy()
    np.maximum(near[1:], grid[:-1], out=near[1:])
    np.maximum(near[:-1], grid[1:], out=near[:-1])
    of_all, of_upper = np.zeros(len(step)), np.zeros(len(step))
    upper = int(LOWEST_TAKING_PITCH * COARSE_STEPS)
    for harmonic in range(2, HARMONICS + 1):
        down = step - round(12 * COARSE_STEPS * math.log2(harmonic))
        sent = near[peaks.frame * width + np.maximum(down, 0)] * HARMONIC_DECAY ** (harmonic - 1)
        of_all += np.where(down >= 0, sent, 0.0)
        of_upper += np.where(down >= upper, sent, 0.0)
    return of_all, of_upper


@dataclass(frozen=True)
class Votes:
    """Each peak's share of its frame's vote, shape (peaks,)."""

    pitch: Doubles
    """On pitches and their tuning: without anything that may be a harmonic."""
    key: Doubles
    """On the key."""


def votes(peaks: Peaks, frames: int) -> Votes:
    """Let the peaks of each frame vote.

    Parameters
    ----------
    peaks
        Peaks of ``frames`` frames.
    frames
        Number of frames.

    Returns
    -------
    Votes
        Those of a frame with peaks sum to 1, or to 0 where all may be harmonics.
    """
    of_all, of_upper = harmonics(peaks, frames)
    pitch = _shares(np.maximum(peaks.strength - of_all, 0.0), peaks.frame, frames)
    kept = np.maximum(peaks.strength - of_upper, LEAST_KEPT * peaks.strength)
    capped = np.minimum(_shares(kept, peaks.frame, frames), LARGEST_SHARE)
    return Votes(pitch, _shares(capped, peaks.frame, frames))


def _shares(strength: Doubles, frame: Indices, frames: int) -> Doubles:
    """Divide strengths by the sum of their frame, shape (peaks,)."""
    total = np.bincount(frame, strength, minlength=frames)
    total[total == 0] = 1.0
    return strength / total[frame]


def key_correlations(classes: Doubles) -> Doubles:
    """Correlate pitch classes with the 24 key profiles.

    Parameters
    ----------
    classes : ndarray, shape (12,), float64
        Votes by pitch class from C.

    Returns
    -------
    ndarray, shape (2, 12), float64
        Pearson correlations with the major and minor profiles, by tonic; 0 for no contrast.

    Examples
    --------
    The notes of a scale with a strong tonic and dominant fit C major best.

    >>> classes = np.array([5, 0, 2, 0, 3, 2, 0, 4, 0, 2, 0, 1], float)
    >>> mode, tonic = divmod(int(key_correlations(classes).argmax()), 12)
    >>> mode, tonic
    (0, 0)
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


def clarity(concentration: float, classes: Doubles) -> float:
    """Return how clear the pitches are, and whether there is more than one.

    Parameters
    ----------
    concentration
        Length of the mean of the votes as unit vectors whose turn is a semitone, 0 to 1:
        0 for noise, 0.2 for singing, 0.5 to 1 for instruments.
    classes
        Votes by pitch class, shape (12,).

    Returns
    -------
    float
        0 to 1.
    """
    tonal = (concentration - NOISE_CONCENTRATION) / (TONAL_CONCENTRATION - NOISE_CONCENTRATION)
    effective = float(classes.sum() ** 2 / np.square(classes).sum())
    several = (effective - 1.0) / (CLASSES_OF_A_CHORD - 1.0)
    return max(0.0, min(1.0, tonal)) * max(0.0, min(1.0, several))


def agreement(histogram: Doubles, tuning: float) -> float:
    """Return how far the tunings of different pitches agree.

    Each pitch has a tuning: the mean of its votes as vectors whose turn is a semitone. Notes of a
    scale share theirs, resonances of drums don't. A single pitch says nothing, however loud.

    Parameters
    ----------
    histogram : ndarray, shape (STEPS,), float64
        Votes by pitch, in steps of 10 cents from C0.
    tuning
        Semitones by which the sound is tuned higher than A = 440 Hz.

    Returns
    -------
    float
        Mean cosine between the tunings of two pitches, times the effective number of pitches;
        about -1 to 1 by chance, 2 to 20 for notes, 0 for one pitch.

    Examples
    --------
    Four notes of a scale, then the same with tunings of their own.

    >>> histogram = np.zeros(STEPS)
    >>> histogram[[480, 500, 520, 550]] = 1.0
    >>> round(agreement(histogram, 0.0), 6)
    4.0
    >>> histogram = np.zeros(STEPS)
    >>> histogram[[480, 503, 525, 548]] = 1.0
    >>> agreement(histogram, 0.0) < 0
    True
    """
    votes_at = np.flatnonzero(histogram)
    pitch = votes_at / STEPS_PER_SEMITONE
    nearest = np.floor(pitch - tuning + 0.5).astype(np.int64) + 1
    strength = histogram[votes_at]
    weight = np.bincount(nearest, strength)
    turned = 2 * np.pi * pitch
    vectors = np.bincount(nearest, strength * np.cos(turned)) + 1j * np.bincount(
        nearest, strength * np.sin(turned)
    )
    alone = float(np.square(weight).sum())
    pairs = float(weight.sum()) ** 2 - alone
    if pairs <= 1e-9 * alone:
        return 0.0
    cosine = (abs(vectors.sum()) ** 2 - float(np.square(np.abs(vectors)).sum())) / pairs
    return float(cosine) * float(weight.sum()) ** 2 / alone


def share_of_one_tone(histogram: Doubles) -> float:
    """Return which share of the votes is on the partials of one low tone, for the best one.

    Parameters
    ----------
    histogram : ndarray, shape (STEPS,), float64
        Votes by pitch, in steps of 10 cents from C0; some above 0.

    Returns
    -------
    float
        0 to 1, of the votes up to the tone's last partial that is looked at; 0 if those are fewer
        than half of all.

    Examples
    --------
    Partials of 50 Hz, then a chord of C major with C2, G2, C3, E3 and G3.

    >>> histogram = np.zeros(STEPS)
    >>> steps = 120 * np.log2(50 * np.arange(2, 9) / REFERENCE_HZ)
    >>> histogram[np.rint(steps).astype(int)] = 1.0
    >>> share_of_one_tone(histogram)
    1.0
    >>> histogram = np.zeros(STEPS)
    >>> histogram[[240, 310, 360, 400, 430]] = 1.0
    >>> share_of_one_tone(histogram)
    0.8
    """
    low, high = (12 * math.log2(hz / REFERENCE_HZ) for hz in TONES_HZ)
    tones = np.arange(low, high, TONE_STEP)
    above = 12 * np.log2(np.arange(1, PARTIALS + 1))
    voted = np.flatnonzero(histogram)
    partial = (voted / STEPS_PER_SEMITONE)[None] - tones[:, None]
    nearest = np.clip(np.rint(np.exp2(partial / 12)).astype(np.int64), 1, PARTIALS) - 1
    inside = partial < (above[-1] + PARTIAL_WIDTH)
    fits = inside & (np.abs(partial - above[nearest]) <= PARTIAL_WIDTH)
    votes = histogram[voted]
    looked_at = inside @ votes
    enough = looked_at >= votes.sum() / 2
    return float(((fits @ votes)[enough] / looked_at[enough]).max(initial=0.0))


def is_tonal(fit: float, agreeing: float) -> bool:
    """Return whether pitches are those of music rather than of drums, noise or speech.

    A logistic model of the two, fitted on the design half of ``bench/keys.py``.

    Parameters
    ----------
    fit
        Correlation with the best key profile, -1 to 1.
    agreeing
        See :func:`agreement`.

    Examples
    --------
    Clear notes need not fit a key well; resonances that agree by chance must.

    >>> is_tonal(0.5, 8.0), is_tonal(0.6, 0.5), is_tonal(0.9, 0.5)
    (True, False, True)
    """
    chance = max(agreeing, 0.0) + CHANCE_AGREEMENT
    return fit + FIT_OF_AGREEMENT * math.log(chance) >= TONAL_FIT


class _TonalityAccumulator:
    def __init__(self, stream: Stream) -> None:
        del stream
        self._votes = np.zeros(STEPS)
        self._key_votes = np.zeros(STEPS)
        self._turn = 0.0 + 0.0j

    def update(self, block: Block) -> None:
        frames = len(block.fine.power)
        if frames == 0:
            return
        peaks = spectral_peaks(block.fine)
        shares = votes(peaks, frames)
        # The turn is summed over the peaks: the histogram's steps of 10 cents are too coarse.
        self._turn += complex((shares.pitch * np.exp(2j * np.pi * peaks.pitch)).sum())
        step = np.rint(peaks.pitch * STEPS_PER_SEMITONE).astype(np.int64)
        self._votes += np.bincount(step, shares.pitch, minlength=STEPS)
        self._key_votes += np.bincount(step, shares.key, minlength=STEPS)

    def result(self) -> Tonality:
        total = float(self._votes.sum())
        if total == 0:
            return NOT_TONAL
        turn = self._turn / total
        tuning = cmath.phase(turn) / (2 * math.pi)
        correlations = key_correlations(pitch_classes(self._key_votes, tuning))
        mode, tonic = divmod(int(correlations.argmax()), 12)
        fit = float(correlations.max())
        strength = fit * clarity(abs(turn), pitch_classes(self._votes, tuning))
        is_music = strength >= WEAKEST and is_tonal(fit, agreement(self._votes, tuning))
        if not is_music or share_of_one_tone(self._key_votes) > MOST_OF_ONE_TONE:
            return dataclasses.replace(NOT_TONAL, pitch_profile=profile_of(self._votes))
        return Tonality(KEYS[tonic], MODES[mode], strength, 100 * tuning, profile_of(self._votes))


def profile_of(histogram: Doubles) -> NDArray[np.int32]:
    """Return a histogram of pitch as it is stored.

    Parameters
    ----------
    histogram : ndarray, shape (STEPS,), float64
        Votes by pitch, 0 or more, some above 0.

    Returns
    -------
    ndarray, shape (STEPS,), int32
        Square roots, so that quiet pitches keep some precision.

    Examples
    --------
    >>> profile_of(np.array([4.0, 1.0, 0.0])).tolist()
    [255, 128, 0]
    """
    return np.rint(255 * np.sqrt(histogram / histogram.max())).astype(np.int32)


def pitch_rows(found: Tonality) -> Iterator[PitchRow]:
    """Yield the row of a recording with pitches."""
    if len(found.pitch_profile):
        yield PitchRow(found.pitch_profile)


def pitch_classes(histogram: Doubles, tuning: float) -> Doubles:
    """Fold a histogram of pitch to pitch classes.

    Parameters
    ----------
    histogram : ndarray, shape (STEPS,), float64
        Votes by pitch, in steps of 10 cents from C0.
    tuning
        Semitones by which the sound is tuned higher than A = 440 Hz.

    Returns
    -------
    ndarray, shape (12,), float64
        Votes by pitch class from C.

    Examples
    --------
    Votes for A4, 57 semitones above C0.

    >>> histogram = np.zeros(STEPS)
    >>> histogram[57 * STEPS_PER_SEMITONE] = 3.0
    >>> pitch_classes(histogram, 0.0).tolist()
    [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 3.0, 0.0, 0.0]
    """
    pitch = np.arange(len(histogram)) / STEPS_PER_SEMITONE
    nearest = np.floor(pitch - tuning + 0.5).astype(np.int64) % 12
    return np.bincount(nearest, histogram, minlength=12).astype(np.float64)


TABLE = FeatureTable(
    name="pitches",
    doc="Pitch profiles, which tell how far a copy is shifted in pitch. One row per recording.",
    row=PitchRow,
    rows=pitch_rows,
)
FEATURE = Feature(name="tonality", result=Tonality, start=_TonalityAccumulator, table=TABLE)

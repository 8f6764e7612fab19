"""Tempo, beat strength and onset rate from the flux of the spectrum.

Three steps, each flat in memory:

1. *Onset envelope*: how much the logarithmic levels of mel bands rise from one short
   spectrum to the next, averaged over the bands (S. Böck, F. Krebs and M. Schedl,
   "Evaluating the online capabilities of onset detection methods", ISMIR 2012; S. Dixon,
   "Onset detection revisited", DAFx 2006). Departures: 32 bands in place of semitones, and
   a floor 40 dB under the recent loudest band in place of a constant added before the
   logarithm, so that the result doesn't depend on gain.
2. *Tempo*: the envelope's autocorrelation over windows of 12 s, averaged, summed at one to
   four beats (G. Percival and G. Tzanetakis, "Streamlined tempo estimation based on
   autocorrelation and cross-correlation with pulses", IEEE/ACM TASLP 22 (2014) 1765) and
   weighted by how usual a tempo is (D. P. W. Ellis, "Beat tracking by dynamic programming",
   J. New Music Research 36 (2007) 51). Departures: windows are averaged as power spectra,
   which give one exact autocorrelation in steps of a quarter frame; and instead of pulse
   trains, the tempo is sharpened at two, four and eight beats.
3. *Onset rate*: peaks of the envelope over its own moving mean (Böck et al., as above).

A recording gets one tempo: where the tempo changes, the one that lasts longest. People often
disagree about the metrical level, so the strongest competing tempo is stored too.

The provider is ``phonoscope``: this isn't Spotify's ``tempo``, or any other of Spotify's features.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from phonoscope.audio import kernels
from phonoscope.audio.block import Block
from phonoscope.audio.spectra import FLOOR_POWER, Spectra
from phonoscope.audio.stream import Stream
from phonoscope.columns import Floats, column
from phonoscope.features.base import Feature

NEPERS_PER_DB = math.log(10.0) / 10.0
"""Levels are natural logarithms of power: numpy's float32 log is fast, its log10 isn't."""

BANDS = 32
LOWEST_HZ, HIGHEST_HZ = 30.0, 8000.0
RANGE_DB = 40.0
"""Bands this far under the recent loudest one don't count."""
RELEASE_DB_PER_S = 10.0
"""How fast the level of the recent loudest band decays."""
QUIETEST_DB = -120.0
"""Bands under this level, dB re a full-scale sine, are silence."""

WINDOW_S, WINDOW_HOP_S = 12.0, 3.0
SHORTEST_S = 4.0
"""A recording shorter than this has no tempo."""
STILL_NEPERS = 0.02
"""An envelope with smaller variations is a steady sound and not a rhythm: 0.1 dB."""
LARGEST_RISE_NEPERS = 1.0
"""Larger rises count as this, so that a snare counts like a kick; 4.3 dB."""
UPSAMPLING = 4

SLOWEST_BPM, FASTEST_BPM = 40.0, 240.0
TEMPI_PER_OCTAVE = 240
USUAL_BPM, SPREAD_OCTAVES = 115.0, 1.0
"""How usual a tempo is: a normal curve over its logarithm."""
BEATS = (1, 2, 3, 4)
"""A tempo's score uses the autocorrelation at these numbers of beats."""
SHARPENED_AT = ((1, 0.04), (2, 0.02), (4, 0.01), (8, 0.005))
"""Numbers of beats at which the tempo is sharpened, and its largest error at each."""
APART_OCTAVES = 0.15
"""Smallest distance of a competing tempo."""
WEAKEST_BEAT = 0.08
"""A weaker beat, or one that may be chance, has no tempo."""

AS_WELL = 0.8
"""A rhythm that repeats this well after half a beat, relative to a whole one, has twice the tempo
as its alternative."""

PEAK_REACH_S = 0.03
"""An onset is the highest point of the envelope within this distance."""
MEAN_REACH_S = 0.1
"""Distance to both sides over which the envelope's mean is taken."""
ONSET_RATIO, ONSET_RISE_NEPERS = 1.5, 0.04
"""An onset exceeds this many times the envelope's mean, plus this. Noise sets the first number,
soft attacks the second."""

_PRODUCT_SIZE = 1 << 18
"""Multiplications in a matrix product. Beyond this, OpenBLAS starts threads, which cost more than
they save."""

Doubles = NDArray[np.float64]


@dataclass(frozen=True)
class Rhythm:
    """Result: tempo, strength of the beat, and rate of onsets."""

    tempo_bpm: float | None = column(
        "Tempo, beats per minute, 40 to 240. Measured by Phonoscope; not Spotify's. Empty without "
        "a steady beat and under 4 s."
    )
    tempo_alternative_bpm: float | None = column(
        "Strongest competing tempo, often another metrical level, beats per minute; empty when "
        "tempo_bpm is."
    )
    beat_strength: float | None = column(
        "How much of the rhythm repeats after one beat, 0 to 1 (autocorrelation of onsets); 0.05 "
        "can be chance, 0.5 is a drum machine. Empty under 4 s and for steady sounds."
    )
    onset_rate_hz: float | None = column(
        "Onsets of notes and drums per second. Soft attacks, and the weaker of two within 30 ms, "
        "are missed; noise has 1 to 2. Empty under 0.5 s."
    )


@lru_cache(maxsize=8)
def mel_bands(rate_hz: int, size: int) -> Floats:
    """Return weights of triangular bands, equally spaced in mel, that average power.

    Parameters
    ----------
    rate_hz
        Sample rate, Hz.
    size
        Samples in a frame.

    Returns
    -------
    ndarray, shape (bins, bands), float32
        For the lowest ``bins`` of the spectrum; columns sum to 1. At most 32 bands: those
        narrower than a bin are left out.

    Examples
    --------
    >>> mel_bands(44_100, 2048).shape[1], mel_bands(44_100, 2048).sum(axis=0).round(4).min()
    (32, np.float32(1.0))
    """
    hz = np.arange(size // 2 + 1) * (rate_hz / size)
    top_hz = min(HIGHEST_HZ, 0.48 * rate_hz)
    mel = np.linspace(_mel(LOWEST_HZ), _mel(top_hz), BANDS + 2)
    edges = 700.0 * np.expm1(mel / 1127.0)
    rise = (hz[:, None] - edges[:-2]) / np.diff(edges[:-1])
    fall = (edges[2:] - hz[:, None]) / np.diff(edges[1:])
    weights = np.maximum(0.0, np.minimum(rise, fall))
    total = weights.sum(axis=0)
    weights = weights[:, total > 0] / total[total > 0]
    used = int(np.flatnonzero(weights.any(axis=1))[-1]) + 1
    return np.ascontiguousarray(weights[:used], dtype=np.float32)


def _mel(hz: float) -> float:
    return 1127.0 * math.log1p(hz / 700.0)


def mel_power(spectra: Spectra) -> Floats:
    """Mean power of mel bands, shape (frames, bands)."""
    bands = mel_bands(spectra.rate_hz, spectra.size)
    power = np.empty((len(spectra.power), bands.shape[1]), np.float32)
    step = max(1, _PRODUCT_SIZE // bands.size)
    for at in range(0, len(power), step):
        frames = slice(at, at + step)
        np.matmul(spectra.power[frames, : len(bands)], bands, out=power[frames])
    return power


class OnsetEnvelope:
    """Spectral flux of logarithmic mel bands, frame by frame."""

    def __init__(self) -> None:
        self._previous: Floats | None = None
        self._recent_loudest = -math.inf

    def update(self, spectra: Spectra) -> Floats:
        """Return how much each frame rises above the one before.

        Parameters
        ----------
        spectra
            The next short spectra of the recording.

        Returns
        -------
        Floats
            Mean rise over the bands, nepers of power, shape (frames,), not negative. The
            recording's first frame rises over nothing and has 0.
        """
        if len(spectra.power) == 0:
            return np.empty(0, np.float32)
        power = mel_power(spectra)
        level = np.log(np.maximum(power, FLOOR_POWER, out=power), out=power)
        first = level[:1] if self._previous is None else self._previous
        before = np.concatenate([first, level[:-1]])
        self._previous = level[-1:].copy()
        floor = self._floor(level.max(axis=1), spectra.hop / spectra.rate_hz)[:, None]
        # Levels under the floor count as the floor.
        np.maximum(before, floor, out=before)
        level -= before
        np.maximum(level, 0.0, out=level)
        return level.mean(axis=1)

    def _floor(self, loudest: Floats, frame_s: float) -> Floats:
        """Return the level under which bands don't count, nepers, shape (frames,)."""
        release = RELEASE_DB_PER_S * NEPERS_PER_DB * frame_s
        # A peak that decays at a constant rate is a running maximum on a slope.
        slope = np.arange(1, len(loudest) + 1) * release
        peak = np.maximum(np.maximum.accumulate(loudest + slope), self._recent_loudest) - slope
        self._recent_loudest = float(peak[-1])
        floor = np.maximum(peak - RANGE_DB * NEPERS_PER_DB, QUIETEST_DB * NEPERS_PER_DB)
        return floor.astype(np.float32)


class Periodicity:
    """Mean autocorrelation of an onset envelope over overlapping windows.

    Parameters
    ----------
    frame_hz
        Frames of the envelope per second.
    """

    def __init__(self, frame_hz: float) -> None:
        self.frame_hz = frame_hz
        self._window = round(WINDOW_S * frame_hz)
        self._hop = round(WINDOW_HOP_S * frame_hz)
        self._size = kernels.fast_size(2 * self._window)
        self._power = np.zeros(self._size // 2 + 1)
        self._windows = 0
        self._frames = 0
        self._held = np.empty(0)

    def update(self, envelope: Floats) -> None:
        """Take in the next frames of the envelope."""
        limited = np.minimum(envelope, LARGEST_RISE_NEPERS)
        held = np.concatenate([self._held, limited])
        at = 0
        while at + self._window <= len(held):
            self._take(held[at : at + self._window])
            at += self._hop
        self._held = held[at:]

    def finish(self) -> bool:
        """Take in a recording shorter than a window; return whether there was any rhythm."""
        if self._frames == 0 and len(self._held) >= SHORTEST_S * self.frame_hz:
            self._take(self._held)
        return self._windows > 0

    def _take(self, part: Doubles) -> None:
        self._frames += self._hop if self._frames else len(part)
        part = part - part.mean()
        energy = float(np.dot(part, part))
        if energy <= STILL_NEPERS**2 * len(part):
            return
        spectrum = kernels.rfft(part, self._size)
        self._power += (spectrum.real**2 + spectrum.imag**2) / energy
        self._windows += 1

    @property
    def chance(self) -> float:
        """Autocorrelation that random onsets reach at any lag: three standard errors."""
        return 3.0 / math.sqrt(self._frames)

    @property
    def lag_hz(self) -> float:
        """Lags of :meth:`autocorrelation` per second."""
        return self.frame_hz * UPSAMPLING

    def autocorrelation(self) -> Doubles:
        """Return the mean autocorrelation.

        Returns
        -------
        Doubles
            From lag 0 (where it is 1) to half a window, shape (lags,); what is missing at
            longer lags of a finite window is made up for.
        """
        # Zeros above the highest frequency interpolate the autocorrelation exactly.
        power = self._power / self._windows * UPSAMPLING
        lags = kernels.irfft(power, self._size * UPSAMPLING)[: self._window * UPSAMPLING // 2]
        return lags / (1.0 - np.arange(len(lags)) / (self._window * UPSAMPLING))


def tempo_scores(autocorrelation: Doubles, lag_hz: float) -> tuple[Doubles, Doubles]:
    """Score tempi by the autocorrelation at one to four beats and by how usual they are.

    Parameters
    ----------
    autocorrelation : ndarray, shape (lags,), float64
        Of an onset envelope, from lag 0.
    lag_hz
        Lags per second.

    Returns
    -------
    bpm : ndarray, shape (tempi,), float64
        Tempi, beats per minute, equally spaced in octaves.
    score : ndarray, shape (tempi,), float64
        Not negative.

    Examples
    --------
    A beat every half second: 120 beats per minute, more usual than 60 or 240.

    >>> beat = np.zeros(1000)
    >>> beat[::50] = 1.0
    >>> bpm, score = tempo_scores(beat, 100.0)
    >>> round(bpm[score.argmax()])
    120
    """
    octaves = math.log2(FASTEST_BPM / SLOWEST_BPM)
    bpm = SLOWEST_BPM * 2.0 ** (np.arange(int(octaves * TEMPI_PER_OCTAVE) + 1) / TEMPI_PER_OCTAVE)
    lag = 60.0 * lag_hz / bpm
    lags = np.arange(len(autocorrelation))
    score = np.zeros(len(bpm))
    for beats in BEATS:
        score += np.interp(beats * lag, lags, autocorrelation, right=0.0) / math.sqrt(beats)
    usual = np.exp(-0.5 * (np.log2(bpm / USUAL_BPM) / SPREAD_OCTAVES) ** 2)
    return bpm, np.maximum(score, 0.0) * usual


def sharpened(bpm: float, autocorrelation: Doubles, lag_hz: float) -> float:
    """Sharpen a tempo at the peaks of the autocorrelation at one, two, four and eight beats.

    Parameters
    ----------
    bpm
        Tempo to within some per cent, beats per minute.
    autocorrelation
        Shape (lags,).
    lag_hz
        Lags per second.

    Returns
    -------
    float
        Tempo, beats per minute; as it was where there is no peak.
    """
    lag = 60.0 * lag_hz / bpm
    for beats, reach in SHARPENED_AT:
        low = int(beats * lag * (1 - reach)) - 1
        high = math.ceil(beats * lag * (1 + reach)) + 2
        if high > len(autocorrelation):
            break
        peak = low + int(autocorrelation[low:high].argmax())
        if not low < peak < high - 1:
            break
        below, here, above = autocorrelation[peak - 1 : peak + 2]
        lag = (peak + 0.5 * (below - above) / (below - 2 * here + above)) / beats
    return float(60.0 * lag_hz / lag)


class OnsetCounter:
    """Count onsets: peaks of the envelope over its moving mean.

    Parameters
    ----------
    frame_hz
        Frames of the envelope per second.
    """

    def __init__(self, frame_hz: float) -> None:
        self.onsets = 0
        self.frames = 0
        self._peak_reach = max(1, round(PEAK_REACH_S * frame_hz))
        self._mean_reach = max(1, round(MEAN_REACH_S * frame_hz))
        self._held = np.zeros(self._mean_reach, np.float32)

    def update(self, envelope: Floats, last: bool) -> None:
        """Take in the next frames of the envelope, shape (frames,)."""
        reach = self._mean_reach
        self.frames += len(envelope)
        held = np.concatenate([self._held, envelope, np.zeros(reach if last else 0, np.float32)])
        judged = slice(reach, len(held) - reach)
        if judged.stop > judged.start:
            highest = kernels.running_maximum(held, 2 * self._peak_reach + 1)
            mean = kernels.running_mean(held.astype(np.float64), 2 * reach + 1)
            onset = (held >= highest) & (held > ONSET_RATIO * mean + ONSET_RISE_NEPERS)
            self.onsets += int(np.count_nonzero(onset[judged]))
            held = held[judged.stop - reach :]
        self._held = held


class _RhythmAccumulator:
    def __init__(self, stream: Stream) -> None:
        del stream
        self._envelope = OnsetEnvelope()
        self._onsets: OnsetCounter | None = None
        self._periodicity: Periodicity | None = None

    def update(self, block: Block) -> None:
        coarse = block.coarse
        if self._onsets is None or self._periodicity is None:
            frame_hz = coarse.rate_hz / coarse.hop
            self._onsets, self._periodicity = OnsetCounter(frame_hz), Periodicity(frame_hz)
        # Frames that are filled up with zeros would contain a click at the end of the recording.
        whole = max(0, (block.stop - coarse.size) // coarse.hop + 1 - coarse.first)
        envelope = self._envelope.update(coarse)[:whole]
        self._onsets.update(envelope, block.last)
        self._periodicity.update(envelope)

    def result(self) -> Rhythm:
        if self._onsets is None or self._periodicity is None:
            return Rhythm(None, None, None, None)
        seconds = self._onsets.frames / self._periodicity.frame_hz
        rate_hz = self._onsets.onsets / seconds if seconds >= 0.5 else None
        if not self._periodicity.finish():
            return Rhythm(None, None, None, rate_hz)
        tempo_bpm, other_bpm, strength = _tempo(self._periodicity)
        return Rhythm(tempo_bpm, other_bpm, strength, rate_hz)


def _tempo(periodicity: Periodicity) -> tuple[float | None, float | None, float]:
    """Return the tempo and its strongest competitor, beats per minute, and the beat's strength."""
    lags, lag_hz = periodicity.autocorrelation(), periodicity.lag_hz
    bpm, score = tempo_scores(lags, lag_hz)
    at_beat = _at_lags(lags, 60.0 * lag_hz / bpm)
    least = max(WEAKEST_BEAT, periodicity.chance)
    # The double of a slow tempo repeats after two of its beats but never after one.
    repeats = at_beat >= least
    if not repeats.any():
        return None, None, float(np.clip(at_beat[score.argmax()], 0.0, 1.0))
    best = int(np.where(repeats, score, -1.0).argmax())
    tempo_bpm = sharpened(float(bpm[best]), lags, lag_hz)
    strength = float(np.clip(_at_lags(lags, 60.0 * lag_hz / tempo_bpm), 0.0, 1.0))
    if strength < least:
        return None, None, strength
    if _every_half_beat(tempo_bpm, lags, lag_hz):
        return tempo_bpm, sharpened(2 * tempo_bpm, lags, lag_hz), strength
    apart = np.abs(np.log2(bpm / bpm[best])) > APART_OCTAVES
    other = int(np.where(apart, score, -1.0).argmax())
    octaves = round(math.log2(bpm[other] / tempo_bpm))
    if not repeats[other] and octaves:
        # No peak at one of its beats sharpens it.
        return tempo_bpm, tempo_bpm * 2.0**octaves, strength
    return tempo_bpm, sharpened(float(bpm[other]), lags, lag_hz), strength


def _every_half_beat(bpm: float, autocorrelation: Doubles, lag_hz: float) -> bool:
    """Whether the rhythm repeats after half a beat about as well as after one."""
    beat = 60.0 * lag_hz / bpm
    half, whole = (float(_at_lags(autocorrelation, lag)) for lag in (beat / 2, beat))
    return 2 * bpm <= FASTEST_BPM * (1 + SHARPENED_AT[0][1]) and half >= AS_WELL * whole


def _at_lags(autocorrelation: Doubles, lags: Any) -> Any:
    return np.interp(lags, np.arange(len(autocorrelation)), autocorrelation)


FEATURE = Feature(name="rhythm", result=Rhythm, start=_RhythmAccumulator)

"""Tempo, beat strength and onset rate from spectral flux.

Provider ``phonoscope``: measured here from the sound. It is not Spotify's ``tempo``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import scipy.fft
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter1d, uniform_filter1d

from phonoscope.audio.block import Block
from phonoscope.audio.decode import Stream
from phonoscope.audio.spectra import FLOOR_POWER, Spectra
from phonoscope.evidence.base import Question
from phonoscope.types import Floats, column

BANDS = 32
LOWEST_HZ, HIGHEST_HZ = 30.0, 8000.0
RANGE_NEPERS = 60.0 / 4.343
"""Bands this far under the recent loudest are not heard: 60 dB, in logarithms of power."""
RELEASE_NEPERS_PER_S = 10.0 / 4.343
"""How fast the recent loudest is forgotten: 10 dB/s."""
QUIETEST_NEPERS = -100.0 / 4.343

WINDOW_S = 12.0
WINDOW_HOP_S = 3.0
SHORTEST_S = 4.0
SLOWEST_BPM, FASTEST_BPM = 40.0, 240.0
CENTRE_BPM, SPREAD_OCTAVES = 115.0, 0.8

Doubles = NDArray[np.float64]


@dataclass(frozen=True)
class Rhythm:
    """How fast, how pronounced and how busy the rhythm is."""

    tempo_bpm: float | None = column(
        "Tempo, beats per minute; measured by phonoscope, not Spotify's. Empty without a "
        "steady pulse or under 4 s."
    )
    tempo_alternative_bpm: float | None = column(
        "Tempo of the strongest competing metrical level, beats per minute; empty when tempo is."
    )
    beat_strength: float | None = column(
        "How much of the onsets repeats with the beat, 0 to 1; empty under 4 s or in silence."
    )
    onset_rate_hz: float | None = column("Onsets of sounds per second; empty under 0.1 s.")


@lru_cache(maxsize=8)
def mel_bands(rate_hz: int, size: int) -> Floats:
    """Triangular bands, equally spaced in mel, that average power; shape (bins, BANDS)."""
    bins = size // 2 + 1
    hz = np.arange(bins) * (rate_hz / size)
    top = min(HIGHEST_HZ, 0.48 * rate_hz)
    mel = np.linspace(_mel(LOWEST_HZ), _mel(top), BANDS + 2)
    edges = 700.0 * np.expm1(mel / 1127.0)
    rise = (hz[:, None] - edges[:-2]) / (edges[1:-1] - edges[:-2])
    fall = (edges[2:] - hz[:, None]) / (edges[2:] - edges[1:-1])
    weights = np.maximum(0.0, np.minimum(rise, fall))
    total = weights.sum(axis=0)
    weights = weights[:, total > 0] / total[total > 0]
    used = int(np.flatnonzero(weights.any(axis=1))[-1]) + 1
    return np.ascontiguousarray(weights[:used], dtype=np.float32)


def _mel(hz: float) -> float:
    return 1127.0 * math.log1p(hz / 700.0)


class OnsetEnvelope:
    """Spectral flux of logarithmic mel bands, frame by frame."""

    def __init__(self) -> None:
        self._previous: Floats | None = None
        self._reference = -math.inf

    def update(self, spectra: Spectra) -> Floats:
        """Return how much each frame rises above the one before, nepers, shape (frames,)."""
        bands = mel_bands(spectra.rate_hz, spectra.size)
        level = np.log(np.maximum(spectra.power[:, : len(bands)] @ bands, FLOOR_POWER))
        if len(level) == 0:
            return np.empty(0, np.float32)
        before = level[:1] if self._previous is None else self._previous
        floor = self._floor(level.max(axis=1), spectra.hop / spectra.rate_hz)[:, None]
        heard = np.maximum(level, floor)
        rise = heard
        rise[1:] -= np.maximum(level[:-1], floor[1:])
        rise[0] -= np.maximum(before[0], floor[0])
        self._previous = level[-1:].copy()
        return np.maximum(rise, 0.0).mean(axis=1)

    def _floor(self, loudest: Floats, frame_s: float) -> Floats:
        """Level under which nothing is heard: 60 dB under a peak that decays."""
        release = RELEASE_NEPERS_PER_S * frame_s
        steps = np.arange(1, len(loudest) + 1) * release
        peak = np.maximum(np.maximum.accumulate(loudest + steps), self._reference) - steps
        self._reference = float(peak[-1])
        return np.maximum(peak - RANGE_NEPERS, QUIETEST_NEPERS).astype(np.float32)


class Tempogram:
    """Mean spectrum of overlapping windows of the onset envelope."""

    def __init__(self, frame_hz: float) -> None:
        self.frame_hz = frame_hz
        self.window = round(WINDOW_S * frame_hz)
        self.hop = round(WINDOW_HOP_S * frame_hz)
        self.size = 1 << (2 * self.window - 1).bit_length()
        self.power = np.zeros(self.size // 2 + 1)
        self.windows = 0
        self._tail = np.empty(0, np.float64)

    def update(self, envelope: Floats) -> None:
        held = np.concatenate([self._tail, envelope])
        at = 0
        while at + self.window <= len(held):
            self._take(held[at : at + self.window])
            at += self.hop
        self._tail = held[at:]

    def finish(self) -> None:
        if self.windows == 0 and len(self._tail) >= SHORTEST_S * self.frame_hz:
            self._take(self._tail)

    def _take(self, part: Doubles) -> None:
        part = part - part.mean()
        energy = float(np.dot(part, part))
        if energy <= 1e-6 * len(part):
            return
        spectrum = scipy.fft.rfft(part, self.size)
        self.power += (spectrum.real**2 + spectrum.imag**2) / energy
        self.windows += 1

    def autocorrelation(self, upsampling: int = 4) -> Doubles:
        """Mean normalised autocorrelation, shape (lags,), lags of 1 / upsampling frame."""
        power = self.power / self.windows
        lags = scipy.fft.irfft(power, self.size * upsampling)[: self.window * upsampling // 2]
        lags *= upsampling
        unbiased = 1 - np.arange(len(lags)) / (self.window * upsampling)
        return lags / unbiased


class OnsetCounter:
    """Count peaks of the onset envelope."""

    BEFORE, AFTER = 3, 3
    MEAN = 9
    RISE = 0.15

    def __init__(self) -> None:
        self.onsets = 0
        self.frames = 0
        self._tail = np.zeros(self.MEAN, np.float32)

    def update(self, envelope: Floats, last: bool = False) -> None:
        reach = self.MEAN
        self.frames += len(envelope)
        if last:
            envelope = np.concatenate([envelope, np.zeros(reach, np.float32)])
        held = np.concatenate([self._tail, envelope])
        if len(held) > 2 * reach:
            highest = maximum_filter1d(held, 2 * self.BEFORE + 1)
            mean = uniform_filter1d(held.astype(np.float64), 2 * reach + 1)
            onset = (held >= highest) & (held > mean + self.RISE)
            self.onsets += int(onset[reach : len(held) - reach].sum())
        self._tail = held[-2 * reach :]


class _Listener:
    def __init__(self, stream: Stream) -> None:
        del stream
        self._envelope = OnsetEnvelope()
        self._onsets = OnsetCounter()
        self._tempogram: Tempogram | None = None

    def update(self, block: Block) -> None:
        coarse = block.coarse
        if self._tempogram is None:
            self._tempogram = Tempogram(coarse.rate_hz / coarse.hop)
        envelope = self._envelope.update(coarse)
        self._tempogram.update(envelope)
        self._onsets.update(envelope, block.last)

    def result(self) -> Rhythm:
        tempogram = self._tempogram
        if tempogram is None:
            return Rhythm(None, None, None, None)
        seconds = self._onsets.frames / tempogram.frame_hz
        rate = self._onsets.onsets / seconds if seconds >= 0.1 else None
        tempogram.finish()
        if tempogram.windows == 0:
            return Rhythm(None, None, None, rate)
        return Rhythm(*tempo(tempogram), rate)


def tempo(tempogram: Tempogram) -> tuple[float | None, float | None, float]:
    """Tempo, its competitor and the beat's strength."""
    upsampling = 4
    acf = tempogram.autocorrelation(upsampling)
    lag_hz = tempogram.frame_hz * upsampling
    bpm = SLOWEST_BPM * 2 ** (np.arange(0, math.log2(FASTEST_BPM / SLOWEST_BPM), 1 / 240))
    lag = 60.0 * lag_hz / bpm
    grid = np.arange(len(acf))
    score = sum(np.interp(m * lag, grid, acf, right=0.0) / m**0.5 for m in (1, 2, 3, 4))
    prior = np.exp(-0.5 * (np.log2(bpm / CENTRE_BPM) / SPREAD_OCTAVES) ** 2)
    score = np.maximum(score, 0) * prior
    best = int(score.argmax())
    apart = np.abs(np.log2(bpm / bpm[best])) > 0.15
    other = int(np.where(apart, score, -1).argmax())
    strength = float(min(1.0, max(0.0, np.interp(lag[best], grid, acf))))
    if strength < 0.05:
        return None, None, strength
    return refined(acf, lag[best], lag_hz), refined(acf, lag[other], lag_hz), strength


def refined(acf: Doubles, lag: float, lag_hz: float) -> float:
    """Tempo of the peak nearest a lag, sharpened at its multiples; beats per minute."""
    for multiple, reach in ((1, 0.04), (2, 0.02), (4, 0.01), (8, 0.005)):
        at = multiple * lag
        low, high = int(at * (1 - reach)) - 1, math.ceil(at * (1 + reach)) + 2
        if high >= len(acf):
            break
        peak = low + int(acf[low:high].argmax())
        if not low < peak < high - 1:
            break
        below, here, above = acf[peak - 1 : peak + 2]
        lag = (peak + 0.5 * (below - above) / (below - 2 * here + above)) / multiple
    return 60.0 * lag_hz / lag


QUESTION = Question(name="rhythm", answer=Rhythm, ask=_Listener)

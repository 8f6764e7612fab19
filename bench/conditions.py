"""What happens to an excerpt before it is looked up: one condition each, drawn from a seed."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from fnmatch import fnmatchcase

import av
import numpy as np
import scipy.signal

from bench.channels import LAYOUTS, Sound, coded, decoded, filtered, pitched, resampled, stretched
from bench.voices import Voices

Rng = np.random.Generator

SEMITONES = (-2, -1, 1, 2)
FIXED_SPEEDS = (0.955, 1.045, 1.075)
STRETCHES = (0.8, 1.2)
NOISE_LEVELS_DB = (10, 5, 0)

DIRECT_TO_REVERBERANT_DB = 0.0
"""As loud as what comes from the loudspeaker: a few metres away in a living room."""
FIRST_REFLECTION_S = 0.005


@dataclass(frozen=True)
class Condition:
    """One way of altering an excerpt.

    The factor drawn first, of the tempo, says how much of a recording an excerpt needs so that
    it lasts as long as it should once it is altered.
    """

    name: str
    apply: Callable[[Sound, float, Rng], Sound]
    """Takes the excerpt, the factor of its tempo and the generator."""
    tempo: Callable[[Rng], float] = lambda rng: 1.0


def sped(sound: Sound, factor: float) -> Sound:
    """Play faster or slower, time and pitch together."""
    samples, rate_hz = sound
    claimed = ("asetrate", str(round(rate_hz * factor)))
    return filtered((samples, rate_hz), claimed, ("aresample", str(rate_hz)))


def pink(length: int, rng: Rng) -> np.ndarray:
    """Return noise whose power falls by 3 dB an octave, shape (1, length), RMS 1."""
    spectrum = rng.standard_normal(length // 2 + 1) + 1j * rng.standard_normal(length // 2 + 1)
    spectrum /= np.sqrt(np.maximum(1, np.arange(spectrum.size)))
    spectrum[0] = 0
    noise = np.fft.irfft(spectrum, length)
    return (noise / np.sqrt(np.mean(noise**2))).astype(np.float32)[None]


def overlaid(sound: Sound, noise: np.ndarray, snr_db: float) -> Sound:
    """Add noise to all channels alike, that much weaker than the sound over the whole excerpt."""
    level = np.sqrt(np.mean(sound[0] ** 2)) / np.sqrt(np.mean(noise**2) + 1e-20)
    return (sound[0] + level * 10 ** (-snr_db / 20) * noise).astype(np.float32), sound[1]


def telephoned(sound: Sound, encoder: str, muxer: str, bit_rate_bps: int = 0) -> Sound:
    """Send through a telephone: 300 to 3400 Hz, 8 kHz, one channel, its codec."""
    samples, _ = resampled((sound[0].mean(axis=0, keepdims=True), sound[1]), 8_000)
    stages = scipy.signal.butter(4, (300, 3_400), "bandpass", fs=8_000, output="sos")
    band = np.clip(scipy.signal.sosfilt(stages, samples, axis=-1), -1, 1).astype(np.float32)
    out = io.BytesIO()
    with av.open(out, "w", format=muxer) as container:
        stream = container.add_stream(encoder, rate=8_000, layout=LAYOUTS[1])
        if bit_rate_bps:
            stream.bit_rate = bit_rate_bps
        frame = av.AudioFrame.from_ndarray(band, format="fltp", layout=LAYOUTS[1])
        frame.sample_rate, frame.pts = 8_000, 0
        size = stream.codec_context.frame_size or None
        resampler = av.AudioResampler(stream.format.name, stream.layout, 8_000, size)
        for part in [*resampler.resample(frame), *resampler.resample(None)]:
            container.mux(stream.encode(part))
        container.mux(stream.encode(None))
    return decoded(out.getvalue())


def reverberant(sound: Sound, rt60_s: float, rng: Rng) -> Sound:
    """Put into a room: the direct sound, then noise that decays by 60 dB in ``rt60_s``."""
    samples, rate_hz = sound
    late_s = np.arange(int(rt60_s * rate_hz)) / rate_hz
    decay = 10 ** (-3 * late_s / rt60_s)
    decay[: int(FIRST_REFLECTION_S * rate_hz)] = 0
    room = rng.standard_normal((len(samples), decay.size)) * decay
    room *= 10 ** (-DIRECT_TO_REVERBERANT_DB / 20) / np.sqrt(np.sum(room**2, axis=1, keepdims=True))
    room[:, 0] = 1
    wet = scipy.signal.oaconvolve(samples, room, axes=-1)[:, : samples.shape[1]]
    return wet.astype(np.float32), rate_hz


def conditions(voices: Voices | None) -> list[Condition]:
    """Return every condition; those with babble only where there are voices."""
    every = [
        Condition("clean", lambda sound, _, rng: sound),
        Condition("mp3 64k", lambda sound, _, rng: coded(sound, "mp3", 64_000)),
        Condition("opus 32k", lambda sound, _, rng: coded(sound, "opus", 32_000)),
    ]
    every += [_pink(level) for level in NOISE_LEVELS_DB]
    every += [_babble(level, voices) for level in NOISE_LEVELS_DB if voices]
    every += [
        Condition("phone", lambda sound, _, rng: telephoned(sound, "pcm_mulaw", "wav")),
        Condition(
            "phone amr 12k", lambda sound, _, rng: telephoned(sound, "amr_nb", "amr", 12_200)
        ),
        Condition("room", lambda sound, _, rng: reverberant(sound, rng.uniform(0.4, 0.8), rng)),
        _speed("speed +-10%", lambda rng: rng.uniform(0.9, 1.1)),
        *(_speed(f"speed {fixed}", lambda rng, f=fixed: f) for fixed in FIXED_SPEEDS),
        _speed("speed 0.75..1.35", lambda rng: rng.uniform(0.75, 1.35)),
    ]
    every += [_pitch(semitones) for semitones in SEMITONES]
    every += [_stretch(factor) for factor in STRETCHES]
    return every


def chosen(every: list[Condition], patterns: list[str]) -> list[Condition]:
    """Return the conditions whose names fit one of the patterns; all when there is none."""
    if not patterns:
        return every
    return [c for c in every if any(fnmatchcase(c.name, pattern) for pattern in patterns)]


def _pink(level_db: int) -> Condition:
    def apply(sound: Sound, tempo: float, rng: Rng) -> Sound:
        return overlaid(sound, pink(sound[0].shape[1], rng), level_db)

    return Condition(f"pink {level_db} dB", apply)


def _babble(level_db: int, voices: Voices | None) -> Condition:
    def apply(sound: Sound, tempo: float, rng: Rng) -> Sound:
        assert voices
        return overlaid(sound, voices.babble(sound[0].shape[1], sound[1], rng)[0], level_db)

    return Condition(f"babble {level_db} dB", apply)


def _speed(name: str, tempo: Callable[[Rng], float]) -> Condition:
    return Condition(name, lambda sound, factor, rng: sped(sound, factor), tempo)


def _pitch(semitones: int) -> Condition:
    return Condition(f"pitch {semitones:+d}", lambda sound, _, rng: pitched(sound, semitones))


def _stretch(tempo: float) -> Condition:
    return Condition(
        f"stretch {tempo}", lambda sound, factor, rng: stretched(sound, factor), lambda rng: tempo
    )

"""Music of known tempo and key that the tests make themselves.

Like :mod:`tests.helpers.sounds`: float32 arrays of shape (channels, n), full scale 1.0.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

MAJOR_SCALE = (0, 2, 4, 5, 7, 9, 11)
HARMONIC_MINOR_SCALE = (0, 2, 3, 5, 7, 8, 11)


def clicks(
    bpm: float, duration_s: float = 30.0, rate_hz: int = 44_100, first_s: float = 0.1
) -> NDArray[np.float32]:
    """Short bursts of noise, one a beat, all alike; shape (1, n)."""
    sound = np.zeros(round(duration_s * rate_hz))
    length = round(0.02 * rate_hz)
    burst = np.random.default_rng(3).normal(0, 0.2, length) * np.hanning(length)
    for at in np.arange(first_s, duration_s - 0.05, 60.0 / bpm):
        start = round(at * rate_hz)
        sound[start : start + length] += burst[: len(sound) - start]
    return sound[None].astype(np.float32)


def drums(bpm: float, duration_s: float = 30.0, rate_hz: int = 44_100) -> NDArray[np.float32]:
    """Rock drums: kick on one and three, snare on two and four, hats on the halves; (1, n)."""
    seconds = np.arange(round(0.2 * rate_hz)) / rate_hz
    chance = np.random.default_rng(4)
    kick = 0.6 * np.sin(2 * np.pi * 60 * seconds) * np.exp(-seconds / 0.05)
    snare = 0.25 * chance.normal(size=len(seconds)) * np.exp(-seconds / 0.04)
    hiss = np.diff(chance.normal(size=len(seconds) + 1))
    hat = 0.15 * hiss * np.exp(-seconds / 0.015)
    sound = np.zeros(round(duration_s * rate_hz) + len(seconds))
    for half in range(int(duration_s * bpm / 30)):
        at = round(half * 30 / bpm * rate_hz)
        hits = [hat] if half % 2 else [hat, snare if half % 4 == 2 else kick]
        for hit in hits:
            sound[at : at + len(hit)] += hit
    return sound[None, : round(duration_s * rate_hz)].astype(np.float32)


def chord(
    pitches: list[int],
    duration_s: float,
    rate_hz: int = 44_100,
    cents: float = 0.0,
    harmonics: int = 6,
) -> NDArray[np.float64]:
    """Plucked tones of decaying harmonics, MIDI pitches, shape (n,)."""
    seconds = np.arange(round(duration_s * rate_hz)) / rate_hz
    sound = np.zeros(len(seconds))
    for pitch in pitches:
        hz = 440.0 * 2 ** ((pitch - 69 + cents / 100) / 12)
        for harmonic in range(1, harmonics + 1):
            if harmonic * hz < 0.45 * rate_hz:
                sound += np.sin(2 * np.pi * harmonic * hz * seconds) / harmonic**1.5
    fade = np.minimum(1, seconds / 0.01) * np.exp(-seconds / duration_s)
    return 0.3 / len(pitches) * sound * fade


def cadence(
    tonic: int, mode: str, rate_hz: int = 44_100, cents: float = 0.0, times: int = 2
) -> NDArray[np.float32]:
    """I-IV-V-I in four parts and the scale up to the tonic, shape (1, n); 6 s a time.

    Parameters
    ----------
    tonic
        Pitch class from C.
    mode
        ``"major"``, or ``"minor"`` with a raised seventh.
    """
    scale = MAJOR_SCALE if mode == "major" else HARMONIC_MINOR_SCALE

    def degree(number: int) -> int:
        return 48 + tonic + 12 * (number // 7) + scale[number % 7]

    parts = []
    for root in (0, 3, 4, 0):
        notes = [degree(root) - 12, degree(root), degree(root + 2), degree(root + 4)]
        parts.append(chord(notes, 0.75, rate_hz, cents))
    for number in [*range(7, 15), 14, 14]:
        parts.append(chord([degree(number)], 0.3, rate_hz, cents))
    return np.tile(np.concatenate(parts), times)[None].astype(np.float32)


LOOPS = {
    "major": ((0, 4, 7), (7, 11, 2), (9, 0, 4), (5, 9, 0)),
    "minor": ((0, 3, 7), (5, 8, 0), (7, 11, 2), (0, 3, 7)),
}
"""I-V-vi-IV and i-iv-V-i: pitch classes above the tonic, root first."""


def band(
    tonic: int, mode: str, rate_hz: int = 44_100, bass: float = 1.0, times: int = 2
) -> NDArray[np.float32]:
    """Four chords between G3 and F#4 over a bass that plays their roots, shape (1, n); 4 s a time.

    Parameters
    ----------
    tonic
        Pitch class from C.
    mode
        ``"major"`` or ``"minor"``.
    bass
        Amplitude of the bass, of that of the three other tones together.
    """
    parts = []
    for classes in LOOPS[mode]:
        tones = [55 + (tonic + tone - 7) % 12 for tone in classes]
        root = 28 + (tonic + classes[0] - 4) % 12
        low = np.resize(chord([root], 0.25, rate_hz), rate_hz)
        parts.append(chord(tones, 1.0, rate_hz, harmonics=4) + bass * low)
    return np.tile(np.concatenate(parts), times)[None].astype(np.float32)


def drum_kit(
    kind: str, duration_s: float = 12.0, rate_hz: int = 44_100, seed: int = 5
) -> NDArray[np.float32]:
    """Sixteenths of several drums in a loop of one bar, 120 beats a minute; shape (1, n).

    Parameters
    ----------
    kind
        ``"toms"``: membranes, whose overtones are zeros of Bessel functions. ``"machine"``: a kick
        that holds its pitch, snare, cowbell and hats of square waves. ``"metal"``: bars, whose
        overtones are those of a free beam.
    """
    chance = np.random.default_rng(seed)
    seconds = np.arange(round(0.5 * rate_hz)) / rate_hz

    def ring(hz: float, ratios: tuple[float, ...], decay_s: float) -> NDArray[np.float64]:
        tones = [
            np.sin(2 * np.pi * hz * r * seconds) * np.exp(-seconds * r / decay_s) / r
            for r in ratios
        ]
        return np.sum(tones, axis=0)

    def square(hz: float, decay_s: float) -> NDArray[np.float64]:
        return 0.3 * np.sign(np.sin(2 * np.pi * hz * seconds)) * np.exp(-seconds / decay_s)

    hiss = chance.normal(size=len(seconds))
    snare = 0.3 * hiss * np.exp(-seconds / 0.06)
    if kind == "toms":
        membrane = (1.0, 1.594, 2.136, 2.296, 2.653, 2.918)
        kit = [ring(hz, membrane, 0.25) for hz in chance.uniform(70, 250, 4)] + [snare]
    elif kind == "machine":
        hat = sum(square(hz, 0.04) for hz in chance.uniform(200, 900, 6))
        kit = [ring(chance.uniform(45, 80), (1.0,), 0.5), snare + ring(183.0, (1.0, 1.83), 0.05)]
        kit += [square(540.0, 0.1) + square(803.0, 0.1), np.diff(hat, append=0.0)]
    else:
        kit = [ring(hz, (1.0, 2.757, 5.404), 0.3) for hz in chance.uniform(200, 900, 4)] + [snare]
    step = round(0.125 * rate_hz)
    sound = np.zeros(round(duration_s * rate_hz) + len(seconds))
    bar = (chance.random((16, len(kit))) < 0.35) @ np.stack(kit)
    for number in range(round(duration_s * rate_hz) // step):
        at = number * step
        sound[at : at + len(seconds)] += bar[number % 16]
    return (0.2 * sound[None, : round(duration_s * rate_hz)]).astype(np.float32)

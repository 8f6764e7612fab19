"""Tunes that no two seeds share: chords, a melody and drums at random; and what is done to them.

Like :mod:`tests.helpers.sounds`: float32 arrays of shape (channels, n), full scale 1.0.
"""

from __future__ import annotations

import numpy as np
import scipy.signal
from numpy.typing import NDArray

from tests.helpers.music import chord

RATE = 22_050
"""Half the usual rate: prints look no higher than 3.3 kHz."""


def tune(
    seed: int, duration_s: float = 30.0, *, voice: bool = True, cents: float = 0.0
) -> NDArray[np.float32]:
    """Random chords and drums, with a melody over them unless ``voice`` is false; shape (1, n).

    Chords and melody sound ``cents`` higher at the same tempo.
    """
    rng, sung = np.random.default_rng(seed), np.random.default_rng([seed, 1])
    beat_s = 60.0 / rng.uniform(80, 150)
    sound = np.zeros(round(duration_s * RATE) + RATE)
    at_s = 0.1
    while at_s < duration_s - 0.3:
        root = int(rng.integers(45, 58))
        put(
            sound,
            at_s,
            0.5 * chord([root, root + int(rng.integers(3, 5)), root + 7], 0.6, RATE, cents),
        )
        put(sound, at_s + beat_s * rng.choice([0.5, 0.75]), 0.3 * hit(rng))
        if voice:
            melody = chord([int(sung.integers(62, 86))], 0.35, RATE, cents, harmonics=5)
            put(sound, at_s + beat_s * sung.choice([0.0, 0.25, 0.5]), 0.7 * melody)
        at_s += beat_s * rng.choice([0.5, 1.0, 1.0, 1.5])
    sound = sound[: round(duration_s * RATE)]
    return (0.4 * sound / np.abs(sound).max())[None].astype(np.float32)


def hit(rng: np.random.Generator) -> NDArray[np.float64]:
    """A drum of noise."""
    length = round(0.15 * RATE)
    return rng.normal(size=length) * np.exp(-np.arange(length) / (rng.uniform(0.01, 0.04) * RATE))


def put(sound: NDArray[np.float64], at_s: float, part: NDArray[np.float64]) -> None:
    """Add a part to a sound."""
    start = round(at_s * RATE)
    stop = min(len(sound), start + len(part))
    sound[start:stop] += part[: stop - start]


def sped(sound: NDArray[np.float32], numerator: int, denominator: int) -> NDArray[np.float32]:
    """Play ``numerator / denominator`` times as fast, pitch with it."""
    return scipy.signal.resample_poly(sound, denominator, numerator, axis=-1).astype(np.float32)


def excerpt(sound: NDArray[np.float32], start_s: float, length_s: float) -> NDArray[np.float32]:
    """Cut a piece out."""
    return sound[:, round(start_s * RATE) : round((start_s + length_s) * RATE)]


def hissing(sound: NDArray[np.float32], level: float, seed: int = 5) -> NDArray[np.float32]:
    """Add white noise, its RMS ``level`` times that of the sound."""
    noise = np.random.default_rng(seed).normal(size=sound.shape)
    return (sound + level * np.sqrt(np.mean(sound**2)) * noise).astype(np.float32)

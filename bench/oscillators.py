"""Plain oscillators: sounds with steady lines that no decoder made.

A sawtooth at 100 Hz has lines at the same places as a decoder with strides of 100 Hz. Held tones,
chords, arpeggios and modulated tones of such oscillators count as human in training, as one source,
so that a model learns what sets them apart. They are no music, and no null counts them.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bench.channels import Sound, draw_codec
from bench.generated_set import Item, Row, read_rows, seen, write_rows

RATE_HZ, SECONDS = 44_100, 12.0
SOURCE, GENRE = "oscillators", "tones"
HOW_MANY = 100
ROUND_HZ = (50.0, 75.0, 86.13, 93.75, 100.0, 110.0, 125.0, 150.0, 187.5, 200.0, 220.0, 400.0)
"""Pitches whose partials are at multiples of decoders' spacings, and some others."""
_TABLE = 4096
_MOST_PARTIALS = 1500

Samples = NDArray[np.float64]


def waveform(kind: str, partials: int, duty: float) -> Samples:
    """Return one period of a waveform with some partials, shape (4096,)."""
    n = np.arange(1, partials + 1)
    levels = {
        "saw": 1 / n,
        "square": np.where(n % 2, 1 / n, 0.0),
        "pulse": 2 * np.sin(np.pi * n * duty) / n,
        "triangle": np.where(n % 2, np.where(n % 4 == 1, 1.0, -1.0) / n**2, 0.0),
    }[kind]
    spectrum = np.zeros(_TABLE // 2 + 1, complex)
    spectrum[1 : partials + 1] = -0.5j * _TABLE * levels
    return np.fft.irfft(spectrum, _TABLE)


def tone(period: Samples, pitch_hz: Samples) -> Samples:
    """Play a waveform at a pitch that may move, shape (n,)."""
    at = np.cumsum(pitch_hz) / RATE_HZ % 1 * _TABLE
    index = at.astype(int)
    low, high = period[index % _TABLE], period[(index + 1) % _TABLE]
    return np.asarray(low + (at - index) * (high - low))


def made(rng: np.random.Generator) -> Sound:
    """Draw a sound: a held tone, a chord, or notes one after another, plain or modulated."""
    length = round(RATE_HZ * SECONDS)
    kind = str(rng.choice(["saw", "square", "pulse", "triangle"], p=[0.35, 0.35, 0.2, 0.1]))
    duty, vibrato = float(rng.uniform(0.1, 0.5)), float(rng.choice([0.0, 0.0, 0.005, 0.01]))
    base_hz = float(rng.choice(ROUND_HZ)) if rng.random() < 0.6 else float(rng.uniform(50, 400))
    steps = rng.choice(16, int(rng.integers(2, 7)), replace=False)
    ratios = [1, 1.25, 1.5, 2] if rng.random() < 0.4 else [2 ** (step / 12) for step in steps]
    form = str(rng.choice(["held", "chord", "notes"], p=[0.25, 0.15, 0.6]))
    seconds = np.arange(length) / RATE_HZ
    moving = 1 + vibrato * np.sin(2 * np.pi * 5 * seconds)
    total = np.zeros(length)
    for _ in range(int(rng.choice([1, 1, 2, 3]))):
        pitch_hz = base_hz * moving * float(rng.uniform(0.994, 1.006) if total.any() else 1.0)
        if form == "notes":
            every_s, falling = 1 / float(rng.uniform(0.8, 12)), float(rng.choice([0, 1, 3, 6]))
            note = (seconds / every_s).astype(int) % len(ratios)
            pitch_hz = pitch_hz * np.array(ratios)[note]
            loud = np.exp(-falling * (seconds / every_s % 1))
        else:
            loud = np.ones(length)
        for ratio in ratios if form == "chord" else [1]:
            highest_hz = float(pitch_hz.max()) * ratio
            partials = max(1, min(_MOST_PARTIALS, int(0.45 * RATE_HZ / highest_hz)))
            total += loud * tone(waveform(kind, partials, duty), pitch_hz * ratio)
    if rng.random() < 0.2:
        total += 0.003 * np.abs(total).max() * rng.standard_normal(length)
    whole = np.round(0.6 * total / np.abs(total).max() * 32_767) / 32_768
    return np.asarray(whole[None], np.float32), RATE_HZ


def oscillator_rows(item: Item, seed: int) -> list[Row]:
    """Return what the detector sees of one sound: three of four through a codec."""
    rng = np.random.default_rng([seed, zlib.crc32(item.file.encode())])
    sound, steps = made(rng), []
    if rng.random() < 0.75:
        steps = [draw_codec(rng)]
        sound = steps[0].apply(sound)
    found = seen(sound)
    kinds = tuple((step.kind, step.name) for step in steps)
    return [] if found is None else [Row(item, 1, kinds, SECONDS, *found)]


def oscillators() -> list[Item]:
    """Return the sounds as recordings of one source."""
    names = (f"oscillators/{number:03}" for number in range(HOW_MANY))
    return [Item("human", SOURCE, SOURCE, name, SECONDS, GENRE) for name in names]


def add_oscillators(seed: int, workers: int, folder: Path) -> Sequence[Item]:
    """Keep the rows of all oscillators in a folder, and return them as recordings."""
    items = oscillators()
    done = {row.item.file for row in read_rows(folder)}
    write_rows(
        [item for item in items if item.file not in done],
        oscillator_rows, (seed,), workers, folder,
    )  # fmt: skip
    return items

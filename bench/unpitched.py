"""Sounds without a key: kits of sampled drums, a drum machine, noise, speech.

Each function returns samples at 44.1 kHz, shape (n,), full scale 1.0. Sampled kits are those of
Debian's ``hydrogen-drumkits``, speech is eSpeak NG's
(``apt-get install hydrogen-drumkits espeak-ng``).
"""

from __future__ import annotations

import random
import subprocess
import tempfile
import zlib
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray
from scipy.signal import butter, resample_poly, sosfilt

RATE_HZ = 44_100
KITS = Path("/usr/share/hydrogen/data/drumkits")
SUFFIXES = {".wav", ".flac", ".aif", ".aiff"}
VOICES = {
    "design": ("en", "de", "fr+f2", "it", "en+f3"),
    "test": ("es", "en-us+m3", "pl", "sv+f4", "pt"),
}
TEXTS = (
    "The north wind and the sun were disputing which was the stronger, when a traveller came along "
    "wrapped in a warm cloak. ",
    "Once upon a time there was a man who had three sons, and the youngest was called a simpleton. "
    "He went into the forest. ",
    "Please listen carefully. The train on platform seven departs in nine minutes. Mind the gap, "
    "and keep your belongings with you. ",
)
OTHERS = (
    *("808", "808", "808", "808 kick", "white", "pink", "band", "sweep"),
    *("speech", "speech", "speech and noise", "speech", "rain", "applause", "crackle", "wind"),
)

Samples = NDArray[np.float64]


def _add(sound: Samples, hit: Samples, at: int) -> None:
    sound[at : at + len(hit)] += hit[: max(0, len(sound) - at)]


def kits(part: str) -> list[Path]:
    """Return the installed kits of a part."""
    found = sorted(KITS.glob("*"))
    return [k for k in found if (zlib.crc32(str(k).encode()) % 2 == 0) == (part == "design")]


def _samples(path: Path) -> Samples:
    sound, rate_hz = soundfile.read(path, always_2d=True)
    mono = sound.mean(axis=1)
    if rate_hz != RATE_HZ:
        mono = resample_poly(mono, RATE_HZ, rate_hz)
    return np.asarray(mono[: 3 * RATE_HZ])


def sampled_kit(kit: Path, seconds: float, chance: random.Random) -> Samples:
    """Loop one bar of three to seven drums of a kit."""
    files = sorted(str(p) for p in kit.iterdir() if p.suffix.lower() in SUFFIXES)
    drums = []
    for name in chance.sample(files, min(len(files), chance.randint(3, 7))):
        drum = _samples(Path(name))
        drums.append(drum / max(np.abs(drum).max(), 1e-6) * chance.uniform(0.2, 0.8))
    step_s = 60 / chance.uniform(75, 160) / 4
    sound = np.zeros(int((seconds + 4) * RATE_HZ))
    for drum in drums:
        bar = [chance.random() < chance.choice((0.12, 0.25, 0.4)) for _ in range(16)]
        bar[0] = bar[0] or not any(bar)
        for number in range(int(seconds / step_s)):
            if bar[number % 16]:
                _add(sound, drum * chance.uniform(0.8, 1), int(number * step_s * RATE_HZ))
    return sound[: int(seconds * RATE_HZ)]


def drum_machine(drums: int, seconds: float, rng: np.random.Generator) -> Samples:
    """Loop one bar of a machine like the TR-808, whose kick holds its pitch.

    Parameters
    ----------
    drums
        0 for kick, snare and hat, 1 also open hat and cowbell, 2 also toms, 3 the kick alone.
    """
    t = np.arange(int(RATE_HZ * 1.5)) / RATE_HZ

    def swept(hz: float, sweep: float, sweep_s: float, decay_s: float) -> Samples:
        cycles = hz * (t + sweep * sweep_s * (1 - np.exp(-t / sweep_s)))
        return np.asarray(np.sin(2 * np.pi * cycles) * np.exp(-t / decay_s))

    step_s = 60 / rng.uniform(80, 170) / 4
    pitches = [hz * rng.uniform(0.95, 1.05) for hz in (205.3, 304.4, 369.6, 522.7, 540.0, 800.0)]
    squares = [np.sign(np.sin(2 * np.pi * hz * t)) for hz in pitches]
    hiss = 0.2 * sosfilt(butter(4, 6000, "high", fs=RATE_HZ, output="sos"), sum(squares))
    snare = 0.4 * (np.sin(2 * np.pi * 180 * t) + np.sin(2 * np.pi * 330 * t)) * np.exp(-t / 0.06)
    snare = snare + 0.3 * rng.normal(size=len(t)) * np.exp(-t / 0.08)
    kick_hz = rng.uniform(45, 75)
    toms = [0.6 * swept(rng.uniform(80, 200), 0.3, 0.05, 0.2) for _ in range(3)]
    kick_s = rng.uniform(0.2, 0.8)
    kit = [swept(kick_hz, rng.uniform(0, 3), 0.03, kick_s), snare, hiss * np.exp(-t / 0.04)]
    if drums > 0:
        cowbell = 0.2 * (squares[4] + squares[5]) * np.exp(-t / 0.1)
        kit += [hiss * np.exp(-t / 0.25), cowbell]
    if drums > 1:
        kit += toms
    sound = np.zeros(int(seconds * RATE_HZ))
    for drum in kit[:1] if drums == 3 else kit:
        density = rng.uniform(0.15, 0.5)
        bar = rng.random(16) < density
        bar[int(rng.integers(16))] = True
        for number in range(int(seconds / step_s)):
            if bar[number % 16]:
                _add(sound, drum * rng.uniform(0.8, 1), int(number * step_s * RATE_HZ))
    return sound


def speech(voice: str, text: str, seconds: float, rng: np.random.Generator) -> Samples:
    """Read a text aloud."""
    speed, pitch = int(rng.integers(120, 190)), int(rng.integers(20, 90))
    with tempfile.NamedTemporaryFile(suffix=".wav") as file:
        subprocess.run(
            [
                "espeak-ng",
                "-v",
                voice,
                "-s",
                str(speed),
                "-p",
                str(pitch),
                "-w",
                file.name,
                text * 8,
            ],
            check=True,
        )
        sound, rate_hz = soundfile.read(file.name)
    at = np.arange(int(len(sound) * RATE_HZ / rate_hz)) * rate_hz / RATE_HZ
    return np.interp(at, np.arange(len(sound)), sound)[: int(seconds * RATE_HZ)]


def grains(kind: str, seconds: float, rng: np.random.Generator) -> Samples:
    """Scatter short sounds: drops of rain, claps, crackles of vinyl."""
    sound = np.zeros(int(seconds * RATE_HZ))
    t = np.arange(4000) / RATE_HZ
    for _ in range({"rain": 8000, "applause": 20000, "crackle": 800}[kind]):
        if kind == "rain":
            ring = np.sin(2 * np.pi * rng.uniform(500, 6000) * t)
            grain = ring * np.exp(-t / rng.uniform(0.002, 0.02))
        else:
            decay_s = 0.004 if kind == "applause" else 0.0005
            grain = rng.normal(size=len(t)) * np.exp(-t / decay_s)
        _add(sound, grain * rng.exponential(), int(rng.integers(len(sound) - len(t))))
    return sound


def noise(kind: str, seconds: float, rng: np.random.Generator) -> Samples:
    """Make noise of a colour, or a tone whose pitch never rests (``"sweep"``)."""
    n = int(seconds * RATE_HZ)
    if kind == "sweep":
        octaves = 2 * np.sin(np.arange(n) / RATE_HZ * rng.uniform(0.3, 2))
        phase = 2 * np.pi * np.cumsum(200 * 2**octaves) / RATE_HZ
        return np.asarray(sum(np.sin(h * phase) / h for h in range(1, 6)))
    if kind == "band":
        edges_hz = rng.uniform(100, 3000, 2)
        edges_hz[1] += 30
        filtered = butter(2, sorted(edges_hz), "band", fs=RATE_HZ, output="sos")
        return np.asarray(sosfilt(filtered, rng.normal(size=n)))
    white = rng.normal(size=n)
    if kind == "white":
        return white
    spectrum = np.fft.rfft(white)
    spectrum /= np.maximum(1, np.arange(len(spectrum))) ** (0.5 if kind == "pink" else 1)
    coloured = np.fft.irfft(spectrum, n)
    if kind == "wind":
        coloured *= 1 + np.sin(np.arange(n) / RATE_HZ * 0.7)
    return np.asarray(coloured)


def other(number: int, part: str, seconds: float) -> tuple[str, Samples]:
    """Return the ``number``-th sound of a drum machine, noise or speech, and its kind."""
    rng = np.random.default_rng([7, number, part == "test"])
    kind = OTHERS[number % len(OTHERS)]
    if kind.startswith("808"):
        return kind, drum_machine(3 if kind == "808 kick" else number % 16, seconds, rng)
    if kind.startswith("speech"):
        voice = VOICES[part][int(rng.integers(5))]
        sound = speech(voice, TEXTS[number % 3], seconds, rng)
        return kind, sound + (0.05 * rng.normal(size=len(sound)) if "noise" in kind else 0.0)
    if kind in {"rain", "applause", "crackle"}:
        return kind, grains(kind, seconds, rng)
    return kind, noise(kind, seconds, rng)

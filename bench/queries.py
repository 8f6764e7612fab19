"""Which music is indexed, which stays absent, and the excerpts to look up, all from one seed.

What is drawn for an excerpt depends on the seed, its condition, length and number only: asking
for fewer conditions or another system changes no other excerpt.
"""

from __future__ import annotations

import hashlib
import zlib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bench.channels import Sound
from bench.conditions import Condition
from bench.system import Recording
from phonoscope.audio.decode import Decoder
from phonoscope.errors import PhonoscopeError

SHORTEST_S = 30.0
LONGEST_S = 900.0
"""Excerpts are cut from the first quarter of an hour, so that a whole track can be held."""
SILENT_DB = -50.0
SOUNDING_SHARE = 0.8
"""Share of an excerpt's half seconds that must not be silent."""
TRIES = 30


@dataclass(frozen=True)
class Split:
    """The files of a folder, divided."""

    indexed: list[Path]
    absent: list[Path]
    passed_over: int
    """Files that are no sound, too short, or the same bytes as another."""


@dataclass(frozen=True)
class Plan:
    """An excerpt to be cut."""

    condition: Condition
    length_s: float
    number: int
    path: Path
    indexed: bool


@dataclass(frozen=True)
class Excerpt:
    """An excerpt, altered, and what is true of it."""

    plan: Plan
    sound: Sound
    start_s: float
    """Where it begins in the recording it was cut from."""
    tempo: float
    decode_cpu_s: float
    """What decoding as much sound takes, at the rate of its recording."""


def split(paths: Sequence[Path], seed: int, tracks: int, absent_share: float = 0.25) -> Split:
    """Divide files into indexed and absent ones, whole folders to a side where there are several.

    A folder is mostly an album or one game's music, where other versions of a piece lie.

    Parameters
    ----------
    tracks
        How many to index at most; 0: all that are not absent.
    """
    folders: dict[Path, list[Path]] = defaultdict(list)
    seen: set[bytes] = set()
    for path in paths:
        content = hashlib.sha256(path.read_bytes()).digest() if long_enough(path) else b""
        if content and content not in seen:
            seen.add(content)
            folders[path.parent].append(path)
    usable = sum(map(len, folders.values()))
    rng = np.random.default_rng([seed, 0])
    groups = list(folders.values())
    if len(groups) == 1:
        groups = [[path] for path in groups[0]]
    kept: list[Path] = []
    left: list[Path] = []
    for at in rng.permutation(len(groups)):
        wanting = len(left) < absent_share * usable and len(left) + len(groups[at]) < 0.6 * usable
        (left if wanting else kept).extend(groups[at])
    drawn = [kept[at] for at in rng.permutation(len(kept))]
    return Split(sorted(drawn[:tracks] if tracks else drawn), sorted(left), len(paths) - usable)


def long_enough(path: Path) -> bool:
    """Tell whether a file declares to be long enough for every excerpt."""
    try:
        with path.open("rb") as file, Decoder(file) as decoder:
            return (decoder.stream.declared_duration_s or 0.0) >= SHORTEST_S
    except (OSError, PhonoscopeError):
        return False


def plans(
    files: Split,
    conditions: Sequence[Condition],
    lengths_s: Sequence[float],
    count: int,
    absent: int,
    seed: int,
) -> list[Plan]:
    """Draw the excerpts' tracks; ordered by track, so that each is decoded once.

    Parameters
    ----------
    count
        Excerpts of indexed tracks for each condition and length.
    absent
        Excerpts of absent tracks in all, spread evenly over conditions and lengths.
    """
    cells = [(c, length_s) for c in conditions for length_s in lengths_s]
    drawn = []
    for at, (condition, length_s) in enumerate(cells):
        mine = absent // len(cells) + (at < absent % len(cells))
        for paths, many, indexed in ((files.indexed, count, True), (files.absent, mine, False)):
            for number in range(many if paths else 0):
                rng = _generator(seed, condition, length_s, number, indexed)
                path = paths[rng.integers(len(paths))]
                drawn.append(Plan(condition, length_s, number, path, indexed))
    return sorted(drawn, key=lambda plan: plan.path)


def excerpts(drawn: Sequence[Plan], seed: int) -> Iterator[Excerpt | Plan]:
    """Cut and alter excerpts one at a time; a plan comes back where nothing sounds in its track.

    One track is held at a time.
    """
    path, whole, cost = None, None, 0.0
    for plan in drawn:
        if plan.path != path:
            path = plan.path
            whole, cost = _held(path)
        excerpt = whole and _excerpt(plan, whole, cost, seed)
        yield excerpt or plan


def _held(path: Path) -> tuple[Sound | None, float]:
    """Return the beginning of a file and the CPU seconds that a second of it takes to decode."""
    recording, pieces = Recording(str(path), path), []
    try:
        for block in recording.blocks():
            pieces.append(block.samples[:2])
            if recording.duration_s > LONGEST_S:
                break
    except (OSError, PhonoscopeError):
        return None, 0.0
    cost = recording.decode_cpu_s / max(recording.duration_s, 1e-9)
    return (np.concatenate(pieces, axis=1), recording.rate_hz), cost


def _excerpt(plan: Plan, whole: Sound, cost: float, seed: int) -> Excerpt | None:
    rng = _generator(seed, plan.condition, plan.length_s, plan.number, plan.indexed)
    rng.integers(2)  # the track was drawn with the first number
    samples, rate_hz = whole
    tempo = float(plan.condition.tempo(rng))
    length = int(plan.length_s * tempo * rate_hz)
    if length >= samples.shape[1]:
        return None
    for _ in range(TRIES):
        start = int(rng.integers(samples.shape[1] - length))
        cut = np.ascontiguousarray(samples[:, start : start + length])
        if sounding(cut, rate_hz):
            sound = unclipped(plan.condition.apply((cut, rate_hz), tempo, rng))
            return Excerpt(plan, sound, start / rate_hz, tempo, cost * plan.length_s)
    return None


def unclipped(sound: Sound) -> Sound:
    """Turn down what exceeds full scale: how a recorder clips is not what is measured."""
    peak = float(np.abs(sound[0]).max(initial=0.0))
    return (sound[0] / peak, sound[1]) if peak > 1 else sound


def sounding(samples: np.ndarray, rate_hz: int) -> bool:
    """Tell whether most half seconds of an excerpt, shape (channels, n), are not silent."""
    half = rate_hz // 2
    whole = samples[:, : samples.shape[1] // half * half].reshape(len(samples), -1, half)
    power = np.mean(whole**2, axis=(0, 2))
    return bool(np.mean(power > 10 ** (SILENT_DB / 10)) >= SOUNDING_SHARE)


def _generator(
    seed: int, condition: Condition, length_s: float, number: int, indexed: bool
) -> np.random.Generator:
    name = zlib.crc32(condition.name.encode())
    return np.random.default_rng([seed, 1, name, round(1000 * length_s), number, indexed])

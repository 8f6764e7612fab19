"""Whether whole files are recognised as copies of one another, and nothing else is.

Originals are altered into a temporary folder and kept there as FLAC, whatever they went through;
a system then gets originals and copies in one heap.
"""

from __future__ import annotations

import argparse
import itertools
import json
import tempfile
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from bench.channels import Sound, coded, gained, pitched
from bench.conditions import sped
from bench.measures import markdown, percent
from bench.progress import Progress
from bench.queries import unclipped
from bench.runner import Runner
from bench.system import Recording

Rng = np.random.Generator

ALTERATIONS: dict[str, Callable[[Sound, Rng], Sound]] = {
    "mp3 96k": lambda sound, rng: coded(sound, "mp3", 96_000),
    "opus 48k": lambda sound, rng: coded(sound, "opus", 48_000),
    "-12 dB": lambda sound, rng: gained(sound, -12),
    "first 10 s cut": lambda sound, rng: (sound[0][:, 10 * sound[1] :], sound[1]),
    "speed 0.75..1.35": lambda sound, rng: sped(sound, rng.uniform(0.75, 1.35)),
    "pitch -2": lambda sound, rng: pitched(sound, -2),
    "pitch +2": lambda sound, rng: pitched(sound, 2),
}


@dataclass(frozen=True)
class File:
    """A file in the heap, which recording it holds and what was done to it."""

    path: Path
    recording: int
    alteration: str


@dataclass(frozen=True)
class Grouping:
    """What a system made of the heap."""

    system: str
    found: Counter[str]
    """Pairs of an original and its copy that share a group, by alteration."""
    pairs_found: int
    """Pairs of one recording that share a group, copies with copies included."""
    wrong: int
    """Pairs of two recordings that share a group."""
    cpu_s: float
    wrong_pairs: list[tuple[str, str]]


def heap(originals: Sequence[Path], folder: Path, seed: int) -> list[File]:
    """Make the altered files, one at a time."""
    files, progress = [], Progress("altering", len(originals))
    for number, original in enumerate(originals):
        sound = unclipped(Recording(str(original), original).sound())
        sound = sound[0][:2], sound[1]
        files.append(File(original, number, "original"))
        for at, (name, alter) in enumerate(ALTERATIONS.items()):
            samples, rate_hz = unclipped(alter(sound, np.random.default_rng([seed, number, at])))
            path = folder / f"{number} {name}.flac"
            soundfile.write(path, samples.T, rate_hz, subtype="PCM_16")
            files.append(File(path, number, name))
        progress.step()
    return files


def judged(runner: Runner, files: Sequence[File], seed: int) -> Grouping:
    """Have a system group the heap and compare with the truth."""
    # Shuffled: the order of the list must not tell what belongs together.
    order = np.random.default_rng([seed, 2]).permutation(len(files))
    groups, cpu_s = runner.copies([files[at].path for at in order])
    known = {str(file.path): file for file in files}
    found: Counter[str] = Counter()
    right, wrong = set(), set()
    for one, other in (p for group in groups for p in itertools.combinations(sorted(group), 2)):
        if known[one].recording != known[other].recording:
            wrong.add((one, other))
        elif (one, other) not in right:
            right.add((one, other))
            kinds = {known[one].alteration, known[other].alteration}
            if "original" in kinds:
                found.update(kinds - {"original"})
    return Grouping(runner.name, found, len(right), len(wrong), cpu_s, sorted(wrong))


def report(groupings: Sequence[Grouping], files: Sequence[File]) -> str:
    """Return the table."""
    recordings = len({file.recording for file in files})
    sizes: dict[int, int] = defaultdict(int)
    for file in files:
        sizes[file.recording] += 1
    same = sum(size * (size - 1) // 2 for size in sizes.values())
    pairs = len(files) * (len(files) - 1) // 2
    rows = [
        [name, str(recordings), *(percent(g.found[name], recordings) for g in groupings)]
        for name in ALTERATIONS
    ]
    rows.append(["any two of one recording", str(same),
                 *(percent(g.pairs_found, same) for g in groupings)])  # fmt: skip
    rows.append(["wrong merges, pairs", str(pairs - same), *(str(g.wrong) for g in groupings)])
    rows.append(["CPU-s, decoding included", "", *(f"{g.cpu_s:.1f}" for g in groupings)])
    title = f"### Copies found, % (95 %); {len(files)} files, {pairs} pairs compared\n\n"
    return title + markdown(["", "n", *(g.system for g in groupings)], rows)


def run(
    asked: argparse.Namespace,
    originals: Sequence[Path],
    runners: Callable[[argparse.Namespace, ExitStack], list[Runner]],
) -> None:
    """Make a heap, have every system group it, print the table."""
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="phonoscope-copies-"))
        systems = runners(asked, stack)
        files = heap(originals, Path(folder), asked.seed)
        groupings = [judged(runner, files, asked.seed) for runner in systems]
    print(report(groupings, files))
    if asked.json:
        found: list[dict[str, Any]] = [vars(grouping) for grouping in groupings]
        asked.json.write_text(json.dumps({"systems": found}, indent=1), encoding="utf-8")

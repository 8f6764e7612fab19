"""The set a detector is trained and measured on: recordings, each through random channels.

Machine-made and human recordings go through the same channels (:mod:`bench.channels`). What is
kept of each is exactly what a scan computes.
"""

from __future__ import annotations

import csv
import sys
import zlib
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from bench.channels import Sound, Step, apply, draw, draw_codec, fixed
from phonoscope.audio.block import Block
from phonoscope.audio.decode import Decoder
from phonoscope.detector.features import window_grid, window_shape
from phonoscope.errors import PhonoscopeError
from phonoscope.features.traces import TraceMeter

EXCERPT_S = 16.0
SHORTEST_S = 3.0
FIXED = 100
FIXED_DRAWS = range(FIXED, FIXED + len(fixed(np.random.default_rng(0))))
"""Draws of fixed channels: measured, not trained on."""
NOT_NEURAL = ("Griffin-Lim", "MP3 lossy", "WORLD")
"""Generators of the set that leave no decoder's trace, by the words of its README."""
FAMILIES = {
    "Suno v4.5": "Suno",
    "Suno (re-encoded ogg, possibly looped/edited)": "Suno",
    "MusicGen-large-stereo": "MusicGen",
    "M2UGen/MuMu-LLaMA (MusicGen decoder)": "MusicGen",
    "Tango (MusicBench)": "Tango",
    "AudioLDM2 DDIM-inversion edit of real": "AudioLDM2",
    "UniAudio (text-to-music)": "UniAudio",
    "Riffusion v1 (hobby)": "Riffusion",
    "Stable Audio Open 1.0": "Stable Audio",
}
"""Family of a generator where it is not the generator's own name."""
GRID_STEP = 1 / 250
"""Occupancies of the grid are kept as whole multiples of this."""


@dataclass(frozen=True)
class Item:
    """One excerpt of one recording."""

    label: str
    """human, ai, svc, vocoder or codec."""
    family: str
    """Family of generators, or of human music its source."""
    source: str
    file: str
    start_s: float = 0.0


@dataclass(frozen=True, eq=False)
class Row:
    """One excerpt after one channel, as the detector sees it."""

    item: Item
    draw: int
    """0 as it is, 1 through a codec, above through a channel drawn; from FIXED on a fixed one."""
    steps: tuple[tuple[str, str], ...]
    """Kind and name of each step of the channel."""
    limit_hz: float
    grid: NDArray[np.int8]
    """Shape (frequencies,), in GRID_STEP."""
    shape: NDArray[np.float32]


def manifest_items(manifest: Path) -> Iterator[Item]:
    """Read a manifest: CSV with the columns file, label, generator, source."""
    with manifest.open(newline="", encoding="utf-8") as lines:
        for row in csv.DictReader(lines):
            if any(word in row["generator"] for word in NOT_NEURAL):
                continue
            label, generator = row["label"], row["generator"]
            family = row["source"] if label == "human" else FAMILIES.get(generator, generator)
            yield Item(label, family, row["source"], str(manifest.parent / row["file"]))


def folder_items(folder: Path) -> Iterator[Item]:
    """Take human music from a folder of folders, each one source; two places of a long file."""
    for file in sorted(folder.rglob("*")):
        if file.suffix.lower() not in {".ogg", ".oga", ".mp3", ".flac", ".opus", ".wav"}:
            continue
        try:
            with av.open(str(file), metadata_errors="replace") as container:
                duration_s = (container.duration or 0) / av.time_base
        except (OSError, av.FFmpegError):
            continue
        if duration_s < 12:
            continue
        source = file.relative_to(folder).parts[0]
        places = (0.3, 0.7) if duration_s >= 60 else (0.5,)
        for place in places:
            start_s = max(0.0, place * duration_s - EXCERPT_S / 2)
            yield Item("human", source, source, str(file), start_s)


def excerpt(item: Item) -> Sound:
    """Decode an excerpt, at most two channels."""
    with Decoder(Path(item.file).open("rb")) as decoder:
        rate_hz, pieces = decoder.stream.sample_rate_hz, []
        first, last = round(item.start_s * rate_hz), round((item.start_s + EXCERPT_S) * rate_hz)
        for block in decoder.blocks():
            if block.stop > first:
                pieces.append(block.samples[:2, max(0, first - block.start) :])
            if block.stop >= last:
                break
    return np.ascontiguousarray(np.concatenate(pieces, axis=1)[:, : last - first]), rate_hz


class _Rate:
    def __init__(self, rate_hz: int) -> None:
        self.sample_rate_hz = rate_hz


def seen(sound: Sound) -> tuple[float, NDArray[np.int8], NDArray[np.float32]] | None:
    """Return what the detector sees of a sound as one window; ``None`` when it is too quiet."""
    samples, rate_hz = sound
    block = Block(
        np.ascontiguousarray(samples, np.float32),
        np.empty((len(samples), 0), np.float32), 0, rate_hz, True,
    )  # fmt: skip
    meter = TraceMeter(_Rate(rate_hz))  # type: ignore[arg-type]
    meter.update(block)
    traces = meter.result()
    if traces.trace_limit_hz is None:
        return None
    grid, shape = window_grid(traces.stretches), window_shape(traces.stretches)
    kept = np.clip(np.rint(grid / GRID_STEP), -127, 127).astype(np.int8)
    return traces.trace_limit_hz, kept, shape


def rows_of(item: Item, draws: Sequence[int], seed: int) -> list[Row]:
    """Send one excerpt through the channels of these draws."""
    try:
        sound = excerpt(item)
    except PhonoscopeError as error:
        print(f"left out: {item.file}: {error}", file=sys.stderr, flush=True)
        return []
    if sound[0].shape[1] < SHORTEST_S * sound[1]:
        return []
    rows = []
    # The manifest may lie anywhere: the draw goes by the file's name.
    name = zlib.crc32(f"{Path(item.file).name} {item.start_s:.3f} {item.label}".encode())
    for number in draws:
        rng = np.random.default_rng([seed, name, number])
        steps: list[Step] = []
        if number >= FIXED:
            steps = [fixed(rng)[number - FIXED]]
        elif number:
            steps = [draw_codec(rng)] if number == 1 else draw(rng)
        if (found := seen(apply(sound, steps))) is not None:
            rows.append(Row(item, number, tuple((s.kind, s.name) for s in steps), *found))
    return rows


def build(items: Iterable[Item], draws: Sequence[int], seed: int, workers: int) -> list[Row]:
    """Send every excerpt through channels, in worker processes."""
    listed: Sequence[Item] = list(items)
    rows: list[Row] = []
    with ProcessPoolExecutor(workers) as pool:
        done = pool.map(rows_of, listed, [draws] * len(listed), [seed] * len(listed), chunksize=4)
        for number, some in enumerate(done, 1):
            rows += some
            if number % 100 == 0:
                print(f"{number} of {len(listed)} excerpts, {len(rows)} rows", flush=True)
    return rows

"""The set a detector is trained and measured on: recordings, each through random channels.

Machine-made and human recordings go through the same channels (:mod:`bench.channels`). What is
kept of each is exactly what a scan computes. Rows are kept in a folder, so that a set can grow
without computing what is there already.
"""

from __future__ import annotations

import csv
import pickle
import sys
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bench.channels import Sound, Step, apply, draw, draw_codec, fixed
from phonoscope.audio.block import Block
from phonoscope.audio.decode import Decoder
from phonoscope.detector.features import window_grid, window_shape
from phonoscope.errors import PhonoscopeError
from phonoscope.features.traces import TraceMeter

NATIVE_S, ALTERED_S, WINDOW_S = 60.0, 20.0, 16.0
"""How much of a recording is used: as it is, through a channel, and as one window of the
detector."""
SHORTEST_S = 3.0
WINDOW = 50
"""The draw of a window as it is: it measures how single windows of human music score."""
FIXED = 100
LAUNDERED = 200
"""From this draw on, treatments that hide a generator (:mod:`bench.laundering`): never trained
on."""
FIXED_DRAWS = range(FIXED, FIXED + len(fixed(np.random.default_rng(0))))
"""Draws of fixed channels."""
GRID_STEP = 1 / 250
"""Occupancies of the grid are kept as whole multiples of this."""
_PER_FILE = 50
"""Recordings in one file of rows."""


@dataclass(frozen=True)
class Item:
    """One recording."""

    label: str
    """human, ai (machine-made) or codec (human, copied through a neural codec)."""
    family: str
    """Family of generators; of human music, its source."""
    source: str
    file: str
    duration_s: float = 0.0
    """0 where it isn't known."""
    genre: str = ""


@dataclass(frozen=True, eq=False)
class Row:
    """One recording after one channel, as the detector sees it."""

    item: Item
    draw: int
    """0 as it is, 1 through a codec, above through a channel drawn; WINDOW a window as it is;
    from FIXED on a fixed channel."""
    steps: tuple[tuple[str, str], ...]
    """Kind and name of each step of the channel."""
    seconds: float
    limit_hz: float
    grid: NDArray[np.int8]
    """Shape (frequencies,), in GRID_STEP."""
    shape: NDArray[np.float32]


def listed(recordings: Path) -> Iterator[Item]:
    """Read a list of recordings.

    It is a CSV with the columns label, family, source, file and, if known, duration_s and genre.
    Files are relative to the list.
    """
    with recordings.open(newline="", encoding="utf-8") as lines:
        for row in csv.DictReader(lines):
            yield Item(
                row["label"],
                row["source"] if row["label"] == "human" else row["family"],
                row["source"],
                str(recordings.parent / row["file"]),
                float(row.get("duration_s") or 0),
                row.get("genre") or "",
            )


def excerpt(item: Item) -> Sound:
    """Decode the middle of a recording, at most two channels."""
    start_s = max(0.0, item.duration_s / 2 - NATIVE_S / 2)
    with Decoder(Path(item.file).open("rb")) as decoder:
        rate_hz, pieces = decoder.stream.sample_rate_hz, []
        first, last = round(start_s * rate_hz), round((start_s + NATIVE_S) * rate_hz)
        for block in decoder.blocks():
            if block.stop > first:
                pieces.append(block.samples[:2, max(0, first - block.start) :])
            if block.stop >= last:
                break
    return np.ascontiguousarray(np.concatenate(pieces, axis=1)[:, : last - first]), rate_hz


def middle(sound: Sound, seconds: float) -> Sound:
    """Return the middle of a sound."""
    samples, rate_hz = sound
    length = round(seconds * rate_hz)
    at = max(0, samples.shape[1] // 2 - length // 2)
    return np.ascontiguousarray(samples[:, at : at + length]), rate_hz


class _Rate:
    def __init__(self, rate_hz: int) -> None:
        self.sample_rate_hz = rate_hz


def seen(sound: Sound) -> tuple[float, NDArray[np.int8], NDArray[np.float32]] | None:
    """Return what the detector sees of a sound as a whole; ``None`` when it is too quiet."""
    samples, rate_hz = sound
    block = Block(
        np.ascontiguousarray(samples, np.float32),
        np.empty((len(samples), 0), np.float32), 0, rate_hz, True,
    )  # fmt: skip
    meter = TraceMeter(_Rate(rate_hz))  # type: ignore[arg-type]  # It only reads the rate.
    meter.update(block)
    traces = meter.result()
    if traces.trace_limit_hz is None:
        return None
    grid, shape = window_grid(traces.stretches), window_shape(traces.stretches)
    kept = np.clip(np.rint(grid / GRID_STEP), -127, 127).astype(np.int8)
    return traces.trace_limit_hz, kept, shape


def steps_of(number: int, rng: np.random.Generator) -> list[Step]:
    """Return the channel of a draw."""
    if number >= FIXED:
        return [fixed(rng)[number - FIXED]]
    if number in (0, WINDOW):
        return []
    return [draw_codec(rng)] if number == 1 else draw(rng)


def rows_of(item: Item, draws: Sequence[int], some_fixed: int, seed: int) -> list[Row]:
    """Send one recording through the channels of these draws, and some of the fixed ones."""
    try:
        whole = excerpt(item)
    except (PhonoscopeError, OSError, ValueError) as error:
        print(f"left out: {item.file}: {error}", file=sys.stderr, flush=True)
        return []
    if whole[0].shape[1] < SHORTEST_S * whole[1]:
        return []
    # A list may lie anywhere: the draw goes by the file's name.
    name = zlib.crc32((Path(item.file).name + item.label).encode())
    more = np.random.default_rng(name).permutation(len(FIXED_DRAWS))[:some_fixed] + FIXED
    rows = []
    for number in (*draws, *(int(n) for n in more)):
        rng = np.random.default_rng([seed, name, number])
        steps = steps_of(number, rng)
        length_s = {0: NATIVE_S, WINDOW: WINDOW_S}.get(number, ALTERED_S)
        sound = apply(middle(whole, length_s), steps)
        if (found := seen(sound)) is not None:
            kinds = tuple((s.kind, s.name) for s in steps)
            rows.append(Row(item, number, kinds, sound[0].shape[1] / sound[1], *found))
    return rows


def build(
    items: Iterable[Item],
    draws: Sequence[int],
    some_fixed: int,
    *,
    seed: int,
    workers: int,
    folder: Path,
) -> None:
    """Send recordings through channels, in worker processes; keep the rows in a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    done = {row.item.file for row in read_rows(folder)}
    todo = [item for item in items if item.file not in done]
    write_rows(todo, rows_of, (draws, some_fixed, seed), workers, folder)


def write_rows(
    items: Sequence[Item],
    of_item: Callable[..., list[Row]],
    arguments: Sequence[object],
    workers: int,
    folder: Path,
) -> None:
    """Write the rows of recordings to a folder, some recordings at a time."""
    with ProcessPoolExecutor(workers) as pool:
        for at in range(0, len(items), _PER_FILE):
            some = items[at : at + _PER_FILE]
            same = [[argument] * len(some) for argument in arguments]
            rows = [row for found in pool.map(of_item, some, *same, chunksize=2) for row in found]
            name = f"{of_item.__name__}-{zlib.crc32(some[0].file.encode()):08x}.rows"
            (folder / name).write_bytes(pickle.dumps(rows, protocol=4))
            print(f"{at + len(some)} of {len(items)} recordings", flush=True)


def read_rows(folder: Path) -> list[Row]:
    """Return the rows of a folder, in the order of their files' names."""
    rows: list[Row] = []
    for part in sorted(folder.rglob("*.rows")):
        rows += pickle.loads(part.read_bytes())
    return rows

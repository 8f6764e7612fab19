"""What a system must do to be measured by ``bench/matching.py``.

To plug one in: a class with the methods of :class:`System`, most easily derived from
:class:`Base`, and a line in ``bench/registry.py``. Every system runs in a process of its own, so
its memory and its CPU time are its own, and what it is asked is the same for all.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import numpy as np

from bench.channels import Sound
from phonoscope.audio.block import Block
from phonoscope.audio.decode import Decoder

Query = Any
"""What ``prepare`` makes of an excerpt and ``lookup`` takes: prints, in the system's own form."""


class MissingError(Exception):
    """A system cannot run here; the message says what to install."""


@dataclass(frozen=True)
class Hit:
    """One answer to a query."""

    recording_id: str
    at_s: float
    """Where in the reference the query begins, seconds; may be below 0."""
    score: float
    """Larger is surer; only compared with scores of the same system."""
    accepted: bool
    """Whether the system, by its default decision, calls this a match."""
    false_match_probability: float | None = None
    speed: float | None = None
    """How much faster the query plays than the reference, where the system tells."""


@dataclass
class Recording:
    """A whole file to index. Decoding is clocked apart from what a system does with it."""

    id: str
    path: Path
    rate_hz: int = 0
    """Known once the first block was taken."""
    duration_s: float = 0.0
    decode_cpu_s: float = field(default=0.0)

    def blocks(self) -> Iterator[Block]:
        """Yield the file as the blocks a scan would see, clocking what decoding takes."""
        start = time.process_time()
        with self.path.open("rb") as file, Decoder(file) as decoder:
            blocks = decoder.blocks()
            while (block := next(blocks, None)) is not None:
                self.rate_hz, self.duration_s = block.rate_hz, block.stop / block.rate_hz
                self.decode_cpu_s += time.process_time() - start
                yield block
                start = time.process_time()
        self.decode_cpu_s += time.process_time() - start

    def sound(self) -> Sound:
        """Return the whole file at once."""
        blocks = [block.samples for block in self.blocks()]
        return np.concatenate(blocks, axis=1), self.rate_hz


class System(Protocol):
    """Something that recognises recordings."""

    name: str

    def add(self, recording: Recording) -> None:
        """Index a whole file, from its path or its blocks; the latter clocks decoding apart."""

    def ready(self) -> None:
        """Finish the index; called once, after the last recording and distractor."""

    def prepare(self, sound: Sound) -> Query:
        """Analyse an excerpt, shape (channels, n) at its rate in Hz."""

    def lookup(self, query: Query) -> list[Hit]:
        """Return what an analysed excerpt matches, best first, one hit a recording.

        Hits that the system would not accept may be given too, marked so: the distribution of
        their scores is reported.
        """

    def index_bytes(self) -> int:
        """Return what the index takes on disk, or in memory where it is kept only there."""

    def copies(self, recordings: Sequence[Recording]) -> list[set[str]]:
        """Group whole files that hold one recording, by ids; called on a fresh system."""

    def cpu_s(self) -> float:
        """Return the CPU seconds used so far, those of helper processes included."""

    def memory_bytes(self) -> int:
        """Return the resident memory now, that of helper processes included."""


@runtime_checkable
class Distracting(Protocol):
    """A system that can fill its index with tracks that were never recorded."""

    def distract(self, count: int, seed: int) -> None:
        """Add invented tracks; called after the last recording, before ``ready``."""


class Base(System):
    """What most systems share."""

    def cpu_s(self) -> float:
        """Return the CPU seconds of this process."""
        return time.process_time()

    def memory_bytes(self) -> int:
        """Return the resident memory of this process."""
        return resident_bytes()

    def copies(self, recordings: Sequence[Recording]) -> list[set[str]]:
        """Look every whole file up among the others and join what is accepted."""
        for recording in recordings:
            self.add(recording)
        self.ready()
        links = []
        for recording in recordings:
            for hit in self.lookup(self.prepare(recording.sound())):
                if hit.accepted and hit.recording_id != recording.id:
                    links.append((recording.id, hit.recording_id))
        return joined(links)


def joined(links: Sequence[tuple[str, str]]) -> list[set[str]]:
    """Join pairs that share a member into groups."""
    groups: dict[str, set[str]] = {}
    for one, other in links:
        group = groups.get(one, {one}) | groups.get(other, {other})
        groups.update(dict.fromkeys(group, group))
    return list({id(group): group for group in groups.values()}.values())


def resident_bytes() -> int:
    """Return this process's resident memory."""
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    return 0

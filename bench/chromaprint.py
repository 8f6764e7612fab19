"""Chromaprint as its users do it: raw fingerprints, an inverted index, bit errors to verify.

Only called, through the C interface of Debian's ``libchromaprint1``. Candidates come from equal
values, compared on their top 28 bits as AcoustID's server does, counted by alignment; the best
alignments are verified by their bit error rate, accepted up to 0.35 (Haitsma & Kalker 2002, *A
highly robust audio fingerprinting system*). Chromaprint knows no speeds: with ``most_speed`` the
excerpt is analysed again as if it had been recorded at other rates.
"""

from __future__ import annotations

import ctypes
import ctypes.util
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from bench.channels import Sound
from bench.system import Base, Hit, MissingError, Recording

Prints = NDArray[np.uint32]

IGNORED_BITS = np.uint32(0xF)
LARGEST_BIT_ERROR = 0.35
MOST_OF_ONE_VALUE = 5_000
"""A value found in more places than this, as of silence, says nothing."""
ALIGNMENTS_VERIFIED = 20
SHORTEST_OVERLAP = 8
INTERNAL_RATE_HZ = 11_025


class Library:
    """The few functions of libchromaprint that are needed."""

    def __init__(self) -> None:
        name = ctypes.util.find_library("chromaprint") or "libchromaprint.so.1"
        try:
            c = ctypes.CDLL(name)
        except OSError as error:
            raise MissingError("apt-get install libchromaprint1") from error
        pointer, integer = ctypes.c_void_p, ctypes.c_int
        c.chromaprint_new.restype = pointer
        c.chromaprint_new.argtypes = [integer]
        c.chromaprint_start.argtypes = [pointer, integer, integer]
        c.chromaprint_feed.argtypes = [pointer, pointer, integer]
        c.chromaprint_finish.argtypes = [pointer]
        c.chromaprint_get_item_duration.argtypes = [pointer]
        c.chromaprint_get_raw_fingerprint.argtypes = [
            pointer, ctypes.POINTER(pointer), ctypes.POINTER(integer),
        ]  # fmt: skip
        c.chromaprint_dealloc.argtypes = c.chromaprint_free.argtypes = [pointer]
        c.chromaprint_dealloc.restype = c.chromaprint_free.restype = None
        self._c = c
        self._context = c.chromaprint_new(1)
        self.item_s: float = c.chromaprint_get_item_duration(self._context) / INTERNAL_RATE_HZ

    def prints(self, pieces: Iterable[NDArray[np.int16]], rate_hz: int, channels: int) -> Prints:
        """Return the raw fingerprint of sound given in pieces, each interleaved."""
        c, context = self._c, self._context
        _succeed(c.chromaprint_start(context, rate_hz, channels))
        for piece in pieces:
            _succeed(c.chromaprint_feed(context, piece.ctypes.data, piece.size))
        _succeed(c.chromaprint_finish(context))
        data, size = ctypes.c_void_p(), ctypes.c_int()
        got = c.chromaprint_get_raw_fingerprint(context, ctypes.byref(data), ctypes.byref(size))
        _succeed(got)
        if not size.value or data.value is None:
            return np.empty(0, np.uint32)
        copied = np.frombuffer(ctypes.string_at(data.value, 4 * size.value), np.uint32).copy()
        c.chromaprint_dealloc(data)
        return copied


def _succeed(status: int) -> None:
    if status != 1:
        raise RuntimeError("libchromaprint refused")


def interleaved(samples: NDArray[np.float32]) -> NDArray[np.int16]:
    """Return the first two channels as 16-bit samples in turns, shape (n * channels,)."""
    clipped = np.clip(samples[:2] * 32767.0, -32768, 32767).astype(np.int16)
    return np.ascontiguousarray(clipped.T).reshape(-1)


class Chromaprint(Base):
    """Chromaprint, plain or retried at speeds.

    Parameters
    ----------
    most_speed, step
        Speeds tried on either side of none, as shares of 1; 0: none.
    """

    def __init__(self, most_speed: float = 0.0, step: float = 0.005) -> None:
        self.name = "chromaprint-speeds" if most_speed else "chromaprint"
        self._library = Library()
        steps = round(most_speed / step)
        self._speeds = [1 + step * k for k in sorted(range(-steps, steps + 1), key=abs)]
        self._ids: list[str] = []
        self._each: list[Prints] = []

    def add(self, recording: Recording) -> None:
        """Fingerprint a file, block by block."""
        blocks = recording.blocks()
        first = next(blocks)

        def pieces() -> Iterable[NDArray[np.int16]]:
            yield interleaved(first.samples)
            for block in blocks:
                yield interleaved(block.samples)

        channels = min(2, first.samples.shape[0])
        self._keep(recording.id, self._library.prints(pieces(), first.rate_hz, channels))

    def distract(self, count: int, seed: int) -> None:
        """Add tracks made of real prints: stretches of 3 to 10 s of random tracks in random order.

        Each track turns the same few random bits of all its values, so it keeps how values
        follow one another, and none is an excerpt of a real track.
        """
        rng = np.random.default_rng(seed)
        real = [prints for prints in self._each if prints.size > 100]
        for number in range(count):
            turned = np.bitwise_or.reduce(np.uint32(1) << rng.choice(32, 8, replace=False))
            stretches: list[Prints] = []
            while sum(map(len, stretches)) < 240 / self._library.item_s:
                prints = real[rng.integers(len(real))]
                size = int(rng.integers(24, 81))
                at = int(rng.integers(max(1, prints.size - size)))
                stretches.append(prints[at : at + size] ^ turned.astype(np.uint32))
            self._keep(f"distractor {number}", np.concatenate(stretches))

    def _keep(self, name: str, prints: Prints) -> None:
        self._ids.append(name)
        self._each.append(prints)

    def ready(self) -> None:
        """Sort all values."""
        self._starts = np.cumsum([0, *map(len, self._each)])
        self._prints = np.concatenate([*self._each, np.empty(0, np.uint32)])
        self._each.clear()
        self._places = np.argsort(self._prints, kind="stable").astype(np.uint32)
        self._values = self._prints[self._places]

    def index_bytes(self) -> int:
        """Return the size of prints, sorted values and their places in memory; not compressed."""
        arrays = self._prints, self._places, self._values, self._starts
        return sum(array.nbytes for array in arrays)

    def prepare(self, sound: Sound) -> list[tuple[float, Prints]]:
        """Fingerprint an excerpt, once for each speed."""
        piece, channels = interleaved(sound[0]), min(2, len(sound[0]))
        # Sound that claims a lower rate plays slower: that undoes a speed above 1.
        return [
            (speed, self._library.prints([piece], round(sound[1] / speed), channels))
            for speed in self._speeds
        ]

    def lookup(self, query: list[tuple[float, Prints]]) -> list[Hit]:
        """Return the best alignment with each recording, over all speeds."""
        best: dict[str, Hit] = {}
        for speed, prints in query:
            for hit in self._found(prints, speed):
                if hit.recording_id not in best or hit.score > best[hit.recording_id].score:
                    best[hit.recording_id] = hit
        return sorted(best.values(), key=lambda hit: -hit.score)

    def _found(self, prints: Prints, speed: float) -> list[Hit]:
        hits = []
        for start in self._alignments(prints):
            # By the middle: an excerpt may begin before its track does, or end after.
            middle = min(max(start + prints.size // 2, 0), self._prints.size - 1)
            which = int(np.searchsorted(self._starts, middle, "right")) - 1
            low, high = int(self._starts[which]), int(self._starts[which + 1])
            begin, end = max(start, low), min(start + prints.size, high)
            if end - begin < max(SHORTEST_OVERLAP, prints.size // 2):
                continue
            different = self._prints[begin:end] ^ prints[begin - start : end - start]
            error = float(np.bitwise_count(different).mean()) / 32
            hits.append(
                Hit(
                    self._ids[which], (start - low) * self._library.item_s, 1 - error,
                    error <= LARGEST_BIT_ERROR, speed=speed,
                )
            )  # fmt: skip
        return hits

    def _alignments(self, prints: Prints) -> list[int]:
        """Return where the query may begin in all prints, those with most equal values first."""
        low = np.searchsorted(self._values, prints & ~IGNORED_BITS, "left")
        high = np.searchsorted(self._values, prints | IGNORED_BITS, "right")
        starts = [
            self._places[first:last].astype(np.int64) - at
            for at, (first, last) in enumerate(zip(low, high, strict=True))
            if 0 < last - first <= MOST_OF_ONE_VALUE
        ]
        if not starts:
            return []
        aligned, votes = np.unique(np.concatenate(starts), return_counts=True)
        return aligned[np.argsort(-votes, kind="stable")[:ALIGNMENTS_VERIFIED]].tolist()

"""Look an excerpt up: candidates by their keys, then alignment, print by print."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from phonoscope.evidence.prints import (
    BITS,
    SEMITONE,
    STEP_SEMITONES,
    STRETCH_STEP,
    Alteration,
    packed,
)
from phonoscope.matching.index import Index
from phonoscope.matching.reading import Excerpt, Reading
from phonoscope.matching.segment import KEY_BITS, Segment, keys_of
from phonoscope.types import Floats

PROBED_BITS = 8
"""Uncertain bits of a key that are tried the other way round."""
PROBES = 16
MORE_PROBES = 48
GRID = 4
"""Cells between places when onsets are not enough: 62.5 ms."""
MOST_DIFFERENT = 20
"""Bits of 64 in which a print may differ from the one that led to it."""
SAME_OFFSET = 3
"""Cells by which the offsets of one match may lie apart."""
VERIFIED = 12
"""Candidates of a lookup that are compared print by print."""
FEWEST = 3
"""Prints that have to be compared."""
SPREAD = 0.155
"""Standard deviation of the agreement of prints that have nothing to do with each other."""
PLAIN = Alteration(1.0, 1.0)


def _searched() -> tuple[Alteration, ...]:
    speeds = [SEMITONE ** (STEP_SEMITONES * i) for i in range(-9, 10) if i]
    pitches = [SEMITONE ** (STEP_SEMITONES * i) for i in range(-5, 6) if i]
    stretches = [STRETCH_STEP**i for i in range(-5, 6) if i]
    every = [
        *(Alteration(ratio, ratio) for ratio in speeds),
        *(Alteration(1.0, ratio) for ratio in pitches),
        *(Alteration(ratio, 1.0) for ratio in stretches),
    ]
    # What is nearest to no change is likeliest.
    return tuple(sorted(every, key=lambda a: abs(np.log(a.speed)) + abs(np.log(a.pitch))))


ALTERED = _searched()
"""Alterations that are searched: speed 0.73 to 1.37, pitch by 3 semitones, tempo by 28 %."""


@dataclass(frozen=True, eq=False)
class Candidate:
    """A place of a recording that an excerpt may be."""

    segment: Segment
    track: int
    offset: int
    """Where the excerpt would begin in the recording, cells."""
    reading: Reading
    at: NDArray[np.int64]
    """Places of the recording's prints that were compared, cells of the recording."""
    agreement: Floats
    """Of each print: 1 when all measurements have its signs, 0 on average by chance."""

    @property
    def recording_id(self) -> str:
        """The recording."""
        return self.segment.id_of(self.track)

    @property
    def score(self) -> float:
        """How far the agreement is from chance, in standard deviations of chance."""
        return float(self.agreement.sum() / np.sqrt(max(len(self.agreement), 1)) / SPREAD)


@dataclass(frozen=True, eq=False)
class Hits:
    """Prints of one segment that look like prints of an excerpt."""

    track: NDArray[np.int64]
    offset: NDArray[np.int64]
    weight: NDArray[np.int64]


@cache
def _flips() -> tuple[Floats, NDArray[np.int64]]:
    """Return which of the uncertain bits each probe turns round: as a matrix, and counted."""
    chosen = (np.arange(1 << PROBED_BITS)[:, None] >> np.arange(PROBED_BITS)) & 1
    return chosen.astype(np.float32), chosen.astype(np.int64)


def probes(
    measured: Floats, bits: NDArray[np.int64], count: int, lowest: int
) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
    """Return the keys under which prints are looked up, the likeliest first.

    Parameters
    ----------
    measured
        Shape (n, BITS).
    bits
        Their prints, shape (n,).
    count
        Keys for each print.
    lowest
        The key's bits from here on name a bucket; only these are turned round.

    Returns
    -------
    keys
        Shape (n * count,).
    which
        The print of each.
    """
    sure = np.abs(measured[:, lowest:KEY_BITS])
    uncertain = np.argpartition(sure, PROBED_BITS, axis=1)[:, :PROBED_BITS]
    cost = np.take_along_axis(sure, uncertain, axis=1) @ _flips()[0].T
    best = np.argpartition(cost, count, axis=1)[:, :count]
    turned = _flips()[1][best] << (uncertain + lowest)[:, None, :]
    keys = keys_of(bits).astype(np.int64)[:, None] ^ turned.sum(axis=2)
    return keys.astype(np.uint32).ravel(), np.repeat(np.arange(len(bits)), count)


def hits(
    segment: Segment,
    alive: NDArray[np.bool_],
    at: NDArray[np.int64],
    measured: Floats,
    count: int,
) -> Hits:
    """Return prints of a segment that look like those of an excerpt."""
    bits = packed(measured)
    keys, which = probes(measured, bits, count, segment.shift)
    found, prints = segment.in_buckets(keys)
    which = which[found]
    different = np.bitwise_count(segment.bits[prints] ^ bits[which]).astype(np.int64)
    near = different <= MOST_DIFFERENT
    prints, which, different = prints[near], which[near], different[near]
    track = segment.tracks_of(prints)
    offset = segment.at[prints].astype(np.int64) - at[which]
    kept = alive[track]
    return Hits(track[kept], offset[kept], (BITS // 2 - different)[kept])


def candidates(found: Hits, most: int) -> Iterator[tuple[int, int, int]]:
    """Yield track, offset and weight of what most hits agree on, the heaviest first."""
    if not len(found.track):
        return
    order = np.lexsort((found.offset, found.track))
    track, offset, weight = found.track[order], found.offset[order], found.weight[order]
    starts = np.concatenate([[True], (np.diff(track) != 0) | (np.diff(offset) > SAME_OFFSET)])
    first = np.flatnonzero(starts)
    total = np.add.reduceat(weight, first)
    middle = np.add.reduceat(weight * offset, first) / total
    for best in np.argsort(-total, kind="stable")[:most]:
        yield int(track[first[best]]), round(float(middle[best])), int(total[best])


def compare(segment: Segment, track: int, offset: int, reading: Reading) -> Candidate | None:
    """Compare an excerpt with a place of a recording, print by print; a little to either side."""
    places, bits = segment.prints_of(track)
    low, high = reading.places
    some = (places >= offset + low + 2) & (places < offset + high - 2)
    at, bits = places[some].astype(np.int64), bits[some]
    if len(at) < FEWEST:
        return None
    signs = signs_of(bits)
    best = None
    for shift in (0, -1, 1, -2, 2):
        agreed = agreement(signs, reading.measure(at - offset - shift))
        if best is None or agreed.sum() > best[1].sum():
            best = shift, agreed
    assert best is not None
    return Candidate(segment, track, offset + best[0], reading, at, best[1])


def signs_of(bits: NDArray[np.int64]) -> Floats:
    """Return the signs of prints, -1 or 1, shape (n, BITS)."""
    set_ = np.unpackbits(
        bits.astype("<i8").view(np.uint8).reshape(-1, 8), axis=1, bitorder="little"
    )
    return set_.astype(np.float32) * 2 - 1


def agreement(signs: Floats, measured: Floats) -> Floats:
    """Return how well measurements agree with signs: -1 to 1, weighing clear ones more."""
    total = np.abs(measured).sum(axis=1)
    agreed: Floats = (signs * measured).sum(axis=1) / np.maximum(total, 1e-9)
    return agreed


def look_up(
    index: Index, reading: Reading, *, thorough: bool = False, most: int = VERIFIED
) -> list[Candidate]:
    """Look one reading up; return what was compared, the best first."""
    at = reading.grid(GRID) if thorough else reading.onsets
    if not len(at):
        return []
    measured = reading.measure(at)
    compared: list[Candidate] = []
    for segment, alive in zip(index.segments, index.alive, strict=True):
        found = hits(segment, alive, at, measured, MORE_PROBES if thorough else PROBES)
        for track, offset, _ in candidates(found, most):
            if one := compare(segment, track, offset, reading):
                compared.append(one)
    return sorted(compared, key=lambda c: -c.score)


def readings(excerpt: Excerpt, changes: Sequence[Alteration]) -> list[Reading]:
    """Read an excerpt in several ways."""
    return [excerpt.reading(change) for change in changes]

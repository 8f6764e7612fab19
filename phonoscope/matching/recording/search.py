"""Look an excerpt up: candidates by their keys, then what they are, print by print."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from phonoscope.columns import Floats
from phonoscope.features.fingerprints import (
    BITS,
    SEMITONE,
    STEP_SEMITONES,
    STRETCH_STEP,
    Alteration,
    packed,
)
from phonoscope.matching.recording.alignment import Candidate, compare
from phonoscope.matching.recording.excerpt import AlteredExcerpt, Excerpt
from phonoscope.matching.recording.index import Index
from phonoscope.matching.recording.segment import KEY_BITS, IndexSegment, keys_of

PROBED_BITS = 8
"""Uncertain bits of a key that are tried the other way round."""
PROBES = 16
MORE_PROBES = 32
GRID = 4
"""Cells between places when onsets are not enough: 62.5 ms."""
MOST_DIFFERENT, MORE_DIFFERENT = 17, 21
"""Bits of 64 in which a print may differ from the one that led to it; when thorough."""
SAME_OFFSET = 3
"""Cells by which the offsets of one match may lie apart."""
VERIFIED = 10
"""Candidates of a lookup that are compared print by print."""
CLOSER = 2
"""Of these, how many are compared at more than one place."""
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
class Places:
    """Places of one or several excerpts, measured."""

    excerpt: NDArray[np.int64]
    """Which excerpt, shape (n,)."""
    at: NDArray[np.int64]
    """Shape (n,), cells."""
    measured: Floats
    """Shape (n, BITS)."""


@dataclass(frozen=True, eq=False)
class Hits:
    """Prints of one segment that look like prints of an excerpt; all of shape (n,)."""

    excerpt: NDArray[np.int64]
    track: NDArray[np.int64]
    offset: NDArray[np.int64]
    weight: NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Lead:
    """A place worth comparing, and how much led there."""

    weight: int
    segment: IndexSegment
    track: int
    offset: int
    excerpt: AlteredExcerpt


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
    segment: IndexSegment, alive: NDArray[np.bool_], places: Places, *, thorough: bool
) -> Hits:
    """Return prints of a segment that look like those at some places."""
    bits = packed(places.measured)
    count, most = (MORE_PROBES, MORE_DIFFERENT) if thorough else (PROBES, MOST_DIFFERENT)
    keys, which = probes(places.measured, bits, count, segment.shift)
    found, prints = segment.in_buckets(keys)
    which = which[found]
    different = np.bitwise_count(segment.bits[prints] ^ bits[which])
    near = np.flatnonzero(different <= most)
    prints, which, weight = prints[near], which[near], BITS // 2 - different[near].astype(np.int64)
    track = segment.tracks_of(prints)
    offset = segment.at[prints] - places.at[which]
    counts = alive[track]
    return Hits(places.excerpt[which][counts], track[counts], offset[counts], weight[counts])


def leads_of(
    segment: IndexSegment, found: Hits, excerpts: Sequence[AlteredExcerpt], most: int
) -> list[Lead]:
    """Return what most hits agree on, the heaviest first."""
    if not len(found.track):
        return []
    order = np.lexsort((found.offset, found.track, found.excerpt))
    excerpt, track = found.excerpt[order], found.track[order]
    offset, weight = found.offset[order], found.weight[order]
    other = (np.diff(excerpt) != 0) | (np.diff(track) != 0) | (np.diff(offset) > SAME_OFFSET)
    first = np.flatnonzero(np.concatenate([[True], other]))
    total = np.add.reduceat(weight, first)
    middle = np.add.reduceat(weight * offset, first) / total
    best = np.argsort(-total, kind="stable")[:most]
    return [
        Lead(
            int(total[i]), segment, int(track[first[i]]), round(float(middle[i])),
            excerpts[int(excerpt[first[i]])],
        )
        for i in best
    ]  # fmt: skip


def leads(
    index: Index, excerpts: Sequence[AlteredExcerpt], *, thorough: bool = False
) -> list[Lead]:
    """Return where prints of excerpts were found, in no order."""
    at = [excerpt.grid(GRID) if thorough else excerpt.onsets for excerpt in excerpts]
    places = Places(
        np.repeat(np.arange(len(excerpts)), [len(some) for some in at]),
        np.concatenate(at),
        np.concatenate([r.measure(some) for r, some in zip(excerpts, at, strict=True)]),
    )
    if not len(places.at):
        return []
    found = []
    for segment, alive in zip(index.segments, index.alive, strict=True):
        near = hits(segment, alive, places, thorough=thorough)
        found += leads_of(segment, near, excerpts, VERIFIED)
    return found


def followed(found: list[Lead]) -> list[Candidate]:
    """Compare what the strongest leads point to; return it, the best first."""
    strongest = sorted(found, key=lambda lead: -lead.weight)[:VERIFIED]
    first = [c for x in strongest if (c := compare(x.segment, x.track, x.offset, x.excerpt))]
    first.sort(key=lambda c: -c.score)
    closer = [
        compare(c.segment, c.track, c.offset, c.excerpt, (0, -1, 1, -2, 2)) for c in first[:CLOSER]
    ]
    return sorted((c for c in closer if c), key=lambda c: -c.score)


def refined(found: Candidate, excerpt: Excerpt) -> Candidate:
    """Find how exactly a recording was altered, from about how."""
    for step in (0.5, 0.25):
        for speed, pitch in ((1, 1), (-1, -1), (0, 1), (0, -1), (1, 0), (-1, 0)):
            ratio = SEMITONE ** (STEP_SEMITONES * step)
            was = found.excerpt.change
            change = Alteration(was.speed * ratio**speed, was.pitch * ratio**pitch)
            altered = excerpt.altered(change)
            # What matched in the middle of the excerpt still does.
            middle = len(found.excerpt.moments) / 2
            offset = round(found.offset + middle * (1 - change.speed / was.speed))
            other = compare(found.segment, found.track, offset, altered, (0, -2, 2))
            if other and other.score > found.score:
                found = other
    return found

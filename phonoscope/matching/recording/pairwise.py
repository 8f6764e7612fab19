"""Two recordings compared: whether one is a copy of the other, and how it was altered."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from phonoscope.columns import Floats
from phonoscope.features.fingerprints import ALTERATIONS, BITS
from phonoscope.features.patches import CELLS_PER_S
from phonoscope.matching.recording.alignment import significance, signs_of
from phonoscope.matching.recording.pitch_shift import pitch_shift
from phonoscope.matching.recording.stored_fingerprints import NEAR, StoredFingerprints

ALIKE_BITS = 16
"""Bits of 64 in which two prints of the same moment differ at most."""
MOST_ALIKE = 4
"""Places that an anchor may match: the most similar ones."""
DRIFT = 0.03
"""Largest difference of the speed from that of the alteration."""
FEWEST = 4
"""Anchors that have to lie on one line."""
WITHIN_CENTS = 8.0
"""A pitch this near to that of the speed, or to the same pitch, is that."""
COPY_SHARE, ALTERED_COPY_SHARE = 0.85, 0.6
"""Of the moments that both recordings have, how many must be alike in a copy; in one that was
altered, of which only anchors at about its alteration are known."""
PLAIN_WITHIN = 0.01
AT_TEMPO = [at for at, change in enumerate(ALTERATIONS) if change.speed == 1.0]
"""Alterations of pitch alone."""
COPY_BITS = 9.0
"""Bits of 64 in which prints of a copy differ on average, at most."""
COPY_COVERS = 0.6
"""How much of the shorter recording a copy shares."""
COPY_SCORE = 9.0
"""Standard deviations from chance."""


@dataclass(frozen=True)
class Pair:
    """How one recording relates to another."""

    one: str
    other: str
    """The copy: ``one`` altered as follows."""
    speed: float
    """How much faster ``other`` runs."""
    pitch: float
    """How much higher it sounds, a ratio; equal to the speed where it was just played faster."""
    offset_s: float
    """Where the beginning of ``one`` lies in ``other``, s of ``other``; below 0 when it is cut."""
    begin_s: float
    """Begin and end in ``one`` of what both have, s."""
    end_s: float
    covers: float
    """How much of the shorter recording that is, 0 to 1."""
    alike: float
    """Share of the moments compared that are alike, 0 to 1."""
    bits: float
    """Bits of 64 in which alike prints differ on average."""
    score: float
    """Standard deviations from chance."""

    @property
    def copy(self) -> bool:
        """Whether it is the same recording, not only the same song or a part of it."""
        plain = max(abs(self.speed - 1), abs(self.pitch - 1)) < PLAIN_WITHIN
        return (
            self.alike >= (COPY_SHARE if plain else ALTERED_COPY_SHARE)
            and self.bits <= COPY_BITS
            and self.covers >= COPY_COVERS
            and self.score >= COPY_SCORE
        )


def related(one: StoredFingerprints, other: StoredFingerprints, alteration: int) -> Pair | None:
    """Compare two recordings, one of them altered; ``None`` when nothing lines up."""
    change = ALTERATIONS[alteration]
    line = _line(one.anchor_at / change.speed, one.anchor_bits[alteration], other)
    if line is None:
        return None
    slope, offset = line
    if alteration == 0 and abs(slope - 1) < PLAIN_WITHIN:
        at, bits = one.print_at, one.print_bits
    else:
        at, bits = one.anchor_at, one.anchor_bits[alteration]
    place = at / change.speed * slope + offset
    inside = (place >= other.print_at[0] - NEAR) & (place <= other.print_at[-1] + NEAR)
    if inside.sum() < FEWEST:
        return None
    nearest = _nearest(other.print_at, place[inside])
    beside = np.abs(other.print_at[nearest] - place[inside]) <= NEAR
    different = np.bitwise_count(bits[inside] ^ other.print_bits[nearest])
    alike = beside & (different <= ALIKE_BITS)
    if alike.sum() < FEWEST:
        return None
    speed = change.speed / slope
    mine, theirs = (_centred(b) for b in (bits[inside][beside], other.print_bits[nearest][beside]))
    begin_s, end_s = _overlap(one, other, speed, offset)
    shorter = min(one.seconds[1] - one.seconds[0], (other.seconds[1] - other.seconds[0]) * speed)
    return Pair(
        one=one.recording_id,
        other=other.recording_id,
        speed=speed,
        pitch=change.pitch * (speed / change.speed if change.pitch == change.speed else 1.0),
        offset_s=offset / CELLS_PER_S,
        begin_s=begin_s,
        end_s=end_s,
        covers=min(1.0, max(0.0, end_s - begin_s) / max(shorter, 1e-9)),
        alike=float(alike.mean()),
        bits=float(different[alike].mean()),
        score=significance(mine, theirs),
    )


def closest(one: StoredFingerprints, other: StoredFingerprints) -> Pair | None:
    """Compare two recordings in every alteration, either way round; return what fits best.

    Always with the first as ``one``: what was found the other way is swapped.
    """
    every = range(len(ALTERATIONS))
    there = (related(one, other, alteration) for alteration in every)
    back = (related(other, one, alteration) for alteration in every)
    found = [*(p for p in there if p), *(swapped(p) for p in back if p)]
    best = best_of(found)
    return refined(best, one, other) if best else None


def best_of(found: Iterable[Pair]) -> Pair | None:
    """Return the comparison that fits best; ``None`` of none."""
    return max(found, key=_fit, default=None)


def _fit(pair: Pair) -> float:
    return pair.alike - 2 * pair.bits / BITS


def refined(pair: Pair, one: StoredFingerprints, other: StoredFingerprints) -> Pair:
    """Return a comparison with its pitch measured, finer than the steps of the anchors.

    If the pitch that was measured belongs to another alteration, that is compared instead.

    Parameters
    ----------
    pair
        From :func:`related`, with ``one`` as one and ``other`` as the other.
    """
    cents = pitch_shift(one.pitch_profile, other.pitch_profile)
    if cents is None:
        return pair
    pair = _of_pitch(pair, one, other, cents)
    for usual in (pair.speed, 1.0):
        if abs(cents - _cents(usual)) <= WITHIN_CENTS:
            return dataclasses.replace(pair, pitch=usual)
    return dataclasses.replace(pair, pitch=2 ** (cents / 1200))


def _of_pitch(pair: Pair, one: StoredFingerprints, other: StoredFingerprints, cents: float) -> Pair:
    """Return the comparison in one of the two alterations around a pitch, at the same tempo."""
    if abs(pair.speed - 1) > DRIFT:
        return pair
    around = sorted(AT_TEMPO, key=lambda at: abs(_cents(ALTERATIONS[at].pitch) - abs(cents)))[:2]
    found = []
    for alteration in around:
        if cents >= 0:
            found.append(related(one, other, alteration))
        elif back := related(other, one, alteration):
            found.append(swapped(back))
    return max((one for one in found if one), key=lambda one: (one.copy, _fit(one)), default=pair)


def _cents(ratio: float) -> float:
    return 1200 * math.log2(ratio)


def swapped(pair: Pair) -> Pair:
    """Return the same relation from the other recording's side.

    A moment ``t`` of ``one`` is ``t / speed + offset_s`` of ``other``, in s.

    Examples
    --------
    >>> pair = Pair("a", "b", 1.25, 1.0, 4.0, 1.0, 31.0, 0.9, 0.95, 3.0, 12.0)
    >>> there = swapped(pair)
    >>> there.one, there.speed, there.offset_s, there.begin_s
    ('b', 0.8, -5.0, 4.8)
    """
    return dataclasses.replace(
        pair,
        one=pair.other,
        other=pair.one,
        speed=1 / pair.speed,
        pitch=1 / pair.pitch,
        offset_s=-pair.offset_s * pair.speed,
        begin_s=pair.begin_s / pair.speed + pair.offset_s,
        end_s=pair.end_s / pair.speed + pair.offset_s,
    )


def _centred(bits: NDArray[np.int64]) -> Floats:
    signs = signs_of(bits)
    centred: Floats = signs - signs.mean(axis=0)
    return centred


def _overlap(
    one: StoredFingerprints, other: StoredFingerprints, speed: float, offset: float
) -> tuple[float, float]:
    """Return begin and end of what both have, s of ``one``."""
    shift_s = offset / CELLS_PER_S
    begin_s = max(one.seconds[0], (other.seconds[0] - shift_s) * speed)
    return begin_s, min(one.seconds[1], (other.seconds[1] - shift_s) * speed)


def _nearest(places: NDArray[np.int64], wanted: NDArray[np.float64]) -> NDArray[np.int64]:
    after = np.clip(np.searchsorted(places, wanted), 1, max(1, len(places) - 1))
    if len(places) < 2:
        return np.zeros(len(wanted), np.int64)
    closer = wanted - places[after - 1] < places[after] - wanted
    return after - closer


def _line(
    at: NDArray[np.float64], bits: NDArray[np.int64], other: StoredFingerprints
) -> tuple[float, float] | None:
    """Find slope and offset of the line on which most anchors lie.

    Every two anchors that are far apart give a line; the one with most others near it counts,
    then a least-squares fit through those.
    """
    different = np.bitwise_count(bits[:, None] ^ other.print_bits[None, :])
    # Most pairs that share a key do so by chance, and end here, before anything is sorted.
    alike = np.flatnonzero(different.min(axis=1) <= ALIKE_BITS)
    if len(alike) < FEWEST:
        return None
    different = different[alike]
    likest = np.argsort(different, axis=1, kind="stable")[:, :MOST_ALIKE]
    few = np.zeros(different.shape, bool)
    np.put_along_axis(few, likest, values=True, axis=1)
    row, found = np.nonzero(few & (different <= ALIKE_BITS))
    anchor = alike[row]
    x, y = at[anchor], other.print_at[found].astype(np.float64)
    first, second = np.nonzero(x[None, :] - x[:, None] > 4 * CELLS_PER_S)
    slope = (y[second] - y[first]) / (x[second] - x[first])
    within = np.abs(slope - 1) <= DRIFT
    slope, offset = slope[within], y[first[within]] - slope[within] * x[first[within]]
    if not len(slope):
        return None
    # A line through two near anchors misses far ones by more.
    near = np.abs(slope[:, None] * x + offset[:, None] - y) <= 2 * NEAR
    best = near[int(near.sum(axis=1).argmax())]
    if len(np.unique(anchor[best])) < FEWEST:
        return None
    fitted, constant = np.polyfit(x[best], y[best], 1)
    return float(fitted), float(constant)

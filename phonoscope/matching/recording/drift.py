"""How the place of an excerpt drifts: the exact speed of a copy that matches at about the speed.

Prints match although a copy runs a few per cent faster, but the later ones lie ever further from
their places. The drift with which most prints agree is the speed that was missed.
"""

from __future__ import annotations

import numpy as np

from phonoscope.features.fingerprints import SEMITONE, Alteration
from phonoscope.matching.recording.alignment import CLEAR, Candidate, compare, signs_of
from phonoscope.matching.recording.excerpt import Excerpt

MOST = 0.06
"""Largest drift that is looked for, a share of the speed."""
STEP = 0.0025
WITHIN = 6
"""Cells by which the middle of the excerpt may be off its place."""
TURNS = 3
"""Speed and pitch are measured in turns: each is exact only when the other is about right."""
AGREES_WELL = 0.92
"""Mean agreement of prints from which the pitch is right."""
WITHIN_PITCH = 0.006
"""A pitch is measured within 10 cents."""
PITCH_STEPS = (0.6, 0.3, 0.15, 0.08)
"""Semitones."""
SHIFTS = (0, -1, 1, -2, 2)


def closer(found: Candidate, excerpt: Excerpt) -> Candidate:
    """Return a candidate at the speed and pitch that fit best, near those it was found with.

    Parameters
    ----------
    found
        A place that an excerpt was recognised as.
    excerpt
        The excerpt, not altered.
    """
    for _ in range(TURNS):
        before = found
        found = _at_its_pitch(_at_its_speed(found, excerpt), excerpt)
        if found is before:
            break
    return _at_the_usual_pitch(found, excerpt)


def _at_the_usual_pitch(found: Candidate, excerpt: Excerpt) -> Candidate:
    """Return a candidate with the pitch that its speed gives, or 1, if its own is close to that."""
    change = found.excerpt.change
    for usual in (change.speed, 1.0):
        if change.pitch != usual and abs(change.pitch / usual - 1) <= WITHIN_PITCH:
            altered = excerpt.altered(Alteration(change.speed, usual))
            other = compare(found.segment, found.track, found.offset, altered, SHIFTS)
            return other or found
    return found


def _at_its_speed(found: Candidate, excerpt: Excerpt) -> Candidate:
    drift, moved = drift_of(found)
    if abs(drift) < STEP / 2:
        return found
    was = found.excerpt.change
    middle = len(found.excerpt.moments) / 2
    offset = round(found.offset + moved - middle * drift)
    for pitch in (was.pitch * (1 + drift), was.pitch):
        change = Alteration(was.speed * (1 + drift), pitch)
        found = _better(found, excerpt, change, offset)
    return found


def _at_its_pitch(found: Candidate, excerpt: Excerpt) -> Candidate:
    if float(found.agreement.mean()) > AGREES_WELL:
        return found
    for semitones in PITCH_STEPS:
        for step in (semitones, -semitones):
            was = found.excerpt.change
            change = Alteration(was.speed, was.pitch * SEMITONE**step)
            found = _better(found, excerpt, change, found.offset)
    return found


def _better(found: Candidate, excerpt: Excerpt, change: Alteration, offset: int) -> Candidate:
    other = compare(found.segment, found.track, offset, excerpt.altered(change), SHIFTS)
    return other if other and other.score > found.score else found


def drift_of(found: Candidate) -> tuple[float, float]:
    """Return how much faster the excerpt runs than it was read, and how its middle is off.

    Returns
    -------
    drift
        A share of the speed; 0.05 is 5% faster.
    moved
        Cells by which the middle of the excerpt lies later in the recording.
    """
    places, bits = found.segment.prints_of(found.track)
    chosen = np.searchsorted(places, found.at)
    signs = signs_of(bits[chosen])
    signs -= signs.mean(axis=0)
    there = found.at - found.offset
    low, high = found.excerpt.places
    middle = len(found.excerpt.moments) / 2
    reach = int(np.ceil(MOST * max(abs(there - middle), default=0))) + WITHIN
    shifts = np.arange(-reach, reach + 1)
    looked = np.clip(there[None, :] - shifts[:, None], low, high - 1)
    measured = found.excerpt.measure(looked.ravel()).reshape(len(shifts), len(there), -1)
    agreed = (np.clip(measured, -CLEAR, CLEAR) * signs).sum(axis=2)
    drifts = np.arange(-MOST, MOST + STEP / 2, STEP)
    best = (-np.inf, 0.0, 0.0)
    for moved in range(-WITHIN, WITHIN + 1):
        wanted = np.rint(moved + drifts[:, None] * (there - middle)).astype(np.int64) + reach
        wanted = np.clip(wanted, 0, len(shifts) - 1)
        total = agreed[wanted, np.arange(len(there))].sum(axis=1)
        at = int(total.argmax())
        best = max(best, (float(total[at]), float(drifts[at]), float(moved)))
    return best[1], best[2]

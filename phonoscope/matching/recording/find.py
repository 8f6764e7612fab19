"""Which recordings a sound contains, and where: an excerpt, a song, or an hour of radio."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from dataclasses import dataclass

from phonoscope.defaults import FALSE_MATCHES
from phonoscope.matching.recording.excerpt import EXCERPT_S, Excerpt
from phonoscope.matching.recording.index import Index
from phonoscope.matching.recording.match import Match, Query, recognise
from phonoscope.progress import NoProgress, Progress

PASSAGE_S = 5.0
"""Excerpts in which short copied passages are looked for."""
BEYOND_S = 0.75
"""A fingerprint covers this much sound on either side of its onset."""
SAME_PLACE_S = 0.5
"""Consecutive excerpts belong to one passage if their places differ by less."""
SAME_SPEED = 0.02
WITHIN_S = 2.0
"""How far a repeated part may be off its place in the surer passage."""
LONGEST_GAP_S = 20.0
"""A passage continues after this much unrecognised sound, if the places fit."""


@dataclass(frozen=True)
class Passage:
    """A part of a sound that is part of one recording."""

    recording_id: str
    begin_s: float
    """Begin and end, s of the sound."""
    end_s: float
    there_begin_s: float
    """Begin and end in the recording, s."""
    there_end_s: float
    speed: float
    """How much faster the sound runs than the recording."""
    pitch: float
    """How much higher it sounds, a ratio of frequencies."""
    score: float
    """Of the excerpt that matches best, standard deviations from chance."""
    p_false: float
    """Probability that any excerpt of the sound matches like the best one when nothing is there."""
    excerpts: int
    """Excerpts that were recognised as part of it."""


def excerpt_s(*, passages: bool) -> float:
    """Return how long the excerpts are in which a sound is looked up, s."""
    return PASSAGE_S if passages else EXCERPT_S


def find(
    index: Index,
    sound: Iterable[Excerpt],
    *,
    altered: bool = True,
    false_matches: float = FALSE_MATCHES,
    progress: Progress | None = None,
) -> list[Passage]:
    """Return what a sound contains of the recordings in an index, in order of time.

    Parameters
    ----------
    index
        The recordings.
    sound
        The sound in excerpts of :func:`excerpt_s`, in order.
    altered
        Also look for copies that were sped up, shifted or stretched.
    false_matches
        Share of sounds in which something that is not there may be recognised.
    progress
        Takes in how far it is, in seconds of the sound.

    Raises
    ------
    UnreadableError
        When the sound can't be decoded.
    """
    progress = progress or NoProgress()
    found: list[Match] = []
    tried, done_s = 0, 0.0
    for excerpt in sound:
        if not tried:
            progress.start("find", unit="s", total=excerpt.declared_s)
        found += recognise(index, Query(excerpt, altered, false_matches))
        tried += 1
        progress.advance(excerpt.stop_s - done_s)
        done_s = excerpt.stop_s
    # Every excerpt is another chance to err: what one alone may show must be rarer in a long sound.
    rated = (
        dataclasses.replace(stretch, p_false=min(1.0, stretch.p_false * tried))
        for stretch in stretches(found)
    )
    return [stretch for stretch in rated if stretch.p_false <= false_matches]


def stretches(found: Iterable[Match]) -> list[Passage]:
    """Join the matches of excerpts that follow each other, in order of time."""
    open_: list[Passage] = []
    done: list[Passage] = []
    for match in found:
        fresh = _stretch(match)
        done += [s for s in open_ if fresh.begin_s - s.end_s > LONGEST_GAP_S]
        open_ = [s for s in open_ if fresh.begin_s - s.end_s <= LONGEST_GAP_S]
        for at, stretch in enumerate(open_):
            if _continues(stretch, fresh):
                open_[at] = _joined(stretch, fresh)
                break
        else:
            open_.append(fresh)
    return sorted(_apart([*done, *open_]), key=lambda s: (s.begin_s, -s.score))


def _apart(found: Iterable[Passage]) -> list[Passage]:
    """Return passages without those that repeat a part of a surer one, at another speed."""
    kept: list[Passage] = []
    for passage in sorted(found, key=lambda p: (-p.excerpts, -p.score)):
        if not any(_holds(other, passage) for other in kept):
            kept.append(passage)
    return kept


def _holds(one: Passage, other: Passage) -> bool:
    """Whether a passage lies within another, in the sound and about so in the recording."""
    begin_s, end_s = (
        one.there_begin_s + (at_s - one.begin_s) * one.speed
        for at_s in (other.begin_s, other.end_s)
    )
    return (
        one.recording_id == other.recording_id
        and one.begin_s - BEYOND_S <= other.begin_s
        and other.end_s <= one.end_s + BEYOND_S
        and abs(begin_s - other.there_begin_s) <= WITHIN_S
        and abs(end_s - other.there_end_s) <= WITHIN_S
    )


def _stretch(match: Match) -> Passage:
    # What a first print stands for cannot begin before the sound or the recording does.
    lead_s = max(0.0, min(BEYOND_S, match.there_s, match.begin_s * match.speed))
    length_s = (match.end_s - match.begin_s) * match.speed
    return Passage(
        recording_id=match.recording_id,
        begin_s=match.begin_s - lead_s / match.speed,
        end_s=match.end_s + BEYOND_S / match.speed,
        there_begin_s=match.there_s - lead_s,
        there_end_s=match.there_s + length_s + BEYOND_S,
        speed=match.speed,
        pitch=match.pitch,
        score=match.score,
        p_false=match.p_false,
        excerpts=1,
    )


def _continues(stretch: Passage, fresh: Passage) -> bool:
    expected = stretch.there_begin_s + (fresh.begin_s - stretch.begin_s) * stretch.speed
    # A slightly wrong speed adds up along a stretch.
    off = SAME_PLACE_S + 0.01 * (fresh.begin_s - stretch.begin_s)
    return (
        stretch.recording_id == fresh.recording_id
        and abs(fresh.speed / stretch.speed - 1) <= SAME_SPEED
        and abs(expected - fresh.there_begin_s) <= off
    )


def _joined(stretch: Passage, fresh: Passage) -> Passage:
    best = fresh if fresh.score > stretch.score else stretch
    return dataclasses.replace(
        best,
        begin_s=min(stretch.begin_s, fresh.begin_s),
        end_s=max(stretch.end_s, fresh.end_s),
        there_begin_s=min(stretch.there_begin_s, fresh.there_begin_s),
        there_end_s=max(stretch.there_end_s, fresh.there_end_s),
        excerpts=stretch.excerpts + fresh.excerpts,
    )


def covered_s(found: Iterable[Passage]) -> float:
    """Return how much of a sound is of some recording, s; what two share counts once."""
    total, reached = 0.0, 0.0
    for stretch in sorted(found, key=lambda s: s.begin_s):
        total += max(0.0, stretch.end_s - max(stretch.begin_s, reached))
        reached = max(reached, stretch.end_s)
    return total

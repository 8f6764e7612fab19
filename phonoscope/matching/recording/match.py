"""Recognise an excerpt: first as it is, then thoroughly, then as an altered copy."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from phonoscope.columns import Floats
from phonoscope.defaults import FALSE_MATCHES
from phonoscope.features.patches import CELLS_PER_S
from phonoscope.matching.recording.alignment import Candidate
from phonoscope.matching.recording.drift import closer
from phonoscope.matching.recording.excerpt import AlteredExcerpt, Excerpt
from phonoscope.matching.recording.index import Index
from phonoscope.matching.recording.search import ALTERED, PLAIN, followed, leads, refined

_NEARLY_AS_WELL = 0.5
_AGREES = 0.25
"""What a print adds to the correlation when it is of the recording, at least; by chance 0."""
_TRIED = 3
"""Ways of looking up, each of which may err."""


@dataclass(frozen=True)
class Chance:
    """How the best score of an excerpt that is not there is spread, beyond a high one."""

    score: float
    share: float
    """Share of absent excerpts above that score."""
    fall: float
    """By how much the score grows until only a share 1/e of these is left."""

    def of(self, score: float) -> float:
        """Return the probability that an absent excerpt reaches a score."""
        return min(1.0, self.share * math.exp((self.score - score) / self.fall))


CHANCE = {
    "plain": Chance(6.0, 0.01, 0.62),
    "thorough": Chance(7.9, 0.01, 0.75),
    "altered": Chance(9.4, 0.01, 0.95),
}
"""Measured on excerpts of absent recordings among 100,000 others; see ``bench/README.md``."""


@dataclass(frozen=True)
class Match:
    """An excerpt, recognised."""

    recording_id: str
    begin_s: float
    """What matches, s of the sound looked up."""
    end_s: float
    there_s: float
    """Where that begins in the recording, s."""
    speed: float
    """How much faster the sound runs than the recording."""
    pitch: float
    """How much higher it sounds, a ratio of frequencies."""
    score: float
    p_false: float
    """Probability that an excerpt of a recording that is not there matches this well."""
    way: str
    """``plain``, ``thorough`` or ``altered``."""


@dataclass(frozen=True, eq=False)
class Query:
    """An excerpt to be looked up; what is computed of it is cached."""

    excerpt: Excerpt
    altered: bool = True
    """Whether it may be looked up as an altered copy."""
    false_matches: float = FALSE_MATCHES

    @cached_property
    def plain(self) -> AlteredExcerpt:
        """It as it is."""
        return self.excerpt.altered(PLAIN)

    @cached_property
    def altered_excerpts(self) -> list[AlteredExcerpt]:
        """It as every altered copy that is searched."""
        return [self.excerpt.altered(change) for change in ALTERED]

    def prepare(self) -> None:
        """Compute all that does not depend on an index."""
        for excerpt in (self.plain, *(self.altered_excerpts if self.altered else ())):
            assert excerpt.onsets is not None


def recognise(index: Index, query: Query) -> list[Match]:
    """Return the recordings that an excerpt is of, the surest first; none when none is sure."""
    sure = _sure(followed(leads(index, [query.plain])), query, "plain")
    if not sure:
        sure = _sure(followed(leads(index, [query.plain], thorough=True)), query, "thorough")
    if not sure and query.altered:
        found = followed(leads(index, query.altered_excerpts))
        best = [refined(candidate, query.excerpt) for candidate in found[:1]]
        sure = _sure(best, query, "altered")
    return sure


def _sure(found: Iterable[Candidate], query: Query, way: str) -> list[Match]:
    """Return the candidates that are unlikely to be chance, each recording once."""
    chance = CHANCE[way]
    once: dict[str, Candidate] = {}
    ranked = sorted(found, key=lambda candidate: -candidate.score)
    for candidate in ranked:
        # Copies of what is recognised match about as well; what matches far worse is only like it.
        rare = chance.of(candidate.score) <= query.false_matches / _TRIED
        if rare and candidate.score >= _NEARLY_AS_WELL * ranked[0].score:
            once.setdefault(candidate.recording_id, candidate)
    return [_match(candidate, query, way) for candidate in once.values()]


def _match(found: Candidate, query: Query, way: str) -> Match:
    # The chance is that of the search: a closer look at one place finds better scores by chance.
    p_false = CHANCE[way].of(found.score)
    exact = closer(found, query.excerpt)
    change, start_s = exact.excerpt.change, query.excerpt.start_s
    run = agreeing(exact.agreement)
    first, last = (int(exact.at[i]) - exact.offset for i in run)
    return Match(
        recording_id=found.recording_id,
        begin_s=start_s + first / CELLS_PER_S / change.speed,
        end_s=start_s + last / CELLS_PER_S / change.speed,
        there_s=int(exact.at[run[0]]) / CELLS_PER_S,
        speed=change.speed,
        pitch=change.pitch,
        score=found.score,
        p_false=p_false,
        way=way,
    )


def agreeing(agreement: Floats) -> tuple[int, int]:
    """Return the first and the last print of the run that agrees: only there is it the recording.

    The run whose prints add most to the correlation beyond :data:`_AGREES` each (Kadane's
    algorithm, in J. Bentley, *Programming pearls*, CACM 1984).

    Parameters
    ----------
    agreement : ndarray, shape (n,), float32
        What each print adds to the correlation.

    Examples
    --------
    >>> agreeing(np.array([0.0, 0.9, 0.1, 0.8, 0.0, 0.0, 0.3], np.float32))
    (1, 3)
    """
    total = np.concatenate([[0.0], np.cumsum(agreement - _AGREES)])
    gain = total[1:] - np.minimum.accumulate(total[:-1])
    last = int(gain.argmax())
    return int(total[: last + 1].argmin()), last

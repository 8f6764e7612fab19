"""What repeats: sizes of albums, tracks of one ISRC, artists of a track, genres of an artist.

A pattern has a fixed number of rows, so that how many there are of everything is known exactly
for any number of tracks.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.int64]

ALBUM_SIZES = {1: 62, 4: 14, 6: 8, 14: 12, 21: 3, 40: 1}
"""Albums of each size among 100, which have 437 tracks: 4.370 a piece as published."""
BIG = 14
"""Tracks from which an album counts as big."""
ALBUM_BIG_SHARE = sum(n for size, n in ALBUM_SIZES.items() if size >= BIG) / 100
TRACKS_BIG = sum(size * n for size, n in ALBUM_SIZES.items() if size >= BIG)
TRACKS_SMALL = sum(size * n for size, n in ALBUM_SIZES.items() if size < BIG)

WELL, MISSING, MALFORMED, OTHER_DURATION, OTHER_TITLE = range(5)
"""What is planted in an ISRC's tracks."""
ISRC_GROUPS = {
    (1, WELL): 790, (2, WELL): 118, (2, OTHER_DURATION): 12, (2, OTHER_TITLE): 10,
    (3, WELL): 32, (3, OTHER_DURATION): 8, (4, WELL): 15, (5, WELL): 8, (6, WELL): 2,
    (10, WELL): 2, (15, WELL): 1, (20, WELL): 2, (1, MISSING): 10, (1, MALFORMED): 5,
    (2, MALFORMED): 2,
}  # fmt: skip
"""Tracks and state of ISRCs: 1,000 well-formed ones on 1,377 tracks, as published; 19 others."""

CREDITS = {1: 7400, 2: 1806, 3: 594, 4: 200}
"""Artists of a track among 10,000 tracks: 13,594 in all, as published."""
MOST_CREDITS = max(CREDITS)
GENRES_OF = {0: 8975, 1: 700, 2: 230, 3: 95}
"""Genres of an artist among 10,000 artists: 1,445 in all, as published."""


@dataclass(frozen=True)
class Pattern:
    """Groups in a row, repeated without end.

    Attributes
    ----------
    size
        Members of each group, shape (groups,).
    group, member
        Group of each member and its place there from 0, shape (members,).
    """

    size: Array
    group: Array
    member: Array

    @property
    def members(self) -> int:
        """Members before it repeats."""
        return len(self.group)

    def groups_in(self, members: int) -> int:
        """Return how many groups the first members belong to, the last perhaps cut."""
        whole, rest = divmod(members, self.members)
        return whole * len(self.size) + (int(self.group[rest - 1]) + 1 if rest else 0)

    def members_in(self, groups: int) -> int:
        """Return how many members the first groups have."""
        whole, rest = divmod(groups, len(self.size))
        return whole * self.members + int(self.size[:rest].sum())

    def size_in(self, members: int) -> Array:
        """Return the size of each group that is there once more, for what repeats is the same."""
        return np.bincount(self.group[: members % self.members], minlength=len(self.size))


def pattern(sizes: Array) -> Pattern:
    """Return the pattern of groups of these sizes; a group may have none."""
    group = np.repeat(np.arange(len(sizes)), sizes)
    starts = np.cumsum(sizes) - sizes
    return Pattern(sizes, group, np.arange(len(group)) - starts[group])


def _mixed(counts: dict[int, int]) -> Array:
    sizes = np.repeat(list(counts), list(counts.values()))
    return np.random.default_rng(20251220).permutation(sizes)


def albums() -> Pattern:
    """Return tracks by album."""
    return pattern(_mixed(ALBUM_SIZES))


def credits() -> Pattern:
    """Return artists by track."""
    return pattern(_mixed(CREDITS))


def genres() -> Pattern:
    """Return genres by artist."""
    return pattern(_mixed(GENRES_OF))


def isrcs() -> tuple[Pattern, Array]:
    """Return tracks by ISRC, and the state of each ISRC."""
    kinds = np.repeat(np.array(list(ISRC_GROUPS)), list(ISRC_GROUPS.values()), axis=0)
    kinds = np.random.default_rng(20251221).permutation(kinds)
    return pattern(kinds[:, 0].copy()), kinds[:, 1].copy()

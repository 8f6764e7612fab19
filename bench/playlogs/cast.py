"""The accounts of a log: their numbers, kinds and groups."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from bench.playlogs.world import Ints, World


@dataclass
class Cast:
    """The accounts of a log, and its attacked tracks."""

    world: World
    days: int
    kinds: list[str] = field(default_factory=list)
    """Kind of each account, in order of their numbers."""
    groups: list[int] = field(default_factory=list)
    """Group of each account; -1 without one."""
    attacked: dict[int, str] = field(default_factory=dict)
    """Kind of attack by track; the first that took it."""
    _group: int = 0

    def accounts(self, kind: str, count: int, *, group: int = -1) -> Ints:
        """Return numbers of new accounts."""
        first = len(self.kinds)
        self.kinds += [kind] * count
        self.groups += [group] * count
        return np.arange(first, first + count)

    def group(self) -> int:
        """Return the number of a new group."""
        self._group += 1
        return self._group - 1

    def targets(self, kind: str, count: int, rng: np.random.Generator) -> Ints:
        """Return tracks to attack, by unknown artists that aren't attacked yet."""
        tracks = self.world.unknown_tracks(count, rng)
        for track in tracks.tolist():
            self.attacked.setdefault(track, kind)
        return tracks

    def known_targets(self, kind: str, count: int, rng: np.random.Generator) -> Ints:
        """Return tracks to attack, by one artist with listeners who isn't attacked yet."""
        tracks = self.world.middling_artist(rng)[:count]
        for track in tracks.tolist():
            self.attacked.setdefault(track, kind)
        return tracks

"""What a system says of a log, and what a system is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from bench.playbench.log import Log


class Missing(Exception):
    """A system cannot be asked here: something that it needs is not there."""


@dataclass(frozen=True)
class Answer:
    """What a system says of one log."""

    accounts: frozenset[str]
    """Accounts said to be artificial."""
    tracks: frozenset[str]
    """Tracks said to be attacked."""
    doubted: frozenset[str] = frozenset()
    """Accounts of which it says that it cannot tell."""
    artificial_share: float | None = None
    """Estimated share of all plays that are artificial."""
    track_artificial: Mapping[str, float] = field(default_factory=dict)
    """Estimated artificial plays by track; a track that it does not name has none."""


class System(Protocol):
    """One way to tell artificial plays."""

    name: str

    def answer(self, log: Log) -> Answer:
        """Return what it says of a log.

        Raises
        ------
        Missing
            When it cannot be asked.
        """
        ...

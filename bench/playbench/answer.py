"""The answer of a system about a log."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from bench.playbench.log import Log


class Missing(Exception):
    """A system can't run here, because something that it needs is missing."""


@dataclass(frozen=True)
class Answer:
    """The answer of a system about one log."""

    accounts: frozenset[str]
    """Accounts flagged as artificial."""
    tracks: frozenset[str]
    """Tracks flagged as attacked."""
    doubted: frozenset[str] = frozenset()
    """Undecided accounts."""
    artificial_share: float | None = None
    """Estimated share of all plays that are artificial."""
    track_artificial: Mapping[str, float] = field(default_factory=dict)
    """Estimated artificial plays by track; other tracks have none."""


class System(Protocol):
    """A system that flags artificial plays."""

    name: str

    def answer(self, log: Log) -> Answer:
        """Return its answer about a log.

        Raises
        ------
        Missing
            When it can't run here.
        """
        ...

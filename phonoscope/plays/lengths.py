"""How long plays last."""

from __future__ import annotations

from dataclasses import dataclass

LEAST_KNOWN = 50
"""Plays of known length from which on their lengths say something."""
WHOLE = 0.9
"""Who plays so many tracks to their end may be a shop or asleep, whatever else is seen."""


@dataclass(frozen=True)
class Lengths:
    """How long plays last: plays of known length, and how many ended when."""

    known: int
    uncounted: int
    """Under 30 s."""
    barely: int
    """30 to 35 s."""
    whole: int
    """At the track's end."""

    def share(self, of: int) -> float | None:
        """Return a share of the plays of known length."""
        return of / self.known if self.known else None

    @property
    def are_whole(self) -> bool:
        """Whether tracks are played to their end, as in shops and beside sleepers."""
        return self.known >= LEAST_KNOWN and self.whole >= WHOLE * self.known

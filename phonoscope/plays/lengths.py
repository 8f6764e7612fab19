"""How long plays last."""

from __future__ import annotations

from dataclasses import dataclass

LEAST_KNOWN = 50
"""Least plays of known length to judge by them."""
WHOLE = 0.9
"""An account that plays this share of tracks to the end may be a shop or asleep."""


@dataclass(frozen=True)
class Lengths:
    """How long plays last: plays of known length, and how many of them ended when."""

    known: int
    uncounted: int
    """Under 30 s."""
    barely: int
    """30 to 35 s."""
    whole: int
    """At the track's end."""

    def __sub__(self, other: Lengths) -> Lengths:
        """Return the lengths of all other plays."""
        return Lengths(
            self.known - other.known,
            self.uncounted - other.uncounted,
            self.barely - other.barely,
            self.whole - other.whole,
        )

    def share(self, of: int) -> float | None:
        """Return a share of the plays of known length."""
        return of / self.known if self.known else None

    @property
    def are_whole(self) -> bool:
        """Whether tracks are played to the end, as in shops and by people who are asleep."""
        return self.known >= LEAST_KNOWN and self.whole >= WHOLE * self.known

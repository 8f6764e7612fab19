"""One number of an answer, and a share of rows as one."""

from __future__ import annotations

from dataclasses import dataclass, field

from phonoscope.interval import Interval, wilson
from phonoscope.text import between, percent


@dataclass(frozen=True)
class Figure:
    """One number of an answer, with what it rests on."""

    name: str
    """Stable name, e.g. ``"duration_median_s"``."""
    value: float | int | None
    unit: str
    """E.g. ``"s"``, ``"share"``, ``"recordings"``."""
    interval: Interval | None = None
    """95 % interval, taking the catalogue as a sample; ``None`` for a plain count."""
    n: int | None = None
    """Number of rows it rests on."""


@dataclass(frozen=True)
class Share:
    """A share of rows, counted exactly, with its interval.

    Examples
    --------
    >>> share = Share(3, 60)
    >>> str(share), share.figure("explicit_share").n
    ('5.0%', 60)
    """

    hits: int
    total: int
    interval: Interval = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "interval", wilson(self.hits, self.total))

    @property
    def value(self) -> float:
        """The share, 0 to 1."""
        return self.hits / self.total

    def figure(self, name: str) -> Figure:
        """Return the share as a figure."""
        return Figure(name, self.value, "share", self.interval, self.total)

    def __str__(self) -> str:
        return percent(self.value)

    def certainty(self) -> str:
        """Say how sure the share is."""
        low, high = between(*self.interval)
        return (
            f"{percent(self.value)} is exact for this catalogue. If it is a sample of something "
            f"larger, the share there lies between {low} and {high} (95% interval after Wilson, "
            f"n\u00a0=\u00a0{self.total:,})."
        )

"""One number of an answer, and a share of rows as one."""

from __future__ import annotations

from dataclasses import dataclass, field

from phonoscope.interval import Interval, wilson
from phonoscope.messages import Message, gettext
from phonoscope.text import Quantity, between, percent


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
    >>> share.text, share.figure("explicit_share").n
    ('5.0%', 60)
    >>> gettext("{share} (95% interval {low} to {high}) are blue.", **share.words)
    '5.0% (95% interval 1.7% to 14%) are blue.'
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

    @property
    def text(self) -> Quantity:
        """The share as a percentage."""
        return percent(self.value)

    @property
    def words(self) -> dict[str, Quantity]:
        """Values for a message: ``{share}``, and ``{low}`` to ``{high}`` of its interval."""
        low, high = between(*self.interval)
        return {"share": self.text, "low": low, "high": high}

    def certainty(self) -> Message:
        """Return how sure the share is."""
        return gettext(
            "{share} is exact for this catalogue (n\u00a0=\u00a0{n}). If the catalogue is a sample "
            "of a larger collection, the share there is {low} to {high} (95% Wilson interval).",
            n=self.total,
            **self.words,
        )

"""What services published of machine-made tracks that are delivered to them."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files

from phonoscope.text import count


@dataclass(frozen=True)
class Delivery:
    """One published statistic; ``findings/deliveries.toml`` describes the fields."""

    service: str
    published: str
    """Year and month: ``2025-11``."""
    tracks_a_day: int
    share: float | None = None

    @property
    def month(self) -> str:
        """The month in words: ``November 2025``."""
        return f"{date.fromisoformat(f'{self.published}-01'):%B %Y}"

    @property
    def amount(self) -> str:
        """How many it is, in words."""
        return f"{count(self.tracks_a_day)} tracks a day"


@cache
def deliveries() -> tuple[Delivery, ...]:
    """Return what was published, the oldest first.

    >>> deliveries()[0].month, deliveries()[0].amount
    ('January 2025', '10,000 tracks a day')
    """
    text = files("phonoscope.findings").joinpath("deliveries.toml").read_text("utf-8")
    known = (Delivery(**row) for row in tomllib.loads(text)["deliveries"])
    return tuple(sorted(known, key=lambda delivery: delivery.published))

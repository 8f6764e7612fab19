"""What services published about machine-made tracks delivered to them."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files

from phonoscope.messages import Message, gettext
from phonoscope.text import Quantity, month


@dataclass(frozen=True)
class Delivery:
    """One published statistic; ``findings/deliveries.toml`` describes the fields."""

    service: str
    published: str
    """Year and month: ``2025-11``."""
    tracks_a_day: int
    share: float | None = None

    @property
    def month(self) -> Quantity:
        """The month with its name: ``November 2025``."""
        return month(date.fromisoformat(f"{self.published}-01"))

    @property
    def amount(self) -> Message:
        """The number of tracks a day."""
        return gettext("{n} tracks a day", n=self.tracks_a_day)


@cache
def deliveries() -> tuple[Delivery, ...]:
    """Return what was published, the oldest first.

    >>> deliveries()[0].month, deliveries()[0].amount
    ('January 2025', '10,000 tracks a day')
    """
    text = files("phonoscope.findings").joinpath("deliveries.toml").read_text("utf-8")
    known = (Delivery(**row) for row in tomllib.loads(text)["deliveries"])
    return tuple(sorted(known, key=lambda delivery: delivery.published))

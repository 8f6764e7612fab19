"""A statement over the tables of a catalogue."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Statement:
    """A statement and the values of its parameters, by name."""

    text: str
    values: dict[str, Any]

"""What a cell of a source may hold: its kind, and how long it may be."""

from __future__ import annotations

from enum import StrEnum

MAX_TEXT_BYTES = 4096
"""A longer title, name or id is no fact but a fault of the source, or an attack."""


class CellKind(StrEnum):
    """What a cell holds; the value says it in an error."""

    ID = "id"
    TEXT = "text"
    INTEGER = "whole number"
    SECONDS = "seconds"
    REAL = "number"
    FLAG = "true or false"
    TIME = "time"
    PITCH = "pitch class"
    MODE = "mode"

"""The kind of a cell of a source, and its greatest length."""

from __future__ import annotations

from enum import StrEnum

MAX_TEXT_BYTES = 4096
"""A longer title, name or id is a fault of the source, or an attack."""


class CellKind(StrEnum):
    """What a cell holds."""

    ID = "id"
    TEXT = "text"
    INTEGER = "whole number"
    MILLISECONDS = "milliseconds"
    """A whole number of them, or a clock such as 3:45."""
    REAL = "number"
    FLAG = "true or false"
    TIME = "time"
    PITCH = "pitch class"
    MODE = "mode"

"""Registers Phonoscope's own features of a recording."""

from __future__ import annotations

from typing import Any

from phonoscope.plugins import hookimpl
from phonoscope.registry import registered


@hookimpl
def phonoscope_features() -> list[Any]:
    """Return one for each file that has a ``FEATURE``."""
    return registered("phonoscope.features", "FEATURE")

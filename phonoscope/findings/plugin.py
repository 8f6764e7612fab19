"""Registers Phonoscope's own findings about a catalogue."""

from __future__ import annotations

from typing import Any

from phonoscope.plugins import hookimpl
from phonoscope.registry import registered


@hookimpl
def phonoscope_findings() -> list[Any]:
    """Return one for each file that has a ``FINDING``."""
    return registered("phonoscope.findings.questions", "FINDING")

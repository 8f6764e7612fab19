"""Registers Phonoscope's own formats of metadata."""

from __future__ import annotations

from typing import Any

from phonoscope.plugins import hookimpl
from phonoscope.registry import registered


@hookimpl
def phonoscope_ingest_formats() -> list[Any]:
    """Return one for each file that has a ``FORMAT``."""
    return registered("phonoscope.ingest.formats", "FORMAT")

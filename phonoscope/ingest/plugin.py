"""Registers Phonoscope's own formats of metadata."""

from __future__ import annotations

from typing import Any

from phonoscope.plugins import hookimpl
from phonoscope.registry import registered


@hookimpl
def phonoscope_ingest_formats() -> list[Any]:
    """Return the ``FORMAT`` of each file that has one."""
    return registered("phonoscope.ingest.formats", "FORMAT")

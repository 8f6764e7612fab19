"""Registers Phonoscope's own findings about a catalogue."""

from __future__ import annotations

from phonoscope.findings.finding import Finding
from phonoscope.plugins import hookimpl
from phonoscope.registry import registered_instances


@hookimpl
def phonoscope_findings() -> list[Finding]:
    """Return every function with the decorator ``@finding``."""
    return registered_instances("phonoscope.findings.questions", Finding)

"""Registers Phonoscope's own standards of disclosure."""

from __future__ import annotations

from phonoscope.disclosure import aitags, gb45438, generators, iptc
from phonoscope.disclosure.standard import Standard
from phonoscope.plugins import hookimpl


@hookimpl
def phonoscope_disclosure_standards() -> list[Standard]:
    """Return the standards that are read from tags; C2PA is read from the file itself."""
    return [gb45438.declarations, iptc.declarations, aitags.declarations, generators.declarations]

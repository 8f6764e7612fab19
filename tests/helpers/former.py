"""A catalogue that an earlier version wrote, as it lies in tests/fixtures."""

from __future__ import annotations

import zipfile
from pathlib import Path

FIXTURE = Path(__file__).resolve().parents[1] / "fixtures" / "catalogue-format-1.zip"


def unpack_format_1(folder):
    """Unpack the catalogue in format 1 into a folder; returns its path."""
    into = folder / "format-1"
    with zipfile.ZipFile(FIXTURE) as archive:
        archive.extractall(into)
    return into

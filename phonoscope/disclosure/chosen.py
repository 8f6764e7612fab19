"""Files that the settings name, for parts that get no settings handed down."""

from __future__ import annotations

from pathlib import Path

from phonoscope.errors import UsageError
from phonoscope.settings import Settings


def chosen_file(name: str) -> Path | None:
    """Return the file that a setting names.

    Raises
    ------
    UsageError
        When the settings cannot be read.
    """
    try:
        found: Path | None = getattr(Settings(), name)
    except (OSError, ValueError) as error:
        raise UsageError(f"the settings cannot be read: {error}") from error
    return found

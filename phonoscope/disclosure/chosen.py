"""Files that the settings name, for code that gets no settings passed in."""

from __future__ import annotations

from pathlib import Path

from phonoscope.errors import UsageError
from phonoscope.escape import printable
from phonoscope.messages import gettext
from phonoscope.settings import Settings


def chosen_file(name: str) -> Path | None:
    """Return the file that a setting names.

    Raises
    ------
    UsageError
        When the settings can't be read.
    """
    try:
        found: Path | None = getattr(Settings(), name)
    except (OSError, ValueError) as error:
        raise UsageError(
            gettext("The settings can't be read: {reason}.", reason=printable(str(error))),
            code="unreadable-settings",
        ) from error
    return found

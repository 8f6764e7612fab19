"""What a plot counts, in words: the title of its axis, and a count with its noun."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from phonoscope.messages import gettext, ngettext


@dataclass(frozen=True)
class Noun:
    """What is counted.

    Examples
    --------
    >>> TRACKS.title, TRACKS.counted(1), TRACKS.counted(1204)
    ('Tracks', '1 track', '1,204 tracks')
    """

    title: str
    """The plural, as the title of an axis."""
    counted: Callable[[int], str]
    """Returns a count with the noun."""


RECORDINGS = Noun(
    gettext("Recordings"), lambda number: ngettext("{n} recording", "{n} recordings", number)
)
TRACKS = Noun(gettext("Tracks"), lambda number: ngettext("{n} track", "{n} tracks", number))

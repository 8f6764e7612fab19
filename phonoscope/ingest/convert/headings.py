"""Headings of columns: the words and the unit in them, whatever way they are written.

"Artist Name(s)", ``artist_names`` and ``artistName`` are the same words; "Track Duration (ms)" and
``trackDurationMs`` are the same words and the same unit. So a table of aliases needs each name once
and no spellings.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

MAX_HEADING = 100
"""Characters of a heading that are read; a longer one is a fault of the file."""


class Unit(StrEnum):
    """Unit that a heading states."""

    MILLISECONDS = "ms"
    SECONDS = "s"
    MINUTES = "min"
    PERCENT = "%"


TIME_MS = {Unit.MILLISECONDS: 1.0, Unit.SECONDS: 1000.0, Unit.MINUTES: 60_000.0}
"""Milliseconds in each unit of time."""
_UNITS = {
    **dict.fromkeys(("ms", "msec", "millis", "millisec", "millisecond"), Unit.MILLISECONDS),
    **dict.fromkeys(("s", "sec", "second"), Unit.SECONDS),
    **dict.fromkeys(("min", "minute"), Unit.MINUTES),
    **dict.fromkeys(("%", "percent", "percentage", "pct"), Unit.PERCENT),
}
_LEADING = {"ms", "millisecond", "sec", "second", "minute"}
"""Units that can come first, as in ``msPlayed``; ``min`` there rather means a minimum."""
_SAID_ANYWAY = {"bpm", "db", "decibel", "utc", "gmt"}
"""Units and zones that Phonoscope uses itself, so that nothing has to be converted."""
_OF_TIME = {"duration", "length", "time", "played", "runtime", "playtime"}
"""Words after which "(s)" means seconds; after others it makes a plural."""
_SYNONYMS = {
    "song": "track",
    "title": "name",
    "performer": "artist",
    "singer": "artist",
    "length": "duration",
    "runtime": "duration",
    "uri": "id",
    "identifier": "id",
    "disk": "disc",
    "no": "number",
    "nr": "number",
    "num": "number",
    "#": "number",
    "ranking": "rank",
    "position": "rank",
    "pos": "rank",
    "last": "previous",
    "prev": "previous",
    "highest": "peak",
    "best": "peak",
    "wk": "week",
    "board": "chart",
    "billboard": "chart",
}
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+|[^\W\d_]+|[%#]")
_PLURAL_OF_CAPITALS = re.compile(r"\b([A-Z]{2,5})s\b")
_POSSESSIVE = re.compile(r"['\u2019]s\b")
_IN_BRACKETS = re.compile(r"(\w{1,30})(\s{0,3})[(\[]\s*(s|es)\s*[)\]]", re.IGNORECASE)


@dataclass(frozen=True)
class Heading:
    """What a heading says."""

    words: tuple[str, ...]
    """Its words in lower case and singular, the same for synonyms; without the unit."""
    unit: Unit | None = None

    def without(self, noise: frozenset[str]) -> Heading:
        """Return the heading without words that add nothing; unchanged when nothing is left."""
        words = tuple(word for word in self.words if word not in noise)
        return Heading(words or self.words, self.unit)


@lru_cache(maxsize=1 << 14)
def read_heading(name: str) -> Heading:
    """Return the words and the unit of a heading.

    Parameters
    ----------
    name
        As written: with case, blanks, brackets, hyphens or underscores.

    Examples
    --------
    >>> read_heading("Track Duration (ms)").words, str(read_heading("trackDurationMs").unit)
    (('track', 'duration'), 'ms')
    >>> read_heading("Artist Name(s)") == read_heading("artist_names") == read_heading("ArtistName")
    True
    >>> read_heading("Duration(s)").unit == read_heading("duration in seconds").unit
    True
    """
    text = unicodedata.normalize("NFKC", name[:MAX_HEADING]).replace("\ufeff", " ")
    text = _POSSESSIVE.sub("", text)
    if "(" in text or "[" in text:
        text = _IN_BRACKETS.sub(_bracket, text)
    text = _PLURAL_OF_CAPITALS.sub(r"\1", text)
    words = [_singular(word.lower()) for word in _WORD.findall(text)]
    unit: Unit | None = None
    while len(words) > 1 and (words[-1] in _UNITS or words[-1] in _SAID_ANYWAY):
        unit = _UNITS.get(words.pop(), unit)
    if len(words) > 1 and unit is None and words[0] in _LEADING:
        unit = _UNITS[words.pop(0)]
    if len(words) > 1 and words[-1] == "in":
        words.pop()
    return Heading(tuple(_SYNONYMS.get(word, word) for word in words), unit)


def _bracket(found: re.Match[str]) -> str:
    """Return a word before "(s)" as seconds, or without the sign of a plural."""
    last = _WORD.findall(found[1])
    of_time = bool(last) and last[-1].lower() in _OF_TIME
    return f"{found[1]} s" if of_time and found[3].lower() == "s" else f"{found[1]} "


def _singular(word: str) -> str:
    """Return a word without the s of a plural; words such as "previous" and "this" have none."""
    if len(word) < 4 or not word.endswith("s") or word.endswith(("ss", "us", "is")):
        return word
    return word[:-1]

"""Marks that music generators write into comments and links of the files they export.

A mark only counts in a field that programs fill in (comment, link, encoder), and only in the exact
form that the generator writes: a phrase as the whole first clause, a link as the whole value. A
title with "Suno", a lyric, "not made with Suno", or "inspired by https://suno.com/song/..." doesn't
count. Graphs of ComfyUI count too (:mod:`phonoscope.disclosure.comfyui`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from phonoscope.disclosure import comfyui
from phonoscope.disclosure.fields import Field, shown_value, utc_of, values_of
from phonoscope.disclosure.model import Declaration, Making, Part

STANDARD = "generator-comment"
PLACES = ("comment", "url", "encoder")
"""Common names of the fields that are checked."""

_CLAUSE_ENDS = re.compile(r"[;|\n\r\0]")
_LONGEST = 1_000
_UUID = r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}"
_REST = r"(?:[/?#]\S*)?"


@dataclass(frozen=True)
class GeneratorPattern:
    """A form of mark that a generator is known to write."""

    tool: str
    """Name of the generator."""
    form: re.Pattern[str]
    """The pattern; case doesn't matter."""
    source: str
    """How we know about it."""
    is_clause: bool = False
    """Whether the pattern is matched against the first clause instead of the whole value."""


def _made_with(names: str) -> str:
    return (
        rf"(?:song |music |audio )?(?:made|created|generated) (?:with|by|using|on) (?:{names})\W?"
    )


def _link(address: str) -> str:
    return rf"<?(?:https?://)?(?:www\.)?{address}{_REST}>?"


def _phrase(tool: str, names: str, source: str) -> GeneratorPattern:
    return GeneratorPattern(
        tool, re.compile(_made_with(names), re.IGNORECASE), source, is_clause=True
    )


def _page(tool: str, address: str, source: str) -> GeneratorPattern:
    return GeneratorPattern(tool, re.compile(_link(address), re.IGNORECASE), source)


PATTERNS = (
    _phrase(
        "Suno",
        r"suno(?: studio| ai|\.ai|\.com)?(?: v?\d(?:\.\d)?\+?)?",
        "Exports of 2025 and 2026 carry 'made with suno; created=<time>; id=<uuid>', or 'made with "
        "suno studio; ...', in COMM; quoted in many public repositories.",
    ),
    _page(
        "Suno",
        rf"(?:app\.)?suno\.(?:com|ai)/song/{_UUID}",
        "The WOAS frame of exported mp3 files links to the song's page.",
    ),
    _page(
        "Suno",
        rf"cdn\d?\.suno\.ai/{_UUID}\.(?:mp3|m4a|wav|mp4)",
        "Address of the sound file itself, which download tools store in the link field.",
    ),
    _phrase(
        "Udio",
        r"udio(?: ai|\.com)?(?: v?\d(?:\.\d)?)?",
        "The attribution that Udio's terms require for free use. It isn't known whether Udio's "
        "exports contain it.",
    ),
    _page(
        "Udio",
        r"udio\.com/songs/[A-Za-z0-9]{10,40}",
        "Address of a song's page.",
    ),
    _page(
        "Mureka",
        r"mureka\.ai/song-detail/[A-Za-z0-9]{10,40}",
        "Address of a song's page.",
    ),
    _page(
        "Riffusion",
        rf"(?:riffusion\.com|producer\.ai)/(?:riff|song)/{_UUID}",
        "Address of a song's page; Riffusion became Producer in 2025.",
    ),
)
"""The known forms. The address of a song's page declares that the song was generated."""


_WHEN = re.compile(
    r"""(?<!\w)(?:created|generated|made|rendered|exported|date|time|timestamp)
    (?:[ _-]?(?:at|on|time|date))?\s{0,3}[=:]?\s{0,3}["']?
    (\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?\s?(?:Z|UTC|GMT|[+-]\d\d:?\d\d)?)?
    |\d{10}(?:\d{3})?(?!\d))""",
    re.IGNORECASE | re.VERBOSE,
)
"""A time after a word for it: ISO 8601, or seconds or milliseconds since 1970."""

_ZONE = re.compile(r"\s?(?:UTC|GMT|Z)$", re.IGNORECASE)
_FIRST_YEAR = 2010
"""Generators of music are younger; an earlier time isn't that of the recording."""


def declarations(fields: Sequence[Field]) -> Iterator[Declaration]:
    """Yield one declaration for every mark in a known form."""
    for found in values_of(fields, PLACES):
        for tool in dict.fromkeys(_tools(found.value)):
            yield Declaration(
                STANDARD,
                Part.WHOLE,
                Making.GENERATED,
                tool,
                None,
                found.place,
                shown_value(found.value),
                declared_utc=stated_utc(found.value),
            )
    graph = comfyui.declaration(fields)
    if graph is not None:
        yield graph


def stated_utc(comment: str) -> datetime | None:
    """Return the time that a comment states, as UTC without a zone; ``None`` if it states none.

    Examples
    --------
    >>> stated_utc("made with suno; created=2026-01-02T03:04:05.678Z; id=1")
    datetime.datetime(2026, 1, 2, 3, 4, 5)
    """
    found = _WHEN.search(comment[:_LONGEST])
    if found is None:
        return None
    text = found[1]
    if text.isdigit():
        seconds = int(text) // (1000 if len(text) == 13 else 1)
        when = datetime.fromtimestamp(seconds, UTC).replace(tzinfo=None)
    else:
        at = utc_of(_ZONE.sub("Z", text))
        if at is None:
            return None
        when = at
    return when if when.year >= _FIRST_YEAR else None


def _tools(value: str) -> Iterator[str]:
    whole = value[:_LONGEST].strip("\0 \t\r\n")
    first = _CLAUSE_ENDS.split(whole, maxsplit=1)[0].strip()
    for pattern in PATTERNS:
        if pattern.form.fullmatch(first if pattern.is_clause else whole):
            yield pattern.tool

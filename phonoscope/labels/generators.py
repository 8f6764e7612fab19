"""What music generators write into comments and links of the files they export.

A mark counts only in a field that programs fill in (comment, link, encoder) and only when
a whole clause of it has the very form the generator writes. A title with "Suno", a lyric,
"not made with Suno", or "inspired by https://suno.com/song/..." is no mark.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from phonoscope.labels.fields import Field, shown_value, values_of
from phonoscope.labels.model import Declaration, Making, Part

STANDARD = "generator-comment"
PLACES = ("comment", "url", "encoder")
"""Common names of the fields that are looked at."""

_CLAUSES = re.compile(r"[;|\n\r\0]+")
_MOST_CLAUSES = 20
_LONGEST_CLAUSE = 300
_UUID = r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}"
_REST = r"(?:[/?#]\S*)?"


@dataclass(frozen=True)
class Pattern:
    """One form of mark that one generator is known to write."""

    tool: str
    """Name of the generator."""
    form: re.Pattern[str]
    """Matches a whole clause, in any case of letters."""
    source: str
    """How we know of it."""


def _made_with(names: str) -> str:
    return (
        rf"(?:song |music |audio )?(?:made|created|generated) (?:with|by|using|on) (?:{names})\W?"
    )


def _link(address: str) -> str:
    return rf"<?(?:https?://)?(?:www\.)?{address}{_REST}>?"


def _pattern(tool: str, form: str, source: str) -> Pattern:
    return Pattern(tool, re.compile(form, re.IGNORECASE), source)


PATTERNS = (
    _pattern(
        "Suno",
        _made_with(r"suno(?: studio| ai|\.ai|\.com)?(?: v?\d(?:\.\d)?\+?)?"),
        "Exports of 2025 and 2026 carry 'made with suno; created=<time>; id=<uuid>', or 'made with "
        "suno studio; ...', in COMM; quoted in many public repositories.",
    ),
    _pattern(
        "Suno",
        _link(rf"(?:app\.)?suno\.(?:com|ai)/song/{_UUID}"),
        "The WOAS frame of exported mp3 files links to the song's page.",
    ),
    _pattern(
        "Suno",
        _link(rf"cdn\d?\.suno\.ai/{_UUID}\.(?:mp3|m4a|wav|mp4)"),
        "Address of the sound file itself, kept by download tools in the link field.",
    ),
    _pattern(
        "Udio",
        _made_with(r"udio(?: ai|\.com)?(?: v?\d(?:\.\d)?)?"),
        "The attribution that Udio's terms ask of free use; whether its exports carry it "
        "themselves is not established.",
    ),
    _pattern(
        "Udio",
        _link(r"udio\.com/songs/[A-Za-z0-9]{10,40}"),
        "Address of a song's page.",
    ),
    _pattern(
        "Mureka",
        _link(r"mureka\.ai/song-detail/[A-Za-z0-9]{10,40}"),
        "Address of a song's page.",
    ),
    _pattern(
        "Riffusion",
        _link(rf"(?:riffusion\.com|producer\.ai)/(?:riff|song)/{_UUID}"),
        "Address of a song's page; Riffusion became Producer in 2025.",
    ),
)
"""The table of known forms. An address of a song's page says that the song was generated."""


def declarations(fields: Sequence[Field]) -> Iterator[Declaration]:
    """Yield one declaration for every mark of a known form."""
    for found in values_of(fields, PLACES):
        clauses = [c.strip() for c in _CLAUSES.split(found.value[:4000])[:_MOST_CLAUSES]]
        for tool in dict.fromkeys(tool for c in clauses for tool in _tools(c)):
            yield Declaration(
                STANDARD,
                Part.WHOLE,
                Making.GENERATED,
                tool,
                None,
                found.place,
                shown_value(found.value),
            )


def _tools(clause: str) -> Iterator[str]:
    if 0 < len(clause) <= _LONGEST_CLAUSE:
        yield from (pattern.tool for pattern in PATTERNS if pattern.form.fullmatch(clause))

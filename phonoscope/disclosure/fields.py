"""Fields: every text in a file's tags, under one set of names."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from phonoscope.disclosure.model import SHOWN_CHARACTERS
from phonoscope.escape import printable

FIELD_CHARACTERS = 1 << 16
"""Longer values are cut; real marks and tags are shorter."""

MOST_FIELDS = 2_000
"""Further fields are ignored; real files have a few dozen."""

COMMON = {
    "tsrc": "isrc",
    "publisher": "label",
    "organization": "label",
    "wm/publisher": "label",
    "year": "date",
    "tyer": "date",
    "wm/year": "date",
    "wm/genre": "genre",
    "wm/isrc": "isrc",
    "wm/albumtitle": "album",
    "author": "artist",
    "comments": "comment",
    "description": "comment",
    "desc": "comment",
    "synopsis": "comment",
    "itunes_comment": "comment",
    "encoded_by": "encoder",
    "encoded-by": "encoder",
    "encodedby": "encoder",
    "encoder settings": "encoder",
    "encoding": "encoder",
    "software": "encoder",
    "tool": "encoder",
    "wm/encodedby": "encoder",
    "wm/toolname": "encoder",
    "contact": "url",
    "purl": "url",
    "website": "url",
    "www": "url",
    "source": "url",
    "source_url": "url",
    "wm/audiofileurl": "url",
    "wm/audiosourceurl": "url",
    "wm/authorurl": "url",
    "wm/userweburl": "url",
    "aisystemused": "ai_system",
    "aisystemversionused": "ai_system_version",
    "xml:com.adobe.xmp": "xmp",
    "com.adobe.xmp": "xmp",
    "unsyncedlyrics": "lyrics",
    "wm/lyrics": "lyrics",
}
"""Names in different containers (lower case), with the common name of each."""


@dataclass(frozen=True)
class Field:
    """One text in a file's tags."""

    name: str
    """Common name in lower case: 'title', 'comment', 'url', 'encoder', 'aigc' ..."""
    value: str
    """The text as written in the file, at most :data:`FIELD_CHARACTERS`."""
    place: str
    """Where it is, e.g. 'ID3 COMM'."""
    tag: int = 0
    """Which of the file's tags it is in. Where several have a field, the lowest number counts."""


def field(name: str, value: str, place: str) -> Field:
    """Return a field under its common name."""
    lower = name.strip().lower()
    if lower.startswith("lyrics"):
        lower = "lyrics"
    return Field(COMMON.get(lower, lower), value[:FIELD_CHARACTERS], shown_value(place))


def decoded_text(data: bytes) -> str:
    """Return text in UTF-8, or in UTF-16 with or without its mark; wrong bytes are replaced."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16", "replace")
    if data[:4:2] == b"\0\0" and data[1:2] != b"\0":
        return data.decode("utf-16-be", "replace")
    if data[1:4:2] == b"\0\0" and data[:1] != b"\0":
        return data.decode("utf-16-le", "replace")
    return data.decode("utf-8-sig", "replace")


def values_of(fields: Iterable[Field], names: Iterable[str]) -> list[Field]:
    """Return the fields with one of these names, in order."""
    wanted = frozenset(names)
    return [f for f in fields if f.name in wanted]


def utc_of(text: object) -> datetime | None:
    """Return a time in ISO 8601 as UTC without a zone, in seconds; ``None`` if it isn't valid.

    A time without a zone counts as UTC, a date as its first moment.
    """
    try:
        when = datetime.fromisoformat(text.strip()) if isinstance(text, str) else None
        utc = when.astimezone(UTC) if when and when.tzinfo else when
    except (ValueError, OverflowError):
        return None
    return utc.replace(tzinfo=None, microsecond=0) if utc else None


def shown_value(text: str) -> str:
    r"""Return a value as it is stored: trimmed, ``\n`` escaped, at most 500 characters."""
    trimmed = text[: 4 * SHOWN_CHARACTERS].strip("\0 \t\r\n")
    return printable(trimmed)[:SHOWN_CHARACTERS]

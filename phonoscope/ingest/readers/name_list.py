"""Lists of artists that aren't tables: lines of names or addresses, and JSON of any usual shape.

Such a list is short, so it is read whole, within a limit.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import orjson

from phonoscope.encodings import encoding_of
from phonoscope.errors import SourceError
from phonoscope.files import local_path
from phonoscope.ingest.base import Position
from phonoscope.ingest.options import SourceOptions
from phonoscope.ingest.readers.decompress import open_decompressed
from phonoscope.messages import gettext

MOST_BYTES = 1 << 25
"""Longer than any list of artists; the longest public one has 7,500 artists in 0.4 MB."""
_DEPTH = 4
"""Lists and objects within each other in which entries are looked for."""
_ADDRESS = re.compile(
    r"(?:https?://)?(?:www\.)?(?:"
    r"open\.spotify\.com/(?:intl-[a-z]+/)?artist/(?P<spotify>[0-9A-Za-z]{22})"
    r"|deezer\.com/(?:[a-z]{2}/)?artist/(?P<deezer>[0-9]{1,12})"
    r"|music\.apple\.com/[a-z]{2}/artist/(?:[^/\s]{1,200}/)?(?P<apple>[0-9]{1,12})"
    r")[^\s,;|)\]]*|spotify:artist:(?P<uri>[0-9A-Za-z]{22})"
)
_ID = re.compile(r"(?=[0-9A-Za-z]*[0-9])[0-9A-Za-z]{22}")
_BULLET = re.compile(r"^\s*(?:[-*\u2022]\s+|[0-9]{1,5}[.)]\s+)")
_AROUND = " \t\r\n,;|()[]<>\"'#-\u2013\u2014:"
_LONGEST = 10_000
"""Characters of a text in which an address is looked for."""
_COMMENTS = ("#", "//", "!", ";")
_NAMES = ("name", "artist", "artistname", "artist_name", "band", "title")
_IDS = ("spotify", "spotify_id", "spotifyid", "artist_id", "artistid", "uri", "id", "url", "link")
_WRAPPERS = frozenset({"artists", "bands", "data", "entries", "items", "list", "results"})
"""Keys of an object that holds the entries and isn't one."""
_REASONS = ("says", "reason", "claim", "statement", "disclosure", "notes", "note", "comments")
_EVIDENCE = ("evidence_url", "evidence", "source_url", "source", "proof")


@dataclass(frozen=True)
class ListedArtist:
    """One entry of a list."""

    name: str | None
    artist_id: str | None
    says: str | None = None
    evidence_url: str | None = None


class NameList:
    """A list of artists, opened.

    Parameters
    ----------
    uri
        Where it is.
    name
        Its name for people.
    options
        What the user says of it.

    Raises
    ------
    SourceError
        When it is too long for a list of artists, or has none.
    """

    def __init__(self, uri: str, name: str, options: SourceOptions) -> None:
        self.name = name
        self.start: Position | None = None
        with open_decompressed(uri, name).stream as stream:
            content = stream.read(MOST_BYTES + 1)
        if len(content) > MOST_BYTES:
            raise SourceError(
                gettext(
                    "{file} has more than {n} bytes, which is too much for a list of artists.",
                    file=name,
                    n=MOST_BYTES,
                ),
                code="list-too-long",
            )
        encoding = options.encoding or encoding_of(content)
        self._text = content.decode(encoding, "replace").lstrip("\ufeff")
        if next(self.artists(), None) is None:
            raise SourceError(gettext("{file} names no artist.", file=name), code="no-artists")

    def found(self) -> str:
        """See :class:`..base.Source`."""
        return gettext("a list of names, ids or addresses")

    def share_read(self) -> float | None:
        """See :class:`..base.Source`."""
        return None

    def artists(self) -> Iterator[ListedArtist]:
        """Yield the entries."""
        if self._text.lstrip()[:1] in ("{", "["):
            try:
                yield from _entries(orjson.loads(self._text.encode(errors="replace")), _DEPTH)
                return
            except orjson.JSONDecodeError:
                pass  # Lines can begin with a bracket too.
        for line in self._text.splitlines():
            if line.strip() and not line.lstrip().startswith(_COMMENTS):
                yield artist_of(line)


def artist_of(text: str) -> ListedArtist:
    """Return the artist that a text names: by an address or id, by a name, or by both.

    >>> artist_of("- First Act, https://open.spotify.com/artist/0000000000000000000001?si=x")
    ListedArtist(name='First Act', artist_id='0000000000000000000001', says=None, evidence_url=None)
    """
    found = _ADDRESS.search(text)
    if found is None:
        plain = _BULLET.sub("", text).strip()
        if _ID.fullmatch(plain):
            return ListedArtist(None, plain)
        return ListedArtist(plain or None, None)
    rest = _BULLET.sub("", text[: found.start()] + " " + text[found.end() :]).strip(_AROUND)
    return ListedArtist(rest or None, next(each for each in found.groups() if each))


def _entries(value: Any, depth: int) -> Iterator[ListedArtist]:
    if isinstance(value, str):
        if value.strip():
            yield artist_of(value)
    elif isinstance(value, list):
        for each in value if depth else ():
            yield from _entries(each, depth - 1)
    elif isinstance(value, dict):
        entry = _entry(value)
        if entry is not None:
            yield entry
        elif depth:
            yield from _within(value, depth - 1)


def _within(value: dict[str, Any], depth: int) -> Iterator[ListedArtist]:
    """Yield the entries of an object that isn't one: lists in it, or entries by id or name."""
    lists = [each for each in value.values() if isinstance(each, list)]
    if lists:
        for each in lists:
            yield from _entries(each, depth)
        return
    for key, each in value.items():
        known = artist_of(key)
        if depth and isinstance(each, dict) and key.lower() in _WRAPPERS:
            yield from _within(each, depth - 1)
        elif isinstance(each, str):
            other = artist_of(each)
            yield ListedArtist(
                other.name if known.artist_id else known.name, known.artist_id or other.artist_id
            )
        elif isinstance(each, dict):
            entry = _entry({**each, ("id" if known.artist_id else "name"): key})
            inner = _within(each, depth) if depth and any(map(_holds, each.values())) else None
            yield from inner if inner is not None else [entry or known]
        elif each not in (False, None):
            yield known


def _holds(value: object) -> bool:
    return isinstance(value, dict | list)


def _entry(value: dict[str, Any]) -> ListedArtist | None:
    """Return an object as an entry; ``None`` when it has neither a name nor an id."""
    texts = {k.lower(): v for k, v in value.items() if isinstance(v, str) and v.strip()}
    name = next((texts[key] for key in _NAMES if key in texts), None)
    ids = (artist_of(texts[key]).artist_id for key in _IDS if key in texts)
    ident = next((each for each in ids if each), None)
    if name is None and ident is None:
        return None
    if ident is None:
        # A key of any name can have the address.
        found = (_ADDRESS.search(text[:_LONGEST]) for text in texts.values())
        ident = next((each for one in found if one for each in one.groups() if each), None)
    says = next((texts[key] for key in _REASONS if key in texts), None)
    urls = (texts[key] for key in _EVIDENCE if key in texts)
    evidence = next((each for each in urls if each.startswith(("http://", "https://"))), None)
    return ListedArtist(None if name and _ID.fullmatch(name) else name, ident, says, evidence)


def list_name(uri: str) -> str:
    """Return what a list is called: its address, or the name of its file.

    >>> list_name("/home/someone/ai-artists.csv"), list_name("https://example.org/list.txt")
    ('ai-artists.csv', 'https://example.org/list.txt')
    """
    path = local_path(uri)
    return uri if path is None else path.name

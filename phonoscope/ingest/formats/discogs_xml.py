"""Discogs' monthly dumps: releases with their tracks, and artists.

Tracks have no ids there. A track gets the id of its release, a hyphen, and its number. Headings in
the list of tracks aren't tracks. An index track stands for the tracks within it (``sub_tracks``).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any
from xml.etree.ElementTree import Element

from phonoscope.disclosure.xml_tree import child, children, local, text
from phonoscope.ingest.base import Chunk
from phonoscope.ingest.convert.nested import Entity, EntityReader
from phonoscope.ingest.job import Format, Job, Need
from phonoscope.ingest.readers.json_file import JsonRecords
from phonoscope.ingest.readers.xml_file import XmlFile
from phonoscope.messages import gettext

_CHUNK_RECORDS = 1000
_CLOCK = re.compile(r"(?:([0-9]{1,3}):)?([0-9]{1,4}):([0-9]{1,2})(?:[.,]([0-9]{1,3}))?")
_NUMBERED = re.compile(r" \([0-9]+\)$")
"""What Discogs adds to the names of artists with the same name."""


def milliseconds(clock: str | None) -> int | str | None:
    """Return a duration such as ``3:45`` or ``1:02:03``, ms; other text unchanged.

    >>> milliseconds("3:45")
    225000
    """
    found = _CLOCK.fullmatch(clock) if clock else None
    if found is None:
        return clock
    hours, minutes, seconds, fraction = found.groups("0")
    whole = (int(hours) * 60 + int(minutes)) * 60 + int(seconds)
    return whole * 1000 + int(fraction.ljust(3, "0"))


def precision(date: str | None) -> str | None:
    """Return the precision of a date such as ``1999-00-00``; ``None`` for complete dates."""
    if date is None or len(date) != 10 or not date.endswith("-00"):
        return None
    return "year" if date.endswith("-00-00") else "month"


def _release(element: Element) -> dict[str, Any]:
    release_id, released = element.get("id"), text(element, "released")
    artists = _artists(element)
    genres = [text(each) for each in children(child(element, "genres"), "genre")]
    tracks = _tracks(children(child(element, "tracklist"), "track"))
    descriptions = [
        text(each)
        for form in children(child(element, "formats"), "format")
        for each in children(child(form, "descriptions"), "description")
    ]
    labels = (each.get("name") for each in children(child(element, "labels"), "label"))
    album = {
        "id": release_id,
        "title": text(element, "title"),
        "released": released,
        "precision": precision(released),
        "label": _joined(dict.fromkeys(labels)),
        "type": _joined(dict.fromkeys(descriptions)),
        "upc": _barcode(element),
        "total": len(tracks),
    }
    shared = {**album, "genre": _joined(genres)}
    return {**album, "tracks": [_track(t, n, shared, artists) for n, t in enumerate(tracks, 1)]}


def _tracks(listed: list[Element]) -> list[Element]:
    """Return the tracks of a list: without headings, and with the parts of index tracks."""
    has_positions = any(text(each, "position") for each in listed)
    found: list[Element] = []
    for each in listed:
        parts = children(child(each, "sub_tracks"), "track")
        timed = any(text(part, "duration") for part in parts)
        if parts and (timed or not text(each, "position")):
            found += [part for part in parts if not _is_heading(part, has_positions)]
        elif not _is_heading(each, has_positions):
            found.append(each)
    return found


def _is_heading(track: Element, has_positions: bool) -> bool:
    """Whether an entry has neither a position nor a duration, in a list that has positions."""
    return has_positions and not text(track, "position") and not text(track, "duration")


def _track(
    element: Element, number: int, album: dict[str, Any], artists: list[dict[str, Any]]
) -> dict[str, Any]:
    own = _artists(element) or artists
    return {
        "id": f"{album['id']}-{number}" if album["id"] else None,
        "title": text(element, "title"),
        "duration": milliseconds(text(element, "duration")),
        "number": number,
        "names": "".join(f"{a['name']}{a['join']}" for a in own if a["name"]) or None,
        "artists": own,
        "album": album,
    }


def _artists(element: Element) -> list[dict[str, Any]]:
    found = children(child(element, "artists"), "artist")
    last = len(found) - 1
    return [
        {
            "id": text(each, "id"),
            "name": _NUMBERED.sub("", text(each, "anv") or text(each, "name") or "") or None,
            "own_name": text(each, "name"),
            "join": _join(text(each, "join")) if at < last else "",
        }
        for at, each in enumerate(found)
    ]


def _join(word: str | None) -> str:
    return ", " if word in (None, ",") else f" {word} "


def _joined(texts: Any) -> str | None:
    return ", ".join(each for each in texts if each) or None


def _barcode(element: Element) -> str | None:
    listed = children(child(element, "identifiers"), "identifier")
    return next((each.get("value") for each in listed if each.get("type") == "Barcode"), None)


def _artist(element: Element) -> dict[str, Any]:
    return {"id": text(element, "id"), "name": text(element, "name")}


_DATED = {"release_date": "released", "release_date_precision": "precision", "label": "label"}
_RELEASES = Entity(
    "releases",
    {
        "albums": {
            "album_id": "id",
            "name": "title",
            "album_type": "type",
            "upc": "upc",
            "total_tracks": "total",
            **_DATED,
        }
    },
    {
        "tracks": Entity(
            "tracks",
            {
                "tracks": {
                    "track_id": "id",
                    "name": "title",
                    "artist_names": "names",
                    "album_id": "album.id",
                    "album_name": "album.title",
                    "track_number": "number",
                    "duration_ms": "duration",
                    "genre": "album.genre",
                    **{name: f"album.{where}" for name, where in _DATED.items()},
                }
            },
            {
                "artists": Entity(
                    "artists",
                    {
                        "artists": {"artist_id": "id", "name": "own_name"},
                        "track_artists": {
                            "track_id": "^id",
                            "artist_id": "id",
                            "release_date": "^album.released",
                        },
                    },
                )
            },
        )
    },
)
_ARTISTS = Entity("artists", {"artists": {"artist_id": "id", "name": "name"}})
_KINDS: dict[str, tuple[str, Entity, Callable[[Element], dict[str, Any]]]] = {
    "releases": ("release release.title release.tracklist", _RELEASES, _release),
    "artists": ("artist artist.id artist.name", _ARTISTS, _artist),
}


def _recognises(source: XmlFile) -> bool:
    needs = _KINDS[source.root][0] if source.root in _KINDS else None
    return needs is not None and set(needs.split()) <= source.paths


def _read(job: Job[XmlFile]) -> Iterator[Chunk]:
    source = job.source
    needs, entity, made = _KINDS[source.root]
    reader, tag = EntityReader(entity, job.pseudonyms), needs.split()[0]
    rows: list[dict[str, Any]] = []
    reject_reasons: dict[int, str] = {}
    first_row = 1
    for element in source.records(1):
        if local(element) != tag:
            reject_reasons[len(rows)] = "unexpected element"
        rows.append(made(element))
        if len(rows) >= _CHUNK_RECORDS:
            yield from reader.read(JsonRecords(first_row, rows, (), reject_reasons))
            first_row += len(rows)
            rows, reject_reasons = [], {}
    if rows:
        yield from reader.read(JsonRecords(first_row, rows, (), reject_reasons))


def _needs(source: XmlFile) -> list[Need]:
    listed = [
        [Need(root, root if source.root == root else "")]
        + [Need(path, path if path in source.paths else "") for path in needs.split()]
        for root, (needs, _, _) in _KINDS.items()
    ]
    return max(listed, key=lambda needs: sum(bool(need.found) for need in needs) / len(needs))


FORMAT = Format(
    name="discogs-xml",
    opens=XmlFile,
    looks_for=gettext("an XML dump of Discogs"),
    recognises=_recognises,
    read=_read,
    ignored=lambda source: [],
    needs=_needs,
)

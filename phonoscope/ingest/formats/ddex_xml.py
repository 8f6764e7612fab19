"""DDEX ERN NewReleaseMessages, 3.8.2 to 4.3: what a label delivers to a service.

A recording of a message becomes a track of its main release. Its id is the id of the release, a
colon, and the reference in the message, because the same ISRC can be on several releases. What the
message declares about machines in a recording becomes rows of ``track_declared``, by the rules of
:mod:`phonoscope.disclosure.ddex`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from xml.etree.ElementTree import Element

from phonoscope.disclosure.ddex import declared_in, isrc_of
from phonoscope.disclosure.model import Declaration
from phonoscope.disclosure.xml_tree import child, children, text
from phonoscope.ingest.base import Chunk
from phonoscope.ingest.convert.nested import Entity, EntityReader
from phonoscope.ingest.job import Format, Job
from phonoscope.ingest.readers.json_file import JsonRecords
from phonoscope.ingest.readers.xml_file import XmlFile
from phonoscope.messages import gettext

_ROOT = re.compile(r"\{http://ddex\.net/xml/ern/[0-9.]{1,10}\}NewReleaseMessage")
_ISO_8601 = re.compile(
    r"P(?:([0-9]{1,3})D)?T?(?:([0-9]{1,5})H)?(?:([0-9]{1,6})M)?(?:([0-9]{1,8})(?:\.([0-9]{1,9}))?S)?"
)
_EXPLICIT = {"Explicit": True, "NotExplicit": False, "ExplicitContentEdited": False}
"""The other words mean that it is unknown or doesn't apply."""
_WORLDWIDE = "Worldwide"
_RELEASE_IDS = ("ICPN", "GRid", "ProprietaryId")
_DATES = ("GlobalOriginalReleaseDate", "OriginalReleaseDate", "ReleaseDate", "GlobalReleaseDate")


def milliseconds(duration: str | None) -> int | str | None:
    """Return a duration of ISO 8601 as whole ms; other text unchanged.

    >>> milliseconds("PT3M45S")
    225000
    """
    found = _ISO_8601.fullmatch(duration) if duration else None
    if duration is None or found is None or duration[-1] in "PT":
        return duration
    days, hours, minutes, seconds, fraction = found.groups("0")
    whole = ((int(days) * 24 + int(hours)) * 60 + int(minutes)) * 60 + int(seconds)
    return whole * 1000 + int(fraction.ljust(3, "0")[:3])


def message_of(root: Element) -> dict[str, Any]:
    """Return a message as an object: its main release, and its recordings."""
    releases = children(child(root, "ReleaseList"), "Release")
    main = next((r for r in releases if r.get("IsMainRelease") == "true"), None)
    main = main if main is not None else next(iter(releases), None)
    parties = {
        text(party, "PartyReference"): text(party, "PartyName/FullName")
        for party in children(child(root, "PartyList"), "Party")
    }
    recordings = children(child(root, "ResourceList"), "SoundRecording")
    release = _release(root, main, parties, len(recordings))
    return {
        "release": release if main is not None else None,
        "recordings": [_recording(each, release, parties) for each in recordings],
    }


def _release(
    root: Element, main: Element | None, parties: dict[str | None, str | None], count: int
) -> dict[str, Any]:
    ids = child(main, "ReleaseId")
    details = child(main, "ReleaseDetailsByTerritory")
    found_id = next((found for name in _RELEASE_IDS if (found := text(ids, name))), None)
    places = _territories(root, text(main, "ReleaseReference"))
    return {
        "id": found_id or text(root, "MessageHeader/MessageId"),
        "icpn": text(ids, "ICPN"),
        "title": _title(main),
        "type": text(main, "ReleaseType"),
        "date": next(
            (d for at in (main, details) for name in _DATES if (d := text(at, name))), None
        ),
        "label": text(details, "LabelName")
        or text(main, "LabelName")
        or parties.get(text(main, "ReleaseLabelReference")),
        "total": count,
        "markets": None if places is None else len(places),
        "only": places[0] if places is not None and len(places) == 1 else None,
    }


def _recording(
    element: Element, release: dict[str, Any], parties: dict[str | None, str | None]
) -> dict[str, Any]:
    details = child(element, "SoundRecordingDetailsByTerritory")
    reference = text(element, "ResourceReference")
    warning = text(element, "ParentalWarningType") or text(details, "ParentalWarningType")
    return {
        "id": f"{release['id']}:{reference}" if release["id"] and reference else None,
        "isrc": isrc_of(element),
        "title": _title(element),
        "duration": milliseconds(text(element, "Duration")),
        "artists": _artists(element, details, parties),
        "explicit": _EXPLICIT.get(warning or ""),
        "genre": text(details, "Genre/GenreText") or text(element, "Genre/GenreText"),
        "label": text(details, "LabelName") or release["label"],
        "release": release,
        "declared": [
            {"position": place, **_shallow(declared)}
            for place, declared in enumerate(declared_in(element), 1)
        ],
    }


def _shallow(declared: Declaration) -> dict[str, str | None]:
    return {name: getattr(declared, name) for name in _DECLARED}


def _title(element: Element | None) -> str | None:
    """Return the title for display; ERN 4 has it whole, ERN 3 in parts."""
    whole = text(element, "DisplayTitleText")
    if whole:
        return whole
    title = child(element, "DisplayTitle")
    title = child(element, "ReferenceTitle") if title is None else title
    main, more = text(title, "TitleText"), text(title, "SubTitle")
    return f"{main} ({more})" if main and more else main


def _artists(
    element: Element, details: Element | None, parties: dict[str | None, str | None]
) -> str | None:
    shown = text(element, "DisplayArtistName") or text(details, "DisplayArtistName")
    if shown:
        return shown
    names = [
        text(artist, "PartyName/FullName") or parties.get(text(artist, "ArtistPartyReference"))
        for artist in [*children(element, "DisplayArtist"), *children(details, "DisplayArtist")]
    ]
    return ", ".join(dict.fromkeys(name for name in names if name)) or None


def _territories(root: Element, reference: str | None) -> list[str] | None:
    """Return the countries in the deals of a release; ``None`` when they aren't listed."""
    found: dict[str, None] = {}
    for deals in children(child(root, "DealList"), "ReleaseDeal"):
        if reference not in [text(each) for each in children(deals, "DealReleaseReference")]:
            continue
        for deal in children(deals, "Deal"):
            terms = child(deal, "DealTerms")
            if child(terms, "ExcludedTerritoryCode") is not None:
                return None
            codes = [text(each) for each in children(terms, "TerritoryCode")]
            found.update((code, None) for code in codes if code)
    return None if _WORLDWIDE in found or not found else list(found)


_DECLARED = ("standard", "part", "making", "tool", "producer", "place", "value")

_ENTITY = Entity(
    "messages",
    {},
    {
        "release": Entity(
            "releases",
            {
                "albums": {
                    "album_id": "id",
                    "name": "title",
                    "album_type": "type",
                    "release_date": "date",
                    "label": "label",
                    "upc": "icpn",
                    "total_tracks": "total",
                }
            },
        ),
        "recordings": Entity(
            "recordings",
            {
                "tracks": {
                    "track_id": "id",
                    "name": "title",
                    "artist_names": "artists",
                    "album_id": "release.id",
                    "album_name": "release.title",
                    "duration_ms": "duration",
                    "explicit": "explicit",
                    "isrc": "isrc",
                    "release_date": "release.date",
                    "label": "label",
                    "genre": "genre",
                    "market_count": "release.markets",
                    "only_market": "release.only",
                }
            },
            {
                "declared": Entity(
                    "declarations",
                    {
                        "track_declared": {
                            "track_id": "^id",
                            "position": "position",
                            **{name: name for name in _DECLARED},
                        }
                    },
                )
            },
        ),
    },
)


def _read(job: Job[XmlFile]) -> Iterator[Chunk]:
    reader = EntityReader(_ENTITY, job.pseudonyms)
    for root in job.source.records(0):
        yield from reader.read(JsonRecords(1, [message_of(root)], (), {}))


FORMAT = Format(
    name="ddex-ern",
    opens=XmlFile,
    looks_for=gettext("a DDEX NewReleaseMessage in XML"),
    recognises=lambda source: _ROOT.fullmatch(source.root) is not None,
    read=_read,
    ignored=lambda source: [],
)

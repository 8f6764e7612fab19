"""IPTC digital source type: a URI in XMP or in a tag that says how media came to be.

Vocabulary: http://cv.iptc.org/newscodes/digitalsourcetype/. Terms for pictures alone
(prints, films) say nothing about a recording and count as ``unspecified``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from phonoscope.errors import UsageError
from phonoscope.labels.fields import Field, shown_value
from phonoscope.labels.model import Declaration, Making, Part

STANDARD = "iptc"

MEANING = {
    "trainedAlgorithmicMedia": (Part.WHOLE, Making.GENERATED),
    "algorithmicMedia": (Part.WHOLE, Making.GENERATED),
    "compositeWithTrainedAlgorithmicMedia": (Part.SOME, Making.GENERATED),
    "compositeSynthetic": (Part.SOME, Making.GENERATED),
    "algorithmicallyEnhanced": (Part.UNSPECIFIED, Making.ASSISTED),
    "humanEdits": (Part.UNSPECIFIED, Making.HUMAN),
    "digitalCapture": (Part.WHOLE, Making.HUMAN),
    "digitalCreation": (Part.WHOLE, Making.HUMAN),
    "compositeCapture": (Part.WHOLE, Making.HUMAN),
}
"""What a term says of which part; every other term is ``unspecified``."""

NAME = "DIGITALSOURCETYPE"
"""The tag that is written. IPTC has a place for it in XMP and in C2PA, but none in audio tags."""

URI = "http://cv.iptc.org/newscodes/digitalsourcetype/"

_BY_LOWER = {term.lower(): term for term in MEANING}
_URI = re.compile(r"\bcv\.iptc\.org/newscodes/digitalsourcetype/(\w{1,60})", re.IGNORECASE)
_NAMED = frozenset({"digitalsourcetype", "iptc:digitalsourcetype", "iptc4xmpext:digitalsourcetype"})
_NOT_ABOUT_THE_FILE = frozenset({"title", "artist", "album", "lyrics", "genre"})


def declarations(fields: Sequence[Field]) -> Iterator[Declaration]:
    """Yield one declaration for every digital source type in a tag or in XMP."""
    for found in fields:
        if found.name in _NOT_ABOUT_THE_FILE:
            continue
        terms = _URI.findall(found.value)
        if not terms and found.name in _NAMED:
            terms = [found.value.strip().removeprefix("digsrctype:")]
        for term in dict.fromkeys(terms):
            known = _BY_LOWER.get(term.lower(), term)
            part, making = MEANING.get(known, (Part.UNSPECIFIED, Making.UNSPECIFIED))
            yield Declaration(STANDARD, part, making, None, None, found.place, shown_value(term))


def texts_of(declared: Sequence[Declaration]) -> dict[str, str | None]:
    """Return the tag with the one term that covers all declarations."""
    return {NAME: URI + term_of(declared)}


def term_of(declared: Sequence[Declaration]) -> str:
    """Return the IPTC term that says of a whole recording what declarations say of its parts.

    Raises
    ------
    UsageError
        When they say nothing that the vocabulary has a term for.
    """
    machine = [d for d in declared if d.making in (Making.GENERATED, Making.CONVERTED_VOICE)]
    if any(d.part in (Part.WHOLE, Part.UNSPECIFIED) for d in machine):
        return "trainedAlgorithmicMedia"
    if machine:
        return "compositeWithTrainedAlgorithmicMedia"
    if any(d.making is Making.ASSISTED for d in declared):
        return "algorithmicallyEnhanced"
    if any(d.making is Making.HUMAN for d in declared):
        return "digitalCreation"
    raise UsageError("IPTC's vocabulary needs to know how it was made: give --what PART=HOW")

"""IPTC digital source type: a URI, in XMP or in a tag, for the way in which media were made.

Vocabulary: http://cv.iptc.org/newscodes/digitalsourcetype/. Terms for pictures (prints, films)
say nothing about a recording and count as ``unspecified``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from phonoscope.disclosure.fields import Field, shown_value
from phonoscope.disclosure.model import Declaration, Making, Part
from phonoscope.errors import UsageError
from phonoscope.messages import gettext

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
"""Part and making by term; every other term is ``unspecified``."""

NAME = "DIGITALSOURCETYPE"
"""The tag that is written. IPTC defines a place in XMP and in C2PA, but none in audio tags."""

OTHER_NAMES = ("iptc:digitalsourcetype", "Iptc4xmpExt:DigitalSourceType")
"""Names that other programs give the tag."""

TERMS = {
    Making.GENERATED: ("trainedAlgorithmicMedia", "compositeWithTrainedAlgorithmicMedia"),
    Making.CONVERTED_VOICE: (
        "compositeWithTrainedAlgorithmicMedia",
        "compositeWithTrainedAlgorithmicMedia",
    ),
    Making.ASSISTED: ("algorithmicallyEnhanced", "algorithmicallyEnhanced"),
    Making.HUMAN: ("digitalCreation", "humanEdits"),
}
"""Terms to write by making: for the whole recording, and for a part or an unnamed part.

No term claims more than was declared: an unnamed part never becomes the whole recording.
"""

_BY_STRENGTH = (
    "trainedAlgorithmicMedia",
    "compositeWithTrainedAlgorithmicMedia",
    "algorithmicallyEnhanced",
    "humanEdits",
    "digitalCreation",
)
"""If there are several terms, the first of these is written for the whole recording."""

VOCABULARY = "http://cv.iptc.org/newscodes/digitalsourcetype/"

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
            part, making = MEANING.get(spelled(term), (Part.UNSPECIFIED, Making.UNSPECIFIED))
            yield Declaration(STANDARD, part, making, None, None, found.place, shown_value(term))


def texts_of(declared: Sequence[Declaration]) -> dict[str, str | None]:
    """Return the tag with the one term that covers all declarations.

    Raises
    ------
    UsageError
        When the vocabulary has no term for any of them.
    """
    terms = {term_for(d.part, d.making) for d in declared}
    strongest = next((term for term in _BY_STRENGTH if term in terms), None)
    if strongest is None:
        raise UsageError(
            gettext("IPTC has no term for an unknown making. Give --what PART=HOW."),
            code="making-not-given",
        )
    return {NAME: VOCABULARY + strongest}


def spelled(term: str) -> str:
    """Return a term in IPTC's spelling; any other term unchanged."""
    return _BY_LOWER.get(term.lower(), term)


def term_for(part: Part, making: Making) -> str | None:
    """Return the term that comes closest to a declaration; ``None`` if none does."""
    terms = TERMS.get(making)
    return terms[part is not Part.WHOLE] if terms else None

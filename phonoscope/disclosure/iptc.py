"""IPTC digital source type: a URI in XMP or in a tag that says how media came to be.

Vocabulary: http://cv.iptc.org/newscodes/digitalsourcetype/. Terms for pictures alone
(prints, films) say nothing about a recording and count as ``unspecified``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from phonoscope.disclosure.fields import Field, shown_value
from phonoscope.disclosure.model import Declaration, Making, Part
from phonoscope.errors import UsageError

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

TERMS = {
    Making.GENERATED: ("trainedAlgorithmicMedia", "compositeWithTrainedAlgorithmicMedia"),
    Making.CONVERTED_VOICE: (
        "compositeWithTrainedAlgorithmicMedia",
        "compositeWithTrainedAlgorithmicMedia",
    ),
    Making.ASSISTED: ("algorithmicallyEnhanced", "algorithmicallyEnhanced"),
    Making.HUMAN: ("digitalCreation", "humanEdits"),
}
"""Term to write, by making: of the whole recording, and of a part or what is not said.

None claims more than was declared: a part that is not said is never called the whole.
"""

_BY_STRENGTH = (
    "trainedAlgorithmicMedia",
    "compositeWithTrainedAlgorithmicMedia",
    "algorithmicallyEnhanced",
    "humanEdits",
    "digitalCreation",
)
"""Of several terms the first that is there speaks for the whole recording."""

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
        When they say nothing that the vocabulary has a term for.
    """
    terms = {term_for(d.part, d.making) for d in declared}
    strongest = next((term for term in _BY_STRENGTH if term in terms), None)
    if strongest is None:
        raise UsageError("IPTC's vocabulary needs to know how it was made: give --what PART=HOW")
    return {NAME: VOCABULARY + strongest}


def spelled(term: str) -> str:
    """Return a term as IPTC spells it; any other as it is."""
    return _BY_LOWER.get(term.lower(), term)


def term_for(part: Part, making: Making) -> str | None:
    """Return the term that says a declaration, as far as one can; ``None`` where none does."""
    terms = TERMS.get(making)
    return terms[part is not Part.WHOLE] if terms else None

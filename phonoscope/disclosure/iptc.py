"""IPTC digital source type: a URI, in XMP or in a tag, for the way in which media were made.

Vocabulary: http://cv.iptc.org/newscodes/digitalsourcetype/. Terms for pictures (prints, films)
say nothing about a recording and count as ``unspecified``. Terms that IPTC retired count as those
that replaced them.

XMP also names the system: ``AISystemUsed`` and ``AISystemVersionUsed`` (IPTC Photo Metadata 2025.1,
Video Metadata Hub), or ``CreatorTool`` of XMP itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from phonoscope.disclosure import xmp
from phonoscope.disclosure.fields import Field, shown_value, values_of
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

_REPLACED = {"digitalArt": "digitalCreation", "minorHumanEdits": "humanEdits"}
"""Retired terms, with those that replaced them (IPTC NewsCodes, 2024).

``softwareImage``, retired in 2022, was replaced by nine terms from human to generated, so it says
neither.
"""

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
    "algorithmicMedia",
    "compositeWithTrainedAlgorithmicMedia",
    "compositeSynthetic",
    "algorithmicallyEnhanced",
    "humanEdits",
    "digitalCreation",
    "digitalCapture",
    "compositeCapture",
)
"""If there are several terms, the first of these is written for the whole recording."""

VOCABULARY = "http://cv.iptc.org/newscodes/digitalsourcetype/"

_BY_LOWER = {term.lower(): term for term in (*MEANING, *_REPLACED)}
_URI = re.compile(r"\bcv\.iptc\.org/newscodes/digitalsourcetype/(\w{1,60})", re.IGNORECASE)
_NAMED = frozenset(name.lower() for name in (NAME, *OTHER_NAMES))
_IN_XMP = ("DigitalSourceType", "DigitalSourceFileType")
_NOT_ABOUT_THE_FILE = frozenset({"title", "artist", "album", "lyrics", "genre"})


def declarations(fields: Sequence[Field]) -> Iterator[Declaration]:
    """Yield one declaration for every digital source type in a tag or in XMP."""
    found: dict[str, Declaration] = {}
    for each in fields:
        if each.name in _NOT_ABOUT_THE_FILE:
            continue
        for term in dict.fromkeys(_terms(each)):
            mark = _declared(term, each, fields)
            known = found.get(spelled(term))
            if known is None or (known.tool is None and mark.tool):
                found[spelled(term)] = mark
    yield from found.values()


def _terms(found: Field) -> list[str]:
    terms = _URI.findall(found.value)
    if found.name == "xmp":
        bare = (_bare(value) for value in xmp.values(found.value, *_IN_XMP))
        terms += [term for term in bare if term]
    elif not terms and found.name in _NAMED:
        terms = [_bare(found.value)]
    return terms


def _bare(value: str) -> str:
    """Return a term without its address or prefix; any other text unchanged."""
    text = value.strip()
    if _URI.search(text):
        return ""
    last = re.split(r"[/:#]", text[:_TERM_CHARACTERS].rstrip("/"))[-1]
    term = spelled(re.sub(r"[\s_-]+", "", last))
    return term if term in _BY_LOWER.values() else text.removeprefix("digsrctype:")


_TERM_CHARACTERS = 100


def _declared(term: str, found: Field, fields: Sequence[Field]) -> Declaration:
    part, making = MEANING.get(current(term), (Part.UNSPECIFIED, Making.UNSPECIFIED))
    # The system belongs to what a machine made, not to what people made.
    tool = _tool(found, fields) if making not in (Making.HUMAN, Making.UNSPECIFIED) else None
    return Declaration(STANDARD, part, making, tool, None, found.place, shown_value(term))


def _tool(found: Field, fields: Sequence[Field]) -> str | None:
    """Return the system that XMP names next to a term, or that a tag names."""
    if found.name == "xmp":
        system = xmp.first(found.value, "AISystemUsed")
        version = xmp.first(found.value, "AISystemVersionUsed")
        system = system or xmp.first(found.value, "CreatorTool")
    else:
        system = next((f.value for f in values_of(fields, ("ai_system",))), None)
        version = next((f.value for f in values_of(fields, ("ai_system_version",))), None)
    named = shown_value(system or "")
    if named and version and version.strip() not in named:
        named = shown_value(f"{named} {version.strip()}")
    return named or None


def texts_of(declared: Sequence[Declaration]) -> dict[str, str | None]:
    """Return the tag with the one term that covers all declarations.

    Raises
    ------
    UsageError
        When the vocabulary has no term for any of them.
    """
    terms = {_term_of(d) for d in declared}
    strongest = next((term for term in _BY_STRENGTH if term in terms), None)
    if strongest is None:
        raise UsageError(
            gettext("IPTC has no term for an unknown making. Give --what PART=HOW."),
            code="making-not-given",
        )
    return {NAME: VOCABULARY + strongest}


def _term_of(declared: Declaration) -> str | None:
    """Return the term of a declaration: the one that it was read from, if that still fits."""
    term = spelled(declared.value) if declared.standard == STANDARD else ""
    if MEANING.get(term) == (declared.part, declared.making):
        return term
    return term_for(declared.part, declared.making)


def spelled(term: str) -> str:
    """Return a term in IPTC's spelling; any other term unchanged."""
    return _BY_LOWER.get(term.lower(), term)


def current(term: str) -> str:
    """Return a term in IPTC's spelling, and the one that replaced it if it was retired."""
    return _REPLACED.get(spelled(term), spelled(term))


def term_for(part: Part, making: Making) -> str | None:
    """Return the term that comes closest to a declaration; ``None`` if none does."""
    terms = TERMS.get(making)
    return terms[part is not Part.WHOLE] if terms else None

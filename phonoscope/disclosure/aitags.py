"""The ``AI_*`` tags: a plain convention for every container that has named tags.

Neither ID3 nor Vorbis comments have a convention for machine-made parts. This one works like
ReplayGain: upper-case names in ``TXXX``, Vorbis comments, freeform MP4 atoms, APEv2 and ASF.

=================  ===========================================================
AI_DISCLOSURE      ``generated``, ``assisted``, ``converted-voice`` or ``none``
AI_CONTRIBUTION    parts, separated by commas: ``vocals``, ``instrumentation``,
                   ``composition``, ``lyrics``, ``post-production``, ``whole``;
                   a part can have its own making: ``vocals=converted-voice``
AI_TOOL            the tool, free text
AI_PRODUCER        the person or company that used the tool, free text
AI_VOICE           whose voice is used: a name, or the id of a licence
AI_DATE            when it was made or declared, ISO 8601, UTC
=================  ===========================================================

``AI_GENERATED=true`` (also 1, yes), which several programs write, counts as
``AI_DISCLOSURE=generated``. Other words count as ``unspecified``, and the value is kept.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from phonoscope.disclosure.fields import Field, shown_value, utc_of, values_of
from phonoscope.disclosure.model import Declaration, Making, Part
from phonoscope.errors import UsageError
from phonoscope.escape import printable
from phonoscope.messages import gettext

STANDARD = "ai-tags"
_MOST_PARTS = 20
_TRUE = frozenset({"1", "true", "yes", "y"})
_FALSE = frozenset({"0", "false", "no", "n"})
NAMES = ("AI_DISCLOSURE", "AI_CONTRIBUTION", "AI_TOOL", "AI_PRODUCER", "AI_VOICE", "AI_DATE")
"""The tags of this convention."""
GENERATED_NAMES = ("AI_GENERATED", "AI-GENERATED", "AIGENERATED")
"""Flags of other programs, which count if there is no ``AI_DISCLOSURE``."""

_MAKINGS = {
    "generated": Making.GENERATED,
    "assisted": Making.ASSISTED,
    "converted-voice": Making.CONVERTED_VOICE,
    "none": Making.HUMAN,
    "human": Making.HUMAN,
    "may-be-generated": Making.MAY_BE_GENERATED,
    "suspected-generated": Making.SUSPECTED_GENERATED,
}
_PARTS = {part.value: part for part in Part if part is not Part.UNSPECIFIED}


_DISCLOSURES = {
    Making.GENERATED: "generated",
    Making.ASSISTED: "assisted",
    Making.CONVERTED_VOICE: "converted-voice",
    Making.HUMAN: "none",
    Making.MAY_BE_GENERATED: "may-be-generated",
    Making.SUSPECTED_GENERATED: "suspected-generated",
}


def declarations(fields: Sequence[Field]) -> Iterator[Declaration]:
    """Yield one declaration for every part that the ``AI_*`` tags name."""
    disclosed = values_of(fields, ("ai_disclosure",))
    contributed = values_of(fields, ("ai_contribution",))
    tools = values_of(fields, ("ai_tool",))
    if contributed:
        yield from _parts(fields, contributed, disclosed)
    elif disclosed:
        # Two tags of a file may contradict each other. Both declare something then.
        for making, mark in {_making(each.value): each for each in reversed(disclosed)}.items():
            part = Part.WHOLE if making is Making.HUMAN else Part.UNSPECIFIED
            yield _declared(fields, part, making, mark)
    elif tools:
        yield _declared(fields, Part.UNSPECIFIED, Making.UNSPECIFIED, tools[0])
    if not disclosed:
        for found in values_of(fields, [name.lower() for name in GENERATED_NAMES]):
            if (word := _word(found.value)) not in _FALSE:
                how = Making.GENERATED if word in _TRUE else Making.UNSPECIFIED
                yield _declared(fields, Part.UNSPECIFIED, how, found)


def texts_of(declared: Sequence[Declaration]) -> dict[str, str | None]:
    """Return the tags for these declarations; ``None`` removes a tag.

    Raises
    ------
    UsageError
        When they name several tools, producers, voices or times: each tag holds one.
    """
    makings = {d.making for d in declared}
    named = [d for d in declared if d.part is not Part.UNSPECIFIED]
    disclosure = makings.pop() if len(makings) == 1 else Making.UNSPECIFIED
    each = (
        d.part.value if d.making is disclosure else f"{d.part.value}={d.making.value}"
        for d in named
    )
    when = _only("AI_DATE", {d.declared_utc for d in declared})
    return {
        "AI_DISCLOSURE": _DISCLOSURES.get(disclosure),
        "AI_CONTRIBUTION": ", ".join(each) or None,
        "AI_TOOL": _only("AI_TOOL", {d.tool for d in declared if d.making is not Making.HUMAN}),
        "AI_PRODUCER": _only("AI_PRODUCER", {d.producer for d in declared}),
        "AI_VOICE": _only("AI_VOICE", {d.voice for d in declared if d.voice}),
        "AI_DATE": f"{when.isoformat(timespec='seconds')}Z" if when else None,
    }


def _only(tag: str, values: set[Any]) -> Any:
    if len(values) > 1:
        raise UsageError(
            gettext(
                "The tag {tag} holds one value, but the declarations have several: {values}. "
                "Declare one, or write C2PA or a sidecar (--standard c2pa or --standard sidecar).",
                tag=tag,
                values=printable(", ".join(sorted(str(v or "(none)") for v in values))),
            ),
            code="several-values",
        )
    return next(iter(values), None)


def _parts(
    fields: Sequence[Field], contributed: Sequence[Field], disclosed: Sequence[Field]
) -> Iterator[Declaration]:
    seen: set[tuple[Part, Making]] = set()
    for found in contributed:
        # What is in the same tag of the file belongs together.
        own = next((each for each in disclosed if each.tag == found.tag), None)
        own = own or next(iter(disclosed), None)
        making = _making(own.value) if own else Making.UNSPECIFIED
        said = f"AI_DISCLOSURE={own.value}; AI_CONTRIBUTION=" if own else ""
        mark = Field(found.name, said + found.value, found.place)
        named = [item for item in re.split(r"[,;/]", found.value) if item.strip()]
        for item in named[:_MOST_PARTS]:
            name, _, how = item.partition("=")
            part = _PARTS.get(_word(name), Part.UNSPECIFIED)
            declared = _declared(fields, part, _making(how) if how else making, mark)
            # Several tags of a file may repeat it.
            key = (part, declared.making)
            if key not in seen or part is Part.UNSPECIFIED:
                seen.add(key)
                yield declared


def _declared(fields: Sequence[Field], part: Part, making: Making, mark: Field) -> Declaration:
    sung = part in (Part.VOCALS, Part.WHOLE, Part.UNSPECIFIED)
    return Declaration(
        standard=STANDARD,
        part=part,
        making=making,
        # The tool belongs to what a machine made, not to what people made.
        tool=None if making is Making.HUMAN else _said(fields, "ai_tool"),
        producer=_said(fields, "ai_producer"),
        place=mark.place,
        value=shown_value(mark.value),
        voice=_said(fields, "ai_voice") if sung else None,
        declared_utc=utc_of(_said(fields, "ai_date")),
    )


def _said(fields: Sequence[Field], name: str) -> str | None:
    found = values_of(fields, (name,))
    return shown_value(found[0].value) or None if found else None


def _making(text: str) -> Making:
    return _MAKINGS.get(_word(text), Making.UNSPECIFIED)


def is_true(text: str) -> bool | None:
    """Return what an ``AI_GENERATED`` flag says; ``None`` if that isn't clear."""
    word = _word(text)
    return True if word in _TRUE else False if word in _FALSE else None


def _word(text: str) -> str:
    return re.sub(r"[\s_]+", "-", text.strip("\0 \t\r\n").lower())[:40]

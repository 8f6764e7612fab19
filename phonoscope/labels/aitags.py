"""The ``AI_*`` tags: a plain convention for every container that has named tags.

Neither ID3 nor Vorbis comments have a convention for machine-made parts. This one follows
the manner of ReplayGain: upper-case names in ``TXXX``, Vorbis comments, freeform MP4 atoms,
APEv2 and ASF.

=================  ===========================================================
AI_DISCLOSURE      ``generated``, ``assisted``, ``converted-voice`` or ``none``
AI_CONTRIBUTION    parts, separated by commas: ``vocals``, ``instrumentation``,
                   ``composition``, ``lyrics``, ``post-production``, ``whole``;
                   each may say how: ``vocals=converted-voice``
AI_TOOL            the tool, free text
=================  ===========================================================

``AI_GENERATED=true`` (also 1, yes), which several programs write, is read as
``AI_DISCLOSURE=generated``. Words not in the table count as ``unspecified`` and are kept.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from phonoscope.labels.fields import Field, shown_value, values_of
from phonoscope.labels.model import Declaration, Making, Part

STANDARD = "ai-tags"
_MOST_PARTS = 20
_TRUE = frozenset({"1", "true", "yes", "y"})
_FALSE = frozenset({"0", "false", "no", "n"})
_GENERATED_NAMES = ("ai_generated", "ai-generated", "aigenerated")

_MAKINGS = {
    "generated": Making.GENERATED,
    "assisted": Making.ASSISTED,
    "converted-voice": Making.CONVERTED_VOICE,
    "none": Making.HUMAN,
    "human": Making.HUMAN,
}
_PARTS = {part.value: part for part in Part if part is not Part.UNSPECIFIED}


def declarations(fields: Sequence[Field]) -> Iterator[Declaration]:
    """Yield one declaration for every part that the ``AI_*`` tags name."""
    disclosed = values_of(fields, ("ai_disclosure",))
    contributed = values_of(fields, ("ai_contribution",))
    tools = values_of(fields, ("ai_tool",))
    tool = shown_value(tools[0].value) or None if tools else None
    making = _making(disclosed[0].value) if disclosed else Making.UNSPECIFIED
    if contributed:
        yield from _parts(contributed, making, tool, disclosed)
    elif disclosed or tools:
        mark = (disclosed or tools)[0]
        part = Part.WHOLE if making is Making.HUMAN else Part.UNSPECIFIED
        yield _declared(part, making, tool, mark)
    if not disclosed:
        for found in values_of(fields, _GENERATED_NAMES):
            if (word := _word(found.value)) not in _FALSE:
                how = Making.GENERATED if word in _TRUE else Making.UNSPECIFIED
                yield _declared(Part.UNSPECIFIED, how, tool, found)


def _parts(
    contributed: Sequence[Field], making: Making, tool: str | None, disclosed: Sequence[Field]
) -> Iterator[Declaration]:
    said = f"AI_DISCLOSURE={disclosed[0].value}; AI_CONTRIBUTION=" if disclosed else ""
    for found in contributed:
        mark = Field(found.name, said + found.value, found.place)
        named = [item for item in re.split(r"[,;/]", found.value) if item.strip()]
        for item in named[:_MOST_PARTS]:
            name, _, how = item.partition("=")
            part = _PARTS.get(_word(name), Part.UNSPECIFIED)
            yield _declared(part, _making(how) if how else making, tool, mark)


def _declared(part: Part, making: Making, tool: str | None, mark: Field) -> Declaration:
    return Declaration(STANDARD, part, making, tool, None, mark.place, shown_value(mark.value))


def _making(text: str) -> Making:
    return _MAKINGS.get(_word(text), Making.UNSPECIFIED)


def _word(text: str) -> str:
    return re.sub(r"[\s_]+", "-", text.strip("\0 \t\r\n").lower())[:40]

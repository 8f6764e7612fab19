"""GB 45438-2025, the Chinese standard for marks in generated content: the ``AIGC`` field.

Its value is JSON with the text elements Label, ContentProducer, ProduceID, ReservedCode1,
ContentPropagator, PropagateID and ReservedCode2. Label is "1" for generated content, "2" for
content that may be generated, and "3" for content suspected to be (annex E of the standard;
practice guide TC260-PG-20258A for audio files). Real files have it bare or wrapped in
``{"AIGC": ...}`` or ``{"aigc": ...}``, with Label "AIGC", as JSON inside JSON, and as base64 in
a field ``XmpKvBase64``.

Reading is lenient, conclusions aren't: only Label "1" (or "AIGC") declares *generated*. "2" and
"3", which a distributor sets, have makings of their own and decide nothing. Everything else, and
fields that can't be parsed, is kept with its value as ``unspecified``.
"""

from __future__ import annotations

import base64
import binascii
import html
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from phonoscope.disclosure.declared_status import MACHINE_MAKING
from phonoscope.disclosure.fields import Field, shown_value, values_of
from phonoscope.disclosure.model import Declaration, Making, Part
from phonoscope.errors import UsageError
from phonoscope.messages import gettext

STANDARD = "gb45438"
NAME = "AIGC"
"""The field, in every container."""

_MAKINGS = {
    "1": Making.GENERATED,
    "aigc": Making.GENERATED,
    "true": Making.GENERATED,
    "2": Making.MAY_BE_GENERATED,
    "3": Making.SUSPECTED_GENERATED,
}
"""By the element ``Label``."""

_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{16,}={0,2}")
_LABEL = re.compile(r"""label['"\\\s]*[:=]['"\\\s]*(\w+)""", re.IGNORECASE)
_PRODUCER = re.compile(r"""contentproducer['"\\\s]*[:=][\\\s]*['"]([^'"\\]*)""", re.IGNORECASE)
_XMP = re.compile(
    r"""<(?:\w+:)?AIGC\b[^>]{0,200}>([^<]{1,4000})<|\b(?:\w+:)?AIGC\s?=\s?(?:"([^"]{1,4000})"|'([^']{1,4000})')"""
)
_MOST_WRAPPINGS = 4


def declarations(fields: Sequence[Field]) -> Iterator[Declaration]:
    """Yield one declaration for every ``AIGC`` field; a repeated one counts once."""
    seen: list[dict[str, str]] = []
    for elements, value, place in _found(fields):
        if not elements or elements not in seen:
            seen.append(elements)
            yield _declared(elements, value, place)


def _found(fields: Sequence[Field]) -> Iterator[tuple[dict[str, str], str, str]]:
    """Yield the elements, the value and the place of every field."""
    for found in values_of(fields, ("aigc", "xmpkvbase64")):
        elements = elements_of(found.value)
        if found.name == "aigc" or "label" in elements:
            yield elements, found.value, found.place
    for found in values_of(fields, ("xmp",)):
        for match in _XMP.finditer(found.value):
            value = html.unescape(next(group for group in match.groups() if group))
            yield elements_of(value), value, f"{found.place} AIGC"


@dataclass(frozen=True)
class Numbers:
    """Other fields of the standard; each at most 500 characters."""

    produce_id: str = ""
    """The producer's number for the content."""
    propagator: str = ""
    """Name or code of the distributor."""
    propagate_id: str = ""
    """The distributor's number for the content."""


def texts_of(declared: Sequence[Declaration], numbers: Numbers) -> dict[str, str | None]:
    """Return the field for these declarations, exactly as the standard defines it.

    Raises
    ------
    UsageError
        When no declaration says that something was generated, which is all that the standard
        can express, or when they don't name one producer, which it requires.
    """
    machine = [d for d in declared if d.making in MACHINE_MAKING]
    if not machine:
        raise UsageError(
            gettext(
                "GB 45438-2025 can only declare generated content. For assisted or human parts, "
                "write AI tags (--standard tags)."
            ),
            code="nothing-generated",
        )
    producers = {d.producer for d in machine}
    producer = producers.pop() if len(producers) == 1 else None
    if not producer:
        raise UsageError(
            gettext("GB 45438-2025 needs one producer. Add --producer NAME."), code="no-producer"
        )
    elements = {
        "Label": "1",
        "ContentProducer": producer,
        "ProduceID": numbers.produce_id,
        "ReservedCode1": "",
        "ContentPropagator": numbers.propagator,
        "PropagateID": numbers.propagate_id,
        "ReservedCode2": "",
    }
    return {NAME: json.dumps(elements, ensure_ascii=False, separators=(",", ":"))}


def _declared(elements: Mapping[str, str], value: str, place: str) -> Declaration:
    label = elements.get("label", "").strip().lower()
    return Declaration(
        standard=STANDARD,
        part=Part.UNSPECIFIED,
        making=_MAKINGS.get(label, Making.UNSPECIFIED),
        tool=None,
        producer=shown_value(elements.get("contentproducer", "")) or None,
        place=place,
        value=shown_value(value),
    )


def elements_of(value: str) -> dict[str, str]:
    """Return the elements of a field by lower-case name, from JSON or the remains of it."""
    content: Any = value.strip("\0 \t\r\n")
    for _ in range(_MOST_WRAPPINGS):
        if isinstance(content, str):
            content = _unpacked(content)
        if isinstance(content, list) and len(content) == 1:
            content = content[0]
        if not isinstance(content, dict):
            continue
        lower = {str(name).lower(): inner for name, inner in content.items()}
        if "aigc" not in lower:
            return {name: _as_text(inner) for name, inner in lower.items()}
        content = lower["aigc"]
    return _salvaged(content if isinstance(content, str) else _as_text(content))


def _unpacked(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        pass
    if _BASE64.fullmatch(text):
        try:
            return base64.b64decode(text + "=" * (-len(text) % 4), "-_").decode()
        except (binascii.Error, ValueError):
            pass
    return text


def _as_text(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else str(value)


def _salvaged(text: str) -> dict[str, str]:
    """Return what can be read from a value that isn't JSON: cut off, or with other quotes."""
    label, producer = _LABEL.search(text), _PRODUCER.search(text)
    elements = {"label": label[1]} if label else {}
    if not label and len(text) <= 8:
        elements["label"] = text.strip()
    if producer:
        elements["contentproducer"] = producer[1]
    return elements

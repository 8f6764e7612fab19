"""DDEX ERN: what a delivery declares of machines, through a table that the user can edit.

How ERN 4.3.2 names its declarations is not public, so nothing is invented here: rules come from
``ddex.toml`` or a file of the user's, and what only looks like a declaration is kept as it stands,
its part and making unspecified. Nothing is ever written into a message.
"""

from __future__ import annotations

import functools
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from importlib import resources
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple, TypeVar
from xml.etree.ElementTree import Element, tostring
from xml.parsers import expat

from phonoscope.disclosure.chosen import chosen_file
from phonoscope.disclosure.fields import shown_value
from phonoscope.disclosure.model import Declaration, Making, Part
from phonoscope.disclosure.xml_tree import child, local, records, refuse_document_type, text
from phonoscope.errors import SourceError, UsageError
from phonoscope.escape import printable

STANDARD = "ddex"
FORMAT = "phonoscope-ddex/1"

MOST_DECLARATIONS = 100
"""More of one recording or release are not kept."""

_MAPPING_BYTES = 1 << 20
_BLOCK_BYTES = 1 << 16
_SHOWN_ELEMENTS = 200
_ISRC = ("SoundRecordingId/ISRC", "SoundRecordingEdition/ResourceId/ISRC", "ResourceId/ISRC")
_WORD = re.compile(r"Gen(?:AI)|[A-Z]+(?![a-z])|[A-Z][a-z]+|[a-z]+|[0-9]+")
_RULE_KEYS = frozenset({"path", "when", "part", "making", "tool", "producer"})

_WordT = TypeVar("_WordT", bound=StrEnum)


class About(NamedTuple):
    """What a declaration in a message is about."""

    reference: str | None
    """The message's own name of it, e.g. 'A1' for a recording, 'R0' for a release."""
    isrc: str | None
    """ISRC of the recording as written; ``None`` for a release or without one."""


@dataclass(frozen=True)
class DdexReading:
    """Where a rule reads something, and what it means."""

    constant: str | None = None
    at: str | None = None
    meanings: Mapping[str, str] | None = None

    def of(self, element: Element) -> str | None:
        """Return what an element says; ``None`` when it does not say."""
        if self.at is None:
            return self.constant
        value = _value_at(element, self.at)
        if self.meanings is None or value is None:
            return value
        return self.meanings.get(value)


@dataclass(frozen=True)
class DdexRule:
    """Which elements declare something, and how it is read from them."""

    path: re.Pattern[str]
    at: str
    value: re.Pattern[str] | None
    part: DdexReading
    making: DdexReading
    tool: DdexReading
    producer: DdexReading

    def fits(self, path: str, element: Element) -> bool:
        """Whether an element at a path is one of these."""
        if not self.path.fullmatch(path):
            return False
        return self.value is None or bool(self.value.fullmatch(_value_at(element, self.at) or ""))


@dataclass(frozen=True)
class DdexTable:
    """A table of rules, and words by which everything else is found."""

    rules: tuple[DdexRule, ...]
    words: tuple[tuple[str, ...], ...]
    values_of: tuple[str, ...]

    def looks_like(self, element: Element) -> bool:
        """Whether the name of an element or of an attribute, or what a few hold, has a word."""
        name = local(element)
        if self._has(name) or (name.endswith(self.values_of) and self._has(element.text or "")):
            return True
        return any(
            self._has(plain) or (plain.endswith(self.values_of) and self._has(value))
            for key, value in element.attrib.items()
            for plain in (key.rpartition("}")[2],)
        )

    def _has(self, said: str) -> bool:
        found = [word.lower() for word in _WORD.findall(said[:200])]
        return any(
            tuple(found[at : at + len(words)]) == words
            for words in self.words
            for at in range(len(found) - len(words) + 1)
        )


def mapping_of(path: Path | None = None) -> DdexTable:
    """Read a table of rules; the shipped one without a path.

    Raises
    ------
    UsageError
        When it cannot be read or a rule is wrong; names the rule.
    """
    name = str(path) if path else "ddex.toml"
    try:
        if path is None:
            content = resources.files("phonoscope.disclosure").joinpath("ddex.toml").read_bytes()
        else:
            with path.open("rb") as file:
                content = file.read(_MAPPING_BYTES)
        said = tomllib.loads(content.decode("utf-8"))
    except OSError as error:
        raise UsageError(f"{name} cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise UsageError(f"{name} is no TOML: {error}") from error
    if said.get("format") != FORMAT:
        raise UsageError(f'{name} does not say format = "{FORMAT}"')
    try:
        return DdexTable(
            tuple(_rule(rule, f"rule {n} in {name}") for n, rule in enumerate(_rules(said), 1)),
            tuple(tuple(_texts_of(word.split())) for word in said.get("words", ())),
            tuple(said.get("values_of", ())),
        )
    except (AttributeError, TypeError) as error:
        raise UsageError(f"{name}: words, values_of and rules are lists ({error})") from error


@functools.cache
def default_mapping() -> DdexTable:
    """Return the table that the settings name, or the shipped one; read once in a process."""
    return mapping_of(chosen_file("ddex"))


def declarations(
    message: BinaryIO, mapping: DdexTable | None = None
) -> Iterator[tuple[About, Declaration]]:
    """Yield what a DDEX message declares of machines, in the order of the message.

    Parameters
    ----------
    message
        XML of an ERN message, at its start.
    mapping
        The table of rules; the one that the settings name, or the shipped one, without.

    Raises
    ------
    SourceError
        When it is no whole XML, has a document type, or is too large or deep.
    """
    _refuse_harm(message)
    blocks = iter(lambda: message.read(_BLOCK_BYTES), b"")
    for root in records(blocks, "the message", 0):
        for area in ("ResourceList", "ReleaseList"):
            for element in list(child(root, area) or ()):
                about = About(
                    text(element, "ResourceReference") or text(element, "ReleaseReference"),
                    isrc_of(element) if area == "ResourceList" else None,
                )
                for found in declared_in(element, mapping):
                    yield about, found


def isrc_of(recording: Element) -> str | None:
    """Return the ISRC of a recording of a message, as written."""
    return next((found for path in _ISRC if (found := text(recording, path))), None)


def declared_in(element: Element, mapping: DdexTable | None = None) -> list[Declaration]:
    """Return what a recording or release of a message declares, at most 100.

    An element that a rule fits is read by it and not looked into; the outermost element that
    looks like a declaration is kept whole.
    """
    asked = mapping or default_mapping()
    found: list[Declaration] = []
    within: list[tuple[Element, str]] = [(element, local(element))]
    while within and len(found) < MOST_DECLARATIONS:
        node, path = within.pop()
        rule = next((r for r in asked.rules if r.fits(path, node)), None)
        if rule is not None:
            found.append(_by_rule(rule, node, path))
        elif asked.looks_like(node):
            found.append(_as_it_stands(node, path))
        else:
            within.extend((each, f"{path}/{local(each)}") for each in reversed(node))
    return found


def _by_rule(rule: DdexRule, element: Element, path: str) -> Declaration:
    return Declaration(
        standard=STANDARD,
        part=_word(Part, rule.part.of(element)),
        making=_word(Making, rule.making.of(element)),
        tool=shown_value(rule.tool.of(element) or "") or None,
        producer=shown_value(rule.producer.of(element) or "") or None,
        place=shown_value(f"DDEX {path}"),
        value=_xml(element),
    )


def _as_it_stands(element: Element, path: str) -> Declaration:
    return Declaration(
        standard=STANDARD,
        part=Part.UNSPECIFIED,
        making=Making.UNSPECIFIED,
        tool=None,
        producer=None,
        place=shown_value(f"DDEX {path}"),
        value=_xml(element),
    )


def _xml(element: Element) -> str:
    """Return an element as XML without namespaces and white space between elements."""
    pruned = Element(local(element))
    left = [(element, pruned)]
    for _ in range(_SHOWN_ELEMENTS):
        if not left:
            break
        node, copy = left.pop()
        copy.attrib.update({key.rpartition("}")[2]: value for key, value in node.attrib.items()})
        copy.text = (node.text or "").strip() or None
        for each in node:
            inner = Element(local(each) or "_")
            copy.append(inner)
            left.append((each, inner))
    return shown_value(tostring(pruned, encoding="unicode"))


def _word(kind: type[_WordT], said: str | None) -> _WordT:
    with suppress(ValueError):
        return kind((said or "").strip().lower())
    return kind("unspecified")


def _value_at(element: Element, at: str) -> str | None:
    """Return a text by a path of children, at its end perhaps ``@attribute``; '.' is itself."""
    path, _, attribute = at.partition("@")
    path = path.strip("/")
    found: Element | None = element if path in ("", ".") else child(element, path)
    if found is None:
        return None
    if not attribute:
        return (found.text or "").strip() or None
    return next((v for k, v in found.attrib.items() if k.rpartition("}")[2] == attribute), None)


def _refuse_harm(message: BinaryIO) -> None:
    """Read up to the root element with a parser that refuses a document type, and go back."""
    parser = expat.ParserCreate()
    refuse_document_type(parser, "the message")
    begun: list[str] = []
    parser.StartElementHandler = lambda name, _: begun.append(name)
    start = message.tell()
    read = 0
    try:
        while not begun and (block := message.read(_BLOCK_BYTES)):
            parser.Parse(block, False)
            read += len(block)
            if read > 1 << 20:
                raise SourceError("the first element of the message is far away")
    except (expat.ExpatError, LookupError, ValueError) as error:
        raise SourceError(f"the message is no XML: {printable(str(error))}") from error
    message.seek(start)


# ---- the table --------------------------------------------------------------------------


def _rules(said: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    rules = said.get("rules", [])
    if not isinstance(rules, list) or not all(isinstance(rule, dict) for rule in rules):
        raise TypeError("rules is no list of tables")
    return rules


def _texts_of(words: Sequence[str]) -> Iterator[str]:
    for word in words:
        yield from (part.lower() for part in _WORD.findall(word))


def _rule(said: Mapping[str, Any], name: str) -> DdexRule:
    odd = set(said) - _RULE_KEYS
    if odd or not isinstance(said.get("path"), str):
        raise UsageError(f"{name} needs a path and knows no {', '.join(sorted(odd)) or 'other'}")
    when = said.get("when", {})
    if not isinstance(when, dict) or set(when) - {"at", "is"}:
        raise UsageError(f'{name}: when is {{ at = "...", is = "..." }}')
    try:
        value = re.compile(when["is"]) if "is" in when else None
    except (re.error, TypeError) as error:
        raise UsageError(f"{name}: is = is no regular expression: {error}") from error
    return DdexRule(
        path=_path(said["path"]),
        at=str(when.get("at", ".")),
        value=value,
        part=_reading(said.get("part", "unspecified"), f"part of {name}", Part),
        making=_reading(said.get("making", "unspecified"), f"making of {name}", Making),
        tool=_reading(said.get("tool"), f"tool of {name}", None),
        producer=_reading(said.get("producer"), f"producer of {name}", None),
    )


def _path(pattern: str) -> re.Pattern[str]:
    """Return a pattern of paths: ``*`` is any one element, ``**`` any number of them."""
    out = ""
    for name in pattern.strip("/").split("/"):
        out += "(?:[^/]+/)*" if name == "**" else "[^/]+/" if name == "*" else re.escape(name) + "/"
    return re.compile(out.removesuffix("/"))


def _reading(said: Any, name: str, words: type[StrEnum] | None) -> DdexReading:
    if said is None:
        return DdexReading()
    if isinstance(said, str):
        meant = [said]
        reading = DdexReading(constant=said)
    elif (
        isinstance(said, dict) and isinstance(said.get("at"), str) and not set(said) - {"at", "map"}
    ):
        meanings = said.get("map")
        if meanings is not None and not isinstance(meanings, dict):
            raise UsageError(f"the {name}: map is a table of values and what they mean")
        meant = list((meanings or {}).values())
        reading = DdexReading(at=str(said["at"]), meanings=meanings)
    else:
        raise UsageError(f'the {name} is a word or {{ at = "...", map = {{ ... }} }}')
    for word in meant if words else ():
        if word not in list(words or ()):
            known = ", ".join(list(words or ()))
            raise UsageError(f"the {name} is one of {known}, not {word!r}")
    return reading

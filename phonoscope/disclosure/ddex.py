"""DDEX ERN: declarations about AI in a delivery, read through a table that the user can edit.

The names of such declarations in ERN 4.3.2 aren't public, so this module doesn't invent any. Rules
come from ``ddex.toml`` or from the user's file. Anything that only looks like a declaration is kept
unchanged, with its part and making unspecified. Messages are never written.
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
from phonoscope.messages import gettext
from phonoscope.text import size

STANDARD = "ddex"
FORMAT = "phonoscope-ddex/1"
_FIRST_LINE = f'format = "{FORMAT}"'

MOST_DECLARATIONS = 100
"""Further declarations of one recording or release are ignored."""

_MESSAGE = gettext("The DDEX message")
_MAPPING_BYTES = 1 << 20
_BLOCK_BYTES = 1 << 16
_SHOWN_ELEMENTS = 200
_ISRC = ("SoundRecordingId/ISRC", "SoundRecordingEdition/ResourceId/ISRC", "ResourceId/ISRC")
_WORD = re.compile(r"Gen(?:AI)|[A-Z]+(?![a-z])|[A-Z][a-z]+|[a-z]+|[0-9]+")
_FALSE = frozenset(
    {
        *("", "false", "f", "no", "n", "0", "00", "off", "none", "nil", "null", "na", "never"),
        *("notused", "notapplicable", "notai", "noai", "nonai", "withoutai", "aifree", "human"),
    }
)
"""What flags say for no, without case and separators."""
_NEGATIONS = ("no", "not", "non", "without")
_FLAGS = ("Flag", "Indicator", "Value", "Applies", "Used", "Present", "Included")
"""How the names of elements and attributes end that say yes or no about what is around them."""
_QUESTIONS = ("Is", "Has", "Was", "Contains", "Uses", "Includes")
"""How the names of flags begin, which say nothing when they are empty."""
_RULE_KEYS = frozenset({"path", "when", "part", "making", "tool", "producer"})

_WordT = TypeVar("_WordT", bound=StrEnum)


class About(NamedTuple):
    """The recording or release that a declaration is about."""

    reference: str | None
    """Its name in the message, e.g. 'A1' for a recording or 'R0' for a release."""
    isrc: str | None
    """ISRC of the recording as written; ``None`` for a release, or if it has none."""


@dataclass(frozen=True)
class DdexReading:
    """Where a rule reads a value, and what the value means."""

    constant: str | None = None
    at: str | None = None
    meanings: Mapping[str, str] | None = None

    def of(self, element: Element) -> str | None:
        """Return the value for an element; ``None`` if it has none."""
        if self.at is None:
            return self.constant
        value = _value_at(element, self.at)
        if self.meanings is None or value is None:
            return value
        return self.meanings.get(value)


@dataclass(frozen=True)
class DdexRule:
    """Which elements are declarations, and how to read them."""

    path: re.Pattern[str]
    at: str
    value: re.Pattern[str] | None
    part: DdexReading
    making: DdexReading
    tool: DdexReading
    producer: DdexReading

    def fits(self, path: str, element: Element) -> bool:
        """Whether the rule applies to an element at a path."""
        if not self.path.fullmatch(path):
            return False
        return self.value is None or bool(self.value.fullmatch(_value_at(element, self.at) or ""))


@dataclass(frozen=True)
class DdexTable:
    """A table of rules, and the words by which other declarations are found."""

    rules: tuple[DdexRule, ...]
    words: tuple[tuple[str, ...], ...]
    values_of: tuple[str, ...]

    def is_named(self, element: Element) -> bool:
        """Whether the name of an element, or its text, has one of the words."""
        name = local(element)
        return self.has(name) or (name.endswith(self.values_of) and self.has(element.text or ""))

    def attributes(self, element: Element) -> dict[str, str]:
        """Return the attributes that say by their name or value that AI took part."""
        found: dict[str, str] = {}
        for key, value in element.attrib.items():
            name = key.rpartition("}")[2]
            if self.has(name):
                if is_false(value) == self.is_negated(name):
                    found[name] = value
            elif name.endswith(self.values_of) and self.has(value):
                found[name] = value
        return found

    def has(self, said: str) -> bool:
        """Whether a name or value has one of the words."""
        return any(True for _ in self._places(said))

    def is_negated(self, name: str) -> bool:
        """Whether a word of a name has "no" or "not" before it, as in NoAI."""
        return any(before in _NEGATIONS for before in self._places(name))

    def is_flag(self, leaf: Element) -> bool:
        """Whether an element without others within can say yes or no about AI around it."""
        name = local(leaf)
        if self.has(name):
            return True
        return name.endswith(_FLAGS) and (is_false(leaf.text) or _is_true(leaf.text))

    def is_off(self, leaf: Element) -> bool:
        """Whether such an element says no."""
        name = local(leaf)
        if any(k.rpartition("}")[2] == "nil" and not is_false(v) for k, v in leaf.attrib.items()):
            return True
        stated = [v for k, v in leaf.attrib.items() if self._is_stated(k.rpartition("}")[2])]
        text = (leaf.text or "").strip()
        if not text and stated:
            off = all(map(is_false, stated))
        elif not text:
            # An empty flag says nothing; another empty element is there because of AI.
            return name.startswith(_QUESTIONS)
        else:
            off = is_false(text)
        return off != self.is_negated(name)

    def _is_stated(self, name: str) -> bool:
        return self.has(name) or name.endswith(_FLAGS)

    def _places(self, said: str) -> Iterator[str]:
        """Yield what comes before each of the words in a text."""
        found = [word.lower() for word in _WORD.findall(said[:200])]
        for words in self.words:
            for at in range(len(found) - len(words) + 1):
                if tuple(found[at : at + len(words)]) == words:
                    yield found[at - 1] if at else ""


def is_false(value: str | None) -> bool:
    """Whether the value of a flag says no, or nothing.

    >>> [is_false(value) for value in ("FALSE", "0", " no ", "", None, "true", "Singer")]
    [True, True, True, True, True, False, False]
    """
    return _plain_word(value) in _FALSE


def _is_true(value: str | None) -> bool:
    return _plain_word(value) in ("true", "yes", "y", "1")


def _plain_word(value: str | None) -> str:
    return "".join(c for c in (value or "").lower() if c.isalnum())


def mapping_of(path: Path | None = None) -> DdexTable:
    """Read a table of rules; without a path, the shipped one.

    Raises
    ------
    UsageError
        When it can't be read or a rule is wrong; names the rule.
    """
    name = printable(str(path)) if path else "ddex.toml"
    try:
        if path is None:
            content = resources.files("phonoscope.disclosure").joinpath("ddex.toml").read_bytes()
        else:
            with path.open("rb") as file:
                content = file.read(_MAPPING_BYTES)
        said = tomllib.loads(content.decode("utf-8"))
    except OSError as error:
        raise UsageError(
            gettext("{file} can't be read: {reason}.", file=name, reason=str(error.strerror)),
            code="unreadable-file",
        ) from error
    except ValueError as error:
        raise UsageError(
            gettext("{file} isn't valid TOML: {reason}.", file=name, reason=printable(str(error))),
            code="not-toml",
        ) from error
    if said.get("format") != FORMAT:
        raise UsageError(
            gettext("{file} lacks the line {line}.", file=name, line=_FIRST_LINE),
            code="other-format",
        )
    try:
        return DdexTable(
            tuple(
                _rule(rule, gettext("Rule {number} in {file}", number=str(n), file=name))
                for n, rule in enumerate(_rules(said), 1)
            ),
            tuple(tuple(_texts_of(word.split())) for word in said.get("words", ())),
            tuple(said.get("values_of", ())),
        )
    except (AttributeError, TypeError) as error:
        raise UsageError(
            gettext(
                "{file} isn't a valid table: words, values_of and rules have to be lists.",
                file=name,
            ),
            code="not-a-list",
        ) from error


@functools.cache
def default_mapping() -> DdexTable:
    """Return the table that the settings name, or the shipped one; read once per process."""
    return mapping_of(chosen_file("ddex"))


def declarations(
    message: BinaryIO, mapping: DdexTable | None = None
) -> Iterator[tuple[About, Declaration]]:
    """Yield the declarations about AI in a DDEX message, in the order of the message.

    Parameters
    ----------
    message
        XML of an ERN message, at its start.
    mapping
        The table of rules; without it, the one that the settings name, or the shipped one.

    Raises
    ------
    SourceError
        When it isn't complete XML, has a document type, or is too large or deep.
    """
    _refuse_harm(message)
    blocks = iter(lambda: message.read(_BLOCK_BYTES), b"")
    for root in records(blocks, _MESSAGE, 0):
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
    """Return at most 100 declarations of a recording or release in a message.

    If a rule applies to an element, only the rule reads it. Otherwise an element that looks like a
    declaration is kept whole. Its attributes alone are kept where they are those of the recording,
    or of an element with declarations within, which are kept too. A flag that is false or empty
    declares nothing.
    """
    asked = mapping or default_mapping()
    marks = _Marks(element, asked)
    found: list[Declaration] = []
    within: list[tuple[Element, str]] = [(element, local(element))]
    while within and len(found) < MOST_DECLARATIONS:
        node, path = within.pop()
        rule = next((r for r in asked.rules if r.fits(path, node)), None)
        if rule is not None:
            found.append(_by_rule(rule, node, path))
            continue
        inner = sum(each in marks.declaring for each in node)
        if node in marks.named and inner < _PARTS:
            if node in marks.saying:
                found.append(_as_it_stands(path, _xml(node)))
            continue
        said = asked.attributes(node)
        if said and (node is element or inner):
            texts = (f'{name}="{value}"' for name, value in said.items())
            found.append(_as_it_stands(path, shown_value(" ".join(texts))))
        elif said:
            found.append(_as_it_stands(path, _xml(node)))
            continue
        within.extend((each, f"{path}/{local(each)}") for each in reversed(node))
    return found


_PARTS = 2
"""Declarations within an element that is named after AI from which on each is kept by itself."""


class _Marks:
    """Which elements of a recording are about AI, found in one pass from the leaves up."""

    def __init__(self, whole: Element, asked: DdexTable) -> None:
        self.named: set[Element] = set()
        """Elements that are named after AI, or whose value is."""
        self.saying: set[Element] = set()
        """Elements that say themselves that AI took part."""
        self.declaring: set[Element] = set()
        """Those, and all elements around them."""
        flags: dict[Element, int] = {}
        denied: dict[Element, int] = {}
        for element in reversed(list(whole.iter())):
            flags[element] = sum(flags.get(each, 0) for each in element)
            denied[element] = sum(denied.get(each, 0) for each in element)
            is_named = asked.is_named(element)
            if not len(element) and (is_named or asked.is_flag(element)):
                flags[element], denied[element] = 1, int(asked.is_off(element))
            says = bool(asked.attributes(element))
            if is_named:
                self.named.add(element)
                by_value = not asked.has(local(element))
                off = flags[element] > 0 and denied[element] == flags[element]
                says = says or (not asked.is_negated(element.text or "") if by_value else not off)
            if says:
                self.saying.add(element)
            if says or any(each in self.declaring for each in element):
                self.declaring.add(element)


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


def _as_it_stands(path: str, value: str) -> Declaration:
    return Declaration(
        standard=STANDARD,
        part=Part.UNSPECIFIED,
        making=Making.UNSPECIFIED,
        tool=None,
        producer=None,
        place=shown_value(f"DDEX {path}"),
        value=value,
    )


def _xml(element: Element) -> str:
    """Return an element as XML, without namespaces and white space between elements."""
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
    """Return the text at a path of children, which can end in ``@attribute``; '.' is itself."""
    path, _, attribute = at.partition("@")
    path = path.strip("/")
    found: Element | None = element if path in ("", ".") else child(element, path)
    if found is None:
        return None
    if not attribute:
        return (found.text or "").strip() or None
    return next((v for k, v in found.attrib.items() if k.rpartition("}")[2] == attribute), None)


def _refuse_harm(message: BinaryIO) -> None:
    """Read up to the root element with a parser that refuses a document type, then go back."""
    parser = expat.ParserCreate()
    refuse_document_type(parser, _MESSAGE)
    begun: list[str] = []
    parser.StartElementHandler = lambda name, _: begun.append(name)
    start = message.tell()
    read = 0
    try:
        while not begun and (block := message.read(_BLOCK_BYTES)):
            parser.Parse(block, False)
            read += len(block)
            if read > 1 << 20:
                raise SourceError(
                    gettext(
                        "The DDEX message has no element within its first {most}.", most=size(read)
                    ),
                    code="no-element",
                )
    except (expat.ExpatError, LookupError, ValueError) as error:
        raise SourceError(
            gettext("The DDEX message isn't valid XML: {reason}.", reason=printable(str(error))),
            code="invalid-xml",
        ) from error
    message.seek(start)


# ---- the table --------------------------------------------------------------------------


def _rules(said: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    rules = said.get("rules", [])
    if not isinstance(rules, list) or not all(isinstance(rule, dict) for rule in rules):
        raise TypeError("rules isn't a list of tables")
    return rules


def _texts_of(words: Sequence[str]) -> Iterator[str]:
    for word in words:
        yield from (part.lower() for part in _WORD.findall(word))


def _rule(said: Mapping[str, Any], name: str) -> DdexRule:
    if odd := set(said) - _RULE_KEYS:
        raise UsageError(
            gettext(
                "{rule} has the unknown key {key}. Known keys are {keys}.",
                rule=name,
                key=printable(min(odd)),
                keys=", ".join(sorted(_RULE_KEYS)),
            ),
            code="unknown-key",
        )
    if not isinstance(said.get("path"), str):
        raise UsageError(gettext("{rule} has no path.", rule=name), code="no-path")
    when = said.get("when", {})
    if not isinstance(when, dict) or set(when) - {"at", "is"}:
        raise UsageError(
            gettext(
                "{rule}: 'when' has to be {example}.",
                rule=name,
                example='{ at = "...", is = "..." }',
            ),
            code="invalid-when",
        )
    try:
        value = re.compile(when["is"]) if "is" in when else None
    except (re.error, TypeError) as error:
        raise UsageError(
            gettext(
                "{rule}: 'is' isn't a valid regular expression ({reason}).",
                rule=name,
                reason=printable(str(error)),
            ),
            code="invalid-expression",
        ) from error
    return DdexRule(
        path=_path(said["path"]),
        at=str(when.get("at", ".")),
        value=value,
        part=_reading(said.get("part", "unspecified"), name, "part", Part),
        making=_reading(said.get("making", "unspecified"), name, "making", Making),
        tool=_reading(said.get("tool"), name, "tool", None),
        producer=_reading(said.get("producer"), name, "producer", None),
    )


def _path(pattern: str) -> re.Pattern[str]:
    """Return a pattern of paths: ``*`` is one element, ``**`` any number of elements."""
    out = ""
    for name in pattern.strip("/").split("/"):
        out += "(?:[^/]+/)*" if name == "**" else "[^/]+/" if name == "*" else re.escape(name) + "/"
    return re.compile(out.removesuffix("/"))


def _reading(said: Any, rule: str, key: str, words: type[StrEnum] | None) -> DdexReading:
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
            raise UsageError(
                gettext(
                    "{rule}: the map of {key} has to be a table of values and their meanings.",
                    rule=rule,
                    key=key,
                ),
                code="invalid-map",
            )
        meant = list((meanings or {}).values())
        reading = DdexReading(at=str(said["at"]), meanings=meanings)
    else:
        raise UsageError(
            gettext(
                "{rule}: {key} has to be a word or {example}.",
                rule=rule,
                key=key,
                example='{ at = "...", map = { ... } }',
            ),
            code="invalid-value",
        )
    for word in meant if words else ():
        if word not in list(words or ()):
            raise UsageError(
                gettext(
                    "{rule}: {word} isn't a valid {key}. Valid are {words}.",
                    rule=rule,
                    word=printable(str(word)),
                    key=key,
                    words=", ".join(list(words or ())),
                ),
                code="unknown-word",
            )
    return reading

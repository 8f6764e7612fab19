"""XML as trees, from a parser that a hostile file can't abuse.

A document type is refused as soon as it begins. Without one, XML only has its five own entities, so
nothing expands and no other file is opened (CWE-611, CWE-776). Depth, elements and bytes of a
record are limited.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import cast
from xml.etree.ElementTree import Element, ParseError, XMLPullParser
from xml.parsers import expat

from phonoscope.errors import SourceError
from phonoscope.escape import printable
from phonoscope.messages import gettext

MAX_RECORD_BYTES = 1 << 24
MAX_ELEMENTS = 500_000
"""Most elements of a record; each takes about a hundred bytes of memory, and four in a file."""
MAX_DEPTH = 100


def records(blocks: Iterable[bytes], name: str, depth: int) -> Iterator[Element]:
    """Yield the complete elements at a depth: 0 for the root, 1 for its children.

    Parameters
    ----------
    blocks
        Bytes of a file that :func:`refuse_document_type` has checked, in pieces.
    name
        Name of the file in messages; safe on a terminal.
    depth
        Depth of the records.

    Raises
    ------
    SourceError
        When the file is damaged or cut off, or a record is too long, too deep or has too many
        elements.
    """
    parser: XMLPullParser[Element] = XMLPullParser(("start", "end"))
    now, elements, record_bytes = 0, 0, 0
    root: Element | None = None
    try:
        for block in blocks:
            parser.feed(block)
            record_bytes += len(block)
            for event in parser.read_events():
                kind, element = cast("tuple[str, Element]", event)
                if kind == "start":
                    root = element if root is None else root
                    now, elements = now + 1, elements + 1
                    if now > MAX_DEPTH:
                        raise SourceError(
                            gettext("{file} is nested too deep to be metadata.", file=name),
                            code="too-deep",
                        )
                    continue
                now -= 1
                if now == depth:
                    yield element
                    # The parent has to drop the record too, or memory would grow.
                    root.clear() if root is not None else None
                    elements = record_bytes = 0
            if record_bytes > MAX_RECORD_BYTES or elements > MAX_ELEMENTS:
                raise SourceError(
                    gettext(
                        "{file} has a record of more than {bytes} bytes or {elements} elements. "
                        "Phonoscope doesn't read such long records.",
                        file=name,
                        bytes=MAX_RECORD_BYTES,
                        elements=MAX_ELEMENTS,
                    ),
                    code="record-too-long",
                )
        parser.close()
    except (ParseError, ValueError, LookupError) as error:
        raise SourceError(
            gettext(
                "{file} isn't complete XML: {reason}.",
                file=name,
                reason=printable(str(error))[:200],
            ),
            code="invalid-xml",
        ) from error


def refuse_document_type(parser: expat.XMLParserType, name: str) -> None:
    """Make a parser refuse a document type, which can only come before the root.

    The parser then raises :class:`SourceError` at one.
    """

    def refuse(doctype: object, *_: object) -> None:
        if doctype == "plist":
            raise SourceError(
                gettext(
                    "{file} is a property list, such as a library of iTunes, which Phonoscope "
                    "doesn't read. Export a playlist of all songs as text from the app (File, "
                    "Library, Export Playlist) and read that.",
                    file=name,
                ),
                code="property-list",
            )
        raise SourceError(
            gettext(
                "{file} has a document type (<!DOCTYPE ...>), which can fill the memory or open "
                "other files. Metadata doesn't need one: remove it.",
                file=name,
            ),
            code="document-type",
        )

    parser.StartDoctypeDeclHandler = refuse
    parser.EntityDeclHandler = refuse


def local(element: Element) -> str:
    """Return an element's name without its namespace."""
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def children(element: Element | None, name: str) -> list[Element]:
    """Return the children with a name, in any namespace."""
    return [] if element is None else [child for child in element if local(child) == name]


def child(element: Element | None, path: str) -> Element | None:
    """Return the first element at a path of names."""
    for name in path.split("/"):
        element = next(iter(children(element, name)), None)
    return element


def text(element: Element | None, path: str = "") -> str | None:
    """Return the text of an element, or of the first one at a path; ``None`` if there is none."""
    found = child(element, path) if path else element
    return (found.text or "").strip() or None if found is not None else None

"""XML files: their records one after another, from a parser that a hostile file cannot turn.

A document type is refused where it begins. Without one there are no entities but the five that XML
has, so nothing expands and nothing else is opened (CWE-611, CWE-776). Depth, elements and bytes of
a record are bounded.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import closing
from typing import cast
from xml.etree.ElementTree import Element, ParseError, XMLPullParser
from xml.parsers import expat

from phonoscope.audio.source import printable
from phonoscope.catalogue.ingest.unpacked import Unpacked, open_unpacked
from phonoscope.errors import SourceError

MAX_RECORD_BYTES = 1 << 24
MAX_ELEMENTS = 500_000
"""Elements of a record; one takes some hundred bytes of memory and four of a file."""
MAX_DEPTH = 100
_BLOCK_BYTES = 1 << 16
_SAMPLED_BYTES = 1 << 18


class NoXmlError(SourceError):
    """It begins like XML and is none, or is HTML or the like."""


class XmlFile:
    """An XML file that was opened to look what it holds.

    Parameters
    ----------
    uri
        Where it is.
    name
        How a person calls it.

    Raises
    ------
    SourceError
        When it is no XML, or has a document type.
    """

    def __init__(self, uri: str, name: str) -> None:
        self.name = name
        self._uri = uri
        self._file: Unpacked | None = None
        self._flaw = ""
        self.root = ""
        """The outermost element, its namespace in braces before it."""
        self.paths: frozenset[str] = frozenset()
        """Elements near the start, without namespaces: their names from the root's children on."""
        self._look()

    def found(self) -> str:
        """See :class:`..base.Source`."""
        shown = sorted(printable(path[:60]) for path in self.paths)[:40]
        return f"XML, {printable(self.root[:100])} with the elements {', '.join(shown)}{self._flaw}"

    def share_read(self) -> float | None:
        """See :class:`..base.Source`."""
        return self._file.share_read() if self._file else None

    def records(self, depth: int) -> Iterator[Element]:
        """Yield the elements at a depth, whole: 0 for the root, 1 for its children.

        Raises
        ------
        SourceError
            When the file is damaged or breaks off, or a record is too long, deep or many-part.
        """
        parser: XMLPullParser[Element] = XMLPullParser(("start", "end"))
        now, elements, record_bytes = 0, 0, 0
        root: Element | None = None
        try:
            with closing(self._blocks()) as blocks:
                for block in blocks:
                    parser.feed(block)
                    record_bytes += len(block)
                    for event in parser.read_events():
                        kind, element = cast("tuple[str, Element]", event)
                        if kind == "start":
                            root = element if root is None else root
                            now, elements = now + 1, elements + 1
                            if now > MAX_DEPTH:
                                raise SourceError(f"{self.name} is nested too deep to be metadata")
                            continue
                        now -= 1
                        if now == depth:
                            yield element
                            # Who holds no record any more forgets it; so must its parent.
                            root.clear() if root is not None else None
                            elements = record_bytes = 0
                    if record_bytes > MAX_RECORD_BYTES or elements > MAX_ELEMENTS:
                        raise SourceError(
                            f"{self.name} holds a record of more than {MAX_RECORD_BYTES:,} bytes "
                            f"or {MAX_ELEMENTS:,} elements"
                        )
            parser.close()
        except (ParseError, ValueError, LookupError) as error:
            raise SourceError(f"{self.name} is no whole XML: {error}") from error

    def _blocks(self) -> Generator[bytes, None, None]:
        self._file = open_unpacked(self._uri, self.name)
        with closing(self._file.stream) as stream:
            while block := stream.read(_BLOCK_BYTES):
                yield block

    def _look(self) -> None:
        """Read the start, and refuse a document type: it may stand before the root only."""
        parser = expat.ParserCreate(namespace_separator="}")
        paths: set[str] = set()
        here: list[str] = []

        def refuse(*_: object) -> None:
            raise SourceError(
                f"{self.name} has a document type (<!DOCTYPE ...>), which may make a file of some "
                "kB fill all memory or open other files; metadata needs none: take it out"
            )

        def begin(name: str, attributes: dict[str, str]) -> None:
            if not self.root:
                self.root = ("{" if "}" in name else "") + name
            elif len(here) <= 4:
                paths.add(".".join([*here[1:], name.rpartition("}")[2]]))
            here.append(name.rpartition("}")[2])

        def end(_: str) -> None:
            here.pop()

        parser.StartDoctypeDeclHandler = refuse
        parser.EntityDeclHandler = refuse
        parser.StartElementHandler = begin
        parser.EndElementHandler = end
        read = 0
        with closing(self._blocks()) as blocks:
            try:
                for block in blocks:
                    parser.Parse(block, False)
                    read += len(block)
                    if read >= _SAMPLED_BYTES:
                        break
                else:
                    parser.Parse(b"", True)
            except (expat.ExpatError, LookupError, ValueError) as error:
                self._flaw = f"; then it is no XML any more: {error}"
                if not paths:
                    raise NoXmlError(f"{self.name} begins like XML and is none: {error}") from error
        if not self.root:
            raise NoXmlError(f"{self.name} begins like XML, but its first element is far away")
        self.paths = frozenset(paths)


def local(element: Element) -> str:
    """Return an element's name without its namespace."""
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def children(element: Element | None, name: str) -> list[Element]:
    """Return the children of a name, whatever its namespace."""
    return [] if element is None else [child for child in element if local(child) == name]


def child(element: Element | None, path: str) -> Element | None:
    """Return the first element at a path of names."""
    for name in path.split("/"):
        element = next(iter(children(element, name)), None)
    return element


def text(element: Element | None, path: str = "") -> str | None:
    """Return the text of an element, or of the first one at a path; ``None`` without any."""
    found = child(element, path) if path else element
    return (found.text or "").strip() or None if found is not None else None

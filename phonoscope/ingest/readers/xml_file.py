"""XML files: their records one after another; how they are parsed is in ``labels/xml_tree``."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import closing
from xml.etree.ElementTree import Element
from xml.parsers import expat

from phonoscope.disclosure.xml_tree import records, refuse_document_type
from phonoscope.errors import SourceError
from phonoscope.escape import printable
from phonoscope.ingest.base import Position
from phonoscope.ingest.readers.decompress import Decompressed, open_decompressed

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
        # A parser cannot begin midway: records are read again.
        self.start: Position | None = None
        self._uri = uri
        self._file: Decompressed | None = None
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
        with closing(self._blocks()) as blocks:
            yield from records(blocks, self.name, depth)

    def _blocks(self) -> Generator[bytes, None, None]:
        self._file = open_decompressed(self._uri, self.name)
        with closing(self._file.stream) as stream:
            while block := stream.read(_BLOCK_BYTES):
                yield block

    def _look(self) -> None:
        """Read the start, and refuse a document type: it may stand before the root only."""
        parser = expat.ParserCreate(namespace_separator="}")
        paths: set[str] = set()
        here: list[str] = []

        def begin(name: str, attributes: dict[str, str]) -> None:
            if not self.root:
                self.root = ("{" if "}" in name else "") + name
            elif len(here) <= 4:
                paths.add(".".join([*here[1:], name.rpartition("}")[2]]))
            here.append(name.rpartition("}")[2])

        def end(_: str) -> None:
            here.pop()

        refuse_document_type(parser, self.name)
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

"""XML files: their records one after another; ``disclosure/xml_tree`` parses them."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import closing
from xml.etree.ElementTree import Element
from xml.parsers import expat

from phonoscope.disclosure.xml_tree import records, refuse_document_type
from phonoscope.errors import SourceError
from phonoscope.escape import printable
from phonoscope.ingest.base import Position
from phonoscope.ingest.names import few
from phonoscope.ingest.readers.decompress import Decompressed, open_decompressed
from phonoscope.messages import gettext

_BLOCK_BYTES = 1 << 16
_SAMPLED_BYTES = 1 << 18


class NotXmlError(SourceError):
    """It begins like XML but isn't, or it is HTML."""


class XmlFile:
    """An XML file, opened to see what it holds.

    Parameters
    ----------
    uri
        Where it is.
    name
        Its name for people.

    Raises
    ------
    SourceError
        When it isn't XML, or has a document type.
    """

    def __init__(self, uri: str, name: str) -> None:
        self.name = name
        # A parser can't begin midway, so records are read again.
        self.start: Position | None = None
        self._uri = uri
        self._file: Decompressed | None = None
        self._flaw: str = ""
        self.root = ""
        """The outermost element, its namespace in braces before it."""
        self.paths: frozenset[str] = frozenset()
        """Elements near the start, without namespaces: their names from the root's children on."""
        self._look()

    def found(self) -> str:
        """See :class:`..base.Source`."""
        values = {"root": printable(self.root[:100]), "elements": few(sorted(self.paths))}
        if self._flaw:
            return gettext(
                "XML, {root} with the elements {elements}, which isn't valid: {reason}",
                reason=self._flaw,
                **values,
            )
        return gettext("XML, {root} with the elements {elements}", **values)

    def share_read(self) -> float | None:
        """See :class:`..base.Source`."""
        return self._file.share_read() if self._file else None

    def records(self, depth: int) -> Iterator[Element]:
        """Yield the elements at a depth, whole: 0 for the root, 1 for its children.

        Raises
        ------
        SourceError
            When the file is damaged or incomplete, or a record is too long or too deep.
        """
        with closing(self._blocks()) as blocks:
            yield from records(blocks, self.name, depth)

    def _blocks(self) -> Generator[bytes, None, None]:
        self._file = open_decompressed(self._uri, self.name)
        with closing(self._file.stream) as stream:
            while block := stream.read(_BLOCK_BYTES):
                yield block

    def _look(self) -> None:
        """Read the start, and refuse a document type, which can only come before the root."""
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
                self._flaw = printable(str(error))[:200]
                if not paths:
                    raise NotXmlError(
                        gettext(
                            "{file} begins like XML but isn't valid: {reason}.",
                            file=self.name,
                            reason=self._flaw,
                        ),
                        code="not-xml",
                    ) from error
        if not self.root:
            raise NotXmlError(
                gettext(
                    "{file} begins like XML but has no element in its first {n} bytes.",
                    file=self.name,
                    n=_SAMPLED_BYTES,
                ),
                code="not-xml",
            )
        self.paths = frozenset(paths)

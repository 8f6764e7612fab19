"""File names as pages, reports and dossiers show them: without the folders above what was scanned.

See ``docs/decisions/private-paths.md``.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol
from urllib.parse import quote, unquote

from phonoscope.escape import printable
from phonoscope.files import shown

if TYPE_CHECKING:
    import ibis.expr.types as ir

_FILE = "file://"
MOST_SOURCES = 1_000
"""Scanned folders that are left out of names; each is a step of a query."""


class _Tables(Protocol):
    def table(self, name: str, /) -> ir.Table:
        """Return an Ibis table by name."""


@dataclass(frozen=True)
class Locations:
    """How the files of a catalogue are named where others may read it.

    Examples
    --------
    >>> scanned = Locations(("/home/jane/music",))
    >>> scanned.name("/home/jane/music/album/1.flac"), scanned.name("/elsewhere/2.flac")
    ('album/1.flac', '2.flac')
    """

    sources: tuple[str, ...] = ()
    """Folders, files and URIs that scans were given."""
    full: bool = False
    """Whether full paths were asked for."""

    @property
    def roots(self) -> tuple[str, ...]:
        """Return the outermost scanned folders, each with a slash at its end."""
        plain = sorted({_plain(source).rstrip("/") + "/" for source in self.sources})
        outermost: list[str] = []
        for root in plain:
            # Sorted, so a folder follows directly after those that hold it.
            if not outermost or not root.startswith(outermost[-1]):
                outermost.append(root)
        return tuple(outermost)

    def name(self, uri: str) -> str:
        """Return a file's path relative to the scanned folder, safe to show.

        A file that no scanned folder holds, such as one of a manifest, is its name alone.
        """
        if self.full:
            return shown(uri)
        path = _plain(uri)
        root = next((root for root in self.roots if path.startswith(root)), None)
        return printable(path.rpartition("/")[2] if root is None else path[len(root) :])

    def uri(self, uri: str) -> str:
        """Return a location for JSON: as it is stored where full paths were asked for."""
        return uri if self.full else self.name(uri)

    def uris(self, uris: Iterable[str]) -> tuple[str, ...]:
        """Return the locations of several files for JSON."""
        return tuple(self.uri(uri) for uri in uris)

    def source(self, source: str) -> str:
        """Return a source of metadata, safe to show: a local path is its last part."""
        local = source.startswith(("/", _FILE))
        if self.full or not local:
            return shown(source)
        return printable(_plain(source).rpartition("/")[2])

    def cleared(self, text: str, uri: str) -> str:
        """Return an error about a file, safe to show, with the file's path as :meth:`name`."""
        path = _plain(uri)
        if not self.full and "/" in path:
            text = text.replace(path, self.name(uri)).replace(f"{path.rpartition('/')[0]}/", "")
        return printable(text)

    def searched(self, uri: ir.StringValue) -> ir.StringValue:
        """Return what a search for text looks at: the shown part of a column of URIs."""
        import ibis  # noqa: PLC0415  (heavy: 0.8 s)

        if self.full:
            return uri
        found = uri.re_replace(r"^(?s:.*)/", "")
        for root in self.roots:
            for prefix in {root, _FILE + quote(root)}:
                found = ibis.ifelse(uri.startswith(prefix), uri.substr(len(prefix)), found)
        return found


def locations_of(catalogue: _Tables, *, full: bool = False) -> Locations:
    """Return how to name the files of a catalogue.

    Parameters
    ----------
    catalogue
        An opened catalogue.
    full
        Whether to show full paths.
    """
    if full:
        return Locations(full=True)
    listed = catalogue.table("scans").select("sources").to_pyarrow()["sources"].to_pylist()
    sources = {source for sources in listed for source in sources or () if source}
    return Locations(tuple(sorted(sources)[:MOST_SOURCES]))


def _plain(uri: str) -> str:
    return unquote(uri[len(_FILE) :], errors="replace") if uri.startswith(_FILE) else uri

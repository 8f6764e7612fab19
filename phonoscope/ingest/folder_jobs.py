"""A folder as jobs: its Parquet files, the tables of a web API, and its other files by format."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

from phonoscope.errors import PhonoscopeError, SourceError, UnreadableError, UsageError
from phonoscope.escape import printable
from phonoscope.files import open_source, uri_of
from phonoscope.ingest.base import Source
from phonoscope.ingest.formats.web_api_text import TextTables
from phonoscope.ingest.job import Format, Job
from phonoscope.ingest.opened import NotRecognisedError, format_of, opened_file, parquet
from phonoscope.ingest.options import SourceOptions
from phonoscope.ingest.pseudonyms import Pseudonyms
from phonoscope.ingest.readers import parquet_files
from phonoscope.ingest.readers.folder import Folder, Listed, Recognised, as_format
from phonoscope.ingest.readers.xml_file import NotXmlError
from phonoscope.messages import lines, ngettext

_HELD_FILES = 1000
"""Files that stay opened in memory, so that they aren't opened again to be read."""
_UNKNOWN = ("unknown-format", "other-format", "no-heading")
"""Codes of errors that say that a file has no format, not that it is damaged."""


class FolderJobs:
    """The files of a folder, by their format.

    Parameters
    ----------
    files
        The files of a folder, or of a ZIP archive.
    name
        Its name for people.
    options
        What the user says of its files.
    """

    def __init__(self, files: Sequence[Listed], name: str, options: SourceOptions) -> None:
        self._name, self._options = name, options
        self._parquet: list[Path] = []
        self._tables: dict[Listed, TextTables] = {}
        self._by_format: dict[str, list[Listed]] = {}
        self._formats: dict[str, Format[Source]] = {}
        self._damaged: list[Listed] = []
        self._unknown: list[Listed] = []
        self._held: dict[Listed, Recognised] = {}
        self._first_error: PhonoscopeError | None = None
        self._files = files
        for path in self._files:
            self._sort(path)

    def jobs(self, uri: str, pseudonyms: Pseudonyms) -> list[Job[Source]]:
        """Return one job for each format.

        Raises
        ------
        SourceError
            When no file has a format that the command reads.
        UsageError
            When the options fit no file.
        """
        found = list(self._sources())
        if not found:
            raise self._refusal()
        unknown = tuple(printable(path.name) for path in self._unknown)
        return [
            Job(
                uri,
                source,
                source_format,
                self._options,
                pseudonyms,
                part=source_format.name if len(found) > 1 else "",
                unknown=unknown if number == 0 else (),
            )
            for number, (source, source_format) in enumerate(found)
        ]

    def _sort(self, path: Listed) -> None:
        if isinstance(path, Path) and _starts_with(path, parquet_files.MAGIC):
            self._parquet.append(path)
            return
        try:
            opened, _ = opened_file(uri_of(path), self._options)
            if isinstance(opened, TextTables):
                self._tables[path] = opened
                return
            found = format_of(opened, self._options)
        except (UsageError, NotRecognisedError, NotXmlError) as error:
            self._set_aside(self._unknown, path, error)
            return
        except SourceError as error:
            listed = self._unknown if error.code in _UNKNOWN else self._damaged
            self._set_aside(listed, path, error)
            return
        self._by_format.setdefault(found.name, []).append(path)
        self._formats.setdefault(found.name, found)
        if len(self._held) < _HELD_FILES:
            self._held[path] = opened, found

    def _set_aside(self, listed: list[Listed], path: Listed, error: PhonoscopeError) -> None:
        listed.append(path)
        self._first_error = self._first_error or error

    def _sources(self) -> Iterator[Recognised]:
        if self._parquet:
            source = parquet(self._parquet, self._name, self._options)
            yield from self._together(source, self._parquet)
        if self._tables:
            files = [file for table in self._tables.values() for file in table.files]
            yield from self._together(TextTables(files, self._name), list(self._tables))
        damaged = self._damaged
        for name, paths in self._by_format.items():
            # A damaged file could have any format: it counts as one of the first.
            among = self._in_order([*paths, *damaged]) if damaged else paths
            damaged = []
            source_format = self._formats[name]
            folder = Folder(self._name, among, source_format, self._open)
            yield folder, as_format(source_format)
        self._unknown += damaged

    def _in_order(self, paths: list[Listed]) -> list[Listed]:
        wanted = set(paths)
        return [path for path in self._files if path in wanted]

    def _together(self, source: Source, paths: Sequence[Listed]) -> Iterator[Recognised]:
        """Yield files that belong together as one source, if they have a format."""
        try:
            yield source, format_of(source, self._options)
        except (SourceError, UsageError) as error:
            if isinstance(error, SourceError) and error.code not in _UNKNOWN:
                raise
            self._unknown += paths
            self._first_error = error

    def _open(self, path: Listed) -> Recognised:
        held = self._held.pop(path, None)
        if held is not None:
            return held
        opened, doubt = opened_file(uri_of(path), self._options)
        return opened, format_of(opened, self._options, doubt)

    def _refusal(self) -> PhonoscopeError:
        error = self._first_error
        assert error is not None
        if len(self._files) == 1 or self._parquet or self._tables or isinstance(error, UsageError):
            return error
        headline = ngettext(
            "{folder} has {n} file, and Phonoscope can't read it.",
            "{folder} has {n} files, and Phonoscope can't read any of them. For the first:",
            len(self._files),
            folder=self._name,
        )
        return SourceError(lines([headline, error.message]), code="unknown-format")


def _starts_with(path: Path, magic: bytes) -> bool:
    try:
        with closing(open_source(uri_of(path))) as file:
            return file.read(len(magic)) == magic
    except UnreadableError:
        return False

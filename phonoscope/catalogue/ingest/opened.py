"""What kind of file a source is, by its first bytes, and which layout it has."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

from phonoscope.audio.source import local_path, open_source, shown, uri_of
from phonoscope.catalogue.ingest.base import Layout, Source, layouts
from phonoscope.catalogue.ingest.csv_file import CsvFile
from phonoscope.catalogue.ingest.json_file import JsonFile, NoJsonError
from phonoscope.catalogue.ingest.sqlite_file import MAGIC, SqliteFile
from phonoscope.catalogue.ingest.unpacked import packed_with, unpacked_head
from phonoscope.errors import SourceError, UnreadableError, UsageError

_HEAD_BYTES = 4096
_KNOWN_OTHERS = {
    b"PAR1": "a Parquet file",
    b"<": "XML or HTML",
}
_SPACE = b"\xef\xbb\xbf\xff\xfe\0 \r\n\t"
"""Marks of an encoding, the zeros of UTF-16, and blanks, before what a file begins with."""
_TAR = slice(257, 262)


def open_metadata(
    source: str | os.PathLike[str], mapping: Mapping[str, str] | None = None
) -> tuple[Source, Layout[Source]]:
    """Open a source and recognise its layout.

    Raises
    ------
    SourceError
        When it cannot be read, or no layout fits; says what was looked for and what was found.
    UsageError
        When the mapping does not fit the source.
    """
    uri = uri_of(source)
    try:
        opened, doubt = _open(uri, mapping)
    except UnreadableError as error:
        raise SourceError(f"{shown(uri)} cannot be read: {error}") from error
    for layout in layouts():
        if isinstance(opened, layout.opens) and layout.recognises(opened):
            return opened, layout
    raise SourceError(_refusal(opened, doubt))


def _open(uri: str, mapping: Mapping[str, str] | None) -> tuple[Source, str]:
    """Return a source, and what else it may be that it could not be read as."""
    name = shown(uri)
    local = local_path(uri)
    if local is not None and local.is_dir():
        raise SourceError(f"{name} is a folder; name one of the files in it")
    packed, head = _head(uri, name)
    if not head.strip(b"\0 \r\n\t"):
        raise SourceError(f"{name} is empty, or its first {_HEAD_BYTES:,} bytes are")
    if head.startswith(MAGIC):
        if mapping is not None:
            raise UsageError("a mapping is for CSV files; this is an SQLite file")
        if packed:
            raise SourceError(f"{name} is an SQLite file, packed with {packed}: unpack it first")
        return SqliteFile(_local(local, name), name), ""
    plain = head.lstrip(_SPACE)
    for start, what in _KNOWN_OTHERS.items():
        if plain.startswith(start):
            raise SourceError(f"{name} is {what}. {_wanted()}")
    if mapping is None and plain.startswith((b"{", b"[")):
        return _json(uri, name, head)
    return CsvFile(uri, name, head, mapping), ""


def _json(uri: str, name: str, head: bytes) -> tuple[Source, str]:
    """Return what begins with a bracket: JSON, or a table whose heading begins so."""
    try:
        return JsonFile(uri, name, head), ""
    except NoJsonError as error:
        try:
            return CsvFile(uri, name, head), f"\n{error}."
        except SourceError:
            raise error from None


def _head(uri: str, name: str) -> tuple[str | None, bytes]:
    """Return what packed a source, if anything, and its first bytes, unpacked."""
    with closing(open_source(uri)) as stored:
        packed = packed_with(stored.read(16))
    head = unpacked_head(uri, name, _HEAD_BYTES)
    inner = "tar" if head[_TAR] == b"ustar" else packed_with(head)
    if inner is not None:
        raise SourceError(f"{name} is packed with {inner} inside: unpack it first")
    return packed, head


def _local(path: Path | None, name: str) -> Path:
    if path is None:
        raise SourceError(f"{name}: an SQLite file must lie on this machine; copy it here first")
    return path


def _wanted() -> str:
    listed = "".join(f"\n  {layout.name}: {layout.looks_for}" for layout in layouts())
    return f"Looked for:{listed}"


def _refusal(source: Source, doubt: str) -> str:
    found = f"Found {source.found()}.{doubt}"
    return f"the layout of {source.name} is not known.\n{found}\n{_wanted()}"

"""What kind of file a source is, by its first bytes, and which format it has."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from phonoscope.errors import SourceError, UnreadableError, UsageError
from phonoscope.escape import printable
from phonoscope.files import local_path, open_source, shown, uri_of
from phonoscope.ingest.base import Source
from phonoscope.ingest.formats.web_api_text import TextFile, TextTables, table_of
from phonoscope.ingest.job import Format, Job, formats
from phonoscope.ingest.pseudonyms import Pseudonyms
from phonoscope.ingest.readers import parquet_files
from phonoscope.ingest.readers.csv_file import CsvFile
from phonoscope.ingest.readers.decompress import compression_of, decompressed_head
from phonoscope.ingest.readers.folder import Folder, Opener, Recognised, as_format, files_in
from phonoscope.ingest.readers.json_file import JsonFile, NoJsonError
from phonoscope.ingest.readers.parquet_files import ParquetFiles
from phonoscope.ingest.readers.sqlite_file import MAGIC, SqliteFile
from phonoscope.ingest.readers.xml_file import NoXmlError, XmlFile

_HEAD_BYTES = 4096
_BINARY = {MAGIC: "an SQLite file", parquet_files.MAGIC: "a Parquet file"}
_SPACE = b"\xef\xbb\xbf\xff\xfe\0 \r\n\t"
"""Marks of an encoding, the zeros of UTF-16, and blanks, before what a file begins with."""
_TAR = slice(257, 262)


def open_job(
    source: str | os.PathLike[str],
    *,
    mapping: Mapping[str, str] | None = None,
    constants: Mapping[str, str] | None = None,
    pseudonyms: Pseudonyms | None = None,
) -> Job[Source]:
    """Open a source and recognise its format.

    Parameters
    ----------
    source
        File or folder.
    mapping
        Field by column, of a CSV file.
    constants
        Values that hold for all rows of a chart, by field: see ``charts_csv.CONSTANTS``.
    pseudonyms
        What hides accounts; by default with a key that is drawn now and never stored.

    Raises
    ------
    SourceError
        When it cannot be read, or no format fits; says what was looked for and what was found.
    UsageError
        When the mapping, or the constants, do not fit the source.
    """
    uri = uri_of(source)
    opened, source_format = _recognised(uri, mapping, constants)
    hide = pseudonyms or Pseudonyms.drawn()
    return Job(uri, opened, source_format, mapping, constants, hide)


def open_again(job: Job[Source]) -> Job[Source]:
    """Return a job whose source is opened again, to be read from its start."""
    opened, source_format = _recognised(job.origin, job.mapping, job.constants)
    return replace(job, source=opened, format=source_format)


def _recognised(
    uri: str, mapping: Mapping[str, str] | None, constants: Mapping[str, str] | None
) -> Recognised:
    local = local_path(uri)
    if local is not None and local.is_dir():
        return _open_folder(local, shown(uri), mapping, constants)
    opened, doubt = _open(uri, mapping, constants)
    found = _format_of(opened)
    if found is None:
        raise SourceError(_refusal(opened, doubt))
    return opened, found


def _format_of(opened: Source) -> Format[Source] | None:
    fitting = (
        each for each in formats() if isinstance(opened, each.opens) and each.recognises(opened)
    )
    return next(fitting, None)


def _open_folder(
    folder: Path,
    name: str,
    mapping: Mapping[str, str] | None,
    constants: Mapping[str, str] | None,
) -> Recognised:
    """Open a folder: of Parquet files, of tables that belong together, or of files alike."""
    files = files_in(folder, name)

    def opener(path: Path) -> Recognised | None:
        try:
            opened, _ = _open(uri_of(path), mapping, constants)
        except NotRecognisedError:
            return None
        found = _format_of(opened)
        return None if found is None else (opened, found)

    if parquet := [path for path in files if _starts_with(path, parquet_files.MAGIC)]:
        tables = ParquetFiles(parquet, name)
        of_tables = _format_of(tables)
        if of_tables is None:
            raise SourceError(_refusal(tables, ""))
        return tables, of_tables
    first = next((found for path in files if (found := _if_whole(opener, path))), None)
    if first is None:
        raise SourceError(
            f"none of the {len(files):,} files in {name} has a known format.\n{_wanted()}"
        )
    if isinstance(first[0], TextTables):
        return _tables_in(files, name), first[1]
    return Folder(name, files, first[1], opener), as_format(first[1])


def _if_whole(opener: Opener, path: Path) -> Recognised | None:
    try:
        return opener(path)
    except SourceError:
        return None


def _tables_in(files: Sequence[Path], name: str) -> TextTables:
    tables: list[TextFile] = []
    others: list[str] = []
    for path in files:
        try:
            opened: Source | None = _open(uri_of(path), None)[0]
        except NotRecognisedError:
            opened = None
        if isinstance(opened, TextTables):
            tables += opened.files
        else:
            others.append(printable(path.name))
    return TextTables(tables, name, others)


def _starts_with(path: Path, magic: bytes) -> bool:
    try:
        with closing(open_source(uri_of(path))) as file:
            return file.read(len(magic)) == magic
    except UnreadableError:
        return False


class NotRecognisedError(SourceError):
    """The first bytes of a file did not say what it is."""


def _open(
    uri: str, mapping: Mapping[str, str] | None, constants: Mapping[str, str] | None = None
) -> tuple[Source, str]:
    """Return a source, and what else it may be that it could not be read as."""
    name = shown(uri)
    try:
        packed, head = _head(uri, name)
        return _of_kind(uri, name, head, packed, mapping=mapping, constants=constants)
    except UnreadableError as error:
        raise SourceError(f"{name} cannot be read: {error}") from error


def _of_kind(
    uri: str,
    name: str,
    head: bytes,
    packed: str | None,
    *,
    mapping: Mapping[str, str] | None,
    constants: Mapping[str, str] | None,
) -> tuple[Source, str]:
    if not head.strip(b"\0 \r\n\t"):
        raise NotRecognisedError(f"{name} is empty, or its first {_HEAD_BYTES:,} bytes are")
    for magic, what in _BINARY.items():
        if head.startswith(magic):
            if mapping is not None:
                raise UsageError(f"a mapping is for CSV files; this is {what}")
            if packed:
                raise SourceError(f"{name} is {what}, packed with {packed}: unpack it first")
            path = _local(local_path(uri), name, what)
            return (SqliteFile if magic == MAGIC else _parquet)(path, name), ""
    plain = head.lstrip(_SPACE)
    if mapping is None and plain.startswith(b"<"):
        return _xml(uri, name)
    if mapping is None and plain.startswith((b"{", b"[")):
        opened, doubt = _json(uri, name, head)
    else:
        opened, doubt = CsvFile(uri, name, head, mapping, constants), ""
    return (opened if mapping or table_of(opened) is None else TextTables([opened], name)), doubt


def _xml(uri: str, name: str) -> tuple[Source, str]:
    try:
        return XmlFile(uri, name), ""
    except NoXmlError as error:
        raise NotRecognisedError(f"{error}.\n{_wanted()}") from error


def _parquet(path: Path, name: str) -> ParquetFiles:
    return ParquetFiles([path], name)


def _json(uri: str, name: str, head: bytes) -> tuple[TextFile, str]:
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
        packed = compression_of(stored.read(16))
    head = decompressed_head(uri, name, _HEAD_BYTES)
    inner = "tar" if head[_TAR] == b"ustar" else compression_of(head)
    if inner is not None:
        raise SourceError(f"{name} is packed with {inner} inside: unpack it first")
    return packed, head


def _local(path: Path | None, name: str, what: str) -> Path:
    if path is None:
        raise SourceError(f"{name}: {what} must lie on this machine; copy it here first")
    return path


def _wanted() -> str:
    listed = "".join(f"\n  {each.name}: {each.looks_for}" for each in formats())
    return f"Looked for:{listed}"


def _refusal(source: Source, doubt: str) -> str:
    found = f"Found {source.found()}.{doubt}"
    return f"the format of {source.name} is not known.\n{found}\n{_wanted()}"

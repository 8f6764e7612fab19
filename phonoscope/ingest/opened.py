"""One file: its kind by its first bytes, and its format."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from phonoscope.errors import SourceError, UnreadableError, UsageError
from phonoscope.files import local_path, shown
from phonoscope.ingest.base import Source
from phonoscope.ingest.formats.flat_csv import fields_of
from phonoscope.ingest.formats.machine_artists import are_artists
from phonoscope.ingest.formats.web_api_text import TextFile, TextTables, table_of
from phonoscope.ingest.job import Format, formats
from phonoscope.ingest.options import SourceOptions
from phonoscope.ingest.readers import parquet_files
from phonoscope.ingest.readers.csv_file import CsvFile
from phonoscope.ingest.readers.decompress import compression_of, decompressed_head, packing_of
from phonoscope.ingest.readers.folder import Recognised
from phonoscope.ingest.readers.json_file import JsonFile, NotJsonError
from phonoscope.ingest.readers.name_list import NameList
from phonoscope.ingest.readers.parquet_files import ParquetFiles
from phonoscope.ingest.readers.sqlite_file import MAGIC, SqliteFile
from phonoscope.ingest.readers.xml_file import XmlFile
from phonoscope.ingest.refusal import other_format, refusal
from phonoscope.messages import gettext

_HEAD_BYTES = 4096
_BINARY = {MAGIC: gettext("an SQLite file"), parquet_files.MAGIC: gettext("a Parquet file")}
_SPACE = b"\xef\xbb\xbf\xff\xfe\0 \r\n\t"
"""Marks of an encoding, the zeros of UTF-16, and blanks: what can come before the first sign."""
_TAR = slice(257, 262)


def recognised(uri: str, options: SourceOptions) -> Recognised:
    """Open a file and recognise its format.

    Raises
    ------
    SourceError
        When it can't be read, or has no format that the command reads.
    UsageError
        When the options don't fit it.
    """
    opened, doubt = opened_file(uri, options)
    return opened, format_of(opened, options, doubt)


def format_of(opened: Source, options: SourceOptions, doubt: str = "") -> Format[Source]:
    """Return the format of an opened source.

    Raises
    ------
    SourceError
        When it has none, or one that the command doesn't read.
    UsageError
        When the options don't fit it.
    """
    wanted, others = _wanted(options)
    found = _fitting(opened, wanted)
    if found is not None:
        return found
    if options.id_from and not any(isinstance(opened, each.opens) for each in wanted):
        raise UsageError(
            gettext(
                "--id-from works with CSV and Parquet files. {file} is {found}.",
                file=opened.name,
                found=opened.found(),
            ),
            code="id-from-unsupported",
        )
    other = _other(opened, others) if options.only is not None else None
    if other is not None:
        raise other_format(opened, other, options)
    raise refusal(opened, wanted, options, doubt)


def _wanted(options: SourceOptions) -> tuple[list[Format[Source]], list[Format[Source]]]:
    """Return the formats that the user can mean, and the others."""
    wanted: list[Format[Source]] = []
    others: list[Format[Source]] = []
    for each in formats():
        named = options.only is None or each.name in options.only
        fits = named and (each.takes_id_from or not options.id_from)
        (wanted if fits else others).append(each)
    return wanted, others


def _fitting(opened: Source, candidates: Sequence[Format[Source]]) -> Format[Source] | None:
    fitting = (
        each for each in candidates if isinstance(opened, each.opens) and each.recognises(opened)
    )
    return next(fitting, None)


def _other(opened: Source, others: Sequence[Format[Source]]) -> Format[Source] | None:
    if isinstance(opened, CsvFile | JsonFile):
        # Constants make any table with ranks a chart, and the command adds them.
        opened.constants, opened.command = None, "ingest"
    try:
        return _fitting(opened, others)
    except (SourceError, UsageError):
        # What such a format misses doesn't matter to someone who wants another one.
        return None


def opened_file(uri: str, options: SourceOptions) -> tuple[Source, str]:
    """Open a file by its kind.

    Returns
    -------
    Source, str
        The source, and why it isn't the kind of file that it looks like; empty without doubt.

    Raises
    ------
    SourceError
        When it is empty, damaged or packed twice.
    UsageError
        When there is a mapping, but it isn't a text file.
    """
    name = shown(uri)
    try:
        packed, head = _head(uri, name)
        return _of_kind(uri, name, head, packed, options)
    except UnreadableError as error:
        raise SourceError(
            gettext("{file} can't be read: {reason}", file=name, reason=error.message),
            code="unreadable",
        ) from error


def _of_kind(
    uri: str, name: str, head: bytes, packed: str | None, options: SourceOptions
) -> tuple[Source, str]:
    if not head.strip(b"\0 \r\n\t"):
        raise NotRecognisedError(
            gettext("{file} is empty, or its first {n} bytes are.", file=name, n=_HEAD_BYTES),
            code="empty",
        )
    for magic in _BINARY:
        if head.startswith(magic):
            return _binary(uri, name, magic, packed, options), ""
    plain = head.lstrip(_SPACE)
    if options.mapping is None and plain.startswith(b"<"):
        return XmlFile(uri, name), ""
    if options.command == "artists" and options.mapping is None:
        return _artists(uri, name, plain, options), ""
    if options.mapping is None and plain.startswith((b"{", b"[")):
        opened, doubt = _json(uri, name, head, options)
    else:
        opened, doubt = CsvFile(uri, name, options), ""
    is_table = not options.mapping and not options.id_from and table_of(opened) is not None
    return (TextTables([opened], name) if is_table else opened), doubt


def _artists(uri: str, name: str, plain: bytes, options: SourceOptions) -> Source:
    """Return what someone calls a list of artists: a table, or else lines or JSON."""
    if plain.startswith((b"{", b"[")):
        return NameList(uri, name, options)
    try:
        table = CsvFile(uri, name, options)
    except SourceError:
        return NameList(uri, name, options)
    # A heading of several known columns that are others' is rather a wrong file than a list.
    return table if are_artists(table) or fields_of(table.columns) else NameList(uri, name, options)


def _binary(
    uri: str, name: str, magic: bytes, packed: str | None, options: SourceOptions
) -> Source:
    what = _BINARY[magic]
    if options.mapping is not None:
        raise UsageError(
            gettext("--map works with CSV files. {file} is {what}.", file=name, what=what),
            code="mapping-unsupported",
        )
    if packed:
        raise SourceError(
            gettext(
                "{file} is {what}, packed with {packed}. Unpack it first.",
                file=name,
                what=what,
                packed=packed,
            ),
            code="packed",
        )
    path = _local(local_path(uri), name, what)
    return SqliteFile(path, name) if magic == MAGIC else parquet([path], name, options)


def parquet(paths: Sequence[Path], name: str, options: SourceOptions) -> ParquetFiles:
    """Open Parquet files as one source."""
    return ParquetFiles(paths, name, id_from=options.id_from)


def _json(uri: str, name: str, head: bytes, options: SourceOptions) -> tuple[TextFile, str]:
    """Return what begins with a bracket: JSON, or a table whose heading begins so."""
    try:
        return JsonFile(uri, name, head, options), ""
    except NotJsonError as error:
        try:
            return CsvFile(uri, name, options), error.message
        except SourceError:
            raise error from None


def _head(uri: str, name: str) -> tuple[str | None, bytes]:
    """Return what packed a source, if anything, and its first bytes, unpacked."""
    packed = packing_of(uri)
    head = decompressed_head(uri, name, _HEAD_BYTES)
    inner = "tar" if head[_TAR] == b"ustar" else compression_of(head)
    if inner is not None:
        raise SourceError(
            gettext(
                "{file} has a {packed} archive inside. Unpack it first.", file=name, packed=inner
            ),
            code="packed-twice",
        )
    return packed, head


def _local(path: Path | None, name: str, what: str) -> Path:
    if path is None:
        raise SourceError(
            gettext(
                "{file} is {what} on another machine. Copy it to this one first.",
                file=name,
                what=what,
            ),
            code="not-local",
        )
    return path


class NotRecognisedError(SourceError):
    """The first bytes of a file don't say what it is."""

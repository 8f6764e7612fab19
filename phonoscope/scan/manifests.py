"""Read manifests: lists of files in a text, CSV or Parquet file, a playlist or a cue sheet."""

from __future__ import annotations

import csv
import io
import os
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import chain
from typing import BinaryIO

from phonoscope.delimited import delimiter_of, said_delimiter
from phonoscope.encodings import UTF8_MARKED, stated_encoding
from phonoscope.errors import ErrorKind, UnreadableError, UsageError
from phonoscope.escape import printable
from phonoscope.files import local_path, open_source, shown, uri_of
from phonoscope.messages import gettext

PLAYLISTS = frozenset({".m3u", ".m3u8", ".cue"})
"""Extensions of playlists and cue sheets."""
MANIFESTS = frozenset({".csv", ".parquet", ".txt"}) | PLAYLISTS
"""Extensions of manifests."""
COLUMNS = ("uri", "path", "file", "filename", "location")
"""Names of the column with the path or URI, in order of preference."""
_ROWS = 4_096
_HEAD_BYTES = 4_096
_MOST_HEADING = 1 << 16
_STREAM_PLAYLIST = "#EXT-X-"
_CUE_FILE = re.compile(r'\s*FILE\s+(?:"(?P<quoted>[^"]*)"|(?P<plain>\S+))', re.IGNORECASE)


def entries_of(uri: str) -> Iterator[list[str]]:
    """Yield the URIs that a manifest lists, in groups.

    A relative path is relative to the manifest. A text file or playlist has one path or URI per
    line, and may have comments (``#``). CSV and Parquet files have them in a column of
    :data:`COLUMNS`, or in their only column. A cue sheet names each file once, however many tracks
    it has.

    Raises
    ------
    UsageError
        When the manifest can't be read (``unreadable-manifest``) or has no such column
        (``no-path-column``).
    """
    # Imported here: most checks have no manifest.
    import pyarrow as pa

    read = {
        ".csv": _csv_entries,
        ".parquet": _parquet_entries,
        ".txt": _text_entries,
        ".m3u": _playlist_entries,
        ".m3u8": _playlist_entries,
        ".cue": _cue_entries,
    }
    try:
        with open_source(uri) as file:
            group: list[str] = []
            for entry in read[os.path.splitext(uri)[1].lower()](file):
                group.append(_absolute(entry, uri))
                if len(group) == _ROWS:
                    yield group
                    group = []
            yield group
    except _NoColumnError as error:
        message = gettext(
            "The manifest {file} has no column of paths. It needs one named {names} or {last}.",
            file=shown(uri),
            names=", ".join(COLUMNS[:-1]),
            last=COLUMNS[-1],
        )
        raise UsageError(message, code="no-path-column") from error
    except UnreadableError as error:
        raise _unreadable(uri, error.message) from error
    except (pa.ArrowException, csv.Error, OSError, UnicodeDecodeError) as error:
        raise _unreadable(uri, printable(str(error))) from error


class _NoColumnError(Exception):
    """A manifest has no column for the path."""


def _unreadable(uri: str, reason: str) -> UsageError:
    message = gettext("The manifest {file} can't be read. {reason}", file=shown(uri), reason=reason)
    return UsageError(message, code="unreadable-manifest")


def _absolute(entry: str, manifest: str) -> str:
    if "://" in entry or entry.lower().startswith("file:/"):
        return uri_of(entry)
    path = local_path(manifest)
    if path is not None:
        return uri_of(os.path.join(path.parent, entry))
    return entry if entry.startswith("/") else f"{manifest.rpartition('/')[0]}/{entry}"


def _text_entries(file: BinaryIO) -> Iterator[str]:
    with _text(file, "\n") as text:
        for line in text:
            entry = line.rstrip("\r\n")
            if entry.strip() and not entry.startswith("#"):
                yield entry


def _playlist_entries(file: BinaryIO) -> Iterator[str]:
    """Yield the files of a playlist.

    Raises
    ------
    UnreadableError
        When it lists the pieces of a stream and not recordings.
    """
    head = file.read(_HEAD_BYTES)
    file.seek(0)
    if _STREAM_PLAYLIST.encode() in head:
        reason = gettext("It lists the pieces of a stream, not recordings.")
        raise UnreadableError(ErrorKind.NOT_AUDIO, reason)
    return map(_with_slashes, _text_entries(file))


def _cue_entries(file: BinaryIO) -> Iterator[str]:
    with _text(file, "\n") as text:
        for line in text:
            if named := _CUE_FILE.match(line):
                yield _with_slashes(named["quoted"] or named["plain"])


def _with_slashes(entry: str) -> str:
    """Return a path from Windows with the separators of other systems."""
    return entry.replace("\\", "/") if os.sep == "/" and "/" not in entry else entry


def is_manifest(source: str | os.PathLike[str]) -> bool:
    """Whether a source is a list of files, and not a folder of such a name."""
    path = local_path(uri_of(source))
    extension = os.path.splitext(os.fspath(source))[1].lower()
    return extension in MANIFESTS and (path is None or path.is_file())


def is_playlist(uri: str) -> bool:
    """Whether a manifest is a playlist or a cue sheet: those are made by other programs."""
    return os.path.splitext(uri)[1].lower() in PLAYLISTS


def _csv_entries(file: BinaryIO) -> Iterator[str]:
    with _text(file, "") as text:
        first = text.readline(_MOST_HEADING)
        said = said_delimiter(first)
        heading = text.readline(_MOST_HEADING) if said else first
        delimiter = said or delimiter_of(heading)
        rows = csv.reader(chain([heading], text), delimiter=delimiter)
        at = _column(next(rows, []))
        for row in rows:
            if len(row) > at and row[at].strip():
                yield row[at]


@contextmanager
def _text(file: BinaryIO, newline: str) -> Iterator[io.TextIOWrapper]:
    """Give a list as text, in the encoding that it states, or else in UTF-8.

    Names that aren't UTF-8 are kept, like the operating system's own.
    """
    encoding = stated_encoding(file.read(_HEAD_BYTES)) or UTF8_MARKED
    file.seek(0)
    text = io.TextIOWrapper(file, encoding, errors="surrogateescape", newline=newline)
    try:
        yield text
    finally:
        # The caller closes the file.
        text.detach()


def _parquet_entries(file: BinaryIO) -> Iterator[str]:
    import pyarrow.parquet as pq

    table = pq.ParquetFile(file)
    at = _column(table.schema_arrow.names)
    for batch in table.iter_batches(_ROWS, columns=[table.schema_arrow.names[at]]):
        yield from (str(entry) for entry in batch.column(0).to_pylist() if entry)


def _column(names: Iterable[str]) -> int:
    found = [name.strip().lower() for name in names]
    for name in COLUMNS:
        if name in found:
            return found.index(name)
    if len(found) == 1:
        return 0
    raise _NoColumnError

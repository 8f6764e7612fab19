"""A list of recordings that a person wrote: ids or paths, one a line, or a CSV file."""

from __future__ import annotations

import csv
import os
import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from phonoscope.delimited import read_rows
from phonoscope.encodings import names_in_unicode
from phonoscope.errors import UnreadableError, UsageError
from phonoscope.escape import printable
from phonoscope.files import local_path, open_source, shown, uri_of
from phonoscope.messages import gettext
from phonoscope.text import size

MOST_BYTES = 256 << 20
"""Largest list; five million paths fit."""
COLUMNS = ("recording_id", "file", "uri", "path")
"""Columns of a CSV file with the recording, in order of preference."""

_BINARY = re.compile("[\\0-\\x08\\x0e-\\x1a\\x1c-\\x1f]")
"""What no text has (a name may hold escapes). Bytes that aren't text may look like UTF-16."""


class Entry(NamedTuple):
    """One entry of a list."""

    line: int
    """Line of the file, from 1."""
    text: str
    """As written; bytes that aren't UTF-8 are surrogates, as in file names."""


def entries_of(path: str | os.PathLike[str]) -> list[Entry]:
    """Return the entries of a list.

    Parameters
    ----------
    path
        A text file with an id or a path a line, where empty lines and lines that begin with ``#``
        are skipped; or a CSV file with a heading that has one of :data:`COLUMNS`.

    Raises
    ------
    UsageError
        When it can't be read (``unreadable-list``), is too large (``too-large``), isn't text
        (``not-text``), isn't valid CSV (``not-csv``), or lacks the column (``missing-column``).
    """
    data = _bytes_of(path)
    text = names_in_unicode(data)
    if _BINARY.search(text):
        raise UsageError(
            gettext("{file} isn't a list: it has binary data.", file=_name(path)), code="not-text"
        )
    heading = [name.strip().lower() for name in next(_csv_rows(_start(text), path), ())]
    column = next((name for name in COLUMNS if name in heading), None)
    if column is not None:
        return list(_cells(text, heading.index(column), path))
    if str(path).lower().endswith(".csv") and len(heading) > 1:
        raise UsageError(
            gettext(
                "{file} has no column named {columns} or {last}.",
                file=_name(path),
                columns=", ".join(COLUMNS[:-1]),
                last=COLUMNS[-1],
            ),
            code="missing-column",
        )
    lines = (line.rstrip("\r") for line in text.split("\n"))
    return [
        Entry(number, line)
        for number, line in enumerate(lines, 1)
        if line.strip() and not line.startswith("#")
    ]


def uris_of(entry: str, path: str | os.PathLike[str], roots: Sequence[str]) -> Iterator[str]:
    """Yield the URIs that an entry may mean.

    Parameters
    ----------
    entry
        A path or URI.
    path
        The list; a relative path may be relative to it.
    roots
        Folders that a relative path may be relative to, after the list and the working folder.
    """
    if "://" in entry:
        yield uri_of(entry)
        return
    yield uri_of(os.path.join(os.path.dirname(os.path.abspath(path)), entry))
    yield uri_of(entry)
    for root in roots:
        folder = local_path(root)
        if folder is not None:
            yield uri_of(os.path.join(folder, entry))


def _bytes_of(path: str | os.PathLike[str]) -> bytes:
    try:
        with open_source(uri_of(path)) as file:
            data = file.read(MOST_BYTES + 1)
    except (UnreadableError, OSError, ValueError) as error:
        reason = error.message if isinstance(error, UnreadableError) else printable(str(error))
        raise UsageError(
            gettext("The list {file} can't be read. {reason}", file=_name(path), reason=reason),
            code="unreadable-list",
        ) from error
    if len(data) > MOST_BYTES:
        raise UsageError(
            gettext("{file} is larger than {most}.", file=_name(path), most=size(MOST_BYTES)),
            code="too-large",
        )
    return data


def _cells(text: str, at: int, path: str | os.PathLike[str]) -> Iterator[Entry]:
    rows = _csv_rows(text, path)
    next(rows)
    for number, row in enumerate(rows, 2):
        if len(row) > at and row[at].strip():
            yield Entry(number, row[at])


def _csv_rows(text: str, path: str | os.PathLike[str]) -> Iterator[list[str]]:
    try:
        yield from read_rows(text)
    except csv.Error as error:
        raise UsageError(
            gettext(
                "{file} isn't a valid CSV file: {reason}.",
                file=_name(path),
                reason=printable(str(error)),
            ),
            code="not-csv",
        ) from error


def _start(text: str) -> str:
    """Return the heading, and a line before it that states the delimiter."""
    return "\n".join(text.split("\n", 2)[:2])


def _name(path: str | os.PathLike[str]) -> str:
    return shown(uri_of(path))

"""Declarations that a person writes as rows: strict, so that a typo never becomes a label."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from phonoscope.delimited import delimited
from phonoscope.disclosure.fields import shown_value, utc_of
from phonoscope.disclosure.model import SHOWN_CHARACTERS, Declaration, Making, Part
from phonoscope.disclosure.sidecar import COLUMNS, from_row
from phonoscope.encodings import in_unicode
from phonoscope.errors import UsageError
from phonoscope.escape import printable
from phonoscope.files import shown, uri_of
from phonoscope.messages import gettext

MOST_ROWS = 10_000_000
"""A longer file is not read."""

_SHORT = {"tags": "ai-tags"}
"""Names of standards on the command line."""

_KINDS = {"part": Part, "making": Making}


def declaration_of(row: Mapping[str, str | None], where: str) -> Declaration:
    """Return the declaration of a row with :data:`~phonoscope.disclosure.sidecar.COLUMNS`.

    Parameters
    ----------
    row
        Its cells by column.
    where
        Where the row is, as an error names it; safe to show.

    Raises
    ------
    UsageError
        When a word isn't known, a time isn't valid, or a text is too long.
    """
    said = {name: (row.get(name) or "").strip() for name in COLUMNS}
    for name, kind in _KINDS.items():
        words = [member.value for member in kind]
        if said[name] not in words:
            raise UsageError(
                gettext(
                    "{where}: '{word}' isn't a valid {column}. Valid are {words}.",
                    where=where,
                    word=printable(said[name])[:80],
                    column=name,
                    words=", ".join(words),
                ),
                code=f"unknown-{name}",
            )
    if said["declared_utc"] and utc_of(said["declared_utc"]) is None:
        raise UsageError(
            gettext(
                "{where}: '{word}' isn't a valid time. Write 2026-11-21 or 2026-11-21T09:00Z.",
                where=where,
                word=printable(said["declared_utc"])[:80],
            ),
            code="invalid-time",
        )
    for name, value in said.items():
        if len(value) > SHOWN_CHARACTERS:
            raise UsageError(
                gettext(
                    "{where}: {column} is longer than {most} characters.",
                    where=where,
                    column=name,
                    most=SHOWN_CHARACTERS,
                ),
                code="too-long",
            )
    return from_row(said, "")


@dataclass
class FileRows:
    """The rows of one file in a table."""

    declared: list[Declaration]
    """Each has the standard that its row names; empty if it names none."""
    errors: list[str]
    """Why rows can't be used; each names its line."""


def declarations_in(path: str) -> dict[str, FileRows]:
    """Return the rows of a table by file. A bad row is an error of its file only.

    Parameters
    ----------
    path
        CSV with the columns ``file``, ``part``, ``making`` and optionally the others of
        :data:`~phonoscope.disclosure.sidecar.COLUMNS`, ``standard`` and ``value``. Files are
        relative to its folder. A row without a file is an error under the name of its line.

    Raises
    ------
    UsageError
        When it can't be read, lacks a column, or has no rows.
    """
    folder = os.path.dirname(os.path.abspath(path))
    found: dict[str, FileRows] = {}
    for line, row, beyond in _rows(path):
        where = gettext("{file}, line {line}", file=shown(path), line=str(line))
        named = (row.get("file") or "").strip()
        if not named:
            error = gettext("{where}: the column 'file' is empty.", where=where)
            found[where] = FileRows([], [error])
            continue
        uri = named if "://" in named else uri_of(os.path.join(folder, os.path.expanduser(named)))
        rows = found.setdefault(uri, FileRows([], []))
        if beyond:
            rows.errors.append(gettext("{where}: there are more cells than columns.", where=where))
            continue
        try:
            rows.declared.append(_of_standard(declaration_of(row, where), row))
        except UsageError as error:
            rows.errors.append(error.message)
    if not found:
        raise UsageError(gettext("{file} has no rows.", file=shown(path)), code="no-rows")
    return found


def _of_standard(declared: Declaration, row: Mapping[str, str]) -> Declaration:
    """Return a declaration with the standard of its row, and the mark as it was in a file."""
    standard = (row.get("standard") or "").strip().lower()
    value = shown_value(row.get("value") or "") if standard else ""
    return replace(declared, standard=_SHORT.get(standard, standard), value=value)


def _rows(path: str) -> Iterator[tuple[int, dict[str, str], bool]]:
    """Yield the line of each row, its cells, and whether it has more of them than columns."""
    try:
        with open(path, "rb") as file:
            table, delimiter = delimited(in_unicode(file.read()))
            lines = io.StringIO(table, newline="")
            reader = csv.DictReader(lines, restval="", strict=True, delimiter=delimiter)
            if missing := [n for n in ("file", *_KINDS) if n not in (reader.fieldnames or ())]:
                raise UsageError(
                    gettext(
                        "{file} lacks the column {columns}.",
                        file=shown(path),
                        columns=", ".join(missing),
                    ),
                    code="missing-column",
                )
            for number, row in enumerate(reader):
                if number >= MOST_ROWS:
                    raise UsageError(
                        gettext("{file} has too many rows.", file=shown(path)),
                        code="too-many-rows",
                    )
                # Cells beyond the heading do no harm while they are empty.
                yield reader.line_num, row, any(row.pop(None, ()))
    except (OSError, ValueError, csv.Error) as error:
        raise UsageError(
            gettext(
                "{file} can't be read: {reason}.",
                file=shown(path),
                reason=printable(getattr(error, "strerror", None) or str(error))[:300],
            ),
            code="unreadable-file",
        ) from error

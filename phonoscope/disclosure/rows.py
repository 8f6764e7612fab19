"""Declarations that a person writes as rows: strict, so that a typing error never gets a label."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterator, Mapping

from phonoscope.disclosure.fields import utc_of
from phonoscope.disclosure.model import SHOWN_CHARACTERS, Declaration, Making, Part
from phonoscope.disclosure.sidecar import COLUMNS, from_row
from phonoscope.errors import UsageError
from phonoscope.escape import printable
from phonoscope.files import shown, uri_of

MOST_ROWS = 10_000_000
"""A longer file is not read."""

_KINDS = {"part": Part, "making": Making}


def declaration_of(row: Mapping[str, str | None], where: str) -> Declaration:
    """Return the declaration that a row with :data:`~phonoscope.disclosure.sidecar.COLUMNS` makes.

    Raises
    ------
    UsageError
        When a word is not known, a time is none, or a text is too long; ``where`` begins it.
    """
    said = {name: (row.get(name) or "").strip() for name in COLUMNS}
    for name, kind in _KINDS.items():
        words = [member.value for member in kind]
        if said[name] not in words:
            found = printable(said[name])[:80]
            raise UsageError(f"{where}: {found!r} is no {name}; there are {', '.join(words)}")
    if said["declared_utc"] and utc_of(said["declared_utc"]) is None:
        found = printable(said["declared_utc"])[:80]
        raise UsageError(f"{where}: {found!r} is no time such as 2026-11-21 or 2026-11-21T09:00Z")
    for name, value in said.items():
        if len(value) > SHOWN_CHARACTERS:
            raise UsageError(f"{where}: {name} is longer than {SHOWN_CHARACTERS} characters")
    return from_row(said, "")


def declarations_in(path: str) -> dict[str, tuple[Declaration, ...]]:
    """Return declarations by file from a CSV file; every row is looked at before any is used.

    Parameters
    ----------
    path
        CSV in UTF-8 with the columns ``file``, ``part``, ``making`` and, if wanted, the others of
        :data:`~phonoscope.disclosure.sidecar.COLUMNS`. Relative files are seen from its folder.

    Raises
    ------
    UsageError
        When it cannot be read or a row is wrong: says which line.
    """
    folder = os.path.dirname(os.path.abspath(path))
    found: dict[str, list[Declaration]] = {}
    for line, row in _rows(path):
        where = f"{shown(path)}, line {line}"
        named = (row.get("file") or "").strip()
        if not named:
            raise UsageError(f"{where}: names no file")
        uri = named if "://" in named else uri_of(os.path.join(folder, os.path.expanduser(named)))
        found.setdefault(uri, []).append(declaration_of(row, where))
    if not found:
        raise UsageError(f"{shown(path)} names no file")
    return {uri: tuple(declared) for uri, declared in found.items()}


def _rows(path: str) -> Iterator[tuple[int, dict[str, str]]]:
    try:
        with open(path, encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, restval="", strict=True)
            if missing := [n for n in ("file", *_KINDS) if n not in (reader.fieldnames or ())]:
                raise UsageError(f"{shown(path)} has no column {', '.join(missing)}")
            for number, row in enumerate(reader):
                if number >= MOST_ROWS or None in row:
                    raise UsageError(
                        f"{shown(path)}, line {reader.line_num}: too many cells or rows"
                    )
                yield reader.line_num, row
    except (OSError, ValueError, csv.Error) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise UsageError(f"cannot read {shown(path)}: {printable(why)[:300]}") from error

"""The table of voices: licences are recorded, ended and read, and never deleted."""

from __future__ import annotations

import csv
import dataclasses
import io
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from phonoscope.catalogue.parts import BatchNames
from phonoscope.catalogue.schema.tables import plain_rows
from phonoscope.catalogue.store import Store
from phonoscope.clock import utc_now
from phonoscope.columns import columns_in
from phonoscope.delimited import delimited
from phonoscope.disclosure.voice import VoiceRow, voice_of
from phonoscope.encodings import in_unicode
from phonoscope.errors import UsageError
from phonoscope.escape import printable
from phonoscope.messages import gettext
from phonoscope.text import size

MOST_BYTES = 64 << 20
"""Largest CSV file of licences; people negotiate each licence, so real files are small."""
CSV_COLUMNS = tuple(f.name for f in columns_in(VoiceRow) if f.name != "recorded_utc")


def record(store: Store, licences: Sequence[VoiceRow]) -> None:
    """Store licences; one of the same voice and first day is replaced."""
    if licences:
        batch = BatchNames(f"voices-{secrets.token_hex(4)}", after=store.newest_batch()).next()
        # A part can't hold a key twice, so only the last of a batch counts.
        unique = {(one.voice_id, one.valid_from): one for one in licences}
        store.write({"voices": plain_rows("voices", list(unique.values()), batch)}, batch)


def licences_of(voices: Any, voice_id: str) -> list[VoiceRow]:
    """Return the licences of a voice, in order of their first day.

    Parameters
    ----------
    voices
        The Ibis table.
    voice_id
        Its id. Two voices can share a name.
    """
    rows = voices.filter(voices["voice_id"] == voice_id).to_pyarrow().to_pylist()
    return sorted((_licence(row) for row in rows), key=lambda one: one.valid_from or date.min)


def all_licences(rows: Sequence[dict[str, Any]]) -> list[VoiceRow]:
    """Return the licences in rows of the table, in order of voice and first day."""
    made = [_licence(row) for row in rows]
    return sorted(made, key=lambda one: (one.voice_id, one.valid_from or date.min))


def ended(licences: Sequence[VoiceRow], on: date) -> list[VoiceRow]:
    """Return the licences that would last beyond a day, with that day as their last one."""
    return [
        dataclasses.replace(one, valid_until=on, recorded_utc=utc_now())
        for one in licences
        if one.valid_until is None or one.valid_until > on
    ]


def _licence(row: dict[str, Any]) -> VoiceRow:
    stored: dict[str, Any] = {f.name: row.get(f.name) for f in columns_in(VoiceRow)}
    return VoiceRow(**(stored | {"uses": tuple(stored["uses"] or ())}))


@dataclass(frozen=True)
class Imported:
    """The licences of a CSV file."""

    kept: tuple[VoiceRow, ...]
    rejected: tuple[tuple[int, str], ...]
    """Line and reason of every row that isn't a licence."""


def read_csv(path: str) -> Imported:
    """Read licences from a CSV file row by row; a wrong row doesn't stop the others.

    Raises
    ------
    UsageError
        When the file can't be read, is too large, lacks a required column, or has an unknown one.
    """
    kept, rejected, recorded = [], [], utc_now()
    for line, fields in _records(path):
        try:
            if fields is None:
                raise UsageError(
                    gettext("The row has more cells than the heading."), code="too-many-cells"
                )
            kept.append(voice_of(fields, recorded))
        except UsageError as error:
            rejected.append((line, error.message))
    return Imported(tuple(kept), tuple(rejected))


def _records(path: str) -> Iterator[tuple[int, dict[str, str] | None]]:
    text, delimiter = delimited(_text_of(path))
    lines = io.StringIO(text, newline="")
    reader = csv.DictReader(lines, restkey="", restval="", delimiter=delimiter)
    try:
        heading = [name.strip().lower() for name in reader.fieldnames or ()]
        _check(path, heading)
        reader.fieldnames = heading
        for row in reader:
            # It is unknown which column the cells beyond the heading belong to.
            if any(row.pop("", ())):
                yield reader.line_num, None
            else:
                yield reader.line_num, row
    except csv.Error as error:
        raise UsageError(
            gettext(
                "{file} isn't a valid CSV file: {reason}.",
                file=printable(path),
                reason=printable(str(error)),
            ),
            code="not-csv",
        ) from error


def _text_of(path: str) -> str:
    file, name = Path(path), printable(path)
    try:
        if not file.is_file():
            raise UsageError(gettext("The file {file} doesn't exist.", file=name), code="no-file")
        if file.stat().st_size > MOST_BYTES:
            raise UsageError(
                gettext("{file} is larger than {most}.", file=name, most=size(MOST_BYTES)),
                code="too-large",
            )
        return in_unicode(file.read_bytes())
    except UnicodeDecodeError as error:
        raise UsageError(gettext("{file} isn't text.", file=name), code="not-utf-8") from error
    except (OSError, ValueError) as error:
        raise UsageError(
            gettext("{file} can't be read: {reason}.", file=name, reason=printable(str(error))),
            code="unreadable-file",
        ) from error


def _check(path: str, heading: Sequence[str]) -> None:
    file, known = printable(path), ", ".join(CSV_COLUMNS)
    if lacking := {"voice_id", "owner", "uses"} - set(heading):
        raise UsageError(
            gettext(
                "{file} lacks {columns}. Possible columns are {known}.",
                file=file,
                columns=", ".join(sorted(lacking)),
                known=known,
            ),
            code="missing-column",
        )
    if odd := [name for name in heading if name not in CSV_COLUMNS]:
        raise UsageError(
            gettext(
                "{file} has an unknown column, {column}. Possible columns are {known}.",
                file=file,
                column=printable(odd[0]),
                known=known,
            ),
            code="unknown-column",
        )
    if len(set(heading)) < len(heading):
        raise UsageError(gettext("{file} has a column twice.", file=file), code="column-twice")

"""The table of voices: licences recorded, ended and read; none is ever deleted."""

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
from phonoscope.disclosure.voice import VoiceRow, voice_of
from phonoscope.errors import UsageError

MOST_BYTES = 64 << 20
"""Of a CSV file of licences; each voice was agreed upon by people."""
CSV_COLUMNS = tuple(f.name for f in columns_in(VoiceRow) if f.name != "recorded_utc")


def record(store: Store, licences: Sequence[VoiceRow]) -> None:
    """Keep licences; one of the same voice and first day is replaced."""
    if licences:
        batch = BatchNames(f"voices-{secrets.token_hex(4)}", after=store.newest_batch()).next()
        # Of one key only the last of a batch counts, and a part holds no key twice.
        unique = {(one.voice_id, one.valid_from): one for one in licences}
        store.write({"voices": plain_rows("voices", list(unique.values()), batch)}, batch)


def licences_of(voices: Any, voice_id: str) -> list[VoiceRow]:
    """Return the licences of a voice, in order of their first day.

    Parameters
    ----------
    voices
        The Ibis table.
    voice_id
        Its id; not its name, which two voices may share.
    """
    rows = voices.filter(voices["voice_id"] == voice_id).to_pyarrow().to_pylist()
    return sorted((_licence(row) for row in rows), key=lambda one: one.valid_from or date.min)


def all_licences(rows: Sequence[dict[str, Any]]) -> list[VoiceRow]:
    """Return the licences in rows of the table, by voice and first day."""
    made = [_licence(row) for row in rows]
    return sorted(made, key=lambda one: (one.voice_id, one.valid_from or date.min))


def ended(licences: Sequence[VoiceRow], on: date) -> list[VoiceRow]:
    """Return those licences that go on after a day, ended with it."""
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
    """What came of a CSV file of licences."""

    kept: tuple[VoiceRow, ...]
    rejected: tuple[tuple[int, str], ...]
    """Line and reason of every row that is no licence."""


def read_csv(path: str) -> Imported:
    """Read licences from a CSV file, row by row; what is wrong with one does not stop the rest.

    Raises
    ------
    UsageError
        When the file cannot be read, is too large, or its heading lacks a column that is needed
        or has one that is not known.
    """
    kept, rejected, recorded = [], [], utc_now()
    for line, fields in _records(path):
        try:
            if fields is None:
                raise ValueError("it has more cells than the heading")
            kept.append(voice_of(fields, recorded))
        except ValueError as error:
            rejected.append((line, str(error)))
    return Imported(tuple(kept), tuple(rejected))


def _records(path: str) -> Iterator[tuple[int, dict[str, str] | None]]:
    text = _text_of(path)
    reader = csv.DictReader(io.StringIO(text, newline=""), restkey="", restval="")
    try:
        heading = [name.strip().lower() for name in reader.fieldnames or ()]
        _check(path, heading)
        reader.fieldnames = heading
        for row in reader:
            # Cells beyond the heading: nobody knows which of them belong where.
            if row.pop("", None):
                yield reader.line_num, None
            else:
                yield reader.line_num, row
    except csv.Error as error:
        raise UsageError(f"{path} is no CSV file: {error}") from error


def _text_of(path: str) -> str:
    file = Path(path)
    try:
        if not file.is_file():
            raise UsageError(f"there is no file {path}")
        if file.stat().st_size > MOST_BYTES:
            raise UsageError(f"{path} is larger than {MOST_BYTES >> 20} MiB")
        return file.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageError(f"{path} is not UTF-8 text") from error
    except (OSError, ValueError) as error:
        raise UsageError(f"{path} cannot be read: {error}") from error


def _check(path: str, heading: Sequence[str]) -> None:
    known = ", ".join(CSV_COLUMNS)
    if lacking := {"voice_id", "owner", "uses"} - set(heading):
        raise UsageError(f"{path} lacks {', '.join(sorted(lacking))}; its columns may be {known}")
    if odd := [name for name in heading if name not in CSV_COLUMNS]:
        raise UsageError(f"{path} has a column {odd[0]!r}; its columns may be {known}")
    if len(set(heading)) < len(heading):
        raise UsageError(f"{path} has a column twice")

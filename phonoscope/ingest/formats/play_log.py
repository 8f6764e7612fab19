"""Play logs: which column is what, and how columns become rows of ``listens``.

A rejected row shows only the form of its cells, with digits as 9 and letters as a, because a cell
in the wrong column could be a name or an address.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import UTC, datetime

import pyarrow as pa
import pyarrow.compute as pc

from phonoscope.ingest.base import Chunk, Position
from phonoscope.ingest.cell import CellKind
from phonoscope.ingest.convert.cells import MS_FROM, either, is_text, value_of
from phonoscope.ingest.convert.column_aliases import fields_by_alias
from phonoscope.ingest.convert.columns import Raw, chunk_of, decodable
from phonoscope.ingest.job import Need
from phonoscope.ingest.pseudonyms import Pseudonyms
from phonoscope.messages import gettext

COLUMN_ALIASES = {
    "user_hash": "account account_id user user_id userid username user_name user_hash listener "
    "listener_id customer_id",
    "track_id": "track_id track trackid track_uri spotify_track_uri song_id recording_mbid isrc",
    "listened_utc": "played_at listened_at timestamp ts time played_at_utc listened_utc datetime "
    "event_time start_time",
    "played_ms": "ms_played played_ms listened_ms msplayed",
    "played_s": "seconds_played played_s play_seconds played_seconds listened_s seconds",
    "country": "country country_code conn_country market territory",
    "device": "device device_type platform",
    "play_source": "play_source source source_of_stream reason_start stream_source",
    "ip_hash": "ip_hash ip_prefix ip ip_addr ip_address",
}
"""Aliases by column of ``listens``, the surest first; ``played_s`` is in seconds."""
NEEDED = frozenset({"user_hash", "track_id", "listened_utc"})
_NEEDS = {
    "user_hash": gettext("account or user_id"),
    "track_id": gettext("track_id or isrc"),
    "listened_utc": gettext("played_at or timestamp"),
}
ROWS = "plays"
"""Name of a log as a table of the source."""
_MOST_FORM = 40
_ISO = re.compile(
    r"(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2})(:\d{2}(?:\.\d{1,9})?)? ?(Z|UTC|[+-]\d{2}:?\d{2})?",
    re.ASCII,
)
_PLAIN = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?(Z|\+00:00)?$"


def fields_of(columns: Iterable[str]) -> dict[str, str]:
    """Return field by column, for the columns whose name is known."""
    found = fields_by_alias(columns, COLUMN_ALIASES)
    twice = {"played_ms", "played_s"} <= set(found.values())
    return {name: field for name, field in found.items() if not (twice and field == "played_s")}


def needs_of_plays(columns: Iterable[str]) -> list[Need]:
    """Return what a play log needs, and the columns that have it."""
    by_field = {field: column for column, field in fields_of(columns).items()}
    return [Need(name, by_field.get(field, "")) for field, name in _NEEDS.items()]


def are_plays(columns: Collection[str]) -> bool:
    """Whether columns are those of a log with a play a row."""
    return set(fields_of(columns).values()) >= NEEDED


def kind_of(field: str) -> CellKind:
    """Return the kind of the cells of a field, for reading them from a typed file."""
    kinds = {
        "listened_utc": CellKind.TIME,
        "played_ms": CellKind.INTEGER,
        "played_s": CellKind.REAL,
    }
    return kinds.get(field, CellKind.ID if field in NEEDED or field == "ip_hash" else CellKind.TEXT)


def chunk_of_plays(
    first_row: int,
    columns: Mapping[str, pa.Array],
    length: int,
    pseudonyms: Pseudonyms,
    *,
    reject_reasons: pa.Array | None,
    begins: Position | None,
) -> Chunk:
    """Return cells of a log as rows of ``listens``, accounts and addresses hidden.

    Parameters
    ----------
    first_row
        Number of the first row, from 1.
    columns
        Cells by field: text, or numbers; times as numbers are seconds or ms since 1970 UTC.
    length
        Rows.
    pseudonyms
        Hides accounts and addresses.
    reject_reasons
        Why rows can't be kept, as far as it is known; empty where they can.
    begins
        See :class:`.base.Chunk`.
    """
    made: dict[str, pa.Array] = {}
    faults = _RejectReasons(reject_reasons, length)
    for field, cells in columns.items():
        array, undecodable = decodable(cells)
        faults.add(undecodable, f"{field} is undecodable text")
        if field in ("user_hash", "ip_hash"):
            # A hash hides whether a name is blank or too long, so that is checked first.
            text, bad = value_of(CellKind.ID, array.cast(pa.string()))
            faults.add(bad, f"{field} is too long")
            hide = pseudonyms.accounts if field == "user_hash" else pseudonyms.addresses
            made[field] = hide(text)
        elif field == "listened_utc":
            made[field], bad = _moments(array)
            faults.add(bad, "listened_utc is not a time")
        elif field == "played_s":
            made["played_ms"], bad = value_of(CellKind.INTEGER, array, 1000.0)
            faults.add(bad, "played_s is not a number")
        else:
            made[field] = array
    return chunk_of(
        Raw(
            ROWS,
            first_row,
            length,
            {"listens": made},
            _forms(columns),
            faults.reasons,
            begins=begins,
        )
    )


class _RejectReasons:
    """Why rows can't be kept; the first reason found counts."""

    def __init__(self, reject_reasons: pa.Array | None, length: int) -> None:
        self.reasons = reject_reasons
        self._length = length

    def add(self, bad: pa.Array | None, reason: str) -> None:
        if bad is None:
            return
        none = pa.scalar(None, pa.string())
        found = pc.if_else(bad, pa.scalar(reason), none)
        self.reasons = found if self.reasons is None else pc.coalesce(self.reasons, found)


def _forms(columns: Mapping[str, pa.Array]) -> Callable[[int], object]:
    hidden = ("user_hash", "ip_hash")

    def row_text(at: int) -> object:
        return {
            field: form_of(cells[at].as_py())
            for field, cells in columns.items()
            if field not in hidden
        }

    return row_text


def form_of(cell: object) -> str | None:
    """Return the form of a cell, bounded: digits as 9, letters as a."""
    if cell is None:
        return None
    text = cell.decode(errors="replace") if isinstance(cell, bytes) else str(cell)
    return "".join("9" if c.isdigit() else "a" if c.isalpha() else c for c in text[:_MOST_FORM]) + (
        "..." if len(text) > _MOST_FORM else ""
    )


def _moments(array: pa.Array) -> tuple[pa.Array, pa.Array | None]:
    """Return ms since 1970 UTC from numbers or text, and which cells aren't a time."""
    if not is_text(array):
        return array, None
    trimmed, too_long = value_of(CellKind.ID, array)
    stands = pc.match_substring(trimmed, "-")
    if not pc.any(stands).as_py():
        whole, bad = value_of(CellKind.INTEGER, trimmed)
        return whole, either(bad, too_long)
    try:
        if pc.all(pc.match_substring_regex(trimmed, _PLAIN)).as_py():
            plain = pc.replace_substring_regex(trimmed, r"(Z|\+00:00)$", "")
            return _ms(pc.cast(plain, pa.timestamp("us"))), too_long
    except pa.ArrowInvalid:
        pass  # Such as 30 February; it is found below.
    cells = trimmed.to_pylist()
    found = [_moment(cell) for cell in cells]
    bad = [cell is not None and ms is None for cell, ms in zip(cells, found, strict=True)]
    return pa.array(found, pa.int64()), either(pa.array(bad), too_long)


def _ms(moments: pa.Array) -> pa.Array:
    ms = pc.divide(pc.cast(moments, pa.int64()), 1000)
    return pc.if_else(pc.greater_equal(ms, MS_FROM), ms, pa.scalar(None, pa.int64()))


def _moment(cell: str | None) -> int | None:
    if cell is None:
        return None
    read = _ISO.fullmatch(cell)
    try:
        if read is None:
            # A number of seconds or ms: value_of tells them apart.
            return int(float(cell)) if re.fullmatch(r"\d{1,14}(\.\d+)?", cell) else None
        day, minute, second, zone = read.groups()
        at = datetime.fromisoformat(f"{day}T{minute}{(second or ':00')[:10]}")
        if zone and zone[0] in "+-":
            at = datetime.fromisoformat(f"{at.isoformat()}{zone[:3]}:{zone[-2:]}")
        ms = round(at.replace(tzinfo=at.tzinfo or UTC).timestamp() * 1000)
        return ms if ms >= MS_FROM else 0
    except (ValueError, OverflowError):
        return None

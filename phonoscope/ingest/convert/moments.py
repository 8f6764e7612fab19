"""Times of plays, as logs and exports write them, into milliseconds since 1970 UTC."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pyarrow as pa
import pyarrow.compute as pc

from phonoscope.ingest.cell import CellKind
from phonoscope.ingest.convert.cells import MS_FROM, either, is_text, value_of

_ISO = re.compile(
    r"(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2})(:\d{2}(?:\.\d{1,9})?)? ?(Z|UTC|[+-]\d{2}:?\d{2})?",
    re.ASCII,
)
_PLAIN = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?(Z|\+00:00)?$"
_NUMBER = re.compile(r"\d{1,14}(\.\d+)?", re.ASCII)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_CLOCK = r"(\d{1,2}):(\d{2})(?::(\d{2}))?(?: ?(am|pm))?(?: ?(?:utc|gmt|z))?"
_DAY_FIRST = re.compile(rf"(\d{{1,2}}) ([a-z]{{3,9}})\.? (\d{{4}}),? {_CLOCK}", re.ASCII)
_MONTH_FIRST = re.compile(rf"([a-z]{{3,9}})\.? (\d{{1,2}}),? (\d{{4}}),? {_CLOCK}", re.ASCII)
_LONGEST = 40
"""Characters of the longest way to write a time."""


def moments(array: pa.Array) -> tuple[pa.Array, pa.Array | None]:
    """Return ms since 1970 UTC, and which cells aren't a time.

    Parameters
    ----------
    array
        Numbers, seconds or ms since 1970, which are returned as they are; or text: numbers, ISO
        8601, or days with the name of a month in English. Without a zone it is UTC.
    """
    if not is_text(array):
        return array, None
    trimmed, too_long = value_of(CellKind.ID, array)
    if not pc.any(pc.match_substring_regex(trimmed, r"[^0-9.]")).as_py():
        whole, bad = value_of(CellKind.INTEGER, trimmed)
        return whole, either(bad, too_long)
    try:
        if pc.all(pc.match_substring_regex(trimmed, _PLAIN)).as_py():
            plain = pc.replace_substring_regex(trimmed, r"(Z|\+00:00)$", "")
            return _ms(pc.cast(plain, pa.timestamp("us"))), too_long
    except pa.ArrowInvalid:
        pass  # Such as 30 February; it is found below.
    cells = trimmed.to_pylist()
    found = [moment(cell) for cell in cells]
    bad = [cell is not None and ms is None for cell, ms in zip(cells, found, strict=True)]
    return pa.array(found, pa.int64()), either(pa.array(bad), too_long)


def in_ms(times: pa.Array) -> pa.Array:
    """Return times as ms since 1970: numbers below :data:`.cells.MS_FROM` are seconds."""
    whole = times if pa.types.is_integer(times.type) else value_of(CellKind.INTEGER, times)[0]
    return pc.if_else(pc.less(whole, MS_FROM), pc.multiply(whole, 1000), whole)


def _ms(times: pa.Array) -> pa.Array:
    ms = pc.divide(pc.cast(times, pa.int64()), 1000)
    return pc.if_else(pc.greater_equal(ms, MS_FROM), ms, pa.scalar(None, pa.int64()))


def moment(cell: str | None) -> int | None:
    """Return one time as ms since 1970 UTC, 0 for one before March 1973, ``None`` without one.

    Examples
    --------
    >>> moment("01 Mar 2025, 08:00") == moment("2025-03-01 08:00") == moment("1740816000") * 1000
    True
    """
    if cell is None or len(cell) > _LONGEST:
        return None
    read = _ISO.fullmatch(cell)
    try:
        if read is not None:
            day, minute, second, zone = read.groups()
            at = datetime.fromisoformat(f"{day}T{minute}{(second or ':00')[:10]}")
            if zone and zone[0] in "+-":
                at = datetime.fromisoformat(f"{at.isoformat()}{zone[:3]}:{zone[-2:]}")
        elif _NUMBER.fullmatch(cell):
            # A number of seconds or ms: value_of tells them apart.
            return int(float(cell))
        else:
            named = _with_a_month(cell.casefold())
            if named is None:
                return None
            at = named
        ms = round(at.replace(tzinfo=at.tzinfo or UTC).timestamp() * 1000)
        return ms if ms >= MS_FROM else 0
    except (ValueError, OverflowError):
        return None


def _with_a_month(text: str) -> datetime | None:
    """Return a time such as "01 mar 2025, 08:00" or "mar 1, 2025, 8:00:12 am"."""
    text = text.replace("\u202f", " ").replace("\xa0", " ")
    if read := _DAY_FIRST.fullmatch(text):
        day, month, year, *clock = read.groups()
    elif read := _MONTH_FIRST.fullmatch(text):
        month, day, year, *clock = read.groups()
    else:
        return None
    hour, minute, second, half = clock
    hours = int(hour) % 12 + 12 * (half == "pm") if half else int(hour)
    number = _MONTHS.index(month[:3]) + 1
    return datetime(int(year), number, int(day), hours, int(minute), int(second or 0))

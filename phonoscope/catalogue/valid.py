"""Which values a cell can have. A catalogue may come from anyone, so they are checked when read.

A value that is impossible reads as empty, as if nothing had been measured: NaN, infinities, years
and durations out of range, texts in a column of numbers. The views of a catalogue do that, so
findings, pages, exports and ``phonoscope sql`` all see the same.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from phonoscope.lazy import LazyModule

if TYPE_CHECKING:
    import pyarrow as pa
else:
    pa = LazyModule("pyarrow")

MOST_CHARACTERS = 1 << 20
"""A longer text is cut off."""
CUT_CHARACTERS = 1_000
"""What is left of it."""
MOST_ITEMS = 100_000
"""A longer list reads as empty."""
ANY_NUMBER = 1e12
"""No number without a range of its own is larger, in either direction; its square is still exact
enough, and the sum over a large catalogue fits in 64 bits."""

# Units and kinds of quantities live in the names of columns; the first pattern that fits counts.
_RANGES = tuple(
    (re.compile(pattern), low, high)
    for pattern, low, high in (
        (r"_ns$", -(1 << 63), (1 << 63) - 1),
        (r"_bytes$", -1, 1 << 60),
        (r"(^|_)year$", 1_000, 2_999),
        # Up to 100; finding "quality" counts larger ones.
        (r"^popularity$", 0, 1_000),
        (r"^isrc_code$", -1, (1 << 49) - 1),
        (r"rank$", 0, 1e9),
        (r"_ms$", 0, 1e12),
        (r"^offset_s$", -1e9, 1e9),
        (r"_s$", 0, 1e9),
        (r"_hz$", 0, 1e7),
        (r"_bpm$", 0, 1e4),
        (r"_(lufs|lu|dbtp|dbfs|db)$", -1e4, 1e4),
        (r"^p_|_share$|^(share|doubt)_|_confidence$|^covers$|^alike$|^false_alarms$", 0, 1),
        (r"^(speed|pitch)$", 1e-3, 1e3),
        (r"", -ANY_NUMBER, ANY_NUMBER),
    )
)
_FIRST_TIME, _LAST_TIME = "1000-01-01", "2999-12-31"
_DAYS = frozenset({"chart_date"})
"""Columns of text that is always a whole date, YYYY-MM-DD."""


@cache
def range_of(column: str) -> tuple[float, float]:
    """Return the smallest and the largest possible number in a column.

    >>> range_of("release_year"), range_of("duration_s"), range_of("plays")
    ((1000, 2999), (0, 1000000000.0), (-1000000000000.0, 1000000000000.0))
    """
    return next((low, high) for pattern, low, high in _RANGES if pattern.search(column))


@dataclass(frozen=True)
class Dialect:
    """What two databases write differently."""

    bytes_of: str
    """Function for the bytes of a text."""
    items_of: str
    """Function for the number of items of a list."""
    where: Callable[[str, str, str], str]
    """SQL for the items of a list that a condition holds for: list, item's name, condition."""


DUCKDB = Dialect(
    "strlen", "len", lambda items, v, that: f"list_filter({items}, lambda {v}: {that})"
)
SPARK = Dialect(
    "octet_length", "cardinality", lambda items, v, that: f"filter({items}, {v} -> {that})"
)


def valid_sql(column: str, kind: pa.DataType, value: str, dialect: Dialect) -> str:
    """Return SQL for a value of a column, or NULL where it is impossible.

    Parameters
    ----------
    column
        Name of the column.
    kind
        Its type.
    value
        SQL for the stored value.
    dialect
        Of the database.
    """
    low, high = range_of(column)
    if pa.types.is_floating(kind):
        # NaN isn't in a part's statistics, by which DuckDB may leave out the second comparison.
        bounds = f"NOT isnan({value}) AND {value} BETWEEN {low} AND {high}"
        return f"CASE WHEN {bounds} THEN {value} END"
    if pa.types.is_integer(kind):
        return f"CASE WHEN {value} BETWEEN {low} AND {high} THEN {value} END"
    if pa.types.is_string(kind):
        return _valid_text(column, value, dialect)
    if pa.types.is_date(kind) or pa.types.is_timestamp(kind):
        name = "DATE" if pa.types.is_date(kind) else "TIMESTAMP"
        bounds = f"{name} '{_FIRST_TIME}' AND {name} '{_LAST_TIME}'"
        return f"CASE WHEN {value} BETWEEN {bounds} THEN {value} END"
    if pa.types.is_list(kind):
        inside = valid_sql(column, kind.value_type, "v", dialect)
        kept = dialect.where(value, "v", f"({inside}) IS NOT NULL")
        count = dialect.items_of
        whole = f"{count}({kept}) = {count}({value})"
        return f"CASE WHEN {count}({value}) <= {MOST_ITEMS} AND {whole} THEN {value} END"
    return value


def _valid_text(column: str, value: str, dialect: Dialect) -> str:
    size = f"{dialect.bytes_of}({value})"
    if column in _DAYS:
        day = f"TRY_CAST({value} AS DATE) BETWEEN DATE '{_FIRST_TIME}' AND DATE '{_LAST_TIME}'"
        return f"CASE WHEN {size} = 10 AND {day} THEN {value} END"
    cut = f"left({value}, {CUT_CHARACTERS})"
    return f"CASE WHEN {size} <= {MOST_CHARACTERS} THEN {value} ELSE {cut} END"

"""Cells into values: arrays of text, or of a database's own numbers, into columns.

Every function takes an array and returns the values and which cells aren't such a value (``None``
when all are). A missing cell isn't a fault: it becomes empty.
"""

from __future__ import annotations

from typing import TypeAlias

import pyarrow as pa
import pyarrow.compute as pc

from phonoscope.ingest.cell import MAX_TEXT_BYTES, CellKind

LARGEST = 1 << 53
"""Larger whole numbers can't be durations, counts or places; float64 holds all below."""
MS_FROM = 100_000_000_000
"""Times from here on are milliseconds: as seconds this is the year 5138, as ms it is 1973."""
_TIME_TO = 100_000_000_000_000

Cells: TypeAlias = tuple[pa.Array, pa.Array | None]

# What pandas, R and databases write for nothing, in lower case. Only where a number, a date or
# an id belongs: "NA" and "None" are also titles.
_MISSING = pa.array(["", "na", "n/a", "nan", "null", "none", "\\n", "<na>"])
_TRUE = pa.array(["true", "t", "yes", "y", "1", "1.0", "explicit"])
_FALSE = pa.array(["false", "f", "no", "n", "0", "0.0", "clean", "notexplicit"])
_SHARPS = ("c", "c#", "d", "d#", "e", "f", "f#", "g", "g#", "a", "a#", "b")
_FLATS = {"db": 1, "eb": 3, "gb": 6, "ab": 8, "bb": 10}
_PITCHES = {name: number for number, name in enumerate(_SHARPS)} | _FLATS
_MODES = {"minor": 0, "major": 1}
# Exponents have two digits at most: a larger one would overflow and is never a duration.
_NUMBER = r"^[+-]?([0-9]{1,30}(\.[0-9]{0,30})?|\.[0-9]{1,30})([eE][+-]?[0-9]{1,2})?$"


def is_text(array: pa.Array) -> bool:
    """Whether cells are still text."""
    return pa.types.is_string(array.type)


def value_of(kind: CellKind, array: pa.Array, scale: float | None = None) -> Cells:
    """Return the values of cells, and which cells aren't of the kind.

    Numbers are multiplied by ``scale``, where the source states them in another unit.
    """
    if scale is not None:
        real, bad = _real(array)
        scaled = pc.multiply(real, scale)
        if kind is CellKind.REAL:
            return scaled, bad
        whole, more = _whole(scaled)
        return whole, either(bad, more)
    if kind in (CellKind.ID, CellKind.TEXT):
        return _text(array, ident=kind is CellKind.ID)
    if kind is CellKind.FLAG:
        return _flag(array)
    if kind in (CellKind.PITCH, CellKind.MODE) and is_text(array):
        array = _named(array, _PITCHES if kind is CellKind.PITCH else _MODES)
    if kind is CellKind.REAL:
        return _real(array)
    whole, bad = _integer(array)
    return (_time(whole) if kind is CellKind.TIME else whole), bad


def either(one: pa.Array | None, other: pa.Array | None) -> pa.Array | None:
    """Join two masks."""
    if one is None or other is None:
        return other if one is None else one
    return pc.or_(one, other)


def _mask(bad: pa.Array) -> pa.Array | None:
    bad = pc.fill_null(bad, False)
    return bad if pc.any(bad).as_py() else None


def _text(array: pa.Array, *, ident: bool) -> Cells:
    empty = _without_missing if ident else _without_empty
    array = empty(array)
    return array, _mask(pc.greater(pc.binary_length(array), MAX_TEXT_BYTES))


def _without_empty(array: pa.Array) -> pa.Array:
    return _without(array, pc.equal(array, ""))


def _without(array: pa.Array, gone: pa.Array) -> pa.Array:
    """Return an array with some cells empty."""
    if not pc.any(gone).as_py():
        return array
    return pc.if_else(pc.fill_null(gone, True), pa.scalar(None, array.type), array)


def _without_missing(array: pa.Array) -> pa.Array:
    trimmed = pc.utf8_trim_whitespace(array)
    return _without(trimmed, pc.is_in(pc.ascii_lower(trimmed), value_set=_MISSING))


def _real(array: pa.Array) -> Cells:
    """Return finite numbers; text such as 'inf' and '1_000' isn't one."""
    bad = None
    if is_text(array):
        array = _without_missing(array)
        bad = _mask(pc.invert(pc.match_substring_regex(array, _NUMBER)))
        if bad is not None:
            array = _without(array, bad)
        array = pc.cast(pc.utf8_ltrim(array, "+"), pa.float64())
    array = pc.cast(array, pa.float64(), safe=False)
    endless = _mask(pc.invert(pc.is_finite(array)))
    if endless is not None:
        array = _without(array, endless)
    return array, either(bad, endless)


def _integer(array: pa.Array) -> Cells:
    if not pa.types.is_integer(array.type):
        real, bad = _real(array)
        whole, more = _whole(real)
        return whole, either(bad, more)
    return _whole(array)


def _whole(array: pa.Array) -> Cells:
    """Return whole numbers, fractions cut off."""
    far = _mask(pc.or_(pc.greater(array, LARGEST), pc.less(array, -LARGEST)))
    if far is not None:
        array = _without(array, far)
    if pa.types.is_floating(array.type):
        array = pc.trunc(array)
    return pc.cast(array, pa.int64()), far


def _flag(array: pa.Array) -> Cells:
    if is_text(array):
        array = pc.ascii_lower(_without_missing(array))
        true, false = pc.is_in(array, value_set=_TRUE), pc.is_in(array, value_set=_FALSE)
    else:
        true, false = pc.equal(array, 1), pc.equal(array, 0)
    known = pc.or_(true, false)
    bad = _mask(pc.and_not(pc.is_valid(array), pc.fill_null(known, False)))
    return pc.if_else(pc.fill_null(known, False), true, pa.scalar(None, pa.bool_())), bad


def _named(array: pa.Array, numbers: dict[str, int]) -> pa.Array:
    """Return text with names of pitch classes or modes as their numbers."""
    names = pa.array(list(numbers))
    values = pa.array([str(number) for number in numbers.values()])
    at = pc.index_in(pc.ascii_lower(pc.utf8_trim_whitespace(array)), value_set=names)
    return pc.coalesce(pc.take(values, at), array)


def _time(whole: pa.Array) -> pa.Array:
    """Return times from seconds or milliseconds since 1970; other numbers become empty."""
    known = pc.and_(pc.greater(whole, 0), pc.less(whole, _TIME_TO))
    whole = pc.if_else(known, whole, pa.scalar(None, pa.int64()))
    in_ms = pc.greater_equal(whole, MS_FROM)
    us = pc.multiply(whole, pc.if_else(in_ms, 1000, 1_000_000))
    return pc.cast(us, pa.timestamp("us"))


_FORMS = {"year": r"^[0-9]{4}$", "month": r"^[0-9]{4}-[0-9]{2}$"}
_DAY = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"


def precision_of(dates: pa.Array, stated: pa.Array | None) -> pa.Array:
    """Return the precision of dates: as stated, or else by their form."""
    none = pa.scalar(None, pa.string())
    found = pc.if_else(pc.match_substring_regex(dates, _DAY), "day", none)
    for word, form in _FORMS.items():
        found = pc.if_else(pc.match_substring_regex(dates, form), word, found)
    if stated is None:
        return found
    words = pa.array(["year", "month", "day"])
    return pc.coalesce(pc.if_else(pc.is_in(stated, value_set=words), stated, none), found)

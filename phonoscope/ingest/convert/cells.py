"""Cells into values: arrays of text, or of a database's own numbers, into columns.

Every function takes an array and returns the values and which cells aren't such a value (``None``
when all are). A missing cell isn't a fault: it becomes empty.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import pyarrow as pa
import pyarrow.compute as pc

from phonoscope.ingest.cell import MAX_TEXT_BYTES, CellKind
from phonoscope.ingest.convert.numbers import PLAIN, Evidence, decimal_of, plain_numbers
from phonoscope.ingest.convert.pitches import keys_and_modes, modes

LARGEST = 1 << 53
"""Larger whole numbers can't be durations, counts or places; float64 holds all below."""
MS_FROM = 100_000_000_000
"""Times from here on are milliseconds: as seconds this is the year 5138, as ms it is 1973."""
_TIME_TO = 100_000_000_000_000

_KINDS = "(?:track|album|artist|playlist|episode)"
_ADDRESSES = (
    rf"^spotify:{_KINDS}:([0-9A-Za-z]{{22}})$",
    r"^https?://(?:open|play)\.spotify\.com/(?:intl-[a-z-]+/)?(?:embed/)?"
    rf"{_KINDS}/([0-9A-Za-z]{{22}})/?(?:[?#].*)?$",
    r"^https?://(?:beta\.)?musicbrainz\.org/(?:recording|track|release|release-group|artist)/"
    r"([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})/?(?:[?#].*)?$",
)
"""Addresses of things at services; the id is what they have in common."""

Cells: TypeAlias = tuple[pa.Array, pa.Array | None]

# What pandas, R and databases write for nothing, in lower case. Only where a number, a date or
# an id belongs: "NA" and "None" are also titles.
_MISSING = pa.array(["", "na", "n/a", "nan", "null", "none", "\\n", "<na>"])
_LONGEST_MISSING = 4
_TRUE = pa.array(["true", "t", "yes", "y", "1", "1.0", "explicit"])
_FALSE = pa.array(["false", "f", "no", "n", "0", "0.0", "clean", "notexplicit"])


def is_text(array: pa.Array) -> bool:
    """Whether cells are still text."""
    return pa.types.is_string(array.type)


AUTOMATIC = "automatic"
"""The decimal sign is the one that the cells themselves show."""


def value_of(
    kind: CellKind,
    array: pa.Array,
    scale: float | None = None,
    decimal: str | None = AUTOMATIC,
) -> Cells:
    """Return the values of cells, and which cells aren't of the kind.

    Parameters
    ----------
    kind
        What they should be.
    array
        Text, or a database's own numbers.
    scale
        What numbers have to be multiplied by, where the source states them in another unit.
    decimal
        The decimal sign of the column, or ``None`` where it is in doubt; see :mod:`.numbers`.
    """
    if kind in (CellKind.ID, CellKind.TEXT):
        return _text(array, ident=kind is CellKind.ID)
    if kind is CellKind.FLAG:
        return _of_few(array, _flag)
    if kind is CellKind.PITCH and is_text(array):
        array, _ = keys_and_modes(array)
    if kind is CellKind.MODE and is_text(array):
        array = modes(array)
    whole = kind is not CellKind.REAL
    if whole and scale is None and pa.types.is_integer(array.type):
        found, bad = _whole(array)
    else:
        clock_ms = (scale or 1.0) if kind is CellKind.MILLISECONDS else None
        found, bad = _real(array, decimal, clock_ms=clock_ms, whole=whole and scale is None)
        if scale is not None:
            found = pc.multiply(found, scale)
        if whole:
            found, more = _whole(found)
            bad = either(bad, more)
    return (_time(found) if kind is CellKind.TIME else found), bad


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
    if ident:
        array = _without_address(array)
    too_long = _mask(pc.greater(pc.binary_length(array), MAX_TEXT_BYTES))
    return (array if too_long is None else _without(array, too_long)), too_long


def _without_address(array: pa.Array) -> pa.Array:
    """Return ids of services without the address around them, so that one thing has one id."""
    around = pc.or_(pc.starts_with(array, "spotify:"), pc.starts_with(array, "http"))
    if not pc.any(around).as_py():
        return array
    for address in _ADDRESSES:
        array = pc.replace_substring_regex(array, address, r"\1")
    return array


def _without_empty(array: pa.Array) -> pa.Array:
    return _without(array, pc.equal(array, ""))


def _without(array: pa.Array, gone: pa.Array) -> pa.Array:
    """Return an array with some cells empty."""
    if not pc.any(gone).as_py():
        return array
    return pc.if_else(pc.fill_null(gone, True), pa.scalar(None, array.type), array)


def _without_missing(array: pa.Array) -> pa.Array:
    trimmed = pc.utf8_trim_whitespace(array)
    shortest = pc.min(pc.binary_length(trimmed)).as_py()
    if shortest is None or shortest > _LONGEST_MISSING:
        return trimmed
    return _without(trimmed, pc.is_in(pc.ascii_lower(trimmed), value_set=_MISSING))


_LONGEST_PLAIN = 30
"""Bytes of a number that is surely one of :data:`PLAIN`, if it can be converted at all."""


def _of_few(array: pa.Array, function: Callable[[pa.Array], Cells]) -> Cells:
    """Return what a function makes of cells, once for each text where texts repeat."""
    if not is_text(array):
        return function(array)
    once = array.dictionary_encode()
    if 2 * len(once.dictionary) > len(array):
        return function(array)
    found, bad = function(once.dictionary)
    at = once.indices
    return pc.take(found, at), None if bad is None else pc.fill_null(pc.take(bad, at), False)


def _at_once(array: pa.Array, decimal: str | None, *, whole: bool) -> pa.Array | None:
    """Return numbers that all stand as a program writes them; ``None`` where one may not.

    Arrow converts the column in one pass then. It also takes what :data:`PLAIN` doesn't: "nan",
    and exponents of three digits.
    """
    if decimal not in (".", AUTOMATIC):
        return None
    array = _without_empty(array)
    try:
        found = pc.cast(array, pa.float64())
    except pa.ArrowInvalid:
        return None
    longest = pc.max(pc.binary_length(array)).as_py() or 0
    in_doubt = whole and decimal == AUTOMATIC and _some(pc.match_substring(array, "."))
    odd = in_doubt or longest > _LONGEST_PLAIN or not pc.all(pc.is_finite(found)).as_py()
    if odd and longest:
        return None
    exponent = _some(pc.match_substring(array, "e")) or _some(pc.match_substring(array, "E"))
    return None if exponent else found


def _some(mask: pa.Array) -> bool:
    return bool(pc.any(mask).as_py())


def _real(
    array: pa.Array, decimal: str | None, *, clock_ms: float | None = None, whole: bool = False
) -> Cells:
    """Return finite numbers; text such as 'inf' and '1_000' isn't one."""
    if not is_text(array):
        return _finite(array, None)
    found = _at_once(array, decimal, whole=whole)
    if found is not None:
        return found, None
    return _of_few(array, lambda texts: _real_of_text(texts, decimal, clock_ms, whole))


def _real_of_text(
    array: pa.Array, decimal: str | None, clock_ms: float | None, whole: bool
) -> Cells:
    array = _without_missing(array)
    if decimal == AUTOMATIC:
        decimal = decimal_of(Evidence.of(array), whole=whole)
    array = plain_numbers(array, decimal, clock_ms=clock_ms, whole=whole)
    bad = _mask(pc.invert(pc.match_substring_regex(array, PLAIN)))
    if bad is not None:
        array = _without(array, bad)
    return _finite(pc.cast(pc.utf8_ltrim(array, "+"), pa.float64()), bad)


def _finite(array: pa.Array, bad: pa.Array | None) -> Cells:
    array = pc.cast(array, pa.float64(), safe=False)
    endless = _mask(pc.invert(pc.is_finite(array)))
    if endless is not None:
        array = _without(array, endless)
    return array, either(bad, endless)


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


def _time(whole: pa.Array) -> pa.Array:
    """Return times from seconds or milliseconds since 1970; other numbers become empty.

    So do times before March 1973: they are unknown times, or something other than a time.
    """
    known = pc.and_(pc.greater_equal(whole, MS_FROM // 1000), pc.less(whole, _TIME_TO))
    whole = pc.if_else(known, whole, pa.scalar(None, pa.int64()))
    in_ms = pc.greater_equal(whole, MS_FROM)
    us = pc.multiply(whole, pc.if_else(in_ms, 1000, 1_000_000))
    return pc.cast(us, pa.timestamp("us"))


def precision_of(found: pa.Array, stated: pa.Array | None) -> pa.Array:
    """Return the precision of dates: as stated where they are dates, or else by their form."""
    if stated is None:
        return found
    words = pa.array(["year", "month", "day"])
    is_stated = pc.and_(pc.is_in(stated, value_set=words), pc.is_valid(found))
    return pc.if_else(is_stated, stated, found)

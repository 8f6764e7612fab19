"""Dates of release as people, dumps and spreadsheets write them, into YYYY-MM-DD.

05/06/2024 can be in May or in June: other cells of the column decide, or the user. Where nothing
does, only the year is kept. A day that doesn't exist stays as it is written, without a precision.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from functools import cache, lru_cache
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

ORDERS = ("dmy", "mdy")
"""Which part comes first where the year is last."""
_LONGEST = 40
_ZONE = r"(?: ?(?:Z|UTC|[+-][0-9]{2}:?[0-9]{2}))?"
_TIME = r"(?:[T ,]+[0-9]{1,2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)?(?: ?[AaPp][Mm])?" + _ZONE + ")?"
_YEAR_FIRST = re.compile(
    rf"([0-9]{{4}})(?:([-/.])([0-9]{{1,2}})(?:\2([0-9]{{1,2}}){_TIME})?)?",
    re.ASCII,
)
_COMPACT = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})(?:\.0+)?", re.ASCII)
_YEAR_LAST = re.compile(rf"([0-9]{{1,2}})([-/. ])([0-9]{{1,2}})\2([0-9]{{4}}){_TIME}", re.ASCII)
_MONTH_LAST = re.compile(r"([0-9]{1,2})[-/.]([0-9]{4})", re.ASCII)
_ORDERED = r"^\s*(?P<one>[0-9]{1,2})[-/. ](?P<other>[0-9]{1,2})[-/. ][0-9]{4}"
_WEEKDAY = re.compile(r"^[^\W\d_]{2,12}\.?,\s+(?=[0-9])")
_DAY, _NAME, _YEAR = r"(?P<d>[0-9]{1,2})", r"(?P<n>[^\W\d_]+)\.?", r"(?P<y>[0-9]{4})"
_TH, _GAP = "(?:st|[nr]d|th)?", r"[ \-/.,]+"
_NAMED = tuple(
    re.compile(form)
    for form in (
        rf"{_DAY}(?:{_TH}|\.|er)(?: de| of)?{_GAP}{_NAME}(?:,? de)?{_GAP}{_YEAR}",
        rf"{_NAME}{_GAP}{_DAY}{_TH}{_GAP}{_YEAR}",
        rf"{_YEAR}{_GAP}{_NAME}{_GAP}{_DAY}",
        rf"{_NAME}(?:,? de)?{_GAP}{_YEAR}(?P<d>)",
        rf"{_YEAR}{_GAP}{_NAME}(?P<d>)",
    )
)
_BEGINS_WITH_YEAR = re.compile(r"([0-9]{4})(?![0-9])", re.ASCII)
_YEARS = range(1800, 2100)
_SERIAL = re.compile(r"([0-9]{5})(?:\.[0-9]+)?", re.ASCII)
_EPOCH = re.compile(r"([0-9]{9,10}|[0-9]{12,13})(?:\.0+)?", re.ASCII)
_SERIAL_START = date(1899, 12, 30)
_SERIALS = range(25_569, 73_050)
"""Serial days of spreadsheets from 1970 to 2099; smaller ones can be days since 1970."""
_LANGUAGES = ("en", "de", "fr", "es", "it", "pt", "nl", "sv", "pl")


class Reading(NamedTuple):
    """A date that was read."""

    text: str | None
    """As it is stored."""
    precision: str | None
    """``year``, ``month`` or ``day``; ``None`` where it isn't a date."""
    year: int | None = None
    is_unsure: bool = False
    """Whether it can be more than one day."""


@cache
def _months() -> dict[str, int]:
    from babel.dates import get_month_names  # noqa: PLC0415  (slow; few files name their months)

    found: dict[str, int] = {}
    for language in _LANGUAGES:
        for width in ("wide", "abbreviated"):
            for context in ("format", "stand-alone"):
                names = get_month_names(width, context, language)
                for number in range(1, 13):
                    name = str(names[number]).rstrip(".").casefold()
                    found.setdefault(name, number)
    return found | {"sept": 9}


@lru_cache(maxsize=1 << 16)
def read_date(text: str, order: str | None = None) -> Reading:
    """Return a date as it is stored, and how precise it is.

    Parameters
    ----------
    text
        As written.
    order
        One of :data:`ORDERS` where it is known.

    Examples
    --------
    >>> read_date("26 April 2024").text, read_date("4/26/2024").text, read_date("1999-00-00").text
    ('2024-04-26', '2024-04-26', '1999')
    >>> read_date("05/06/2024").text, read_date("05/06/2024", "dmy").text
    ('2024', '2024-06-05')
    >>> read_date("2019-02-30")
    Reading(text='2019-02-30', precision=None, year=2019, is_unsure=False)
    """
    plain = text.strip()
    if len(plain) > _LONGEST:
        return Reading(text, None)
    return _in_digits(text, plain, order) or _with_a_name(text, _WEEKDAY.sub("", plain))


def _in_digits(text: str, plain: str, order: str | None) -> Reading | None:
    """Return a date without words, as a calendar or a spreadsheet has it."""
    if found := _YEAR_FIRST.fullmatch(plain) or _COMPACT.fullmatch(plain):
        year, *_, month, day = found.groups()
        return _stored(text, int(year), int(month or 0), int(day or 0))
    if found := _YEAR_LAST.fullmatch(plain):
        return _ordered(text, int(found[1]), int(found[3]), int(found[4]), order)
    if found := _MONTH_LAST.fullmatch(plain):
        return _stored(text, int(found[2]), int(found[1]), 0)
    return _counted(plain)


def _counted(plain: str) -> Reading | None:
    """Return a date that is a number of days, seconds or milliseconds."""
    if found := _SERIAL.fullmatch(plain):
        days = int(found[1])
        if days not in _SERIALS:
            return Reading(None, None, None, True)
        return _of_day(_SERIAL_START + timedelta(days))
    if found := _EPOCH.fullmatch(plain):
        seconds = int(found[1]) / (1 if len(found[1]) <= 10 else 1000)
        return _of_day(datetime.fromtimestamp(seconds, UTC).date())
    return None


def _with_a_name(text: str, plain: str) -> Reading:
    for form in _NAMED:
        found = form.fullmatch(plain)
        number = _months().get(found["n"].casefold()) if found else None
        if found and number:
            return _stored(text, int(found["y"]), number, int(found["d"] or 0))
    year = _BEGINS_WITH_YEAR.match(plain)
    return Reading(text, None, int(year[1]) if year else None)


def _ordered(text: str, one: int, other: int, year: int, order: str | None) -> Reading:
    if one > 12 or other > 12 or one == other:
        order = "dmy" if one > 12 else "mdy"
    if order is None:
        return Reading(f"{year:04}", "year", year, True)
    day, month = (one, other) if order == "dmy" else (other, one)
    return _stored(text, year, month, day)


def _stored(text: str, year: int, month: int, day: int) -> Reading:
    if year == 0:
        return Reading(None, None)
    if month == 0:
        return Reading(f"{year:04}", "year", year) if day == 0 else Reading(text, None, year)
    if day == 0 and month <= 12:
        return Reading(f"{year:04}-{month:02}", "month", year)
    try:
        return _of_day(date(year, month, day))
    except ValueError:
        return Reading(text, None, year)


def _of_day(day: date) -> Reading:
    return Reading(day.isoformat(), "day", day.year)


def order_of(cells: pa.Array) -> str | None:
    """Return the order of day and month in a column; ``None`` where nothing or too much says it."""
    parts = pc.extract_regex(cells, _ORDERED)
    one = pc.cast(pc.struct_field(parts, "one"), pa.int64())
    other = pc.cast(pc.struct_field(parts, "other"), pa.int64())
    day_first = pc.any(pc.and_(pc.greater(one, 12), pc.less_equal(other, 12))).as_py()
    month_first = pc.any(pc.and_(pc.less_equal(one, 12), pc.greater(other, 12))).as_py()
    if bool(day_first) == bool(month_first):
        return None
    return "dmy" if day_first else "mdy"


class Dates(NamedTuple):
    """A column of dates."""

    texts: pa.Array
    precision: pa.Array
    years: pa.Array
    """int64."""
    unsure: pa.Array
    """Which cells can be more than one day."""


def read_dates(cells: pa.Array, order: str | None) -> Dates:
    """Return dates as they are stored, with what they say."""
    return _as_stored(cells) or _read_each(cells, order)


def _as_stored(cells: pa.Array) -> Dates | None:
    """Return dates that are all written as they are stored; ``None`` where one isn't."""
    lengths = pc.binary_length(cells)
    precision = pc.if_else(
        pc.equal(lengths, 10), "day",
        pc.if_else(pc.equal(lengths, 7), "month", pc.if_else(pc.equal(lengths, 4), "year", None)),
    )  # fmt: skip
    if precision.null_count > cells.null_count:
        return None
    missing = pc.if_else(
        pc.equal(lengths, 10), "", pc.if_else(pc.equal(lengths, 7), "-01", "-01-01")
    )
    try:
        # Arrow reads YYYY-MM-DD only, and no day that there isn't.
        days = pc.cast(pc.binary_join_element_wise(cells, missing, ""), pa.date32())
    except pa.ArrowInvalid:
        return None
    years = pc.year(days)
    if (pc.min(years).as_py() or 0) not in _YEARS or pc.max(years).as_py() not in _YEARS:
        return None
    return Dates(cells, precision, years, pa.repeat(False, len(cells)))


def _read_each(cells: pa.Array, order: str | None) -> Dates:
    once = cells.dictionary_encode()
    readings = [
        Reading(None, None) if text is None else read_date(text, order)
        for text in once.dictionary.to_pylist()
    ]

    def column(place: int, type: pa.DataType) -> pa.Array:
        return pc.take(pa.array([one[place] for one in readings], type), once.indices)

    years = column(2, pa.int64())
    is_year = pc.and_(pc.greater_equal(years, _YEARS.start), pc.less(years, _YEARS.stop))
    years = pc.if_else(pc.fill_null(is_year, False), years, pa.scalar(None, pa.int64()))
    return Dates(column(0, pa.string()), column(1, pa.string()), years, column(3, pa.bool_()))

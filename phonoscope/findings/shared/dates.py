"""Years and months of date tags, which can be vague."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ibis.expr.types as ir

MOST_PERIODS = 3_600
"""Periods from the first to the last: 300 years of months."""
_YEAR = r"(18\d\d|19\d\d|20\d\d)"
_MONTH = r"(1[0-2]|0?[1-9])"
_DAY = r"(?:0[1-9]|[12]\d|3[01])"
# More text may follow a date: a time, or a note.
_END = r"(?:$|[^0-9])"


def year_of(date: ir.StringColumn) -> ir.StringColumn:
    """Return the year of a date column, e.g. ``"2024"``.

    Parameters
    ----------
    date
        An Ibis column of text as written in files.

    Returns
    -------
    Ibis column
        Empty where the text doesn't begin with a year from 1800 to 2099.
    """
    plain = date.strip().re_extract(f"^{_YEAR}{_END}", 1)
    compact = date.strip().re_extract(f"^{_YEAR}(?:0[1-9]|1[0-2]){_DAY}{_END}", 1)
    return _either(plain, compact)


def month_of(date: ir.StringColumn) -> ir.StringColumn:
    """Return the month of a date column, e.g. ``"2024-05"``.

    The year must come first (``2024-05-17``, ``2024/5``, ``20240517``), because only then is the
    month unambiguous. ``05/06/2024`` can be May or June, and ``2024`` has no month: both are empty.

    Parameters
    ----------
    date
        An Ibis column of text as written in files.
    """
    text = date.strip()
    apart, together = f"^{_YEAR}[-/.]{_MONTH}{_END}", f"^{_YEAR}(0[1-9]|1[0-2]){_DAY}{_END}"
    year = _either(text.re_extract(apart, 1), text.re_extract(together, 1))
    month = _either(text.re_extract(apart, 2), text.re_extract(together, 2))
    return year + "-" + month.lpad(2, "0")


def _either(first: ir.StringColumn, second: ir.StringColumn) -> ir.StringColumn:
    # A pattern that does not match is empty text on some backends and no value on others.
    return first.nullif("").coalesce(second.nullif(""))


def periods(first: str, last: str) -> list[str]:
    """Return every month, or every year, from the first to the last, at most the last 3,600.

    >>> periods("2023-11", "2024-02"), periods("1999", "2001")
    (['2023-11', '2023-12', '2024-01', '2024-02'], ['1999', '2000', '2001'])
    """
    if len(first) == 4:
        years = range(int(first), int(last) + 1)[-MOST_PERIODS:]
        return [str(year) for year in years]
    start, stop = (12 * int(text[:4]) + int(text[5:]) - 1 for text in (first, last))
    months = range(start, stop + 1)[-MOST_PERIODS:]
    return [f"{month // 12}-{month % 12 + 1:02}" for month in months]

"""Periods of accounting: a month, a quarter, a year, and the period before."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from phonoscope.errors import UsageError
from phonoscope.escape import printable
from phonoscope.messages import gettext

_PERIOD = re.compile(r"(\d{4})(?:-(?:(0[1-9]|1[0-2])|[Qq]([1-4])))?", re.ASCII)
_FIRST_YEAR, _LAST_YEAR = 1000, 2998


@dataclass(frozen=True)
class Period:
    """Whole months: from the first day of one to the last day of another.

    Examples
    --------
    >>> period_of("2026-10").before
    Period(name='2026-09', begin=datetime.date(2026, 9, 1), end=datetime.date(2026, 10, 1))
    >>> period_of("2026-Q1").before.name, period_of("2026").before.name
    ('2025-Q4', '2025')
    """

    name: str
    """As a person writes it: '2026-10', '2026-Q4' or '2026'."""
    begin: date
    end: date
    """The first day after it."""

    @property
    def before(self) -> Period:
        """The period of the same length before it."""
        months = _months(self.end) - _months(self.begin)
        return _period(_months(self.begin) - months, months)


def period_of(text: str) -> Period:
    """Return the period that a person names.

    Parameters
    ----------
    text
        A month ('2026-10'), a quarter ('2026-Q4') or a year ('2026').

    Raises
    ------
    UsageError
        When it is none of these (``unknown-period``).
    """
    found = _PERIOD.fullmatch(text.strip())
    if found is None or not _FIRST_YEAR < int(found[1]) <= _LAST_YEAR:
        raise UsageError(
            gettext(
                "A period is a month such as 2026-10, a quarter such as 2026-Q4 or a year such as "
                "2026, not '{given}'.",
                given=printable(text),
            ),
            code="unknown-period",
        )
    year, month, quarter = int(found[1]), found[2], found[3]
    if month:
        return _period(12 * year + int(month) - 1, 1)
    if quarter:
        return _period(12 * year + 3 * (int(quarter) - 1), 3)
    return _period(12 * year, 12)


def _months(day: date) -> int:
    return 12 * day.year + day.month - 1


def _period(first_month: int, months: int) -> Period:
    year, month = divmod(first_month, 12)
    name = {1: f"{year:04}-{month + 1:02}", 3: f"{year:04}-Q{month // 3 + 1}", 12: f"{year:04}"}
    end_year, end_month = divmod(first_month + months, 12)
    return Period(name[months], date(year, month + 1, 1), date(end_year, end_month + 1, 1))

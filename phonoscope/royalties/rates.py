"""What a play pays: a table that a person writes, by service, country and month."""

from __future__ import annotations

import csv
import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from phonoscope.delimited import delimited, read_rows
from phonoscope.encodings import in_unicode
from phonoscope.errors import UnreadableError, UsageError
from phonoscope.escape import printable
from phonoscope.files import open_source, shown, uri_of
from phonoscope.messages import gettext
from phonoscope.text import size

MOST_BYTES = 16 << 20
"""Largest file of rates; 250 countries in 100 services and 12 months take 10 MB."""
DECIMALS = 9
"""Decimal places of a rate."""
_HIGHEST = Decimal(1_000_000)
"""Rates for one play are far smaller; a larger one is a mistake."""
_NAMES = {
    "service": ("service", "source", "store", "dsp", "log"),
    "country": ("country", "country_code", "territory", "market"),
    "month": ("month", "period"),
    "rate": ("rate", "rate_per_play", "per_play", "per_stream", "rate_per_stream", "pay_rate"),
    "currency": ("currency", "currency_code"),
}
_MONTH = re.compile(r"\d{4}-(0[1-9]|1[0-2])", re.ASCII)
_CURRENCY = re.compile("[A-Z]{3}")
_NUMBER = re.compile(r"\d{1,7}(\.\d+)?|\.\d+", re.ASCII)


@dataclass(frozen=True)
class Rate:
    """What a counted play pays."""

    service: str
    """The log's name, as in the column ``source``; empty: any."""
    country: str
    """As in the log, in capitals; empty: any."""
    month: str
    """Such as '2026-10'; empty: any."""
    amount: Decimal
    currency: str
    """Three letters, ISO 4217; empty when the table has no such column."""


class Rates:
    """Rates of plays; the row that says most counts.

    A row with more of service, country and month filled in counts before one with less. Among
    rows with equally many, service counts before country, and country before month.

    Parameters
    ----------
    rates
        No two for the same service, country and month.

    Examples
    --------
    >>> cent = Rate("", "", "", Decimal("0.01"), "EUR")
    >>> half = Rate("", "SE", "", Decimal("0.005"), "EUR")
    >>> rates = Rates([cent, half])
    >>> rates.of("a log", "SE", "2026-10").amount, rates.of("a log", None, "2026-10").amount
    (Decimal('0.005'), Decimal('0.01'))
    """

    def __init__(self, rates: Iterable[Rate]) -> None:
        self._by_key = {(rate.service, rate.country, rate.month): rate for rate in rates}

    def __len__(self) -> int:
        return len(self._by_key)

    def of(self, service: str, country: str | None, month: str) -> Rate | None:
        """Return what a play pays, or ``None`` when no row applies."""
        where = (country or "").strip().upper()
        for key in (
            (service, where, month),
            (service, where, ""),
            (service, "", month),
            ("", where, month),
            (service, "", ""),
            ("", where, ""),
            ("", "", month),
            ("", "", ""),
        ):
            if key in self._by_key:
                return self._by_key[key]
        return None


def rates_of(path: str | os.PathLike[str]) -> Rates:
    """Read a table of rates.

    Parameters
    ----------
    path
        A CSV file with a heading and any usual delimiter: ``rate``, and any of ``service``,
        ``country``, ``month`` and ``currency``. An empty cell means any.

    Raises
    ------
    UsageError
        When it can't be read (``unreadable-rates``), is too large (``too-large``), or isn't such a
        table (``not-rates``); names the line.
    """
    name = shown(uri_of(path))
    try:
        text = in_unicode(_bytes_of(path, name))
        table, delimiter = delimited(text)
        rows = list(read_rows(text))
    except UnicodeDecodeError as error:
        raise _wrong(gettext("{file} isn't text.", file=name)) from error
    except csv.Error as error:
        raise _wrong(
            gettext(
                "{file} isn't a valid CSV file: {reason}.",
                file=name,
                reason=printable(str(error)),
            )
        ) from error
    columns = _columns_of(rows[0] if rows else [], name)
    found: dict[tuple[str, str, str], Rate] = {}
    stated = text.count("\n") - table.count("\n")
    for line, row in enumerate(rows[1:], 2 + stated):
        if not any(cell.strip() for cell in row):
            continue
        if any(cell.strip() for cell in row[len(rows[0]) :]):
            raise _at((name, line), gettext("it has more cells than the heading"))
        rate = _rate_of(row, columns, with_commas=delimiter != ",", where=(name, line))
        if (rate.service, rate.country, rate.month) in found:
            raise _at((name, line), gettext("an earlier line has the same service, country, month"))
        found[rate.service, rate.country, rate.month] = rate
    if not found:
        raise _wrong(gettext("{file} has no rate.", file=name))
    return Rates(found.values())


def _columns_of(heading: Sequence[str], name: str) -> dict[str, int]:
    cells = [re.sub(r"[\s\-]+", "_", cell.strip().lower()) for cell in heading]
    columns = {
        field: next(at for at, cell in enumerate(cells) if cell in spellings)
        for field, spellings in _NAMES.items()
        if any(cell in spellings for cell in cells)
    }
    if "rate" not in columns:
        raise _wrong(
            gettext(
                "{file} has no column 'rate'. A table of rates has the columns rate, and any of "
                "service, country, month and currency.",
                file=name,
            )
        )
    return columns


def _rate_of(
    row: Sequence[str], columns: dict[str, int], *, with_commas: bool, where: tuple[str, int]
) -> Rate:
    def cell(field: str) -> str:
        at = columns.get(field, len(row))
        return row[at].strip() if at < len(row) else ""

    month, currency = cell("month"), cell("currency").upper()
    if month and not _MONTH.fullmatch(month):
        raise _at(where, gettext("'{cell}' isn't a month such as 2026-10", cell=printable(month)))
    if currency and not _CURRENCY.fullmatch(currency):
        raise _at(where, gettext("'{cell}' isn't a currency such as EUR", cell=printable(currency)))
    written = cell("rate").replace(",", ".") if with_commas else cell("rate")
    amount = Decimal(written) if _NUMBER.fullmatch(written) else _HIGHEST
    if amount >= _HIGHEST or amount != round(amount, DECIMALS):
        raise _at(
            where,
            gettext(
                "'{cell}' isn't a rate: a number of at least 0 with at most {n} decimals",
                cell=printable(cell("rate")[:60]),
                n=DECIMALS,
            ),
        )
    return Rate(cell("service"), cell("country").upper(), month, amount, currency)


def _bytes_of(path: str | os.PathLike[str], name: str) -> bytes:
    try:
        with open_source(uri_of(path)) as file:
            data = file.read(MOST_BYTES + 1)
    except (UnreadableError, OSError, ValueError) as error:
        reason = error.message if isinstance(error, UnreadableError) else printable(str(error))
        raise UsageError(
            gettext("The rates in {file} can't be read. {reason}", file=name, reason=reason),
            code="unreadable-rates",
        ) from error
    if len(data) > MOST_BYTES:
        raise UsageError(
            gettext("{file} is larger than {most}.", file=name, most=size(MOST_BYTES)),
            code="too-large",
        )
    return data


def _at(where: tuple[str, int], why: str) -> UsageError:
    file, line = where
    return _wrong(gettext("{file}, line {line}: {why}.", file=file, line=line, why=why))


def _wrong(message: str) -> UsageError:
    return UsageError(message, code="not-rates")

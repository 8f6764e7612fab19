"""Quantities as a person reads them: separators of thousands, units, no false digits.

Each function returns English text that is written again in another language where it is shown
(:func:`phonoscope.messages.localised`).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from datetime import date, datetime
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from phonoscope.language import ENGLISH, Language
from phonoscope.messages import NOT_BROKEN, Localised, gettext, localised, ngettext, plain

P = ParamSpec("P")


class Quantity(Localised):
    r"""A number, duration, size or date: English text that other languages write their own way.

    Examples
    --------
    >>> localised(percent(0.034), Language("fr", "fr"))
    '3,4\xa0%'
    """

    __slots__ = ("args", "kwargs", "render")

    render: Any
    args: tuple[Any, ...]
    kwargs: dict[str, Any]

    def __new__(cls, render: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Quantity:
        """Make one; the functions of this module call it."""
        self = super().__new__(cls, plain(render.__wrapped__(ENGLISH, *args, **kwargs)))
        self.render, self.args, self.kwargs = render, args, kwargs
        return self

    def __getnewargs__(self) -> tuple[Any, ...]:
        return self.render, self.args, self.kwargs

    def in_language(self, language: Language) -> str:
        """Return the quantity as a language writes it."""
        return str(self.render.__wrapped__(language, *self.args, **self.kwargs))


def quantity(render: Callable[Concatenate[Language, P], str]) -> Callable[P, Quantity]:
    """Turn a function that writes a quantity in a language into one that returns a Quantity."""

    @wraps(render)
    def written(*args: P.args, **kwargs: P.kwargs) -> Quantity:
        return Quantity(written, args, kwargs)

    return written


@quantity
def count(language: Language, number: int) -> str:
    """Return a count with thousands separators.

    >>> count(1204)
    '1,204'
    """
    return language.decimal(number)


@quantity
def percent(language: Language, share: float) -> str:
    """Return a share as a percentage; one decimal where whole numbers would mislead.

    >>> percent(0.5), percent(0.034), percent(0.0), percent(0.00002), percent(0.9996)
    ('50%', '3.4%', '0%', 'under 0.01%', '99.96%')
    """
    if share in (0.0, 1.0):
        return language.percent(share, 0)
    if share < 0.0001:
        return localised(gettext("under {share}", share=exact_percent(0.0001, 2)), language)
    if share > 0.9999:
        return localised(gettext("over {share}", share=exact_percent(0.9999, 2)), language)
    near_end = min(share, 1.0 - share)
    return language.percent(share, 0 if near_end >= 0.1 else 1 if near_end >= 0.01 else 2)


@quantity
def exact_percent(language: Language, share: float, decimals: int) -> str:
    """Return a share as a percentage with a fixed count of decimals.

    >>> exact_percent(0.0625, 1)
    '6.2%'
    """
    return language.percent(share, decimals)


@quantity
def number(language: Language, value: float, decimals: int = 0) -> str:
    """Return a number with thousands separators and a true minus sign.

    >>> number(-14.04, 1)
    '\u221214.0'
    """
    sign = "\u2212" if round(value, decimals) < 0 else ""
    return sign + language.decimal(abs(value), decimals)


@quantity
def signed(language: Language, value: float, decimals: int = 0) -> str:
    """Return a number with its sign, also if it's positive.

    >>> signed(1.65, 1), signed(-3.9, 1), signed(0)
    ('+1.6', '\u22123.9', '0')
    """
    plus = "+" if round(value, decimals) > 0 else ""
    return plus + localised(number(value, decimals), language)


@quantity
def p_value(language: Language, value: float) -> str:
    """Return a p-value with two significant digits.

    >>> p_value(0.0312), p_value(0.5), p_value(0.00002)
    ('0.031', '0.50', 'under 0.0001')
    """
    if value < 0.0001:
        return localised(gettext("under {value}", value=number(0.0001, 4)), language)
    return language.decimal(value, 1 - math.floor(math.log10(value)))


@quantity
def measured(language: Language, value: float, unit: str, decimals: int = 0) -> str:
    r"""Return a number with its unit, not to be broken across lines.

    >>> measured(-14.0, "LUFS", 1)
    '\u221214.0 LUFS'
    """
    return f"{localised(number(value, decimals), language)}{NOT_BROKEN}{localised(unit, language)}"


@quantity
def clock(language: Language, seconds: float) -> str:
    r"""Return a duration as on a player; under ten seconds with a decimal.

    >>> clock(182.4), clock(3725), clock(4.26)
    ('3:02', '1:02:05', '4.3 s')
    """
    if seconds < 10:
        return localised(measured(seconds, "s", 1), language)
    whole = round(seconds)
    hours, minutes, rest = whole // 3600, whole // 60 % 60, whole % 60
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


@quantity
def position(language: Language, seconds: float) -> str:
    """Return a place in a recording as on a player, in whole seconds.

    >>> position(4.26), position(182.4)
    ('0:04', '3:02')
    """
    return localised(clock(seconds), language) if seconds >= 10 else f"0:{seconds:02.0f}"


def span(seconds: float) -> Localised:
    """Return an amount of time in the unit a person would choose.

    >>> span(280_800), span(5400), span(90), span(12)
    ('78 hours', '1.5 hours', '2 minutes', '12 seconds')
    """
    hours = seconds / 3600
    if hours >= 10:
        return ngettext("{n} hour", "{n} hours", round(hours))
    if hours >= 1:
        return gettext("{n} hours", n=number(hours, 1))
    if seconds >= 60:
        return ngettext("{n} minute", "{n} minutes", round(seconds / 60))
    return ngettext("{n} second", "{n} seconds", round(seconds))


@quantity
def size(language: Language, size_bytes: float) -> str:
    r"""Return an amount of bytes in decimal units.

    >>> size(5_230_000_000), size(999)
    ('5.2 GB', '999 bytes')
    """
    for unit, scale in (("PB", 1e15), ("TB", 1e12), ("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if size_bytes >= scale:
            value = size_bytes / scale
            return localised(measured(value, unit, 1 if value < 100 else 0), language)
    return localised(ngettext("{n}\u00a0byte", "{n}\u00a0bytes", round(size_bytes)), language)


@quantity
def frequency(language: Language, hertz: float) -> str:
    r"""Return a frequency, kHz from 1,000 Hz on.

    >>> frequency(16040), frequency(86.13)
    ('16.0 kHz', '86 Hz')
    """
    written = measured(hertz / 1000, "kHz", 1) if hertz >= 1000 else measured(hertz, "Hz")
    return localised(written, language)


@quantity
def day(language: Language, when: date) -> str:
    """Return a date as people write it.

    >>> day(date(2026, 11, 3))
    '3 November 2026'
    """
    return language.date(when)


@quantity
def month(language: Language, when: date) -> str:
    """Return the month of a date.

    >>> month(date(2026, 11, 3))
    'November 2026'
    """
    return language.month(when)


@quantity
def moment(language: Language, utc: datetime) -> str:
    """Return a date with its time, which is UTC.

    >>> moment(datetime(2026, 11, 3, 9, 5))
    '3 November 2026, 09:05 UTC'
    """
    return f"{language.date(utc.date())}, {utc:%H:%M} UTC"


def between(low: float, high: float) -> tuple[Quantity, Quantity]:
    """Return the ends of an interval of shares, with enough decimals to differ.

    >>> between(0.6176, 0.6221), between(0.2, 0.4), between(0.5, 0.5)
    (('61.8%', '62.2%'), ('20%', '40%'), ('50%', '50%'))
    """
    ends = percent(low), percent(high)
    decimals = 1
    while ends[0] == ends[1] and low < high and decimals <= 4:
        ends = exact_percent(low, decimals), exact_percent(high, decimals)
        decimals += 1
    return ends


@quantity
def joined(language: Language, parts: Sequence[str]) -> str:
    """Return an enumeration in words.

    >>> joined(["a"]), joined(["a", "b", "c"])
    ('a', 'a, b and c')
    """
    return language.enumeration([localised(part, language) for part in parts])


def shortened(text: str, most: int = 60) -> str:
    r"""Return a text with what is too long for a line of a list cut off.

    >>> shortened("abcdef", 4)
    'abc\u2026'
    """
    return text if len(text) <= most else f"{text[: most - 1]}\u2026"

"""Figures in words: a number with its unit, and a difference with its sign."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from phonoscope.findings.figure import Figure
from phonoscope.interval import Interval
from phonoscope.messages import gettext, ngettext
from phonoscope.text import exact_percent, measured, number, percent

NONE = "\u2013"
"""Shown where a figure has no value."""

_NOUNS: Mapping[str, Callable[[int, str], str]] = {
    "ISRCs": lambda n, amount: ngettext("{amount} ISRC", "{amount} ISRCs", n, amount=amount),
    "a decade": lambda n, amount: gettext("{amount} per decade", amount=amount),
    "artists": lambda n, amount: ngettext("{amount} artist", "{amount} artists", n, amount=amount),
    "bytes": lambda n, amount: ngettext("{amount} byte", "{amount} bytes", n, amount=amount),
    "entries": lambda n, amount: ngettext("{amount} entry", "{amount} entries", n, amount=amount),
    "files": lambda n, amount: ngettext("{amount} file", "{amount} files", n, amount=amount),
    "genres": lambda n, amount: ngettext("{amount} genre", "{amount} genres", n, amount=amount),
    "label years": lambda n, amount: ngettext(
        "{amount} label year", "{amount} label years", n, amount=amount
    ),
    "labels": lambda n, amount: ngettext("{amount} label", "{amount} labels", n, amount=amount),
    "names": lambda n, amount: ngettext("{amount} name", "{amount} names", n, amount=amount),
    "of the whole": lambda n, amount: gettext("{amount} of the total", amount=amount),
    "pairs": lambda n, amount: ngettext("{amount} pair", "{amount} pairs", n, amount=amount),
    "plays": lambda n, amount: ngettext("{amount} play", "{amount} plays", n, amount=amount),
    "recordings": lambda n, amount: ngettext(
        "{amount} recording", "{amount} recordings", n, amount=amount
    ),
    "releases": lambda n, amount: ngettext(
        "{amount} release", "{amount} releases", n, amount=amount
    ),
    "releases a day": lambda n, amount: ngettext(
        "{amount} release a day", "{amount} releases a day", n, amount=amount
    ),
    "rows": lambda n, amount: ngettext("{amount} row", "{amount} rows", n, amount=amount),
    "songs": lambda n, amount: ngettext("{amount} song", "{amount} songs", n, amount=amount),
    "tracks": lambda n, amount: ngettext("{amount} track", "{amount} tracks", n, amount=amount),
    "tracks a day": lambda n, amount: ngettext(
        "{amount} track a day", "{amount} tracks a day", n, amount=amount
    ),
}
"""Units that are nouns; the others are symbols, or were named by a plugin."""
_LONGEST_SYMBOL = 4


def figure_text(figure: Figure) -> str:
    """Return a figure as a person reads it; a dash where it has no value."""
    return NONE if figure.value is None else amount(figure.value, figure.unit)


def amount(value: float, unit: str) -> str:
    r"""Return a number with its unit, precise enough to compare it with a published one.

    >>> amount(0.95137, "share"), amount(1.377, "ratio"), amount(256039007, "tracks")
    ('95.14%', '1.377', '256,039,007 tracks')
    >>> amount(-9.53, "LUFS")
    '\u22129.530 LUFS'
    """
    if unit == "share":
        fine = 0.0001 <= abs(value) <= 0.9999
        return exact_percent(value, 2) if fine else percent(value)
    decimals = _decimals(value)
    if unit in ("ratio", ""):
        return number(value, decimals)
    if unit in _NOUNS:
        return _NOUNS[unit](1 if value == 1 else 2, number(value, decimals))
    if len(unit) <= _LONGEST_SYMBOL:
        return measured(value, unit, decimals)
    return gettext("{amount} {unit}", amount=number(value, decimals), unit=unit)


def _decimals(value: float) -> int:
    if 0.0 < abs(value) < 1.0:
        return 4
    if float(value).is_integer():
        return 0
    return 1 if abs(value) >= 10 else 3


def signed(value: float, unit: str) -> str:
    r"""Return a difference with its sign; that of shares in percentage points.

    >>> signed(0.0123, "share"), signed(-32.0, "s"), signed(0.0, "share")
    ('+1.23 points', '\u221232 s', '0')
    """
    if value == 0.0:
        return number(0)
    if unit != "share":
        return _with_sign(value, amount(abs(value), unit))
    if round(abs(value) * 100, 2) == 0.0:
        return gettext("under {n}\u00a0points", n=number(0.01, 2))
    return gettext("{n}\u00a0points", n=_points(value))


def between_signed(interval: Interval, unit: str) -> str:
    """Return the interval of a difference, with signs; the unit of shares only at its end."""
    low, high = interval
    if unit == "share":
        return gettext("{low} to {high}\u00a0points", low=_points(low), high=_points(high))
    return gettext("{low} to {high}", low=signed(low, unit), high=signed(high, unit))


def _points(share: float) -> str:
    return _with_sign(share, number(abs(share) * 100, 2))


def _with_sign(value: float, written: str) -> str:
    if value < 0:
        return gettext("\u2212{amount}", amount=written)
    return gettext("+{amount}", amount=written)

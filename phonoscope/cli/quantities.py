"""Durations, speeds and probabilities as the terminal shows them."""

from __future__ import annotations

from phonoscope import text
from phonoscope.language import Language
from phonoscope.messages import Localised, gettext, localised
from phonoscope.text import number, quantity, span

__all__ = ["clock", "likelihood", "position", "rows_a_second", "span", "speed"]


def clock(seconds: float | None) -> str:
    r"""Return a duration as :func:`phonoscope.text.clock` does; ``-`` for none.

    >>> clock(187.0), clock(4.26), clock(None)
    ('3:07', '4.3 s', '-')
    """
    return "-" if seconds is None else text.clock(seconds)


@quantity
def position(language: Language, seconds: float) -> str:
    """Return a place in a recording as a player shows it.

    >>> position(5.2), position(187), position(3723)
    ('0:05', '3:07', '1:02:03')
    """
    whole = round(seconds)
    return localised(text.clock(whole), language) if whole >= 10 else f"0:0{whole}"


def likelihood(p: float, digits: int = 2) -> Localised:
    """Return a probability that came out of a model, which is never quite 0 or 1.

    >>> likelihood(0.8712), likelihood(0.99991, 3), likelihood(0.001)
    ('0.87', 'over 0.999', 'under 0.01')
    """
    rounded = round(p, digits)
    if rounded == 1.0:
        return gettext("over {number}", number=number(1 - 10**-digits, digits))
    if rounded == 0.0:
        return gettext("under {number}", number=number(10**-digits, digits))
    return number(p, digits)


def speed(files: int, audio_s: float, elapsed_s: float) -> Localised:
    """Return files per second and the ratio to real time.

    >>> speed(30, 6000.0, 10.0)
    '3.0 files/s, 600\u00d7 real time'
    """
    elapsed_s = max(elapsed_s, 1e-3)
    return gettext(
        "{rate} files/s, {ratio}\u00d7 real time",
        rate=rounded(files / elapsed_s),
        ratio=rounded(audio_s / elapsed_s),
    )


def rows_a_second(rows: int, elapsed_s: float) -> Localised:
    """Return rows per second, whole."""
    return number(rows / max(elapsed_s, 1e-3))


def rounded(value: float) -> Localised:
    """Return a speed with no more digits than anyone needs.

    >>> rounded(1234.5), rounded(3.14)
    ('1,234', '3.1')
    """
    return number(value, 0 if value >= 100 else 1)

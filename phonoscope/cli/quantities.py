"""Durations, speeds and probabilities as the terminal shows them."""

from __future__ import annotations

from phonoscope import text


def clock(seconds: float | None) -> str:
    """Return a duration as :func:`phonoscope.text.clock` does, with plain spaces; ``-`` for none.

    >>> clock(187.0), clock(4.26), clock(None)
    ('3:07', '4.3 s', '-')
    """
    return "-" if seconds is None else text.clock(seconds).replace(text.NOT_BROKEN, " ")


def position(seconds: float) -> str:
    """Return a place in a recording as a player shows it: ``0:05``, ``3:07``, ``1:02:03``."""
    whole = round(seconds)
    return clock(whole) if whole >= 10 else f"0:0{whole}"


def span(seconds: float) -> str:
    """Return a stretch of time in words: ``40 s``, ``12 min``, ``3.5 h``."""
    if seconds < 100:
        return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"
    if seconds < 100 * 60:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:,.1f} h"


def likelihood(p: float, digits: int = 2) -> str:
    """Return a probability that came out of a model, which is never quite 0 or 1.

    >>> likelihood(0.8712), likelihood(0.99991, 3), likelihood(0.001)
    ('0.87', 'over 0.999', 'under 0.01')
    """
    rounded = f"{p:.{digits}f}"
    if float(rounded) == 1.0:
        return f"over {1 - 10**-digits:.{digits}f}"
    return f"under {10**-digits:.{digits}f}" if float(rounded) == 0.0 else rounded


def speed(files: int, audio_s: float, elapsed_s: float) -> str:
    """Return files a second and how many times faster than real time that is."""
    elapsed_s = max(elapsed_s, 1e-3)
    rate = files / elapsed_s
    rate_text = f"{rate:,.0f}" if rate >= 100 else f"{rate:.1f}"
    return f"{rate_text} files/s, {_three_digits(audio_s / elapsed_s)} times real time"


def rows_a_second(rows: int, elapsed_s: float) -> str:
    """Return rows a second, whole."""
    return f"{rows / max(elapsed_s, 1e-3):,.0f}"


def _three_digits(number: float) -> str:
    return f"{number:,.0f}" if number >= 10 else f"{number:.1f}"

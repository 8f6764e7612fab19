"""Amounts in words: durations, sizes, speeds, counts."""

from __future__ import annotations


def clock(seconds: float | None) -> str:
    """Return a duration as ``3:07`` or ``1:02:03``; under 10 s with tenths."""
    if seconds is None:
        return "-"
    if seconds < 10:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    hours, rest = divmod(whole, 3600)
    minutes, rest_s = divmod(rest, 60)
    return f"{hours}:{minutes:02}:{rest_s:02}" if hours else f"{minutes}:{rest_s:02}"


def at(seconds: float) -> str:
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


def counted(number: int, noun: str, plural: str = "") -> str:
    """Return ``1 file``, ``2,000 files``."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


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

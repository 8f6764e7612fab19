"""Numbers as a person reads them: thousands separators, units, no false digits."""

from __future__ import annotations

NOT_BROKEN = "\u00a0"
"""No-break space between a number and its unit."""


def count(number: int) -> str:
    """Return a count with thousands separators.

    >>> count(1204)
    '1,204'
    """
    return f"{number:,}"


def counted(number: int, one: str, many: str | None = None) -> str:
    """Return a count with its noun.

    >>> counted(1, "recording"), counted(12, "recording"), counted(2, "copy", "copies")
    ('1 recording', '12 recordings', '2 copies')
    """
    return f"{count(number)} {one if number == 1 else many or one + 's'}"


def were(number: int) -> str:
    """Return the verb that goes with a count: ``was`` or ``were``."""
    return "was" if number == 1 else "were"


def percent(share: float) -> str:
    """Return a share as a percentage; one decimal where whole numbers would mislead.

    >>> percent(0.5), percent(0.034), percent(0.0), percent(0.00002), percent(0.9996)
    ('50%', '3.4%', '0%', 'under 0.01%', '99.96%')
    """
    if share in (0.0, 1.0):
        return f"{share:.0%}"
    if share < 0.0001:
        return "under 0.01%"
    if share > 0.9999:
        return "over 99.99%"
    near_end = min(share, 1.0 - share)
    decimals = 0 if near_end >= 0.1 else 1 if near_end >= 0.01 else 2
    return f"{share:.{decimals}%}"


def between(low: float, high: float) -> tuple[str, str]:
    """Return the ends of an interval of shares, with the decimals that tell them apart.

    >>> between(0.6176, 0.6221), between(0.2, 0.4), between(0.5, 0.5)
    (('61.8%', '62.2%'), ('20%', '40%'), ('50%', '50%'))
    """
    ends = percent(low), percent(high)
    decimals = 1
    while ends[0] == ends[1] and low < high and decimals <= 4:
        ends = f"{low:.{decimals}%}", f"{high:.{decimals}%}"
        decimals += 1
    return ends


def number(value: float, decimals: int = 0) -> str:
    """Return a number with thousands separators and a true minus sign.

    >>> number(-14.04, 1)
    '\u221214.0'
    """
    text = f"{value:,.{decimals}f}"
    if float(text.replace(",", "")) == 0.0:
        text = text.lstrip("-")
    return text.replace("-", "\u2212")


def measured(value: float, unit: str, decimals: int = 0) -> str:
    """Return a number with its unit, not to be broken across lines."""
    return f"{number(value, decimals)}{NOT_BROKEN}{unit}"


def clock(seconds: float) -> str:
    r"""Return a duration as on a player; under ten seconds with a decimal.

    >>> clock(182.4), clock(3725), clock(4.26)
    ('3:02', '1:02:05', '4.3\xa0s')
    """
    if seconds < 10:
        return measured(seconds, "s", 1)
    whole = round(seconds)
    hours, minutes, rest = whole // 3600, whole // 60 % 60, whole % 60
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def span(seconds: float) -> str:
    """Return an amount of time in the unit a person would choose.

    >>> span(280_800), span(5400), span(90), span(12)
    ('78 hours', '1.5 hours', '2 minutes', '12 seconds')
    """
    hours = seconds / 3600
    if hours >= 10:
        return counted(round(hours), "hour")
    if hours >= 1:
        return f"{hours:.1f} hours"
    if seconds >= 60:
        return counted(round(seconds / 60), "minute")
    return counted(round(seconds), "second")


def size(size_bytes: float) -> str:
    r"""Return an amount of bytes in decimal units.

    >>> size(5_230_000_000), size(999)
    ('5.2\xa0GB', '999\xa0bytes')
    """
    for unit, scale in (("PB", 1e15), ("TB", 1e12), ("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if size_bytes >= scale:
            value = size_bytes / scale
            return measured(value, unit, 1 if value < 100 else 0)
    return measured(size_bytes, "bytes")


def frequency(hertz: float) -> str:
    r"""Return a frequency, kHz from 1,000 Hz on.

    >>> frequency(16040), frequency(86.13)
    ('16.0\xa0kHz', '86\xa0Hz')
    """
    return measured(hertz / 1000, "kHz", 1) if hertz >= 1000 else measured(hertz, "Hz")


def joined(parts: list[str]) -> str:
    """Return an enumeration in words.

    >>> joined(["a"]), joined(["a", "b", "c"])
    ('a', 'a, b and c')
    """
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def shortened(text: str, most: int = 60) -> str:
    r"""Return a text with what is too long for a line of a list cut off.

    >>> shortened("abcdef", 4)
    'abc\u2026'
    """
    return text if len(text) <= most else f"{text[: most - 1]}\u2026"

"""Text in the pseudo-locale: what of it did not come through a message."""

from __future__ import annotations

import re

from babel import Locale

PSEUDO_ENV = {"PHONOSCOPE_LANGUAGE": "en_XA"}
"""Environment in which a program shows the pseudo-locale."""
_DATA = re.compile(r"⟦[^⟦⟧]*⟧")
_UNIT = re.compile(
    r"(?<=[\d\u00a0 ])(?:LUFS|LU|dBTP|dBFS|dB|kHz|Hz|kbit/s|GB|MB|kB|PB|TB|BPM|ms|s|h|min|UTC)\b"
)


_MONTH = "|".join(Locale("de").months["format"]["wide"].values())
_DATE = re.compile(rf"\b(?:\d{{1,2}}\. )?(?:{_MONTH}) \d{{4}}\b")
"""A date or month as the pseudo-locale writes it, in German."""
_LIST = re.compile(r"(?<=\s)und(?=\s)")
"""How German, whose numbers and lists the pseudo-locale writes, ends a list."""


def untranslated(text: str) -> list[str]:
    """Return the words of a text that are neither translated, nor data, nor units.

    >>> untranslated("[ŕöŵš ⟦a.csv⟧ öñé] 3 kHz"), untranslated("[ŕöŵš] of them")
    ([], ['of', 'them'])
    """
    previous = None
    while previous != text:
        previous, text = text, _DATA.sub("", text)
    text = _DATE.sub("", text)
    return re.findall(r"[A-Za-z][\w'-]*", _LIST.sub("", _UNIT.sub("", text)))

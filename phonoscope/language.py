"""The language that people read: chosen once per process, English where nothing else is shipped."""

from __future__ import annotations

import gettext
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cache
from importlib.resources import files

DOMAIN = "phonoscope"
PSEUDO = "en_XA"
"""Code of the pseudo-locale (its name in Unicode CLDR): accented, longer English that shows which
text on a page or a terminal did not come through a message."""
VARIABLES = ("PHONOSCOPE_LANGUAGE", "LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG")
"""Environment variables that choose the language; the first one that is set decides."""
LONGER = 0.4
"""Share by which the pseudo-locale lengthens a text; translations are often that much longer."""

_NOT_TEXT = re.compile(r"(\{[^{}]*\}|<[^<>]+>|&#?\w+;|\n+)")
_ACCENTED = str.maketrans(
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ",
    "åƀçđéƒĝĥîĵķļɱñöþǫŕšţûṽŵẋýžÅƁÇÐÉƑĜĤÎĴĶĻṀÑÖÞǪŔŠŢÛṼŴẊÝŽ",
)
_FILLER = "öñé ţŵö ţĥŕéé ƒöûŕ ƒîṽé šîẋ šéṽéñ éîĝĥţ ñîñé ţéñ "


@dataclass(frozen=True)
class Language:
    """One language: its translations and how it writes numbers.

    Examples
    --------
    >>> ENGLISH.decimal(1204.5, 1), Language("de", "de").decimal(1204.5, 1)
    ('1,204.5', '1.204,5')
    >>> ENGLISH.decimal(11.05, 1), Language("de", "de").decimal(11.05, 1)
    ('11.1', '11,1')
    """

    code: str
    numbers: str
    """Code of the locale (Unicode CLDR) whose numbers, dates and lists it writes."""
    _translations: gettext.NullTranslations = field(
        default_factory=gettext.NullTranslations, repr=False, compare=False
    )

    def translate(self, text: str) -> str:
        """Return the translation of a message, with its placeholders as they are."""
        return pseudo(text) if self.code == PSEUDO else self._translations.gettext(text)

    def translate_plural(self, one: str, many: str, number: int) -> str:
        """Return the translation of a message that depends on a count."""
        if self.code == PSEUDO:
            return pseudo(one if number == 1 else many)
        return self._translations.ngettext(one, many, number)

    def decimal(self, value: float, decimals: int = 0) -> str:
        """Return a number with separators of thousands and a fixed count of decimals."""
        if self.numbers == "en":
            return f"{value:,.{decimals}f}"
        from babel.numbers import format_decimal  # noqa: PLC0415  (0.04 s; English needs none)

        pattern = "#,##0" + ("." + "0" * decimals if decimals else "")
        # Rounded as in English, so that every language shows the same number.
        rounded = Decimal(f"{value:.{decimals}f}")
        return str(format_decimal(rounded, pattern, locale=self.numbers))

    def percent(self, share: float, decimals: int = 0) -> str:
        """Return a share as a percentage with a fixed count of decimals."""
        if self.numbers == "en":
            return f"{share:.{decimals}%}"
        from babel import Locale  # noqa: PLC0415  (as above)
        from babel.numbers import format_percent  # noqa: PLC0415  (as above)

        pattern = Locale.parse(self.numbers).percent_formats[None].pattern
        exact = pattern.replace("#,##0", "#,##0." + "0" * decimals if decimals else "#,##0")
        rounded = Decimal(f"{share:.{decimals}%}"[:-1]) / 100
        return str(format_percent(rounded, exact, locale=self.numbers))

    def month(self, when: date) -> str:
        """Return the month of a date by its name, with the year."""
        from babel.dates import format_date  # noqa: PLC0415  (only dates need it)

        return str(format_date(when, "LLLL y", locale=self.numbers))

    def date(self, when: date) -> str:
        """Return a date with the name of its month."""
        from babel.dates import format_date  # noqa: PLC0415  (only dates need it)

        # CLDR's English is American, which puts the day second.
        long = "d MMMM y" if self.numbers == "en" else "long"
        return str(format_date(when, long, locale=self.numbers))

    def enumeration(self, parts: Sequence[str]) -> str:
        """Return an enumeration in words; English has no comma before ``and``."""
        if self.numbers == "en":
            return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
        from babel.lists import format_list  # noqa: PLC0415  (as above)

        return str(format_list(list(parts), locale=self.numbers))


ENGLISH = Language("en", "en")


@cache
def current() -> Language:
    """Return the language of this process, from the environment."""
    wanted = next((os.environ[name] for name in VARIABLES if os.environ.get(name)), "")
    for code in wanted.split(":"):
        found = language(code.partition(".")[0].partition("@")[0])
        if found is not None:
            return found
    return ENGLISH


def language(code: str) -> Language | None:
    """Return a language by its code (``de``, ``pt_BR``), or ``None`` where none is shipped."""
    if code == PSEUDO:
        # German numbers differ from English ones in every separator, so a test can see them.
        return Language(PSEUDO, "de")
    if code.partition("_")[0] == "en":
        return ENGLISH
    if not re.fullmatch(r"[A-Za-z]{2,3}(_[A-Za-z]{2,4})?", code):
        return None
    folder = str(files(__package__).joinpath("locale"))
    try:
        return Language(code, code, gettext.translation(DOMAIN, folder, [code]))
    except OSError:
        return None


def pseudo(text: str) -> str:
    """Return a text in the pseudo-locale: accented, 40 % longer, placeholders and tags kept.

    Examples
    --------
    >>> pseudo("<b>{n}</b> rows")
    '[<b>{n}</b> ŕöŵš öñ]'
    """
    parts = _NOT_TEXT.split(text)
    letters = sum(len(part) for part in parts[::2])
    filler = (_FILLER * (letters // len(_FILLER) + 1))[: round(letters * LONGER)].strip()
    accented = [
        part.translate(_ACCENTED) if index % 2 == 0 else part for index, part in enumerate(parts)
    ]
    return f"[{''.join(accented)}{' ' if filler else ''}{filler}]"

"""Messages to people: English where they are made, translated where they are shown.

Every sentence that a person reads is one whole message with named placeholders::

    gettext("{file} has no audio stream.", file=name)
    ngettext("{n} recording", "{n} recordings", total)

Both return a ``str`` that holds the English text with ordinary spaces, so JSON, tables and logs
never depend on the language. It also remembers its template and values. The faces (terminal and
pages) call :func:`localised` on what they show, and only there it turns into another language.

Babel extracts the templates (``make messages``), so they are always written out in the call.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from phonoscope.escape import printable
from phonoscope.language import ENGLISH, PSEUDO, Language, current

NOT_BROKEN = "\u00a0"
"""No-break space between a number and its unit, where text is shown."""


class Localised(str):
    """English text that can be shown in another language."""

    __slots__ = ()

    def in_language(self, language: Language) -> str:
        """Return the text in a language."""
        raise NotImplementedError


class Message(Localised):
    """A template with its values.

    Examples
    --------
    >>> found = gettext("{share} of {n} tracks", share="4 %", n=1204)
    >>> found, found.template
    ('4 % of 1,204 tracks', '{share} of {n} tracks')
    """

    __slots__ = ("number", "plural", "template", "values")

    template: str
    plural: str
    """Template for other counts than one; empty where the text does not depend on a count."""
    number: int
    values: Mapping[str, str | int]

    def __new__(
        cls, template: str, plural: str, number: int, values: Mapping[str, str | int]
    ) -> Message:
        """Make a message; :func:`gettext` and :func:`ngettext` are how to call it."""
        chosen = plural if plural and number != 1 else template
        self = super().__new__(cls, _for_machines(chosen, values))
        self.template, self.plural, self.number, self.values = template, plural, number, values
        return self

    def __getnewargs__(self) -> tuple[Any, ...]:
        return self.template, self.plural, self.number, self.values

    def in_language(self, language: Language) -> str:
        """Return the text in a language."""
        return filled(self.translated(language), self.values, language)

    def translated(self, language: Language) -> str:
        """Return the translated template, with its placeholders."""
        if self.plural:
            return language.translate_plural(self.template, self.plural, self.number)
        return language.translate(self.template)


class Joined(Localised):
    """Whole texts one after the other: sentences of a paragraph, or lines."""

    __slots__ = ("parts", "separator")

    parts: tuple[str, ...]
    separator: str

    def __new__(cls, separator: str, parts: tuple[str, ...]) -> Joined:
        """Make one; :func:`sentences` and :func:`lines` are how to call it."""
        self = super().__new__(cls, separator.join(parts))
        self.separator, self.parts = separator, parts
        return self

    def __getnewargs__(self) -> tuple[Any, ...]:
        return self.separator, self.parts

    def in_language(self, language: Language) -> str:
        """Return the text in a language."""
        return self.separator.join(localised(part, language) for part in self.parts)


def gettext(template: str, /, **values: str | int) -> Message:
    """Return a message.

    Parameters
    ----------
    template
        The English text, written out, with ``{name}`` for each value.
    values
        Text (which may come from outside: it is made :func:`phonoscope.escape.printable`), other
        messages, quantities of :mod:`phonoscope.text`, or counts. A count (``int``)
        gets separators of thousands; give a year or a number that is a name as text. A measured
        number needs its function of :mod:`phonoscope.text`, which knows its decimals and unit.

    Examples
    --------
    >>> gettext("{file} has no bytes.", file="a.wav")
    'a.wav has no bytes.'
    """
    return Message(template, "", 1, values)


def ngettext(one: str, many: str, number: int, /, **values: str | int) -> Message:
    """Return a message that depends on a count, which is ``{n}`` in it.

    Examples
    --------
    >>> ngettext("{n} file", "{n} files", 1), ngettext("{n} file", "{n} files", 2000)
    ('1 file', '2,000 files')
    """
    return Message(one, many, number, {"n": number, **values})


def sentences(*parts: str) -> Joined:
    """Return whole sentences as one paragraph; empty ones are left out.

    >>> sentences(gettext("One."), "", gettext("Two."))
    'One. Two.'
    """
    return Joined(" ", tuple(filter(None, parts)))


def lines(parts: Iterable[str]) -> Joined:
    r"""Return whole texts one a line.

    >>> lines([gettext("One"), gettext("Two")])
    'One\nTwo'
    """
    return Joined("\n", tuple(parts))


def localised(text: str, language: Language | None = None) -> str:
    """Return a text as a person of a language reads it; other text stays.

    Parameters
    ----------
    text
        A message, a quantity, or any text.
    language
        The language; that of this process where none is given.
    """
    if isinstance(text, Localised):
        return text.in_language(language or current())
    return text


def plain(text: str) -> str:
    """Return text with ordinary spaces: programs and people search it for ``2.0 s``."""
    return text.replace(NOT_BROKEN, " ")


def _for_machines(template: str, values: Mapping[str, str | int]) -> str:
    """Return the English text; what comes from outside keeps every character."""
    if not values:
        return plain(template)
    written = {
        name: str(value) if isinstance(value, Localised) else _value(value, ENGLISH)
        for name, value in values.items()
    }
    return plain(template).format_map(written)


def filled(template: str, values: Mapping[str, str | int], language: Language) -> str:
    """Return a template with its values, written in a language."""
    if not values:
        return template
    return template.format_map({name: _value(value, language) for name, value in values.items()})


def _value(value: str | int, language: Language) -> str:
    if isinstance(value, Localised):
        return value.in_language(language)
    if isinstance(value, int) and not isinstance(value, bool):
        return language.decimal(value)
    # The pseudo-locale shows what is data, so that a test can tell it from text.
    safe = printable(str(value))
    return f"⟦{safe}⟧" if language.code == PSEUDO else safe

"""Make other people's text (file names, tags, cells) safe to show."""

from __future__ import annotations

import unicodedata

_HARMFUL = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_JOINERS = frozenset("\u200c\u200d")


def printable(text: str | None, *, keep: str = "") -> str:
    r"""Return text in one line that is safe on a terminal and in a page.

    Control characters could redraw a terminal, and direction marks could reverse a name. They, line
    separators and surrogates are shown as ``\n``, ``\x1b``, ``\u2028``, ``\u202e``. The joiners in
    emoji and in Persian or Hindi words stay, and so do characters newer than this Python.

    Parameters
    ----------
    text
        Any text, with surrogate escapes or without; ``None``, an empty cell, is empty text.
    keep
        Characters to keep although they aren't harmless, e.g. a newline.

    Examples
    --------
    >>> print(printable("a\x1b[2Jb\u202ec"))
    a\x1b[2Jb\u202ec
    """
    if text is None:
        return ""
    if text.isascii() and text.isprintable():
        return text
    return "".join(c if is_harmless(c) or c in keep else _escaped(c) for c in text)


def is_harmless(character: str) -> bool:
    """Whether a character has no effect on the text around it."""
    return unicodedata.category(character) not in _HARMFUL or character in _JOINERS


def _escaped(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")

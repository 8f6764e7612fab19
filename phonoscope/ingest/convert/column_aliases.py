"""Columns by their names, which people write in many ways."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping

_SEPARATORS = re.compile(r"[\W_]+")
_CLOSE = 0.6
"""Similarity (difflib) from which on one name is offered in place of another."""


def plain(name: str) -> str:
    """Return a name without case and separators.

    >>> plain("TrackId") == plain("track id") == plain("Track_ID")
    True
    """
    return _SEPARATORS.sub("", name).casefold()


def fields_by_alias(columns: Iterable[str], aliases: Mapping[str, str]) -> dict[str, str]:
    """Return field by column, for the columns that have one of the aliases.

    Parameters
    ----------
    columns
        Names as written; case and separators don't matter.
    aliases
        By field, its aliases in one text, the surest first.
    """
    written: dict[str, str] = {}
    by_plain: dict[str, str] = {}
    for name in columns:
        written.setdefault(name.strip().lower(), name)
        by_plain.setdefault(plain(name), name)

    def column(listed: str) -> str | None:
        named = (written.get(alias, by_plain.get(plain(alias))) for alias in listed.split())
        return next((name for name in named if name is not None), None)

    found = {field: column(listed) for field, listed in aliases.items()}
    return {column: field for field, column in found.items() if column is not None}


def same_name(wanted: str, names: Iterable[str]) -> str | None:
    """Return the name that is the wanted one, apart from case and separators.

    ``None`` when there is none, or several and none is written the same.
    """
    listed = list(names)
    if wanted in listed:
        return wanted
    alike = [name for name in listed if plain(name) == plain(wanted)]
    return alike[0] if len(alike) == 1 else None


def closest(wanted: str, names: Iterable[str]) -> str | None:
    """Return the name that someone most likely meant; ``None`` when none is close.

    >>> closest("nam", ["name", "isrc"])
    'name'
    """
    by_plain = {plain(name): name for name in names}
    found = difflib.get_close_matches(plain(wanted)[:100], by_plain, 1, _CLOSE)
    return by_plain[found[0]] if found else None

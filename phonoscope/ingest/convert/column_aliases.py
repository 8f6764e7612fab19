"""Columns by their names, which people write in many ways."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace

from phonoscope.catalogue.schema.metadata import SHARES
from phonoscope.ingest.convert.headings import MAX_HEADING, Heading, Unit, read_heading

_BRACKETED = re.compile(r"[(\[][^)\]]{0,100}[)\]]")
_SEPARATORS = re.compile(r"[\W_]+")
_CLOSE = 0.6
"""Similarity (difflib) from which on one name is offered in place of another."""
_VERY_CLOSE = 0.85
"""The same for a column that nobody named: it must rather be a misspelling."""
_LEAST_LETTERS = 5
"""Shorter names are close to too many others."""


def plain(name: str) -> str:
    """Return a name without case and separators.

    >>> plain("TrackId") == plain("track id") == plain("Track_ID")
    True
    """
    return _SEPARATORS.sub("", name).casefold()


def fields_by_alias(
    columns: Iterable[str], aliases: Mapping[str, str], noise: frozenset[str] = frozenset()
) -> dict[str, str]:
    """Return field by column, for the columns that have one of the aliases.

    A column that is written like an alias, apart from case and separators, comes first. Where a
    field has none, a column with the same words and unit is taken (see :mod:`.headings`), unless
    two columns have them.

    Parameters
    ----------
    columns
        Names as written.
    aliases
        By field, its aliases in one text, the surest first.
    noise
        Words that say nothing in this kind of table.
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
    fields = {column: field for field, column in found.items() if column is not None}
    missing = {field: aliases[field] for field, column in found.items() if column is None}
    free = [name for name in written.values() if name not in fields and plain(name)]
    return fields | _by_words(free, missing, noise)


def _by_words(
    columns: Iterable[str], aliases: Mapping[str, str], noise: frozenset[str]
) -> dict[str, str]:
    by_heading: dict[Heading, list[str]] = {}
    for name in columns:
        by_heading.setdefault(read_heading(name).without(noise), []).append(name)
    fields: dict[str, str] = {}
    for field, listed in aliases.items():
        for alias in listed.split():
            heading = read_heading(alias).without(noise)
            alike = by_heading.get(heading) or by_heading.get(_in_percent(heading, field), [])
            if len(alike) == 1 and alike[0] not in fields:
                fields[alike[0]] = field
                break
    return fields


def _in_percent(heading: Heading, field: str) -> Heading:
    """Return a heading in percent, for fields that are a share; itself for other fields."""
    return replace(heading, unit=Unit.PERCENT) if field in SHARES else heading


def scales_of(fields: Mapping[str, str]) -> dict[str, float]:
    """Return by field what its cells have to be multiplied by; absent where they are as needed.

    Parameters
    ----------
    fields
        Field by column.

    Examples
    --------
    >>> scales_of({"energy_%": "energy", "valence": "valence"})
    {'energy': 0.01}
    """
    return {
        field: 0.01
        for column, field in fields.items()
        if field in SHARES and read_heading(column).unit is Unit.PERCENT
    }


def questions_of(
    columns: Iterable[str], fields: Mapping[str, str], aliases: Mapping[str, str]
) -> dict[str, str]:
    """Return columns that aren't read although they look like a field that has no column.

    Parameters
    ----------
    columns
        Names as written.
    fields
        Field by column, of the columns that are read.
    aliases
        By field, its aliases in one text, the surest first.

    Returns
    -------
    dict
        The field that someone may have meant, by column.

    Examples
    --------
    >>> questions_of(["Duration", "genr"], {}, {"duration_ms": "duration_ms", "name": "title"})
    {'Duration': 'duration_ms'}
    >>> questions_of(["Genre (all)"], {}, {"genre": "genre track_genre"})
    {'Genre (all)': 'genre'}
    """
    missing = [field for field in aliases if field not in fields.values()]
    by_words: dict[tuple[str, ...], str] = {}
    by_plain: dict[str, str] = {}
    for field in missing:
        for alias in aliases[field].split():
            by_words.setdefault(read_heading(alias).words, field)
            by_plain.setdefault(plain(alias), field)
    found: dict[str, str] = {}
    for name in columns:
        if name in fields or not plain(name):
            continue
        texts = (name, _BRACKETED.sub(" ", name[:MAX_HEADING]))
        known = (by_words.get(read_heading(text).words) for text in texts)
        meant = next((each for each in known if each is not None), None)
        if meant is None and len(plain(name)) >= _LEAST_LETTERS:
            close = difflib.get_close_matches(plain(name)[:100], by_plain, 1, _VERY_CLOSE)
            meant = by_plain[close[0]] if close else None
        if meant is not None and meant not in found.values():
            found[name] = meant
    return found


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

"""Keys of titles and artists: equal for two ways to write the same name.

:func:`bare` and :func:`bare_artists` are expressions for a database and any number of rows. They
ignore case, marks and joining words. :func:`title_keys` and :func:`artists_of` work on Arrow and on
single names, and also ignore full-width forms, accents, ``feat.`` and remasters. Words that name
another recording ("Live", "Remix", "Taylor's Version", "Sped Up") stay in the key, so a live
recording never equals the studio recording.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    import ibis.expr.types as ir

_JOINING = r"\b(feat|ft|featuring|and|with)\b"
"""Words between artists, which tags and services use interchangeably."""
_MARKS = r"[^\p{L}\p{N}]+"
_MARKS_BUT_SIGNS = r"[^\p{L}\p{M}\p{N}]+"
"""In Indic scripts vowels are marks on letters."""
_ACCENTS = "[\u0300-\u036f]"
_LETTERS = {
    "\u00df": "ss", "\u00e6": "ae", "\u0153": "oe", "\u00f8": "o", "\u0111": "d", "\u0142": "l",
    "\u0131": "i", "\u03c2": "\u03c3",
}  # fmt: skip
"""Letters that Unicode doesn't split into letter and accent, and the final sigma."""
_FEAT = r"(?:feat\.?|ft\.?|featuring)"
_REMASTER = (
    r"(?:[0-9]{4}\s+)?(?:digital(?:ly)?\s+)?remaster(?:ed)?"
    r"(?:\s+version)?(?:\s+in)?(?:\s+[0-9]{4})?"
)
_REMASTERED = rf"\s*[(\[]\s*{_REMASTER}\s*[)\]]|\s+-\s+{_REMASTER}\s*$"
_GUESTS = rf"\s*[(\[]\s*(?:{_FEAT}|with)\s+[^()\[\]]*[)\]]"
_GUESTS_AFTER = rf"\s{_FEAT}\s+[^()\[\]]*$"
_OTHER_RECORDING = (
    r"\b(live|remix|mix|rmx|acoustic|unplugged|version|ver|edit|demo|instrumental|karaoke|sped|"
    r"slowed|orchestra|philharmonic|symphony|strings|choir|cover|sessions?|reprise|extended|dub|"
    r"rework|bootleg|mashup|vivo|commentary|lyrics|intro|nightcore|piano|cappella)\b|"
    "\u30e9\u30a4\u30d6|\u30ea\u30df\u30c3\u30af\u30b9|\u73b0\u573a|\u73fe\u5834|"
    "\ub77c\uc774\ube0c|\ub9ac\ubbf9\uc2a4|"
    "\u0440\u0435\u043c\u0438\u043a\u0441|\u0430\u043a\u0443\u0441\u0442|\u043b\u0430\u0439\u0432"
)
"""Words in brackets that name another recording, not guests."""
_BETWEEN = re.compile(
    r"[,;/|&+()\[\]\u3001\uff0c\u00d7]|"
    r"(?<=[\s(\[])(?:feat\.?|ft\.?|featuring|with|and|vs\.?|versus|presents|x(?=\s+\w))(?=\s)"
)
_OF_GUESTS = re.compile(rf"[(\[]\s*(?:{_FEAT}|with)\s+([^()\[\]]*)[)\]]|\s{_FEAT}\s+([^()\[\]]*)$")
_OTHER = re.compile(_OTHER_RECORDING)


def bare(text: ir.StringValue) -> ir.StringValue:
    """Return text in lower case without blanks and marks, as an expression."""
    return text.lower().re_replace(_MARKS, "")


def bare_artists(text: ir.StringValue) -> ir.StringValue:
    """Return names without blanks, marks and the words between them, as an expression."""
    return text.lower().re_replace(_JOINING, "").re_replace(_MARKS, "")


def folded(texts: pa.Array) -> pa.Array:
    """Return text without differences in case, accents and width of letters."""
    texts = pc.utf8_lower(pc.utf8_normalize(texts, form="NFKD"))
    # The Cyrillic short i is a letter of its own, not an i with an accent.
    texts = pc.replace_substring(texts, "\u0438\u0306", "\u0439")
    texts = pc.replace_substring_regex(texts, _ACCENTS, "")
    for letter, plain in _LETTERS.items():
        texts = pc.replace_substring(texts, letter, plain)
    return pc.utf8_normalize(texts, form="NFKC")


def title_keys(titles: pa.Array) -> pa.Array:
    """Return keys of titles, equal for titles of one recording.

    Parameters
    ----------
    titles
        Text as written.

    Returns
    -------
    pyarrow.Array
        Text, equal where titles differ only in case, accents, width, marks, guests (``feat. B``)
        and words about remastering; empty where nothing is left. The key of a key is itself.
    """
    texts = folded(titles)
    texts = pc.replace_substring_regex(texts, _REMASTERED, "")
    guests = pc.replace_substring_regex(texts, _GUESTS, " ")
    guests = pc.replace_substring_regex(guests, _GUESTS_AFTER, "")
    # A title can consist of nothing but apparent guests.
    other = pc.match_substring_regex(texts, _OTHER_RECORDING)
    nothing = pc.equal(_without_marks(guests), "")
    texts = pc.if_else(pc.or_(other, nothing), texts, guests)
    keys = _without_marks(texts)
    return pc.if_else(pc.equal(keys, ""), pa.scalar(None, pa.string()), keys)


def _without_marks(texts: pa.Array) -> pa.Array:
    texts = pc.replace_substring_regex(texts, r"\s*[&+]\s*", " and ")
    return pc.replace_substring_regex(texts, _MARKS_BUT_SIGNS, "")


class Artists(NamedTuple):
    """The artists of a recording, as keys."""

    first: str | None
    """The first artist; ``None`` without any, or when the order is unknown."""
    all: frozenset[str]


@lru_cache(maxsize=1 << 16)
def artists_of(performers: str | None, title: str | None = None) -> Artists:
    """Return the artists that a credit and a title name.

    A name with such a word or mark ("Earth, Wind & Fire") is cut too, in the same way everywhere.

    Parameters
    ----------
    performers
        Names as written.
    title
        Its guests count as artists.

    Examples
    --------
    >>> artists_of("The A feat. B", "Song (with C)").first
    'a'
    """
    texts = folded(pa.array([performers or "", title or ""], pa.string())).to_pylist()
    named = [key for name in _BETWEEN.split(f" {texts[0]} ") if (key := _name_key(name))]
    guests = [
        key
        for found in _OF_GUESTS.findall(texts[1])
        if not _OTHER.search(texts[1])
        for name in _BETWEEN.split(f" {found[0] or found[1]} ")
        if (key := _name_key(name))
    ]
    return Artists(named[0] if named else None, frozenset(named + guests))


def _name_key(name: str) -> str:
    words = re.sub(r"[\W_]+", " ", name.replace("'", "").replace("\u2019", "")).split()
    if words[:1] == ["the"]:
        words = words[1:]
    return "".join(words)

"""Names of artists that look alike, and how two such names differ.

A name has four forms. *Written* ignores case and blanks. *Plain* also ignores accents, marks, width
and styled letters. *Looks* replaces each character by what it looks like (Unicode UTS #39, table
``lookalikes.tsv``). It starts from the name as written, because a capital I looks like l, but a
small i doesn't. *Core* ignores added words such as "Official" and guests. Two plain names can also
be one edit apart.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from phonoscope.linking.titles import folded

ADDED = (
    "official", "officiel", "oficial", "offiziell", "ufficiale", "music", "musik", "musica",
    "musique", "topic", "vevo", "channel", "artist", "band",
)  # fmt: skip
"""Words added after or before a name to look like another page of the same artist."""
LONGEST = 100
"""Most characters of a name; longer ones aren't compared."""
_WORDS = "|".join(ADDED)
_MARKS = r"[^\p{L}\p{M}\p{N}]+"
_GUESTS = r"^(.+?) (?:feat|ft|featuring) .*$"
_BEFORE = r"^(?:the|official|oficial) (.+)$"
_AFTER = rf"^(.+?)(?: (?:{_WORDS}))+$"
_ACCENTS = re.compile("[\u0300-\u036f]")
_ASCII = (("I", "l"), ("1", "l"), ("0", "O"), ("m", "rn"))
"""The table's entries for ASCII, separate because most names are ASCII."""


class Likeness(StrEnum):
    """How two names look alike, the least likely by chance first."""

    HIDDEN = "hidden"
    """One has invisible characters."""
    LETTERS = "letters"
    """Other characters that look the same."""
    WORDS = "words"
    """The same except for added words."""
    EDIT = "edit"
    """One character more, less or different, or two neighbours swapped."""
    MARKS = "marks"
    """The same except for accents, marks, blanks, or styled letters."""
    SAME = "same"
    """Written the same, apart from case and blanks."""


class Forms(NamedTuple):
    """The forms of one name, except the written one."""

    plain: str
    looks: str
    core: str


@cache
def _tables() -> tuple[dict[int, str], frozenset[int]]:
    """Return what characters look like, and which are invisible."""
    looks: dict[int, str] = {}
    hidden: set[int] = set()
    text = files(__package__).joinpath("lookalikes.tsv").read_text("utf-8")
    # Not splitlines: for Python some of these characters end a line.
    for line in text.split("\n"):
        if not line or line.startswith("#"):
            continue
        point, _, like = line.partition("\t")
        first, _, last = point.partition("..")
        if like:
            looks[int(first, 16)] = like
        else:
            hidden.update(range(int(first, 16), int(last or first, 16) + 1))
    return looks, frozenset(hidden)


@cache
def _all_changes() -> dict[int, str | None]:
    looks, hidden = _tables()
    return {**looks, **dict.fromkeys(hidden)}


def hidden_in(name: str) -> list[str]:
    """Return the invisible characters of a name, except for joiners between two letters.

    Persian and Hindi words and emoji are written with the joiners U+200C and U+200D.
    """
    _, hidden = _tables()
    return [c for at, c in enumerate(name) if ord(c) in hidden and not _joins(name, at)]


def _joins(name: str, at: int) -> bool:
    """Whether a character is a joiner, or selects an emoji's variant, where it is needed."""
    if name[at] not in "\u200c\u200d\ufe0e\ufe0f":
        return False
    around = name[max(0, at - 1) : at] + name[at + 1 : at + 2]
    return any(not c.isascii() and unicodedata.bidirectional(c) != "EN" for c in around)


def written_of(name: str) -> str:
    """Return a name without differences in case and blanks."""
    return " ".join(unicodedata.normalize("NFC", name).casefold().split())


def forms_of(names: pa.Array) -> pa.RecordBatch:
    """Return the forms of names.

    Parameters
    ----------
    names
        Text as written; empty text, and text longer than :data:`LONGEST`, has no forms.

    Returns
    -------
    pyarrow.RecordBatch
        ``plain``, ``looks`` and ``core``, one row for each name.
    """
    short = pc.less_equal(pc.utf8_length(names), LONGEST)
    kept = pc.if_else(short, names, pa.scalar(None, pa.string()))
    words = pc.replace_substring_regex(_without_hidden(kept), r"\s*[&+]\s*", " and ")
    words = pc.replace_substring_regex(_folded(words), "['\u2019]", "")
    words = pc.utf8_trim_whitespace(pc.replace_substring_regex(words, _MARKS, " "))
    core = words
    for pattern in (_GUESTS, _BEFORE, _AFTER):
        core = pc.replace_substring_regex(core, pattern, r"\1")
    columns = {
        "plain": pc.replace_substring(words, " ", ""),
        "looks": _looks(kept),
        "core": pc.replace_substring(core, " ", ""),
    }
    return pa.RecordBatch.from_pydict(
        {name: pc.if_else(pc.equal(c, ""), None, c) for name, c in columns.items()}
    )


def plain_names(names: Sequence[str]) -> list[str | None]:
    """Return the plain form of each name; ``None`` where it has none."""
    plain: list[str | None] = forms_of(pa.array(names, pa.string())).column("plain").to_pylist()
    return plain


def _folded(names: pa.Array) -> pa.Array:
    others = pc.invert(pc.fill_null(pc.string_is_ascii(names), True))
    # ASCII only needs its case folded.
    lower = pc.ascii_lower(names)
    return pc.replace_with_mask(lower, others, folded(names.filter(others)))


def _looks(names: pa.Array) -> pa.Array:
    """Return what names look like: equal where two look the same."""
    ascii_only = pc.fill_null(pc.string_is_ascii(names), True)
    looks = names
    for sign, like in _ASCII:
        looks = pc.replace_substring(looks, sign, like)
    if not pc.all(ascii_only).as_py():
        others = [_looks_of(name) for name in names.filter(pc.invert(ascii_only)).to_pylist()]
        looks = pc.replace_with_mask(looks, pc.invert(ascii_only), pa.array(others, pa.string()))
    return pc.replace_substring_regex(pc.utf8_lower(looks), _MARKS, "")


def _looks_of(name: str) -> str:
    apart = unicodedata.normalize("NFD", name).translate(_all_changes())
    apart = unicodedata.normalize("NFKD", apart).translate(_all_changes())
    return _ACCENTS.sub("", apart)


def _without_hidden(names: pa.Array) -> pa.Array:
    _, hidden = _tables()
    if not pc.any(pc.invert(pc.string_is_ascii(names))).as_py():
        return names
    return pc.replace_substring_regex(names, f"[{_ranges(hidden)}]", "")


@cache
def _ranges(points: frozenset[int]) -> str:
    """Return a class of characters as RE2 writes it."""
    parts: list[list[int]] = []
    for point in sorted(points):
        if parts and point == parts[-1][1] + 1:
            parts[-1][1] = point
        else:
            parts.append([point, point])
    return "".join(rf"\x{{{first:X}}}-\x{{{last:X}}}" for first, last in parts)


def likeness_of(one: str, one_forms: Forms, other: str, other_forms: Forms) -> Likeness | None:
    """Return how two names look alike; ``None`` when they don't."""
    if bool(hidden_in(one)) != bool(hidden_in(other)) and _equal_but_hidden(one, other):
        return Likeness.HIDDEN
    if written_of(one) == written_of(other):
        return Likeness.SAME
    if one_forms.plain == other_forms.plain:
        return Likeness.MARKS
    if one_forms.looks == other_forms.looks:
        return Likeness.LETTERS
    if one_forms.core == other_forms.core:
        return Likeness.WORDS
    return Likeness.EDIT if one_edit(one_forms.plain, other_forms.plain) else None


def _equal_but_hidden(one: str, other: str) -> bool:
    _, hidden = _tables()
    gone = dict.fromkeys(hidden)
    return written_of(one.translate(gone)) == written_of(other.translate(gone))


def one_edit(one: str, other: str) -> bool:
    """Whether two different texts are one edit apart.

    >>> one_edit("madonna", "madona"), one_edit("beyonce", "beyocne"), one_edit("ab", "ba c")
    (True, True, False)
    """
    if one == other or abs(len(one) - len(other)) > 1:
        return False
    if len(one) > len(other):
        one, other = other, one
    at = next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), len(one))
    if len(one) < len(other):
        return one[at:] == other[at + 1 :]
    swapped = one[at : at + 2] == other[at : at + 2][::-1] and one[at + 2 :] == other[at + 2 :]
    return swapped or one[at + 1 :] == other[at + 1 :]


def strange_letters(name: str, looks_like: str) -> list[str]:
    """Return which characters of a name replace which others, for names that look the same.

    >>> strange_letters("\u0410dele", "Adele")
    ["CYRILLIC CAPITAL LETTER A like 'A'"]
    """
    one, other = unicodedata.normalize("NFC", name), unicodedata.normalize("NFC", looks_like)
    pairs = [(c, _tables()[0].get(ord(c), "")) for c in one if c not in other]
    if len(one) == len(other):
        pairs = [(a, b) for a, b in zip(one, other, strict=True) if a.casefold() != b.casefold()]
    return [
        f"{unicodedata.name(a, f'U+{ord(a):04X}')} like {b!r}" for a, b in dict.fromkeys(pairs) if b
    ]

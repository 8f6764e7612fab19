"""Keys and modes by their names: as musicians write them, and as the wheels of DJs number them."""

from __future__ import annotations

import re
from functools import lru_cache

import pyarrow as pa
import pyarrow.compute as pc

_STEPS = {"c": 0, "d": 2, "e": 4, "f": 5, "g": 7, "a": 9, "b": 11, "h": 11}
_STEPS |= {"do": 0, "re": 2, "r\u00e9": 2, "mi": 4, "fa": 5, "sol": 7, "la": 9, "si": 11}
_ACCIDENTALS = {
    **{"": 0, "\u266e": 0},
    **dict.fromkeys(("#", "\u266f", "sharp", "is", "di\u00e8se", "diese", "diesis"), 1),
    **dict.fromkeys(("b", "\u266d", "flat", "es", "s", "b\u00e9mol", "bemol", "bemolle"), -1),
}
_MAJOR = {"major", "maj", "dur", "majeur", "mayor", "maggiore", "ionian"}
_MINOR = {"minor", "min", "m", "moll", "mineur", "menor", "minore", "aeolian", "mi"}
_OTHERS = {"dorian", "phrygian", "lydian", "mixolydian", "locrian"}
"""Modes that are neither major nor minor: the tonic counts."""
_B_IS_FLAT = {"dur", "moll"}
"""Words of languages in which B is a flat and H is not."""
_SIGNS = "|".join(sorted(_ACCIDENTALS, key=len, reverse=True))
_KEY = re.compile(
    rf"(do|r[e\u00e9]|mi|fa|sol|la|si|[a-h])\s*-?({_SIGNS})[\s\-_:.]*([a-z]*)\.?", re.IGNORECASE
)
_BETWEEN = re.compile(r"\s*[/|,;()\[\]]\s*|\s+[-\u2013=]\s+")
_MOST_NAMES = 4
_WHEEL = re.compile(r"0?([1-9]|1[0-2])\s*([abdm])", re.IGNORECASE)
_LONGEST = 40


def mode_named(text: str) -> int | None:
    """Return the mode of a name: 1 major, 0 minor.

    >>> mode_named("maj"), mode_named("M"), mode_named("m"), mode_named("dorian")
    (1, 1, 0, None)
    """
    text = text.strip().rstrip(".")
    if text == "M":
        return 1
    word = text.casefold()
    return 1 if word in _MAJOR else 0 if word in _MINOR else None


@lru_cache(maxsize=1024)
def key_named(text: str) -> tuple[int, int | None] | None:
    """Return the pitch class of a key, 0 for C, and its mode if the name has one.

    Camelot (``8B`` is C major) and Open Key (``1d`` is C major) are read too, and several names of
    the same key.

    Examples
    --------
    >>> key_named("Bb"), key_named("F# minor"), key_named("8A"), key_named("G\u266d")
    ((10, None), (6, 0), (9, 0), (6, None))
    >>> key_named("A minor (8A)"), key_named("C#/Db"), key_named("C/D")
    ((9, 0), (1, None), None)
    """
    text = text.strip()
    found = _one_key(text)
    if found is not None:
        return found
    names = [name for name in _BETWEEN.split(text) if name]
    if not 1 <= len(names) <= _MOST_NAMES:
        return None
    keys = [_one_key(name) for name in names]
    tonics = {None if key is None else key[0] for key in keys}
    modes = {key[1] for key in keys if key is not None} - {None}
    tonic = tonics.pop()
    return None if tonics or tonic is None or len(modes) > 1 else (tonic, next(iter(modes), None))


def _one_key(text: str) -> tuple[int, int | None] | None:
    wheel = _WHEEL.fullmatch(text)
    if wheel is not None:
        place, side = int(wheel[1]), wheel[2].lower()
        major = side in "bd"
        # Each step is a fifth; 8 on the one wheel and 1 on the other are C major and A minor.
        steps = place - (8 if side in "ab" else 1)
        return (7 * steps + (0 if major else 9)) % 12, int(major)
    found = _KEY.fullmatch(text)
    if found is None:
        return None
    letter, sign, word = (part.casefold() for part in found.groups())
    mode = mode_named(found[3]) if word else None
    if word and mode is None and word not in _OTHERS:
        return None
    flat = -1 if letter == "b" and not sign and word in _B_IS_FLAT else 0
    return (_STEPS[letter] + _ACCIDENTALS[sign] + flat) % 12, mode


def keys_and_modes(cells: pa.Array) -> tuple[pa.Array, pa.Array]:
    """Return keys as numbers, in text, and the modes that their names state."""
    once = cells.dictionary_encode()
    named = [
        key_named(text) if text and len(text) <= _LONGEST else None
        for text in once.dictionary.to_pylist()
    ]
    keys = pa.array([None if one is None else str(one[0]) for one in named], pa.string())
    modes = pa.array(
        [None if one is None or one[1] is None else str(one[1]) for one in named], pa.string()
    )
    return pc.coalesce(pc.take(keys, once.indices), cells), pc.take(modes, once.indices)


def modes(cells: pa.Array) -> pa.Array:
    """Return names of modes as numbers, in text; other cells as they are."""
    once = cells.dictionary_encode()
    named = [
        mode_named(text) if text and len(text) <= _LONGEST else None
        for text in once.dictionary.to_pylist()
    ]
    found = pa.array([None if one is None else str(one) for one in named], pa.string())
    return pc.coalesce(pc.take(found, once.indices), cells)

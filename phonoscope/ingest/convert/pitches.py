"""Keys and modes by their names: as musicians write them, and as the wheels of DJs number them."""

from __future__ import annotations

import re
from functools import lru_cache

import pyarrow as pa
import pyarrow.compute as pc

_STEPS = {"c": 0, "d": 2, "e": 4, "f": 5, "g": 7, "a": 9, "b": 11, "h": 11}
_ACCIDENTALS = {"#": 1, "\u266f": 1, "b": -1, "\u266d": -1, "\u266e": 0, "": 0}
_WORDS = {"sharp": "#", "flat": "b", "is": "#", "es": "b", "s": "b"}
_MAJOR = {"major", "maj", "dur", "majeur", "mayor", "maggiore", "ionian"}
_MINOR = {"minor", "min", "m", "moll", "mineur", "menor", "minore", "aeolian", "mi"}
_KEY = re.compile(
    r"([a-h])\s*(#|\u266f|b|\u266d|\u266e|-?sharp|-?flat|)"
    r"(?:\s*/\s*[a-h]\s*(?:#|\u266f|b|\u266d))?[\s\-_:.]*([a-z]*)\.?",
    re.IGNORECASE,
)
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

    Camelot (``8B`` is C major) and Open Key (``1d`` is C major) are read too.

    Examples
    --------
    >>> key_named("Bb"), key_named("F# minor"), key_named("8A"), key_named("G\u266d")
    ((10, None), (6, 0), (9, 0), (6, None))
    """
    text = text.strip()
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
    accidental = found[2].lower().lstrip("-")
    accidental = _WORDS.get(accidental, accidental)
    mode = mode_named(found[3]) if found[3] else None
    if found[3] and mode is None:
        return None
    return (_STEPS[found[1].lower()] + _ACCIDENTALS[accidental]) % 12, mode


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

"""Which encoding a text file has, by its bytes: a mark, zeros, valid UTF-8, or else a guess.

UTF-8 has a form that other encodings hit by chance only, so it is tried first, and a few stray
bytes don't count against it. For files in an older encoding charset-normalizer (MIT) compares the
letters with those of languages. A short text says little; then it is Windows-1252, which most such
files are in (https://w3techs.com/technologies/overview/character_encoding), as far as it fits.
Chinese, Japanese and Korean are found by their usual pairs of bytes. Without these two steps,
charset-normalizer reads half of the tests' names and titles as they were written.
"""

from __future__ import annotations

import codecs
import re

UTF8 = "utf-8"
UTF8_MARKED = "utf-8-sig"
SAMPLE_BYTES = 1 << 23
"""Bytes of a file that are looked at."""
_BOMS = (
    (codecs.BOM_UTF8, UTF8_MARKED),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_DEFAULT = "windows-1252"
_ONE_BYTE = (
    *("cp1252", "cp1250", "cp1251", "cp1253", "cp1254", "cp1257", "mac_roman"),
    *("koi8_r", "cp866"),
)
_NEAR = {"cp1250", "cp1254", "cp1257", "mac_roman"}
"""Encodings that differ from Windows-1252 in some Latin letters only."""
_SELDOM = set(
    "\u00f8\u00ec\u00f2\u00fe\u00f0\u00fd\u00de\u00d0\u00b9\u00b3\u00bf\u00bc\u00be\u00ea\u0178"
)
"""What letters of Czech, Polish and Turkish look like in Windows-1252; rare in its languages."""
_RING = "\u00e5"
_PAIRS = {
    # By encoding: the pairs of most texts, as first byte, and second byte where it matters.
    "shift_jis": rb"\x82[\x9f-\xf1]|\x83[\x40-\x96]|\x81[\x40-\xac]|[\x88-\x97][\x40-\xfc]",
    "euc_jp": rb"[\xa4\xa5][\xa1-\xf6]|\xa1[\xa1-\xfe]|[\xb0-\xcf][\xa1-\xfe]",
    "gb18030": rb"[\xb0-\xd7][\xa1-\xfe]|\xa1[\xa1-\xfe]|\xa3[\xa1-\xfe]",
    "big5": rb"[\xa4-\xc6][\x40-\x7e\xa1-\xfe]|\xa1[\x40-\x7e\xa1-\xfe]",
    "euc_kr": rb"[\xb0-\xc8][\xa1-\xfe]|\xa1[\xa1-\xfe]",
}
_KANA = {"shift_jis": rb"\x82[\x9f-\xf1]|\x83[\x40-\x96]", "euc_jp": rb"[\xa4\xa5][\xa1-\xf6]"}
_USUAL = 0.85
"""Share of the pairs of a text that are usual ones in its own encoding."""
_WEIGHED_BYTES = 1 << 16
"""Bytes of lines with letters beyond ASCII that a guess weighs; it takes a second per MB."""
_FEW_BYTES = 24
"""Up to this many bytes beyond ASCII, single letters say nothing about a language."""
_VALID = re.compile(
    rb"(?:[\xc2-\xdf][\x80-\xbf]|\xe0[\xa0-\xbf][\x80-\xbf]|[\xe1-\xec\xee\xef][\x80-\xbf]{2}"
    rb"|\xed[\x80-\x9f][\x80-\xbf]|\xf0[\x90-\xbf][\x80-\xbf]{2}|[\xf1-\xf3][\x80-\xbf]{3}"
    rb"|\xf4[\x80-\x8f][\x80-\xbf]{2})+"
)
_CUT = re.compile(_VALID.pattern.removesuffix(b"+") + rb"*[\xc2-\xf4][\x80-\xbf]{0,2}")
_RUNS = re.compile(rb"[\x80-\xff]+")
_LONG_RUN = 3


def encoding_named(name: str) -> str | None:
    """Return Python's name of a text encoding; ``None`` when there is none of that name.

    >>> encoding_named("Latin-1")
    'iso8859-1'
    """
    try:
        found = codecs.lookup(name.strip())
    except (LookupError, ValueError):
        return None
    # Python's transforms (rot13, zip) aren't encodings; its own forms (idna) aren't of files.
    is_text = getattr(found, "_is_text_encoding", False)
    return found.name if is_text and not name.lower().startswith(_OF_PYTHON) else None


_OF_PYTHON = ("idna", "punycode", "raw", "unicode", "undefined", "utf_7", "utf-7", "mbcs", "oem")


def encoding_of(start: bytes) -> str:
    r"""Return the encoding of a text file by its beginning.

    Parameters
    ----------
    start
        Up to :data:`SAMPLE_BYTES` of it, or all; it may end within a character.

    Returns
    -------
    str
        A name that Python knows; UTF-8 for plain ASCII.

    Examples
    --------
    >>> encoding_of("id;name\n1;Caf\u00e9\n".encode("latin-1"))
    'windows-1252'
    """
    wide = stated_encoding(start)
    if wide is not None:
        return wide
    if start.isascii():
        return UTF8
    runs = _RUNS.findall(start)
    valid = sum(_VALID.fullmatch(run) is not None for run in runs)
    if start.endswith(runs[-1]):
        # Perhaps cut within a character.
        valid += _VALID.fullmatch(runs[-1]) is None and _CUT.fullmatch(runs[-1]) is not None
    if valid and 2 * valid >= len(runs):
        return UTF8
    return _older(start)


def stated_encoding(start: bytes) -> str | None:
    """Return the encoding that a mark states, or that zeros show; ``None`` without either."""
    for bom, encoding in _BOMS:
        if start.startswith(bom):
            return encoding
    # In UTF-16 delimiters, digits and line breaks have a 0 in their first or their second byte.
    head = start[:4096]
    pairs = len(head) // 2
    first, second = head[: 2 * pairs : 2].count(0), head[1 : 2 * pairs : 2].count(0)
    if pairs >= 4 and second > 0.1 * pairs and second > 5 * first:
        return "utf-16-le"
    if pairs >= 4 and first > 0.1 * pairs and first > 5 * second:
        return "utf-16-be"
    return None


def _older(start: bytes) -> str:
    """Return the encoding of text that isn't UTF-8."""
    lines = [line for line in start.splitlines() if not line.isascii()]
    weighed = b"\n".join(lines)[:_WEIGHED_BYTES].rpartition(b"\n")
    data = weighed[0] or weighed[2]
    runs = _RUNS.findall(data)
    long = sum(len(run) >= _LONG_RUN for run in runs)
    return _of_pairs(data) or _of_single_bytes(data, sum(map(len, runs)), long)


def _of_pairs(data: bytes) -> str | None:
    """Return the encoding of Chinese, Japanese or Korean text; ``None`` for other text."""
    shares = {name: _share(data, name) for name in _PAIRS}
    for name, kana in _KANA.items():
        # Where kana can be, they are many in Japanese and none in the others.
        if shares[name] >= _USUAL and 6 * len(re.findall(kana, data)) > len(_RUNS.findall(data)):
            return name
    # Hangul are a part of the bytes of Chinese in GB, so Korean is looked for first.
    fitting = [name for name in ("euc_kr", "big5", "gb18030") if shares[name] >= _USUAL]
    if shares["euc_kr"] >= 0.98:
        return "euc_kr"
    return max(fitting, key=shares.__getitem__) if fitting else None


def _share(data: bytes, name: str) -> float:
    """Return the share of pairs that are usual in an encoding; 0 when it can't be that."""
    try:
        text = data.decode(name)
    except UnicodeDecodeError:
        return 0.0
    beyond = sum(not character.isascii() for character in text)
    whole = re.compile(_PAIRS[name] + rb"|([\x00-\x7f])|([\x81-\xfe][\x40-\xfe])")
    usual = sum(found.lastindex is None for found in whole.finditer(data))
    return usual / max(1, beyond)


def _of_single_bytes(data: bytes, beyond: int, long: int) -> str:
    fits = _decodes(data, _DEFAULT)
    if fits and not long and beyond <= _FEW_BYTES:
        return _DEFAULT
    from charset_normalizer import from_bytes  # noqa: PLC0415  (40 ms; nearly all files are UTF-8)

    best = from_bytes(data, cp_isolation=list(_ONE_BYTE)).best()
    found = "cp1252" if best is None else best.encoding
    if found not in _NEAR | {"cp1252"}:
        return found
    if fits and _is_western(data.decode(_DEFAULT)):
        return _DEFAULT
    if found == "cp1252":
        found = "cp1250" if _decodes(data, "cp1250") else "iso8859-1"
    return found


def _is_western(text: str) -> bool:
    """Whether text reads well in Windows-1252, so that another Latin encoding isn't likely."""
    letters = [character for character in text if not character.isascii()]
    seldom = sum(character in _SELDOM for character in letters)
    return 5 * seldom < len(letters) or _RING in letters


def _decodes(data: bytes, encoding: str) -> bool:
    try:
        data.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def in_unicode(data: bytes) -> str:
    """Return a whole text file as text, without the mark of its encoding.

    Raises
    ------
    UnicodeDecodeError
        When it isn't text in that encoding.
    """
    return data.decode(encoding_of(data[:SAMPLE_BYTES])).removeprefix("\ufeff")


def names_in_unicode(data: bytes) -> str:
    """Return a list of file names as text; bytes that aren't UTF-8 are surrogates, as in names."""
    encoding = stated_encoding(data) or UTF8
    return data.decode(encoding, "surrogateescape").removeprefix("\ufeff")

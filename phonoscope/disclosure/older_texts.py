"""Texts and cover of older tags that a new tag would hide from most programs.

Programs take one tag system of a file. FFmpeg reads ID3v1 only in an mp3 without ID3v2; TagLib
takes the first of ID3v2, APEv2 and ID3v1 that isn't empty, and ID3v2 before LIST INFO. So a new tag
with nothing but a label would take away title, artist, album and ReplayGain. A new tag therefore
begins with copies of what the older one says.

Structure: ID3v1.1 informal standard, https://id3.org; LIST INFO in Multimedia Programming
Interface and Data Specifications 1.0 (1991).
"""

from __future__ import annotations

import codecs
import os
import struct
from collections.abc import Iterator, Mapping
from typing import BinaryIO, NamedTuple

from phonoscope.audio.chunks import iff_chunks, payload
from phonoscope.disclosure.ape_items import ApeTag
from phonoscope.disclosure.id3 import ID3V1_BYTES
from phonoscope.messages import gettext

COMMENT = "COMM"
FREE = "TXXX"
PICTURE = "APIC"

_MOST_TEXTS = 200
_TEXT_BYTES = 1 << 16

_INFO = {
    b"INAM": "TIT2",
    b"IART": "TPE1",
    b"IPRD": "TALB",
    b"ICRD": "TDRC",
    b"IGNR": "TCON",
    b"ITRK": "TRCK",
    b"IPRT": "TRCK",
    b"ICMT": COMMENT,
    b"ICOP": "TCOP",
    b"IMUS": "TCOM",
    b"IWRI": "TEXT",
    b"IPUB": "TPUB",
    b"ITCH": "TENC",
    b"ISFT": "TSSE",
    b"ISRC": "TSRC",
    b"IMED": "TMED",
    b"IBPM": "TBPM",
}
_COVER = "cover art (front)"
_APE = {
    "title": "TIT2",
    "artist": "TPE1",
    "album": "TALB",
    "album artist": "TPE2",
    "year": "TDRC",
    "genre": "TCON",
    "track": "TRCK",
    "disc": "TPOS",
    "comment": COMMENT,
    "composer": "TCOM",
    "copyright": "TCOP",
    "publisher": "TPUB",
    "isrc": "TSRC",
}
VORBIS = {
    "TIT2": "TITLE",
    "TPE1": "ARTIST",
    "TALB": "ALBUM",
    "TDRC": "DATE",
    "TCON": "GENRE",
    "TRCK": "TRACKNUMBER",
    COMMENT: "COMMENT",
}
"""Vorbis comments for the texts of an ID3v1 tag."""


class OlderText(NamedTuple):
    """A text of an older tag, as a frame of ID3v2."""

    frame: str
    """Name of the frame in ID3v2.4."""
    description: str
    """Description of a ``TXXX`` frame; else empty."""
    value: str
    is_latin: bool
    """Whether the older tag has it in Latin-1 or another code of single bytes.

    It is then written as Latin-1 with the same bytes, so programs that know better still do.
    """
    picture: bytes = b""
    """The picture of an ``APIC`` frame; else empty."""


def id3v1_texts(file: BinaryIO) -> list[OlderText]:
    """Return the texts of the ID3v1 tag at the end of a file."""
    end = file.seek(0, os.SEEK_END)
    if end < ID3V1_BYTES:
        return []
    file.seek(end - ID3V1_BYTES)
    tag = file.read(ID3V1_BYTES)
    if tag[:3] != b"TAG":
        return []
    has_track = not tag[125] and tag[126]
    cells = [
        ("TIT2", tag[3:33]),
        ("TPE1", tag[33:63]),
        ("TALB", tag[63:93]),
        ("TDRC", tag[93:97]),
        (COMMENT, tag[97 : 125 if has_track else 127]),
        ("TRCK", str(tag[126]).encode() if has_track else b""),
        # As a number: every program has a list of genres of its own.
        ("TCON", str(tag[127]).encode() if tag[127] != 255 else b""),
    ]
    texts = (_text(frame, "", cell.split(b"\0")[0].strip()) for frame, cell in cells)
    return [text for text in texts if text.value]


def info_texts(file: BinaryIO) -> list[OlderText]:
    """Return the texts of the first LIST INFO chunk of a wav file."""
    for chunk in iff_chunks(file):
        if chunk.name == b"LIST":
            content = payload(file, chunk)
            if content[:4] == b"INFO":
                file.seek(0)
                order = ">" if file.read(4) == b"RIFX" else "<"
                return list(_info(content, order))
    return []


def _info(content: bytes, order: str) -> Iterator[OlderText]:
    at = 4
    taken: set[str] = set()
    for _ in range(_MOST_TEXTS):
        head = content[at : at + 8]
        if len(head) < 8:
            return
        name, size = struct.unpack(order + "4sI", head)
        value = content[at + 8 : at + 8 + size].split(b"\0")[0].strip()
        frame = _INFO.get(name)
        if frame and value and len(value) <= _TEXT_BYTES and frame not in taken:
            taken.add(frame)
            yield _text(frame, "", value)
        at += 8 + size + size % 2


def ape_texts(file: BinaryIO, left_out: frozenset[str]) -> list[OlderText]:
    """Return the texts of the APEv2 tag of a file, without some names (in lower case).

    Raises
    ------
    ValueError
        When the tag is damaged.
    """
    tag = ApeTag.of(file)
    found: list[OlderText] = []
    for item in tag.items if tag else ():
        name = item.name.casefold()
        if name == _COVER and not item.is_text:
            # The file's name comes first.
            found.append(OlderText(PICTURE, "", "", False, item.value.partition(b"\0")[2]))
        if not item.is_text or name in left_out or len(item.value) > _TEXT_BYTES or not item.value:
            continue
        frame = _APE.get(name, FREE)
        found.append(_text(frame, item.name if frame == FREE else "", item.value))
    return found[:_MOST_TEXTS]


def joined(ape: list[OlderText], v1: list[OlderText]) -> list[OlderText]:
    """Return the texts of an APEv2 and an ID3v1 tag together.

    Raises
    ------
    ValueError
        When they differ, except that ID3v1 cuts texts off: no copy is right for every program.
    """
    if not ape or not v1:
        return ape or v1
    full: Mapping[str, OlderText] = {text.frame: text for text in ape if text.frame != FREE}
    for text in v1:
        other = full.get(text.frame)
        # Genres are numbers in one and names in the other; comments are mostly of programs.
        if other is None or text.frame in ("TCON", COMMENT):
            continue
        if not other.value.startswith(text.value):
            raise ValueError(
                gettext("Its APEv2 tag and its ID3v1 tag differ, so a new tag would hide one.")
            )
    return [*ape, *(text for text in v1 if text.frame not in full)]


def _text(frame: str, description: str, value: bytes) -> OlderText:
    try:
        # ID3v1 cuts texts off at 30 bytes, perhaps inside a character.
        whole = codecs.getincrementaldecoder("utf-8")().decode(value)
    except UnicodeDecodeError:
        whole = ""
    if value.isascii() or not whole.isascii():
        return OlderText(frame, description, whole, False)
    return OlderText(frame, description, value.decode("latin-1"), True)

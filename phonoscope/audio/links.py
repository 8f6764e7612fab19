"""Links of a chained file: where one stream ends and the next one begins.

An Ogg file may be a chain of streams, and FLAC files can be joined byte for byte. Every link may
have another codec, rate or number of channels, and starts with a fresh decoder (RFC 3533, section
4; RFC 7845, section 3). FFmpeg stops at such a change, or guesses, and otherwise keeps its decoder.
So each link is opened as a file of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

import numpy as np

from phonoscope import compiled

MOST_LINKS = 1_000
"""What follows is taken as part of the last link; a day of internet radio has a few hundred."""

_OGG_START = b"OggS\0\2"
"""A page whose header says that it begins a stream."""

_FLAC_START = b"fLaC"
_STREAM_INFO = (b'\0\0\0"', b'\x80\0\0"')
"""The header of the block that must come first, of 34 bytes (RFC 9639, section 8)."""

_OGG_CODECS = (
    b"\x01vorbis",
    b"OpusHead",
    b"\x7fFLAC",
    b"Speex   ",
    b"\x80theora",
    b"fishead\0",
    b"fisbone\0",
    b"BBCD\0",
    b"OVP80",
    b"\x80kate\0",
    b"CELT    ",
    b"PCM     ",
)
_READ_BYTES = 1 << 17
_MARKS = 1_000
"""At most this many marks in a piece of 128 KiB are looked at."""

_PAGE_HEADER_BYTES = 27 + 255 + 16
_MOST_BLOCKS = 1_000


def links(file: BinaryIO, start: int) -> list[int]:
    """Return where the links of a chained file begin.

    Parameters
    ----------
    file
        At any position. An Ogg or FLAC file is read once to its end, without decoding.
    start
        Offset of its sound, bytes.

    Returns
    -------
    list of int
        Offsets, bytes: ``[start]`` for a file that isn't chained, and for other kinds of files.
    """
    file.seek(start)
    mark = file.read(4)
    if mark == b"OggS":
        found = _ogg_links(file, start)
    elif mark == b"fLaC":
        found = _flac_links(file, start)
    else:
        return [start]
    return [start, *(at for at in found if at > start)]


def _ogg_links(file: BinaryIO, start: int) -> list[int]:
    """Return the first pages of links; streams that play at the same time begin side by side."""
    found: list[int] = []
    behind_group = -1
    for at in _marks(file, start, _OGG_START):
        size = _first_page_size(file, at)
        if size and at != behind_group:
            found.append(at)
            if len(found) >= MOST_LINKS:
                break
        behind_group = at + size if size else behind_group
    return found


def _first_page_size(file: BinaryIO, at: int) -> int:
    """Return the size of a page that begins a stream; 0 if it only looks like one."""
    file.seek(at)
    header = file.read(_PAGE_HEADER_BYTES)
    if len(header) < 28:
        return 0
    segments = header[26]
    if not header[27 + segments :].startswith(_OGG_CODECS):
        return 0
    return 27 + segments + sum(header[27 : 27 + segments])


def _flac_links(file: BinaryIO, start: int) -> list[int]:
    """Return where FLAC files begin; a mark inside another one's metadata isn't a beginning."""
    found: list[int] = []
    sound = start
    for at in _marks(file, start, _FLAC_START):
        if at != start and (at < sound or not _begins_flac(file, at)):
            continue
        found.append(at)
        sound = _flac_sound(file, at)
        if len(found) >= MOST_LINKS:
            break
    return found


def _begins_flac(file: BinaryIO, at: int) -> bool:
    file.seek(at + len(_FLAC_START))
    return file.read(4) in _STREAM_INFO


def _flac_sound(file: BinaryIO, start: int) -> int:
    """Return where the metadata blocks of a FLAC file end."""
    at = start + 4
    for _ in range(_MOST_BLOCKS):
        file.seek(at)
        header = file.read(4)
        if len(header) < 4:
            break
        at += 4 + int.from_bytes(header[1:], "big")
        if header[0] & 0x80:
            break
    return at


def _marks(file: BinaryIO, start: int, mark: bytes) -> Iterator[int]:
    """Yield the offsets of a mark."""
    at, before = start, b""
    while True:
        file.seek(at)
        read = file.read(_READ_BYTES)
        if not read:
            return
        piece = before + read
        for found in marks_in(piece, mark):
            yield at - len(before) + found
        at += len(read)
        before = piece[1 - len(mark) :]


def marks_in(piece: bytes, mark: bytes) -> list[int]:
    """Return where a mark occurs, at most 1,000 offsets; faster than :meth:`bytes.find`.

    Examples
    --------
    >>> marks_in(b"one OggS, two OggS", b"OggS")
    [4, 14]
    """
    loops = compiled.loops()
    if loops is not None:
        text, offsets = np.frombuffer(piece, np.uint8), np.empty(_MARKS, np.int64)
        sought = np.frombuffer(mark, np.uint8)
        count = loops.marks(
            compiled.at(text), text.size, compiled.at(sought), sought.size, compiled.at(offsets),
            _MARKS,
        )  # fmt: skip
        return [int(offset) for offset in offsets[:count]]
    found: list[int] = []
    at = piece.find(mark)
    while at >= 0 and len(found) < _MARKS:
        found.append(at)
        at = piece.find(mark, at + 1)
    return found

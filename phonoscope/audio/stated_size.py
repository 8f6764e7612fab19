"""Durations from the sizes in headers, which FFmpeg cuts to the size of the file.

WAV (RIFF, RF64, BW64), Sony's Wave64, Apple's CAF and Sun's AU state how many bytes of sound they
hold. In a file that was cut off, only this tells how long it was.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from typing import BinaryIO, NamedTuple

from phonoscope.audio.chunks import MOST_CHUNKS, iff_chunks
from phonoscope.audio.window import size_of

_STREAMED_BYTES = 0x7FFF0000
"""Programs that don't know the data size yet write this or more."""

_UNKNOWN = 0xFFFFFFFF
_W64_DATA = bytes.fromhex("64617461f3acd3118cd100c04f8edb8a")
_W64_HEADER = bytes.fromhex("726966662e91cf11a5d628db04c10000")
_W64_CHUNK, _CAF_CHUNK = struct.Struct("<16sQ"), struct.Struct(">4sq")
"""Header of a chunk: its name and size."""

_DURATION = b"\x44\x89"
_INFO = b"\x15\x49\xa9\x66"


class _Sound(NamedTuple):
    stated: int
    """Bytes of sound according to the header."""
    present: int
    """Bytes of sound in the file."""


def missing_pcm_duration_s(file: BinaryIO, container: str, bit_rate_bps: int) -> float | None:
    """Return the duration that a header states and the file doesn't hold, s.

    Parameters
    ----------
    file
        At any position; only headers are read.
    container
        FFmpeg's name of the container.
    bit_rate_bps
        Constant bit rate of the sound, bit/s; 0 if it isn't constant or known.

    Returns
    -------
    float or None
        ``None`` where the file is as long as its header says, or the header doesn't say.
    """
    read = {"wav": _wav, "w64": _w64, "caf": _caf, "au": _au}.get(container)
    sound = read(file) if read and bit_rate_bps > 0 else None
    if sound is None or sound.present >= sound.stated:
        return None
    return sound.stated * 8 / bit_rate_bps


def matroska_states_duration(file: BinaryIO) -> bool:
    """Return whether a Matroska or WebM file states its duration (RFC 9559, section 5.1.2.10)."""
    file.seek(0)
    head = file.read(1 << 16)
    info = head.find(_INFO)
    return info >= 0 and _DURATION in head[info : info + 512]


def _wav(file: BinaryIO) -> _Sound | None:
    data = next((chunk for chunk in iff_chunks(file) if chunk.name == b"data"), None)
    if data is None or data.declared >= _STREAMED_BYTES:
        return None
    return _Sound(data.declared, data.size)


def _w64(file: BinaryIO) -> _Sound | None:
    """Read Wave64's chunks: a GUID, and a size that counts the header of 24 bytes."""
    file.seek(0)
    if file.read(16) != _W64_HEADER:
        return None
    for name, size, present in _chunks(file, 40, _W64_CHUNK, lambda s: max(24, s + -s % 8)):
        if name == _W64_DATA:
            return _Sound(size - 24, present) if size < 1 << 62 else None
    return None


def _caf(file: BinaryIO) -> _Sound | None:
    """Read CAF's chunks: four letters and a size; that of the sound may be unknown (-1)."""
    file.seek(0)
    if file.read(4) != b"caff":
        return None
    for name, size, present in _chunks(file, 8, _CAF_CHUNK, lambda s: 12 + s):
        if size < 0:
            return None
        if name == b"data":
            # An edit count of four bytes precedes the sound.
            return _Sound(size - 4, present - 4)
    return None


def _chunks(
    file: BinaryIO, at: int, header: struct.Struct, to_next: Callable[[int], int]
) -> Iterator[tuple[bytes, int, int]]:
    """Yield each chunk's name and stated size, and the bytes from its content to the file's end.

    Parameters
    ----------
    file
        At any position; only headers of chunks are read.
    at
        Offset of the first chunk.
    header
        A chunk's name and size.
    to_next
        Returns the bytes from one chunk to the next, for its stated size.
    """
    end = size_of(file)
    for _ in range(MOST_CHUNKS):
        # A damaged size may lead further than a file can be sought.
        if at + header.size > end:
            return
        file.seek(at)
        read = file.read(header.size)
        if len(read) < header.size:
            return
        name, size = header.unpack(read)
        yield name, size, end - at - header.size
        at += to_next(size)


def _au(file: BinaryIO) -> _Sound | None:
    end = size_of(file)
    file.seek(0)
    header = file.read(12)
    if len(header) < 12 or header[:4] != b".snd":
        return None
    offset, size = struct.unpack(">II", header[4:])
    return _Sound(size, end - offset) if size != _UNKNOWN else None

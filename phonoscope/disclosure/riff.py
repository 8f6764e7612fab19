"""RIFF and AIFF files written anew with other chunks: order, padding and the rest kept.

Standards: Multimedia Programming Interface and Data Specifications 1.0 (RIFF, 1991), EBU Tech
3306 and ITU-R BS.2088 (RF64, BW64), EA IFF 85 and AIFF 1.3.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import BinaryIO

from phonoscope.audio.chunks import MOST_CHUNKS, IffChunk, iff_chunks

_LARGEST = (1 << 32) - 1
_DATA = (b"data", b"SSND")
_RIFF = (b"RIFF", b"RIFX", b"RF64", b"BW64")
_WIDE = (b"RF64", b"BW64")


@dataclass(frozen=True)
class _Form:
    """The outermost chunk of a file."""

    kind: bytes
    size: int
    """As its header says, bytes."""
    end: int
    """Where new chunks go: behind the last whole chunk inside it, bytes from the start."""
    chunks: tuple[IffChunk, ...]

    @property
    def order(self) -> str:
        return ">" if self.kind in (b"RIFX", b"FORM") else "<"


def with_chunks(file: BinaryIO, out: BinaryIO, contents: Mapping[bytes, bytes | None]) -> None:
    """Copy a file with some chunks replaced, added behind all others, or left out.

    Parameters
    ----------
    file
        A RIFF, RIFX, RF64, BW64 or AIFF file; only read, copied in bounded memory.
    out
        An empty file, written from its start.
    contents
        Content by four-letter name; ``None`` leaves the chunk out. Of several chunks of one name
        the first is replaced and the others are left out. Names differ by case.

    Raises
    ------
    ValueError
        When the file cannot take a chunk: it is cut off, does not state its sizes, or would be
        larger than its kind may be. Says which.
    """
    form = _form(file)
    _set_size(out, form, _write(file, out, form, contents))


def _form(file: BinaryIO) -> _Form:
    chunks = tuple(iff_chunks(file))
    file.seek(0)
    kind = file.read(4)
    if kind not in (*_RIFF, b"FORM"):
        raise ValueError("it is no RIFF or AIFF file")
    if len(chunks) >= MOST_CHUNKS:
        raise ValueError(f"it has more than {MOST_CHUNKS:,} chunks")
    order = ">" if kind in (b"RIFX", b"FORM") else "<"
    size = (
        _wide_size(file, chunks) if kind in _WIDE else struct.unpack(order + "I", file.read(4))[0]
    )
    for chunk in chunks:
        if chunk.declared > chunk.size or (chunk.name in _DATA and chunk.declared == _LARGEST):
            name = chunk.name.decode("ascii", "backslashreplace").strip()
            raise ValueError(
                f"its {name} chunk is cut off, or its size was never filled in, as happens when a "
                "recording or download breaks off"
            )
    inside = [c for c in chunks if c.start + c.size <= 8 + size]
    if size in (0, _LARGEST) or not any(c.name in _DATA for c in inside):
        raise ValueError("its header does not state its size")
    last = inside[-1]
    return _Form(kind, size, last.start + last.size, chunks)


def _wide_size(file: BinaryIO, chunks: Sequence[IffChunk]) -> int:
    """Return the 64-bit size in the ``ds64`` chunk, which must come first."""
    if not chunks or chunks[0].name != b"ds64" or chunks[0].size < 28:
        raise ValueError("it is an RF64 file without its ds64 chunk")
    file.seek(chunks[0].start)
    return int(struct.unpack("<Q", file.read(8))[0])


def _write(
    file: BinaryIO, out: BinaryIO, form: _Form, contents: Mapping[bytes, bytes | None]
) -> int:
    """Write everything; return the new size of the form."""
    at = 0
    written: set[bytes] = set()
    for chunk in form.chunks:
        if chunk.name in contents and chunk.start < form.end:
            _copy(file, out, at, chunk.start - 8)
            content = contents[chunk.name]
            if chunk.name not in written and content is not None:
                out.write(_chunk(form, chunk.name, content))
            written.add(chunk.name)
            at = min(chunk.start + chunk.size + chunk.size % 2, _end_of(file))
    _copy(file, out, at, form.end)
    at = max(at, form.end)
    if out.tell() % 2:
        # The pad byte of the last chunk: it may be missing there, and must not be before another.
        out.write(b"\0")
        at = min(at + 1, _end_of(file))
    for name, content in contents.items():
        if content is not None and name not in written:
            out.write(_chunk(form, name, content))
    end = out.tell()
    _copy(file, out, at, _end_of(file))
    # Some writers do not count a last pad byte; what was added has to lie inside all the same.
    return max(form.size + end - at, end - 8)


def _end_of(file: BinaryIO) -> int:
    return file.seek(0, 2)


def _chunk(form: _Form, name: bytes, content: bytes) -> bytes:
    header = name + struct.pack(form.order + "I", len(content))
    return header + content + b"\0" * (len(content) % 2)


def _copy(file: BinaryIO, out: BinaryIO, start: int, stop: int) -> None:
    """Copy a stretch of bytes, piece by piece."""
    file.seek(start)
    left = stop - start
    while left > 0 and (piece := file.read(min(left, 1 << 20))):
        out.write(piece)
        left -= len(piece)


def _set_size(out: BinaryIO, form: _Form, size: int) -> None:
    if form.kind in _WIDE:
        out.seek(form.chunks[0].start)
        out.write(struct.pack("<Q", size))
        return
    if size >= _LARGEST:
        raise ValueError("it would be larger than the 4 GiB that its kind of file can be")
    out.seek(4)
    out.write(struct.pack(form.order + "I", size))

"""RIFF and AIFF files copied with other chunks: order, padding and everything else stay.

Standards: Multimedia Programming Interface and Data Specifications 1.0 (RIFF, 1991), EBU Tech
3306 and ITU-R BS.2088 (RF64, BW64), EA IFF 85 and AIFF 1.3.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import BinaryIO

from phonoscope.audio.chunks import MOST_CHUNKS, IffChunk, iff_chunks
from phonoscope.escape import printable
from phonoscope.messages import gettext

_LARGEST = (1 << 32) - 1
_DATA = (b"data", b"SSND")
_RIFF = (b"RIFF", b"RIFX", b"RF64", b"BW64")
_WIDE = (b"RF64", b"BW64")


@dataclass(frozen=True)
class _Form:
    """The outermost chunk of a file."""

    kind: bytes
    size: int
    """Size in its header, bytes."""
    end: int
    """Where new chunks go: after the last whole chunk inside it, bytes from the start."""
    chunks: tuple[IffChunk, ...]
    """Those that begin inside it. Bytes behind it belong to other programs and are only copied."""

    @property
    def order(self) -> str:
        return _order(self.kind)


def form_end(file: BinaryIO) -> int | None:
    """Return where a RIFF or AIFF file ends by its own header, bytes from its start.

    ``None`` if the header doesn't say so, or more than the file has. Other programs leave bytes
    behind it.
    """
    file.seek(0)
    head = file.read(8)
    if len(head) < 8 or head[:4] not in (*_RIFF, b"FORM"):
        return None
    try:
        size = _stated_size(file, head[:4], tuple(islice(iff_chunks(file), 1)))
    except ValueError:
        return None
    end = 8 + size + size % 2
    behind = _end_of(file)
    return min(end, behind) if 12 < size < _LARGEST and 8 + size <= behind else None


def with_chunks(file: BinaryIO, out: BinaryIO, contents: Mapping[bytes, bytes | None]) -> None:
    """Copy a file with some chunks replaced, added at the end, or left out.

    Parameters
    ----------
    file
        A RIFF, RIFX, RF64, BW64 or AIFF file; only read, copied in bounded memory.
    out
        An empty file, written from its start.
    contents
        Content by four-letter name; ``None`` leaves the chunk out. If several chunks have one
        name, the first is replaced and the others are left out. Case matters in names.

    Raises
    ------
    ValueError
        When the file can't take a chunk: it is cut off, doesn't state its sizes, or would become
        larger than its kind allows.
    """
    form = _form(file)
    _set_size(out, form, _write(file, out, form, contents))


def _form(file: BinaryIO) -> _Form:
    chunks = tuple(iff_chunks(file))
    file.seek(0)
    kind = file.read(4)
    if kind not in (*_RIFF, b"FORM"):
        raise ValueError(gettext("The file isn't RIFF or AIFF."))
    if len(chunks) >= MOST_CHUNKS:
        raise ValueError(gettext("The file has more than {most} chunks.", most=MOST_CHUNKS))
    size = _stated_size(file, kind, chunks)
    inside = tuple(c for c in chunks if c.start <= 8 + size)
    for chunk in inside:
        if chunk.declared > chunk.size or (chunk.name in _DATA and chunk.declared == _LARGEST):
            name = printable(chunk.name.decode("ascii", "backslashreplace").strip())
            raise ValueError(
                gettext(
                    "Its chunk {name} is cut off or has no size. That happens when a recording or "
                    "a download is interrupted.",
                    name=name,
                )
            )
    whole = [c for c in inside if c.start + c.size <= 8 + size]
    if size in (0, _LARGEST) or not any(c.name in _DATA for c in whole):
        raise ValueError(gettext("Its header doesn't state its size."))
    last = whole[-1]
    return _Form(kind, size, last.start + last.size, inside)


def _order(kind: bytes) -> str:
    return ">" if kind in (b"RIFX", b"FORM") else "<"


def _stated_size(file: BinaryIO, kind: bytes, chunks: Sequence[IffChunk]) -> int:
    """Return the size in the header; if it has 64 bits, in the ``ds64`` chunk that comes first."""
    if kind not in _WIDE:
        file.seek(4)
        return int(struct.unpack(_order(kind) + "I", file.read(4))[0])
    if not chunks or chunks[0].name != b"ds64" or chunks[0].size < 28:
        raise ValueError(gettext("It is an RF64 file without a ds64 chunk."))
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
            copy_range(file, out, at, chunk.start - 8)
            content = contents[chunk.name]
            if chunk.name not in written and content is not None:
                out.write(_chunk(form, chunk.name, content))
            written.add(chunk.name)
            at = min(chunk.start + chunk.size + chunk.size % 2, _end_of(file))
    copy_range(file, out, at, form.end)
    at = max(at, form.end)
    if out.tell() % 2:
        # The pad byte of the last chunk: optional at the end, required before another chunk.
        out.write(b"\0")
        at = min(at + 1, _end_of(file))
    for name, content in contents.items():
        if content is not None and name not in written:
            out.write(_chunk(form, name, content))
    end = out.tell()
    copy_range(file, out, at, _end_of(file))
    # Some writers don't count a last pad byte; the added chunks have to be inside in any case.
    return max(form.size + end - at, end - 8)


def _end_of(file: BinaryIO) -> int:
    return file.seek(0, 2)


def _chunk(form: _Form, name: bytes, content: bytes) -> bytes:
    header = name + struct.pack(form.order + "I", len(content))
    return header + content + b"\0" * (len(content) % 2)


def copy_range(file: BinaryIO, out: BinaryIO, start: int, stop: int) -> None:
    """Copy a range of bytes, piece by piece."""
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
        raise ValueError(gettext("It would be larger than 4 GiB, the limit of this kind of file."))
    out.seek(4)
    out.write(struct.pack(form.order + "I", size))

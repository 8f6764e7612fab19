"""Positions of chunks in RIFF and AIFF files and boxes in MP4 files, without reading them."""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

MOST_CHUNKS = 1_000
"""At most this many chunks of a file are listed."""

PAYLOAD_BYTES = 1 << 20
"""At most this many bytes of a chunk are read."""

_UNKNOWN_SIZE = 0xFFFFFFFF
"""Means 'see the ds64 chunk' in RF64, and 'unknown' in a streamed wav."""


class IffChunk(NamedTuple):
    """A part of a file with a four-letter name."""

    name: bytes
    """Four bytes, e.g. ``b"LIST"``."""
    start: int
    """Offset of its payload, bytes."""
    size: int
    """Size of its payload in the file, bytes."""
    declared: int
    """Size of its payload according to its header, bytes."""


def iff_chunks(file: BinaryIO) -> Iterator[IffChunk]:
    """Yield the chunks of a RIFF, RIFX, RF64, BW64 or AIFF file.

    In RF64 and BW64 (EBU Tech 3306, ITU-R BS.2088), the 64-bit size of the ``data`` chunk comes
    from the ``ds64`` chunk. Sizes that go past the end of the file are cut there.

    Parameters
    ----------
    file
        At any position; only chunk headers are read.
    """
    end = file.seek(0, io.SEEK_END)
    file.seek(0)
    kind = file.read(4)
    if kind not in (b"RIFF", b"RIFX", b"RF64", b"BW64", b"FORM"):
        return
    order = ">" if kind in (b"RIFX", b"FORM") else "<"
    data_size: int | None = None
    at = 12
    for _ in range(MOST_CHUNKS):
        # A damaged size may lead further than a file can be sought.
        if at + 8 > end:
            return
        file.seek(at)
        header = file.read(8)
        if len(header) < 8:
            return
        name, size = struct.unpack(order + "4sI", header)
        if name == b"ds64" and size >= 16:
            data_size = struct.unpack("<Q", file.read(16)[8:].ljust(8, b"\0"))[0]
        if name == b"data" and size == _UNKNOWN_SIZE:
            size = end - at - 8 if data_size is None else data_size
        yield IffChunk(name, at + 8, max(0, min(size, end - at - 8)), size)
        at += 8 + size + size % 2


def mp4_boxes(
    file: BinaryIO, inside: IffChunk | None = None, skipped: int = 0
) -> Iterator[IffChunk]:
    """Yield the boxes of an ISO base media (mp4, m4a, mov) file, or of one of its boxes.

    Parameters
    ----------
    file
        At any position; only box headers are read.
    inside
        The box whose children are wanted; ``None`` for the outermost boxes.
    skipped
        Bytes of that box before its first child: 4 for a version and flags.
    """
    end = file.seek(0, io.SEEK_END)
    at = 0
    if inside is not None:
        at, end = inside.start + skipped, min(end, inside.start + inside.size)
    for _ in range(MOST_CHUNKS):
        if at + 8 > end:
            return
        file.seek(at)
        header = file.read(min(16, end - at))
        if len(header) < 8:
            return
        size, name = struct.unpack(">I4s", header[:8])
        head = 8
        if size == 1 and len(header) == 16:
            size, head = struct.unpack(">Q", header[8:])[0], 16
        elif size == 0:
            size = end - at
        if size < head:
            return
        yield IffChunk(name, at + head, max(0, min(size, end - at) - head), size - head)
        at += size


def mp4_child(file: BinaryIO, inside: IffChunk | None, *names: bytes) -> IffChunk | None:
    """Return the first box at a path of names; ``None`` if there is none.

    Parameters
    ----------
    file
        At any position; only box headers are read.
    inside
        Where the path begins; ``None`` for the outermost boxes.
    """
    for name in names:
        inside = next((box for box in mp4_boxes(file, inside) if box.name == name), None)
        if inside is None:
            return None
    return inside


def payload(file: BinaryIO, chunk: IffChunk) -> bytes:
    """Return the bytes of a chunk, at most :data:`PAYLOAD_BYTES`."""
    file.seek(chunk.start)
    return file.read(min(chunk.size, PAYLOAD_BYTES))

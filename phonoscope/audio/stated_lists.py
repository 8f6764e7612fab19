"""Lists of tags in RIFF files that claim to be longer than the file.

FFmpeg makes room, and clears it, for as many bytes as an item of a list claims, up to the end that
the list claims. A list of 66 bytes cost 2 GB. So FFmpeg reads the size that a list really can have.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from typing import BinaryIO

from phonoscope.audio.chunks import MOST_CHUNKS, iff_chunks

_RIFF = {b"RIFF": "<", b"RF64": "<", b"BW64": "<", b"RIFX": ">"}


def true_sizes(file: BinaryIO) -> dict[int, bytes]:
    r"""Return the sizes that FFmpeg has to read instead, by offset; mostly there are none.

    Parameters
    ----------
    file
        At any position; only headers of chunks are read.

    Examples
    --------
    >>> import io, struct
    >>> list_ = b"LIST" + struct.pack("<I", 2**31 - 1) + b"INFO"
    >>> true_sizes(io.BytesIO(b"RIFF" + struct.pack("<I", 16) + b"WAVE" + list_))
    {16: b'\x04\x00\x00\x00'}
    """
    file.seek(0)
    order = _RIFF.get(file.read(4))
    return {} if order is None else dict(_of_riff(file, order))


def _of_riff(file: BinaryIO, order: str) -> Iterator[tuple[int, bytes]]:
    end = file.seek(0, io.SEEK_END)
    for chunk in iff_chunks(file):
        if chunk.name == b"LIST":
            if chunk.declared > chunk.size:
                yield chunk.start - 4, struct.pack(order + "I", chunk.size)
            # Lists of an avi hold others.
            yield from _inside(file, order, chunk.start + 4, min(end, chunk.start + chunk.size))


def _inside(file: BinaryIO, order: str, at: int, end: int) -> Iterator[tuple[int, bytes]]:
    for _ in range(MOST_CHUNKS):
        file.seek(at)
        header = file.read(8)
        if at + 8 > end or len(header) < 8:
            return
        name, size = struct.unpack(order + "4sI", header)
        if name == b"LIST" and size > end - at - 8:
            yield at + 4, struct.pack(order + "I", end - at - 8)
            return
        at += 8 + size + size % 2

"""Write a picture of one byte a pixel as PNG with a palette."""

from __future__ import annotations

import struct
import zlib
from functools import cache

import numpy as np
from numpy.typing import NDArray

_ANCHORS = (
    "000004",
    "1c1044",
    "4f127b",
    "812581",
    "b5367a",
    "e55964",
    "fb8761",
    "fec287",
    "fcfdbf",
)
"""Every 32nd colour of magma, a perceptually uniform map (Smith & van der Walt 2015, CC0): its
lightness rises steadily, so it reads the same in grey and for the colour-blind."""


@cache
def palette() -> bytes:
    """Return 256 colours from dark to light, three bytes each."""
    anchors = np.array([[int(a[i : i + 2], 16) for i in (0, 2, 4)] for a in _ANCHORS])
    at = np.linspace(0, len(_ANCHORS) - 1, 256)
    channels = [np.interp(at, np.arange(len(_ANCHORS)), anchors[:, c]) for c in range(3)]
    return np.rint(np.stack(channels, axis=1)).astype(np.uint8).tobytes()


def as_png(picture: NDArray[np.uint8]) -> bytes:
    """Return a picture as an indexed PNG (ISO/IEC 15948).

    Parameters
    ----------
    picture
        Palette indices, shape (rows, columns), top row first.
    """
    rows, columns = picture.shape
    # Each row is led by its filter type, 0: palette indices gain nothing from a filter.
    raw = np.pad(picture, ((0, 0), (1, 0))).tobytes()
    header = struct.pack(">IIBBBBB", columns, rows, 8, 3, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"PLTE", palette()), (b"IDAT", zlib.compress(raw, 6))]
    body = b"".join(_chunk(name, data) for name, data in [*chunks, (b"IEND", b"")])
    return b"\x89PNG\r\n\x1a\n" + body


def _chunk(name: bytes, data: bytes) -> bytes:
    checksum = zlib.crc32(name + data)
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", checksum)

"""The number of frames that an mp3 file's first frame states.

Encoders put it into a frame without sound: the Xing header (``Xing`` with a variable bit rate,
``Info`` with a constant one) or Fraunhofer's VBRI header. FFmpeg replaces the number by an estimate
where it doesn't fit the size of the file, so it is read here.
"""

from __future__ import annotations

import struct
from typing import BinaryIO

_SEARCHED_BYTES = 1 << 14
_RATES_HZ = {3: (44_100, 48_000, 32_000), 2: (22_050, 24_000, 16_000), 0: (11_025, 12_000, 8_000)}
"""By the header's version bits: MPEG 1, 2 and 2.5."""

_VBRI_AT = 4 + 32


def stated_duration_s(file: BinaryIO, start: int = 0) -> float | None:
    """Return the duration that the first frame of an mp3 file states, s.

    Parameters
    ----------
    file
        At any position; only its first 16 KiB are read.
    start
        Offset of the sound, bytes.

    Returns
    -------
    float or None
        Frames times their length, without the encoder's delay and padding where a LAME header
        has them; ``None`` when no number of frames is stated.
    """
    file.seek(start)
    data = file.read(_SEARCHED_BYTES)
    at = data.find(b"\xff")
    while 0 <= at < len(data) - 4:
        stated = _stated(data, at)
        if stated is not None:
            return stated
        at = data.find(b"\xff", at + 1)
    return None


def _stated(data: bytes, at: int) -> float | None:
    """Return the duration that a frame at an offset states; ``None`` if it isn't such a frame."""
    second, third, fourth = data[at + 1 : at + 4]
    version, layer, rate = second >> 3 & 3, second >> 1 & 3, third >> 2 & 3
    if second & 0xE0 != 0xE0 or version == 1 or layer != 1 or rate == 3 or third >> 4 == 15:
        return None
    mono = fourth >> 6 == 3
    side_bytes = (17 if mono else 32) if version == 3 else (9 if mono else 17)
    xing = at + 4 + side_bytes
    if data[xing : xing + 4] in (b"Xing", b"Info"):
        frames, skipped = _xing(data, xing)
    elif data[at + _VBRI_AT : at + _VBRI_AT + 4] == b"VBRI":
        frames, skipped = _number(data, at + _VBRI_AT + 14), 0
    else:
        return None
    samples = frames * (1152 if version == 3 else 576) - skipped
    return samples / _RATES_HZ[version][rate] if samples > 0 else None


def _xing(data: bytes, at: int) -> tuple[int, int]:
    """Return the frames that a Xing header counts, and the samples that LAME added."""
    flags = _number(data, at + 4)
    if not flags & 1:
        return 0, 0
    frames = _number(data, at + 8)
    lame = at + 12 + 4 * bool(flags & 2) + 100 * bool(flags & 4) + 4 * bool(flags & 8)
    if data[lame : lame + 4] not in (b"LAME", b"Lavc", b"Lavf"):
        return frames, 0
    packed = int.from_bytes(data[lame + 21 : lame + 24], "big")
    return frames, (packed >> 12) + (packed & 0xFFF)


def _number(data: bytes, at: int) -> int:
    four = data[at : at + 4]
    return int(struct.unpack(">I", four)[0]) if len(four) == 4 else 0

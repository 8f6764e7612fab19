"""ID3v2 tags before the sound, in files of any kind and of any length.

FFmpeg looks past a tag for at most 1 MiB, and only before some containers. Programs write them
before mp3 and ADTS, as the standard says, but also before FLAC, Ogg and WAV; some write a second
one before the first.

Structure: ID3v2.2, 2.3 and 2.4 informal standards, https://id3.org.
"""

from __future__ import annotations

from typing import BinaryIO

from phonoscope.audio.window import size_of

MOST_TAGS = 16
"""At most this many tags in a row are passed over."""

_PADDING_BYTES = 1 << 16
"""Some programs leave zeros after the tag that its size doesn't count."""


def id3_starts(file: BinaryIO) -> list[int]:
    """Return where the ID3v2 tags at the start of a file begin, and where the last one ends.

    Parameters
    ----------
    file
        At any position; only headers are read.

    Returns
    -------
    list of int
        Offsets, bytes: one more than there are tags, so ``[0]`` for a file without a tag. A tag
        that claims to be as long as the file or longer isn't counted.

    Examples
    --------
    >>> import io
    >>> id3_starts(io.BytesIO(b"ID3" + bytes([4, 0, 0, 0, 0, 0, 2]) + b"..OggS"))
    [0, 12]
    """
    end = size_of(file)
    starts = [0]
    for _ in range(MOST_TAGS):
        size = id3_tag_size(file, starts[-1])
        if not size or starts[-1] + size >= end:
            break
        starts.append(starts[-1] + size)
    return starts


def sound_start(file: BinaryIO) -> int:
    """Return where the sound begins, after all ID3v2 tags and their padding, bytes."""
    starts = id3_starts(file)
    if len(starts) == 1:
        return 0
    file.seek(starts[-1])
    behind = file.read(_PADDING_BYTES)
    padding = len(behind) - len(behind.lstrip(b"\0"))
    if padding == len(behind):
        return starts[-1]
    # The size of a first mp4 box begins with three zeros.
    is_box = padding >= 3 and behind[padding + 1 : padding + 5] == b"ftyp"
    return starts[-1] + padding - 3 * is_box


def id3_tag_size(file: BinaryIO, at: int = 0) -> int:
    """Return the size of an ID3v2 tag with its header and footer, bytes; 0 if there is none.

    Parameters
    ----------
    file
        At any position.
    at
        Offset at which the tag would begin, bytes.
    """
    file.seek(at)
    header = file.read(10)
    if not is_id3_header(header):
        return 0
    footer = 10 if header[3] == 4 and header[5] & 0x10 else 0
    return 10 + syncsafe(header[6:]) + footer


def is_id3_header(header: bytes) -> bool:
    """Return whether ten bytes are the header of an ID3v2 tag."""
    return len(header) == 10 and header[:3] == b"ID3" and header[3] in (2, 3, 4)


def syncsafe(four: bytes) -> int:
    """Return a size in four bytes of seven bits."""
    return (four[0] & 127) << 21 | (four[1] & 127) << 14 | (four[2] & 127) << 7 | four[3] & 127

"""ID3v2 tags, cut down to their texts before they are parsed.

mutagen decodes the frames; what it is given is a copy of the tag that holds only small
text, link and private frames. Pictures are never read, and a hostile tag can neither
unpack without bound (compressed frames) nor take quadratic time (many tiny frames).

Structure of the tag: ID3v2.2, 2.3 and 2.4 informal standards, https://id3.org.
"""

from __future__ import annotations

import io
import re
import struct
from collections.abc import Iterator
from typing import Any, BinaryIO, NamedTuple

from mutagen.id3 import ID3

from phonoscope.labels.fields import Field, field

TAG_BYTES = 64 << 20
"""A larger tag is not read."""

ID3V1_BYTES = 128
_TEXTS_BYTES = 1 << 18
_FRAME_BYTES = 1 << 16
_PACKED_BYTES = 1 << 10
"""A compressed frame may unpack to a thousand times its size; texts pack to less than this."""
_MOST_FRAMES = 10_000

_WANTED = re.compile(rb"T[A-Z0-9]{2,3}|W[A-Z0-9]{2,3}|COMM?|PRIV")
_FRAME_NAME = re.compile(rb"[A-Z][A-Z0-9]{2,3}")

_NAMES = {
    "TIT2": "title",
    "TPE1": "artist",
    "TALB": "album",
    "TPUB": "label",
    "TSRC": "isrc",
    "TDRC": "date",
    "TDRL": "date",
    "TYER": "date",
    "TCON": "genre",
    "TENC": "encoder",
    "TSSE": "encoder",
    "COMM": "comment",
}


class TagTooLargeError(ValueError):
    """A tag is larger than any real one."""


class Frame(NamedTuple):
    """A frame of a tag: where it lies, without its content."""

    name: bytes
    """Four letters, or three in ID3v2.2."""
    header: bytes
    """As it stands in the tag."""
    data_at: int
    """Offset of its content in :attr:`Tag.body`, bytes."""
    size: int
    """Size of its content, bytes; it may say more than the tag holds."""
    packed: bool
    """Whether its content is compressed."""


class Tag(NamedTuple):
    """An ID3v2 tag at the start of a file."""

    version: int
    """2, 3 or 4."""
    header: bytes
    """Its first ten bytes."""
    flags: int
    """Flags that still hold of :attr:`body`."""
    body: BinaryIO
    """The file itself, or a copy in which unsynchronisation is undone."""
    start: int
    """Offset of the first frame in the body."""
    stop: int
    """Offset behind the last frame and padding in the body."""


def id3_fields(file: BinaryIO) -> list[Field]:
    """Return the texts of the ID3v2 tag at the start of a file.

    Raises
    ------
    Exception
        Whatever mutagen raises on a damaged tag; :class:`TagTooLargeError`.
    """
    reduced = _reduced(file)
    if reduced is None:
        return []
    tag = ID3(io.BytesIO(reduced), load_v1=False)
    return [found for frame in tag.values() for found in _frame_fields(frame)]


def id3v1_fields(file: BinaryIO) -> list[Field]:
    """Return the comment of the ID3v1 tag in the last 128 bytes of a file.

    Its other fields are cut at 30 characters and say nothing that is not said better
    elsewhere; the decoder gives them where there is no other tag.
    """
    file.seek(-ID3V1_BYTES, io.SEEK_END)
    tag = file.read(ID3V1_BYTES)
    comment = tag[97:127].split(b"\0")[0].decode("latin-1")
    return [field("comment", comment, "ID3v1 comment")] if comment.strip() else []


def id3_size(file: BinaryIO) -> int:
    """Return the size of the ID3v2 tag at the start of a file, bytes; 0 when there is none."""
    file.seek(0)
    header = file.read(10)
    return 10 + _syncsafe(header[6:]) if _is_header(header) else 0


def _is_header(header: bytes) -> bool:
    return len(header) == 10 and header[:3] == b"ID3" and header[3] in (2, 3, 4)


def _syncsafe(four: bytes) -> int:
    return (four[0] & 127) << 21 | (four[1] & 127) << 14 | (four[2] & 127) << 7 | four[3] & 127


def id3_tag(file: BinaryIO) -> Tag | None:
    """Return the ID3v2 tag at the start of a file; ``None`` when there is none.

    Raises
    ------
    TagTooLargeError
        When it says to be larger than :data:`TAG_BYTES`.
    """
    file.seek(0)
    header = file.read(10)
    if not _is_header(header):
        return None
    version, flags, size = header[3], header[5], _syncsafe(header[6:])
    if size > TAG_BYTES:
        raise TagTooLargeError(f"an ID3 tag of {size >> 20} MiB is not read")
    body: BinaryIO = file
    start, stop = 10, 10 + size
    if version < 4 and flags & 0x80:
        # Before 2.4 the whole tag is unsynchronised at once, sizes count what was there before.
        undone = file.read(size).replace(b"\xff\x00", b"\xff")
        body, start, stop, flags = io.BytesIO(undone), 0, len(undone), flags & 0x7F
    if version > 2 and flags & 0x40:
        start, flags = start + _extended_size(body, start, version), flags & 0xBF
    return Tag(version, header, flags, body, start, stop)


def _reduced(file: BinaryIO) -> bytes | None:
    """Return a copy of the tag with nothing but small text frames; ``None`` without a tag."""
    tag = id3_tag(file)
    texts = b"".join(_texts(tag)) if tag else b""
    if tag is None or not texts:
        return None
    return tag.header[:5] + bytes([tag.flags & 0xEF]) + to_syncsafe(len(texts)) + texts


def _extended_size(body: BinaryIO, start: int, version: int) -> int:
    body.seek(start)
    four = body.read(4).ljust(4, b"\0")
    return _syncsafe(four) if version == 4 else 4 + int(struct.unpack(">I", four)[0])


def to_syncsafe(size: int) -> bytes:
    """Return a size as four bytes of seven bits."""
    return bytes([size >> 21 & 127, size >> 14 & 127, size >> 7 & 127, size & 127])


def id3_frames(tag: Tag) -> Iterator[Frame]:
    """Yield where the frames of a tag lie, at most 10,000; their contents are not read."""
    head = 6 if tag.version == 2 else 10
    at = tag.start
    for _ in range(_MOST_FRAMES):
        tag.body.seek(at)
        header = tag.body.read(head)
        name = header[: 3 if tag.version == 2 else 4]
        if len(header) < head or at + head > tag.stop or not _FRAME_NAME.match(name):
            return
        size = _frame_size(tag.body, header, at + head, tag.stop, tag.version)
        packed = tag.version > 2 and bool(header[9] & (0x08 if tag.version == 4 else 0x80))
        yield Frame(name, header, at + head, size, packed)
        at += head + size


def _texts(tag: Tag) -> Iterator[bytes]:
    """Yield whole frames, headers included, that hold texts."""
    taken = 0
    for frame in id3_frames(tag):
        limit = _PACKED_BYTES if frame.packed else _FRAME_BYTES
        if not _WANTED.fullmatch(frame.name.rstrip(b"\0")) or not 0 < frame.size <= limit:
            continue
        taken += len(frame.header) + frame.size
        if taken > _TEXTS_BYTES:
            return
        header = frame.header
        if tag.version == 4:
            # iTunes wrote plain sizes into 2.4 tags; the copy always has the right ones.
            header = header[:4] + to_syncsafe(frame.size) + header[8:]
        tag.body.seek(frame.data_at)
        yield header + tag.body.read(frame.size)


def _frame_size(body: BinaryIO, header: bytes, data_at: int, stop: int, version: int) -> int:
    if version == 2:
        return int.from_bytes(header[3:6], "big")
    plain = int.from_bytes(header[4:8], "big")
    if version == 3:
        return plain
    safe = _syncsafe(header[4:8])
    if safe == plain or _frame_follows(body, data_at + safe, stop):
        return safe
    return plain if _frame_follows(body, data_at + plain, stop) else safe


def _frame_follows(body: BinaryIO, at: int, stop: int) -> bool:
    if at >= stop:
        return at == stop
    body.seek(at)
    name = body.read(4)
    return name == b"\0\0\0\0" or _FRAME_NAME.fullmatch(name) is not None


def _frame_fields(frame: Any) -> Iterator[Field]:
    kind = frame.FrameID
    if kind == "PRIV":
        if frame.owner.upper() == "XMP":
            yield field("xmp", frame.data.decode("utf-8", "replace"), "ID3 PRIV:XMP")
    elif kind in ("TXXX", "COMM"):
        name = frame.desc if kind == "TXXX" else "comment"
        place = f"ID3 {kind}:{frame.desc}" if frame.desc else f"ID3 {kind}"
        yield from (field(name, str(text), place) for text in frame.text)
    elif kind == "WXXX":
        yield field("url", frame.url, f"ID3 WXXX:{frame.desc}" if frame.desc else "ID3 WXXX")
    elif kind.startswith("W"):
        yield field("url", frame.url, f"ID3 {kind}")
    elif kind == "TCON":
        yield from (field("genre", genre, "ID3 TCON") for genre in frame.genres)
    elif hasattr(frame, "text"):
        name = _NAMES.get(kind, kind)
        yield from (field(name, str(text), f"ID3 {kind}") for text in frame.text)

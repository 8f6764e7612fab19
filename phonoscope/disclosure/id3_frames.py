"""ID3v2 tags as frames: their positions, and a new tag that leaves the other frames unchanged.

Reading walks the headers only. Writing copies all other frames byte for byte, so that a label
changes no picture, no unknown frame and no encoding.

Structure of the tag: ID3v2.2, 2.3 and 2.4 informal standards, https://id3.org.
"""

from __future__ import annotations

import io
import re
import struct
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import BinaryIO, NamedTuple

from phonoscope.audio.id3_prefix import is_id3_header, syncsafe
from phonoscope.messages import gettext
from phonoscope.text import size as text_size

TAG_BYTES = 64 << 20
"""A larger tag isn't read."""

PADDING_BYTES = 1_024
"""Padding after the frames of a new tag, so that other programs can edit in place."""

NEW_VERSION = 4
"""Version of a tag in a file that had none: ID3v2.4."""

_SHOWN = re.compile(rb"T[A-Z0-9]{2,3}|COMM?|USLT|ULT|PRIV")
_OLD_NAMES = {
    "TIT2": "TT2",
    "TPE1": "TP1",
    "TPE2": "TP2",
    "TALB": "TAL",
    "TDRC": "TYE",
    "TCON": "TCO",
    "TRCK": "TRK",
    "TPOS": "TPA",
    "TCOM": "TCM",
    "TCOP": "TCR",
    "TEXT": "TXT",
    "TPUB": "TPB",
    "TENC": "TEN",
    "TSSE": "TSS",
    "TSRC": "TRC",
    "TMED": "TMT",
    "TBPM": "TBP",
    "COMM": "COM",
    "TXXX": "TXX",
    "APIC": "PIC",
}
"""Frames in ID3v2.2, by their names in ID3v2.4."""

_MOST_FRAMES = 10_000
_FRAME_NAME = re.compile(rb"[A-Z][A-Z0-9]{2,3}")
_SYNCSAFE_MOST = 1 << 28
_TEXT_BYTES = 1 << 16
_ENCODINGS = {0: "latin-1", 1: "utf-16", 2: "utf-16-be", 3: "utf-8"}
_UNREADABLE_FLAGS = {2: 0, 3: 0xC0, 4: 0x0C}
"""Second byte of a frame's flags: compressed or encrypted, so its description isn't read."""


class TagTooLargeError(ValueError):
    """A tag is larger than any real one."""


class Frame(NamedTuple):
    """One frame of a tag."""

    name: bytes
    """Three letters in ID3v2.2, else four."""
    header: bytes
    """Its header, unchanged."""
    start: int
    """Offset of its content in :attr:`Id3Tag.body`, bytes."""
    size: int
    """Size of its content, bytes."""
    packed: bool
    """Whether its content is compressed."""


@dataclass(frozen=True)
class Id3Tag:
    """An ID3v2 tag at the start of a file."""

    header: bytes
    """Ten bytes."""
    body: BinaryIO
    """The bytes with the frames."""
    first: int
    """Offset of the first frame in :attr:`body`, bytes."""
    stop: int
    """Offset after the last byte of frames and padding, bytes."""
    size: int
    """Size of the whole tag in the file, including header and footer, bytes."""

    @property
    def version(self) -> int:
        """2, 3 or 4, as in ID3v2.4."""
        return self.header[3]

    @classmethod
    def of(cls, file: BinaryIO) -> Id3Tag | None:
        """Return the tag at the start of a file; ``None`` if it has none.

        Raises
        ------
        TagTooLargeError
            When it is larger than :data:`TAG_BYTES`.
        """
        file.seek(0)
        header = file.read(10)
        if not is_id3_header(header):
            return None
        version, flags, size = header[3], header[5], syncsafe(header[6:])
        if size > TAG_BYTES:
            raise TagTooLargeError(too_large(size))
        body: BinaryIO = file
        first, stop, whole = 10, 10 + size, 10 + size
        if version < 4 and flags & 0x80:
            # Before 2.4, the whole tag is unsynchronised at once; sizes count the original bytes.
            undone = file.read(size).replace(b"\xff\x00", b"\xff")
            body, first, stop, flags = io.BytesIO(undone), 0, len(undone), flags & 0x7F
        if version > 2 and flags & 0x40:
            first, flags = first + _extended_size(body, first, version), flags & 0xBF
        if version == 4 and flags & 0x10:
            whole, flags = whole + 10, flags & 0xEF
        return cls(header[:5] + bytes([flags]) + header[6:], body, first, stop, whole)

    def frames(self) -> Iterator[Frame]:
        """Yield the frames up to the first invalid one; only headers are read."""
        head = 6 if self.version == 2 else 10
        at = self.first
        for _ in range(_MOST_FRAMES):
            self.body.seek(at)
            header = self.body.read(head)
            name = header[: 3 if self.version == 2 else 4]
            if len(header) < head or at + head > self.stop or not _FRAME_NAME.match(name):
                return
            size = self._frame_size(header, at + head)
            packed = self.version > 2 and bool(header[9] & (0x08 if self.version == 4 else 0x80))
            yield Frame(name.rstrip(b"\0"), header, at + head, size, packed)
            at += head + size

    def bytes_of(self, frame: Frame) -> bytes:
        """Return a whole frame, including its header."""
        self.body.seek(frame.start)
        header = frame.header
        if self.version == 4:
            # iTunes wrote plain sizes into 2.4 tags; a copy always has correct ones.
            header = header[:4] + to_syncsafe(frame.size) + header[8:]
        return header + self.body.read(frame.size)

    def beginning_of(self, frame: Frame, size: int) -> bytes:
        """Return a frame with only the first bytes of its content, and a header that says so."""
        self.body.seek(frame.start)
        content = self.body.read(size)
        head = frame.header
        if self.version == 2:
            return head[:3] + len(content).to_bytes(3, "big") + content
        length = to_syncsafe(len(content)) if self.version == 4 else struct.pack(">I", len(content))
        return head[:4] + length + head[8:] + content

    def around(self, frames: bytes, padding: int = 0) -> bytes:
        """Return a whole tag of this version with other frames.

        Raises
        ------
        TagTooLargeError
            When a tag can't hold that much.
        """
        return _tag(self.header, frames, padding)

    def _frame_size(self, header: bytes, data_at: int) -> int:
        if self.version == 2:
            return int.from_bytes(header[3:6], "big")
        plain = int.from_bytes(header[4:8], "big")
        if self.version == 3:
            return plain
        safe = syncsafe(header[4:8])
        if safe == plain or self._frame_follows(data_at + safe):
            return safe
        return plain if self._frame_follows(data_at + plain) else safe

    def _frame_follows(self, at: int) -> bool:
        if at >= self.stop:
            return at == self.stop
        self.body.seek(at)
        name = self.body.read(4)
        return name == b"\0\0\0\0" or _FRAME_NAME.fullmatch(name) is not None


def too_large(size_bytes: int) -> str:
    """Return the error for a tag that is too large to read."""
    return gettext("The ID3 tag is too large to read ({size}).", size=text_size(size_bytes))


def shows_texts(tag: Id3Tag | None) -> bool:
    """Whether a tag has a text that programs take instead of those in older tags."""
    return tag is not None and any(_SHOWN.match(frame.name) for frame in tag.frames())


def with_texts(
    file: BinaryIO, texts: Mapping[str, str | None], older: Sequence[bytes] = ()
) -> bytes:
    """Return a tag with some user-defined texts set and every other frame unchanged.

    Parameters
    ----------
    file
        A file that may begin with a tag; only read.
    texts
        Value by description of a ``TXXX`` frame (``TXX`` in ID3v2.2); ``None`` removes the frame.
        The case of descriptions doesn't matter.
    older
        More frames, in the version of the tag: copies from older tags.

    Returns
    -------
    bytes
        The whole new tag, in the version of the old one or ID3v2.4; empty if it would hold
        nothing. It has no extended header and footer, because those describe the bytes of the old
        tag.

    Raises
    ------
    TagTooLargeError
        When the tag is too large to read, or can't hold the texts.
    ValueError
        When the frames can't be read to the end of the tag, so some would be lost.
    """
    tag = Id3Tag.of(file)
    version = tag.version if tag else NEW_VERSION
    new = b"".join(older) + _text_frames(version, texts)
    if tag is None:
        return _tag(b"ID3" + bytes([version, 0, 0]), new, PADDING_BYTES) if new else b""
    meant = {name.casefold() for name in texts}
    frames = list(tag.frames())
    check_padding(tag, frames)
    kept = b"".join(
        tag.bytes_of(frame)
        for frame in frames
        if (name := description_of(tag, frame)) is None or name.casefold() not in meant
    )
    return tag.around(kept + new, PADDING_BYTES) if kept or new else b""


def holds(tag: Id3Tag | None, names: Iterable[str]) -> bool:
    """Whether a tag has a user-defined text with one of these descriptions."""
    meant = {name.casefold() for name in names}
    return tag is not None and any(
        (name := description_of(tag, frame)) is not None and name.casefold() in meant
        for frame in tag.frames()
    )


def check_padding(tag: Id3Tag, frames: Sequence[Frame]) -> None:
    """Check that only padding follows the frames: anything else would be lost.

    Raises
    ------
    ValueError
        When something else follows, or a frame is larger than the tag.
    """
    end = frames[-1].start + frames[-1].size if frames else tag.first
    if end > tag.stop:
        raise ValueError(gettext("The ID3 tag is damaged: a frame is larger than the tag."))
    tag.body.seek(end)
    if tag.body.read(tag.stop - end).strip(b"\0"):
        raise ValueError(gettext("The ID3 tag is damaged: unknown bytes follow its frames."))


def description_of(tag: Id3Tag, frame: Frame) -> str | None:
    """Return the description of a user-defined text; ``None`` for every other frame."""
    unreadable = tag.version > 2 and frame.header[9] & _UNREADABLE_FLAGS[tag.version]
    if frame.name not in (b"TXXX", b"TXX") or unreadable or frame.size > _TEXT_BYTES:
        return None
    tag.body.seek(frame.start)
    content = tag.body.read(frame.size)
    if tag.version == 4 and frame.header[9] & 0x01:
        content = content[4:]  # the data length indicator
    if tag.version == 4 and (frame.header[9] & 0x02 or tag.header[5] & 0x80):
        content = content.replace(b"\xff\x00", b"\xff")
    return _first_text(content)


def _first_text(content: bytes) -> str | None:
    encoding = _ENCODINGS.get(content[0]) if content else None
    if encoding is None:
        return None
    text = content[1:]
    if encoding.startswith("utf-16"):
        ends = (at for at in range(0, len(text) - 1, 2) if text[at : at + 2] == b"\0\0")
        text = text[: next(ends, len(text) & ~1)]
    else:
        text = text.split(b"\0", 1)[0]
    return text.decode(encoding, "replace")


def _text_frames(version: int, texts: Mapping[str, str | None]) -> bytes:
    return b"".join(text_frame(version, "TXXX", v, n) for n, v in texts.items() if v is not None)


def text_frame(
    version: int, name: str, value: str, description: str = "", *, is_latin: bool = False
) -> bytes:
    """Return a frame with a text.

    Parameters
    ----------
    version
        2, 3 or 4, as in ID3v2.4.
    name
        Name of the frame in ID3v2.4: 'TIT2', 'TXXX', 'COMM' ...
    value
        The text.
    description
        Description of a ``TXXX`` frame, ASCII.
    is_latin
        Write it in Latin-1. Else it is UTF-8 in ID3v2.4, and ASCII or UTF-16 in older versions.
    """
    plain = description.isascii() and (is_latin or value.isascii())
    if version == 4 and not is_latin:
        code, encoding = b"\3", "utf-8"
    else:
        code, encoding = (b"\0", "latin-1") if plain else (b"\1", "utf-16")
    end = b"\0\0" if encoding == "utf-16" else b"\0"
    content = code + (b"eng" if name == "COMM" else b"")
    if name in ("COMM", "TXXX"):
        content += description.encode(encoding) + end
    if name == "TCON" and version < 4 and value.isdigit():
        value = f"({value})"
    content += value.encode(encoding)
    return _frame(version, "TYER" if name == "TDRC" and version == 3 else name, content)


def picture_frame(version: int, picture: bytes) -> bytes:
    """Return a frame with a front cover; parameters as in :func:`text_frame`."""
    kind = "png" if picture.startswith(b"\x89PNG") else "jpeg"
    mime = b"PNG" if kind == "png" else b"JPG"
    if version > 2:
        mime = f"image/{kind}".encode() + b"\0"
    return _frame(version, "APIC", b"\0" + mime + b"\3\0" + picture)


def _frame(version: int, name: str, content: bytes) -> bytes:
    if version == 2:
        return _OLD_NAMES[name].encode() + len(content).to_bytes(3, "big") + content
    size = struct.pack(">I", len(content)) if version == 3 else to_syncsafe(len(content))
    return name.encode() + size + b"\0\0" + content


def _tag(header: bytes, frames: bytes, padding: int) -> bytes:
    size = len(frames) + padding
    if size >= _SYNCSAFE_MOST:
        raise TagTooLargeError(
            gettext("An ID3 tag can't hold more than {most}.", most=text_size(_SYNCSAFE_MOST))
        )
    return header[:6] + to_syncsafe(size) + frames + bytes(padding)


def to_syncsafe(size: int) -> bytes:
    """Return a size as four bytes of seven bits."""
    return bytes([size >> 21 & 127, size >> 14 & 127, size >> 7 & 127, size & 127])


def _extended_size(body: BinaryIO, start: int, version: int) -> int:
    body.seek(start)
    four = body.read(4).ljust(4, b"\0")
    return syncsafe(four) if version == 4 else 4 + int(struct.unpack(">I", four)[0])

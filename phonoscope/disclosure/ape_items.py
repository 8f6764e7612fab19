"""APEv2 tags as items: their positions, and a new tag that leaves the other items unchanged.

mutagen decodes APEv2 for reading. Its writer sorts the items and cuts off everything behind the
tag, ID3v1 and Lyrics3 included. So writing copies all other items byte for byte.

Structure of the tag: APE Tags Specification 2.0, https://wiki.hydrogenaud.io. Where it is at the
end of a file: before an ID3v1 tag, or before a Lyrics3v2 tag and an ID3v1 tag.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import BinaryIO, NamedTuple

from phonoscope.disclosure.id3 import ID3V1_BYTES
from phonoscope.disclosure.id3_frames import TAG_BYTES, TagTooLargeError
from phonoscope.messages import gettext

_MAGIC = b"APETAGEX"
_EDGE_BYTES = 32
"""Size of a header or footer."""
_LYRICS_END = b"LYRICS200"
_VERSION = 2_000
_HAS_HEADER, _IS_HEADER = 1 << 31, 1 << 29
_NOT_TEXT = 0b110
"""Bits of an item's flags that are 0 in a text."""
_MOST_ITEMS = 10_000
_DAMAGED_BYTES = 1 << 20
"""A larger damaged tag isn't read."""
_DAMAGED = gettext("The APE tag is damaged: its items don't fill it.")


class Item(NamedTuple):
    """One item of a tag."""

    name: str
    """As written; case doesn't matter."""
    value: bytes
    """Its value. Texts are UTF-8, and several are separated by zero bytes."""
    is_text: bool
    whole: bytes
    """The item as it is in the tag: sizes, flags, name and value."""


@dataclass(frozen=True)
class ApeTag:
    """An APEv2 tag at the end of a file."""

    start: int
    """Offset of its first byte, bytes."""
    end: int
    """Offset behind its last byte, bytes."""
    flags: int
    """Flags of its footer."""
    items: tuple[Item, ...]

    @classmethod
    def of(cls, file: BinaryIO) -> ApeTag | None:
        """Return the tag at the end of a file; ``None`` if it has none.

        Raises
        ------
        ValueError
            When the tag is damaged, or of version 1, which has no UTF-8.
        TagTooLargeError
            When it is larger than :data:`~phonoscope.disclosure.id3_frames.TAG_BYTES`.
        """
        found = footer_at(file)
        if found is None:
            return None
        file.seek(found)
        _, version, size, count, flags = struct.unpack("<8sIIII", file.read(_EDGE_BYTES)[:24])
        if size > TAG_BYTES:
            raise TagTooLargeError(gettext("The APE tag is too large to read."))
        first = found + _EDGE_BYTES - size
        header = _EDGE_BYTES if flags & _HAS_HEADER else 0
        if version != _VERSION or size < _EDGE_BYTES or first < header or count > _MOST_ITEMS:
            raise ValueError(gettext("The APE tag is damaged, or older than APEv2."))
        file.seek(first)
        body = file.read(size - _EDGE_BYTES)
        return cls(first - header, found + _EDGE_BYTES, flags, tuple(_items(body, count)))

    @classmethod
    def readable(cls, file: BinaryIO) -> ApeTag | None:
        """Return the tag at the end of a file; ``None`` also if it can't be read."""
        try:
            return cls.of(file)
        except ValueError:
            return None

    def holds(self, names: Iterable[str]) -> bool:
        """Whether the tag has an item with one of these names."""
        meant = {name.casefold() for name in names}
        return any(item.name.casefold() in meant for item in self.items)

    def with_texts(self, texts: Mapping[str, str | None]) -> bytes:
        """Return the tag with some texts set and every other item unchanged.

        Parameters
        ----------
        texts
            Value by name; ``None`` removes the item. The case of names doesn't matter.

        Returns
        -------
        bytes
            The whole new tag; empty if it would hold nothing.
        """
        meant = {name.casefold() for name in texts}
        kept = [item.whole for item in self.items if item.name.casefold() not in meant]
        new = [_text_item(name, value) for name, value in texts.items() if value is not None]
        items = [*kept, *new]
        if not items:
            return b""
        body = b"".join(items)
        footer = _edge(self.flags & ~_IS_HEADER, body, len(items))
        if not self.flags & _HAS_HEADER:
            return body + footer
        return _edge(self.flags | _IS_HEADER, body, len(items)) + body + footer


def footer_at(file: BinaryIO) -> int | None:
    """Return the offset of the footer of an APE tag at a file's end; ``None`` if there is none."""
    end = file.seek(0, os.SEEK_END)
    places = [end]
    if _bytes_at(file, end - ID3V1_BYTES, 3) == b"TAG":
        end -= ID3V1_BYTES
        places.append(end)
    # Lyrics3v2 ends with its size, six digits that count neither themselves nor the last word.
    digits = _bytes_at(file, end - 15, 15)
    if digits.endswith(_LYRICS_END) and digits[:6].isdigit():
        places.append(end - 15 - int(digits[:6]))
    for place in places:
        at = place - _EDGE_BYTES
        if _bytes_at(file, at, 8) == _MAGIC:
            return at
    return None


def _bytes_at(file: BinaryIO, start: int, size: int) -> bytes:
    if start < 0:
        return b""
    file.seek(start)
    return file.read(size)


def whole_texts(file: BinaryIO) -> list[tuple[str, str]]:
    """Return the texts of a damaged tag, up to the damage; the last is cut at the tag's end.

    Parameters
    ----------
    file
        At any position; a tag larger than 1 MiB isn't read.
    """
    found = footer_at(file)
    if found is None:
        return []
    file.seek(found + 12)
    size = struct.unpack("<I", file.read(4))[0] - _EDGE_BYTES
    if not 0 < size <= min(found, _DAMAGED_BYTES):
        return []
    file.seek(found - size)
    body = file.read(size)
    texts: list[tuple[str, str]] = []
    at = 0
    for _ in range(_MOST_ITEMS):
        name_end = body.find(b"\0", at + 8, at + 8 + 256)
        if name_end < 0:
            break
        length, flags = struct.unpack_from("<II", body, at)
        value = body[name_end + 1 : name_end + 1 + length]
        if not flags & _NOT_TEXT:
            texts.append(
                (body[at + 8 : name_end].decode("latin-1"), value.decode(errors="replace"))
            )
        at = name_end + 1 + length
    return texts


def _items(body: bytes, count: int) -> Sequence[Item]:
    found: list[Item] = []
    at = 0
    for _ in range(count):
        head = body[at : at + 8]
        name_end = body.find(b"\0", at + 8, at + 8 + 256)
        if len(head) < 8 or name_end < 0:
            raise ValueError(_DAMAGED)
        size, flags = struct.unpack("<II", head)
        end = name_end + 1 + size
        if end > len(body):
            raise ValueError(_DAMAGED)
        name = body[at + 8 : name_end].decode("latin-1")
        value = body[name_end + 1 : end]
        found.append(Item(name, value, not flags & _NOT_TEXT, body[at:end]))
        at = end
    if body[at:].strip(b"\0"):
        raise ValueError(_DAMAGED)
    return found


def _text_item(name: str, value: str) -> bytes:
    content = value.encode()
    return struct.pack("<II", len(content), 0) + name.encode("ascii") + b"\0" + content


def _edge(flags: int, body: bytes, count: int) -> bytes:
    """Return a header or footer."""
    size = len(body) + _EDGE_BYTES
    return _MAGIC + struct.pack("<IIII", _VERSION, size, count, flags) + bytes(8)

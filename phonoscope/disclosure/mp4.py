"""Tags of MP4 and QuickTime files: iTunes' list, the keys of QuickTime, and XMP.

Metadata is in a box ``meta`` inside the movie, its user data or a track. Its handler says how to
read it: ``mdir`` is iTunes' list, ``mdta`` has names of its own (QuickTime File Format
Specification, Metadata; FFmpeg's ``use_metadata_tags``). XMP is in a ``uuid`` box, or in ``XMP_``
inside the user data (XMP Specification Part 3).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Any, BinaryIO

from mutagen.mp4 import MP4Tags
from mutagen.mp4._atom import Atoms

from phonoscope.audio.chunks import IffChunk, mp4_boxes, mp4_child, payload
from phonoscope.disclosure.fields import MOST_FIELDS, Field, decoded_text, field

_XMP_UUID = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")
"""The ``uuid`` box that holds XMP in mp4."""

_NAMES = {
    "\xa9nam": "title",
    "\xa9ART": "artist",
    "\xa9alb": "album",
    "\xa9day": "date",
    "\xa9gen": "genre",
    "\xa9cmt": "comment",
    "\xa9too": "encoder",
    "\xa9lyr": "lyrics",
    "desc": "comment",
    "ldes": "comment",
}
_QUICKTIME = "com.apple.quicktime."
_QUICKTIME_NAMES = {"creationdate": "date", "year": "date", "displayname": "title"}
_UTF8, _UTF16 = 1, 2
"""Well-known types of values that are text; 0 is also used for it."""

_MOST_PLACES = 50


def mp4_fields(file: BinaryIO) -> Iterator[Field]:
    """Yield the texts of an mp4 or QuickTime file.

    Parameters
    ----------
    file
        At any position; only headers and tags are read.
    """
    movie = mp4_child(file, None, b"moov")
    places = _places(file, movie)
    yield from _xmp(file, [None, *places])
    by_keys = {place.start for place in places if _handler(file, place) == b"mdta"}
    for place in places:
        if place.start in by_keys:
            yield from _keyed(file, place)
    itunes = mp4_child(file, movie, b"udta", b"meta") if movie else None
    if itunes is None or itunes.start not in by_keys:
        yield from _itunes(file)


def _places(file: BinaryIO, movie: IffChunk | None) -> list[IffChunk]:
    """Return the boxes that can hold metadata: movie, tracks, their user data and ``meta``."""
    if movie is None:
        return []
    found = [movie]
    for place in found:
        if len(found) >= _MOST_PLACES:
            break
        if place.name == b"meta":
            continue
        found += [b for b in mp4_boxes(file, place) if b.name in (b"trak", b"udta", b"meta")]
    return found[:_MOST_PLACES]


def _xmp(file: BinaryIO, places: list[IffChunk | None]) -> Iterator[Field]:
    for place in places:
        skipped = 4 if place and place.name == b"meta" and _is_full(file, place) else 0
        for box in mp4_boxes(file, place, skipped):
            if box.name == b"uuid":
                data = payload(file, box)
                if data[:16] == _XMP_UUID:
                    yield field("xmp", decoded_text(data[16:]), "MP4 uuid box XMP")
            elif box.name == b"XMP_":
                yield field("xmp", decoded_text(payload(file, box)), "MP4 udta box XMP_")
            elif box.name == b"xml " and skipped:
                yield field("xmp", decoded_text(payload(file, box)[4:]), "MP4 meta box xml")


def _is_full(file: BinaryIO, meta: IffChunk) -> bool:
    """Return whether a ``meta`` box has a version and flags, as in ISO files, not in QuickTime."""
    file.seek(meta.start)
    return file.read(8)[4:] != b"hdlr"


def _handler(file: BinaryIO, place: IffChunk) -> bytes:
    """Return the handler of a ``meta`` box; nothing for other boxes."""
    box = _meta_child(file, place, b"hdlr") if place.name == b"meta" else None
    return payload(file, box)[8:12] if box else b""


def _meta_child(file: BinaryIO, meta: IffChunk, name: bytes) -> IffChunk | None:
    skipped = 4 if _is_full(file, meta) else 0
    return next((box for box in mp4_boxes(file, meta, skipped) if box.name == name), None)


def _keyed(file: BinaryIO, meta: IffChunk) -> Iterator[Field]:
    """Yield the texts of a ``meta`` box whose handler is ``mdta``: values by number, and names."""
    keys, items = _meta_child(file, meta, b"keys"), _meta_child(file, meta, b"ilst")
    names = _key_names(payload(file, keys)) if keys else []
    for item in mp4_boxes(file, items) if items else ():
        number = struct.unpack(">I", item.name)[0]
        if 1 <= number <= len(names):
            name = names[number - 1]
            for value in mp4_boxes(file, item):
                if value.name == b"data" and (text := _value(payload(file, value))) is not None:
                    yield field(_common(name), text, f"MP4 mdta {name}")


def _key_names(content: bytes) -> list[str]:
    """Return the names in a ``keys`` box: a count, then sizes, namespaces and names."""
    names: list[str] = []
    at = 8
    while at + 8 <= len(content) and len(names) < MOST_FIELDS:
        size = struct.unpack_from(">I", content, at)[0]
        if size < 8:
            break
        names.append(content[at + 8 : at + size].decode("utf-8", "replace"))
        at += size
    return names


def _common(name: str) -> str:
    """Return a key without what Apple puts before it."""
    if name.lower().startswith(_QUICKTIME):
        short = name[len(_QUICKTIME) :].lower()
        return _QUICKTIME_NAMES.get(short, short)
    return name.rpartition(":")[2] or name


def _value(content: bytes) -> str | None:
    """Return a value that is text; ``None`` for pictures and numbers."""
    if len(content) < 8:
        return None
    kind = struct.unpack_from(">I", content)[0]
    if kind == _UTF16:
        return content[8:].decode("utf-16-be", "replace").removeprefix("\ufeff")
    return decoded_text(content[8:]) if kind in (0, _UTF8) else None


def _itunes(file: BinaryIO) -> Iterator[Field]:
    """Yield iTunes' list."""
    file.seek(0)
    atoms = Atoms(file)
    if not _has_path(atoms, b"moov", b"udta", b"meta", b"ilst"):
        return
    for key, values in MP4Tags(atoms, file).items():
        name = key.rsplit(":", 1)[-1] if key.startswith("----") else _NAMES.get(key, key)
        for value in values if isinstance(values, list) and key != "covr" else ():
            if isinstance(value, str | bytes):
                text = decoded_text(value) if isinstance(value, bytes) else value
                yield field(name, text, f"MP4 {key}")


def _has_path(atoms: Any, *names: bytes) -> bool:
    try:
        atoms.path(*names)
    except KeyError:
        return False
    return True

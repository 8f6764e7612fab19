"""Inventory: everything in a file except the sound, with a hash of each item.

Two inventories, from before and after, prove that a label changed nothing else.
"""

from __future__ import annotations

import hashlib
import io
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import BinaryIO, NamedTuple

from mutagen.flac import FLAC, Padding, VCFLACDict
from mutagen.mp4 import MP4

from phonoscope.audio.chunks import iff_chunks, mp4_boxes
from phonoscope.audio.decode import Decoder
from phonoscope.audio.id3_prefix import id3_tag_size
from phonoscope.disclosure.ape_items import ApeTag
from phonoscope.disclosure.id3_frames import TAG_BYTES, Id3Tag, description_of
from phonoscope.disclosure.manifest import C2PA_UUID, geob_store
from phonoscope.disclosure.riff import form_end
from phonoscope.disclosure.tags import ogg_kind

MANIFEST = "C2PA manifest"
"""Name of an item that is a C2PA manifest, in any container."""

EDGED = ("mp3", "aac", "ape", "mpc", "mpc8", "tak", "tta", "wv")
"""Containers, as the decoder names them, with tags before and behind the sound."""

_SOUND = (b"data", b"SSND")
_SIZES = (b"ds64",)


class Item(NamedTuple):
    """One thing in a file."""

    place: str
    """Its kind, e.g. 'ID3 APIC'."""
    name: str
    """Name of a text with a free name; empty for everything else."""
    digest: bytes
    """Hash of its content."""


def inventory(file: BinaryIO, container: str) -> Counter[Item]:
    """Return everything in a file except the sound.

    Parameters
    ----------
    file
        Only read.
    container
        As the decoder names it: one of :data:`~phonoscope.disclosure.tagging.EDITABLE`.

    Raises
    ------
    Exception
        Any exception that the reader of this container raises on a file it doesn't understand.
    """
    return Counter(_items(file, container))


def without(items: Counter[Item], names: Iterable[str]) -> Counter[Item]:
    """Return an inventory without the texts with some free names."""
    meant = {name.casefold() for name in names}
    return Counter({i: n for i, n in items.items() if i.name.casefold() not in meant or not i.name})


def sound_digest(file: BinaryIO) -> bytes:
    """Return a hash of the decoded samples with their rate and channels (BLAKE2b-128).

    Raises
    ------
    UnreadableError
        When it can't be decoded.
    """
    digest = hashlib.blake2b(digest_size=16)
    file.seek(0)
    with Decoder(file) as decoder:
        for block in decoder.blocks():
            digest.update(block.samples.tobytes())
        stream = decoder.stream
        digest.update(f"{stream.sample_rate_hz} {stream.channels}".encode())
    return digest.digest()


def _items(file: BinaryIO, container: str) -> Iterator[Item]:
    if container in EDGED:
        yield from _id3_items(file)
        yield from _ape_items(file)
    elif container in ("wav", "aiff"):
        yield from _chunk_items(file)
    elif container == "flac":
        yield from _id3_items(file)
        yield from _flac_items(file)
    elif container == "ogg":
        kind = ogg_kind(file)
        file.seek(0)
        yield from _comment_items(kind(file).tags if kind else ())
    else:
        yield from _mp4_items(file)


def item(place: str, name: str, content: bytes) -> Item:
    """Return one thing in a file by its content."""
    return Item(place, name, hashlib.blake2b(content, digest_size=16).digest())


def _range(place: str, name: str, file: BinaryIO, start: int, size: int) -> Item:
    """Return a range of the file as an item, read piece by piece."""
    return _ranges(place, name, file, [(start, start + size)])


def _ranges(place: str, name: str, file: BinaryIO, ranges: Sequence[tuple[int, int]]) -> Item:
    """Return ranges of the file, from start to stop, as one item."""
    digest = hashlib.blake2b(digest_size=16)
    for start, stop in ranges:
        file.seek(start)
        left = stop - start
        while left > 0 and (piece := file.read(min(left, 1 << 20))):
            digest.update(piece)
            left -= len(piece)
    return Item(place, name, digest.digest())


def _ape_items(file: BinaryIO) -> Iterator[Item]:
    """Yield the items of an APEv2 tag, and everything else behind the ID3v2 tag as one item."""
    start, end = id3_tag_size(file), file.seek(0, io.SEEK_END)
    tag = ApeTag.readable(file)
    for each in tag.items if tag else ():
        yield item(f"APE {each.name}", each.name if each.is_text else "", each.whole)
    ranges = [(start, tag.start), (tag.end, end)] if tag else [(start, end)]
    yield _ranges("sound and older tags", "", file, ranges)


def _id3_items(file: BinaryIO) -> Iterator[Item]:
    tag = Id3Tag.of(file)
    if tag is not None:
        for frame in tag.frames():
            place = f"ID3 {frame.name.decode('latin-1')}"
            is_manifest = geob_store(tag, frame) is not None
            name = MANIFEST if is_manifest else description_of(tag, frame) or ""
            yield item(place, name, tag.bytes_of(frame))


def _chunk_items(file: BinaryIO) -> Iterator[Item]:
    end = form_end(file)
    size = file.seek(0, io.SEEK_END)
    if end is not None and end < size:
        yield _range("bytes behind the RIFF chunk", "", file, end, size - end)
    inside = [chunk for chunk in iff_chunks(file) if end is None or chunk.start <= end]
    for at, chunk in enumerate(inside):
        name = chunk.name.decode("latin-1")
        if chunk.name in _SIZES:
            continue
        if chunk.name in _SOUND:
            # Its position too, because other chunks have to stay before and after it.
            yield item(f"chunk {name}", "", f"{at} {chunk.declared}".encode())
        elif chunk.name.upper() == b"ID3 ":
            file.seek(chunk.start)
            yield from _id3_items(io.BytesIO(file.read(min(chunk.size, TAG_BYTES))))
        else:
            own = {"AIGC": "AIGC", "C2PA": MANIFEST}.get(name, "")
            yield _range(f"chunk {name}", own, file, chunk.start, chunk.size)


def _flac_items(file: BinaryIO) -> Iterator[Item]:
    file.seek(0)
    flac = FLAC(file)
    for block in flac.metadata_blocks:
        if not isinstance(block, Padding | VCFLACDict):
            yield item(f"FLAC block {block.code}", "", block.write())
    yield from _comment_items(flac.tags or ())
    start = _flac_frames_at(file)
    yield _range("FLAC frames", "", file, start, file.seek(0, io.SEEK_END) - start)


def _flac_frames_at(file: BinaryIO) -> int:
    """Return the offset behind the metadata blocks, bytes."""
    at = id3_tag_size(file) + 4
    while True:
        file.seek(at)
        header = file.read(4)
        at += 4 + int.from_bytes(header[1:], "big")
        if len(header) < 4 or header[0] & 0x80:
            return at


def _comment_items(comments: Iterable[tuple[str, str]]) -> Iterator[Item]:
    for name, value in comments:
        yield item("Vorbis comment", name, value.encode("utf-8", "surrogateescape"))


def _mp4_items(file: BinaryIO) -> Iterator[Item]:
    for box in list(mp4_boxes(file)):
        if box.name not in (b"mdat", b"moov", b"free", b"skip", b"wide"):
            file.seek(box.start)
            is_manifest = box.name == b"uuid" and file.read(16) == C2PA_UUID
            name = MANIFEST if is_manifest else ""
            yield _range(f"MP4 {box.name.decode('latin-1')}", name, file, box.start, box.size)
    file.seek(0)
    for key, value in (MP4(file).tags or {}).items():
        values = value if isinstance(value, list) else [value]
        for one in values:
            content = bytes(one) if isinstance(one, bytes) else repr(one).encode()
            yield item(f"MP4 {key}", key.rsplit(":", 1)[-1] if "----" in key else "", content)

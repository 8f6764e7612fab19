"""Inventory: everything in a file except the sound, with a hash of each item.

Two inventories, from before and after, prove that a label changed nothing else.
"""

from __future__ import annotations

import hashlib
import io
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import BinaryIO, NamedTuple

from mutagen.flac import FLAC, Padding, VCFLACDict
from mutagen.mp4 import MP4

from phonoscope.audio.chunks import iff_chunks, mp4_boxes
from phonoscope.audio.decode import Decoder
from phonoscope.disclosure.id3_frames import TAG_BYTES, Id3Tag, description_of, id3_size
from phonoscope.disclosure.manifest import C2PA_UUID, geob_store
from phonoscope.disclosure.tags import ogg_kind

MANIFEST = "C2PA manifest"
"""Name of an item that is a C2PA manifest, in any container."""

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
        As the decoder names it: a key of :data:`~phonoscope.disclosure.tagging.WRITERS`.

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
    if container in ("mp3", "aac"):
        yield from _id3_items(file)
        start = id3_size(file)
        yield _range("after the ID3 tag", "", file, start, file.seek(0, io.SEEK_END) - start)
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


def _item(place: str, name: str, content: bytes) -> Item:
    return Item(place, name, hashlib.blake2b(content, digest_size=16).digest())


def _range(place: str, name: str, file: BinaryIO, start: int, size: int) -> Item:
    """Return a range of the file as an item, read piece by piece."""
    digest = hashlib.blake2b(digest_size=16)
    file.seek(start)
    while size > 0 and (piece := file.read(min(size, 1 << 20))):
        digest.update(piece)
        size -= len(piece)
    return Item(place, name, digest.digest())


def _id3_items(file: BinaryIO) -> Iterator[Item]:
    tag = Id3Tag.of(file)
    if tag is not None:
        for frame in tag.frames():
            place = f"ID3 {frame.name.decode('latin-1')}"
            is_manifest = geob_store(tag, frame) is not None
            name = MANIFEST if is_manifest else description_of(tag, frame) or ""
            yield _item(place, name, tag.bytes_of(frame))


def _chunk_items(file: BinaryIO) -> Iterator[Item]:
    for at, chunk in enumerate(list(iff_chunks(file))):
        name = chunk.name.decode("latin-1")
        if chunk.name in _SIZES:
            continue
        if chunk.name in _SOUND:
            # Its position too, because other chunks have to stay before and after it.
            yield _item(f"chunk {name}", "", f"{at} {chunk.declared}".encode())
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
            yield _item(f"FLAC block {block.code}", "", block.write())
    yield from _comment_items(flac.tags or ())


def _comment_items(comments: Iterable[tuple[str, str]]) -> Iterator[Item]:
    for name, value in comments:
        yield _item("Vorbis comment", name, value.encode("utf-8", "surrogateescape"))


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
            yield _item(f"MP4 {key}", key.rsplit(":", 1)[-1] if "----" in key else "", content)

"""Where a C2PA manifest goes in a file, so that everything else stays as it is.

The C2PA library's own writer decodes an ID3 tag and encodes it anew, and loses what it does
not know; with one frame it cannot read, the whole tag. So manifests in wav, mp3 and flac are
laid out here, byte for byte, and the library only signs. Places as in
:mod:`phonoscope.disclosure.manifest`.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Callable, Iterator
from typing import BinaryIO, NamedTuple

from phonoscope.audio.chunks import MOST_CHUNKS, iff_chunks
from phonoscope.disclosure.id3_frames import TAG_BYTES, Id3Tag, check_padding, id3_size, to_syncsafe
from phonoscope.disclosure.manifest import geob_store
from phonoscope.errors import UsageError

SUPPORTED = {"wav": "audio/wav", "mp3": "audio/mpeg", "flac": "audio/flac", "m4a": "audio/mp4"}
"""Containers that a manifest can be put into, and their media types."""

_SIDECAR = "a sidecar file can hold the declaration instead"
_GEOB = b"\x00application/c2pa\x00c2pa\x00c2pa manifest store\x00"
"""Encoding Latin-1, media type, file name, description; the manifest follows."""
_COPIED_BYTES = 1 << 20

Piece = bytes | tuple[int, int]
"""Bytes as they are, or a stretch of the source: offset of its start and of its end."""


class TagLayout(NamedTuple):
    """A signed file around its manifest."""

    before: list[Piece]
    after: list[Piece]
    header_bytes: int
    """So many bytes before the manifest are left out of the hash with it."""


Planner = Callable[[int], TagLayout]
"""From the size of a manifest to the layout of the file around it."""


def container_of(file: BinaryIO) -> str:
    """Return which of :data:`SUPPORTED` a file is, by its content.

    Raises
    ------
    UsageError
        When it is none of them; names the sidecar.
    """
    file.seek(0)
    head = file.read(12)
    if head[:4] == b"RIFF" and head[8:] == b"WAVE":
        return "wav"
    if head[4:8] == b"ftyp":
        return "m4a"
    if head[:4] == b"fLaC":
        return "flac"
    file.seek(id3_size(file))
    sound = file.read(4096).lstrip(b"\0")
    if head[:3] == b"ID3" and sound[:4] == b"fLaC":
        return "flac"
    # An MPEG audio frame of layer III: eleven bits set, then two of version, then the layer.
    if len(sound) > 1 and sound[0] == 0xFF and sound[1] & 0xE6 == 0xE2:
        return "mp3"
    raise UsageError(f"only {', '.join(SUPPORTED)} files can hold a C2PA signature; {_SIDECAR}")


def planner_of(file: BinaryIO, container: str) -> Planner:
    """Return how a wav, mp3 or flac file is laid out around a manifest; an old one is left out.

    Raises
    ------
    UsageError
        When that cannot be done without changing something else.
    """
    return _riff_planner(file) if container == "wav" else _id3_planner(file)


def pieces(file: BinaryIO, wanted: list[Piece]) -> Iterator[bytes]:
    """Yield the bytes of pieces of a layout, at most 1 MiB at once."""
    for piece in wanted:
        if isinstance(piece, bytes):
            yield piece
            continue
        at, stop = piece
        while at < stop:
            file.seek(at)
            data = file.read(min(_COPIED_BYTES, stop - at))
            if not data:
                raise UsageError("the file became shorter while it was read")
            yield data
            at += len(data)


def _riff_planner(file: BinaryIO) -> Planner:
    size = file.seek(0, os.SEEK_END)
    file.seek(4)
    end = 8 + int(struct.unpack("<I", file.read(4))[0])
    chunks = list(iff_chunks(file))
    if end > size or len(chunks) >= MOST_CHUNKS:
        raise UsageError(f"its RIFF header does not fit the file; {_SIDECAR}")
    kept: list[tuple[int, int]] = []
    at = 12
    for chunk in chunks:
        if chunk.name == b"C2PA" and chunk.start < end:
            kept.append((at, chunk.start - 8))
            at = min(end, chunk.start + chunk.size + chunk.size % 2)
    kept.append((at, end))
    held = sum(stop - start for start, stop in kept)

    def plan(manifest_bytes: int) -> TagLayout:
        inside = 4 + held + held % 2 + 8 + manifest_bytes + manifest_bytes % 2
        if inside >= 1 << 32:
            raise UsageError(f"a wav file holds less than 4 GiB; {_SIDECAR}")
        header = b"RIFF" + struct.pack("<I", inside) + b"WAVE"
        chunk = b"C2PA" + struct.pack("<I", manifest_bytes)
        before: list[Piece] = [header, *kept, b"\0" * (held % 2), chunk]
        return TagLayout(before, [b"\0" * (manifest_bytes % 2), (end, size)], len(chunk))

    return plan


def _id3_planner(file: BinaryIO) -> Planner:
    size = file.seek(0, os.SEEK_END)
    tag = Id3Tag.of(file)
    version = 4 if tag is None else tag.version
    frames = b"" if tag is None else _kept_frames(tag)
    audio = (id3_size(file), size)

    def plan(manifest_bytes: int) -> TagLayout:
        held = len(_GEOB) + manifest_bytes
        inside = len(frames) + 10 + held
        if inside > TAG_BYTES:
            raise UsageError(f"its ID3 tag would be larger than {TAG_BYTES >> 20} MiB; {_SIDECAR}")
        sized = to_syncsafe(held) if version == 4 else struct.pack(">I", held)
        header = b"ID3" + bytes([version, 0, 0]) + to_syncsafe(inside)
        return TagLayout([header, frames, b"GEOB" + sized + b"\0\0" + _GEOB], [audio], 0)

    return plan


def _kept_frames(tag: Id3Tag) -> bytes:
    """Return all frames of a tag as they stand, without the manifest and the padding."""
    frames = list(tag.frames())
    unsynchronised = bool(tag.header[5] & 0x80)
    if tag.version == 2 or (unsynchronised and not all(f.header[9] & 2 for f in frames)):
        raise UsageError(
            "its ID3 tag is of a rare kind (version 2.2, or unsynchronised as a whole) that cannot "
            f"hold a manifest; save it as ID3v2.4 first, or: {_SIDECAR}"
        )
    try:
        check_padding(tag, frames)
    except ValueError as error:
        raise UsageError(f"{error}, so it cannot be kept as it is; {_SIDECAR}") from error
    return b"".join(tag.bytes_of(frame) for frame in frames if geob_store(tag, frame) is None)

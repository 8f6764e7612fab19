"""Where a C2PA manifest goes in a file, so that everything else stays unchanged.

The C2PA library's own writer decodes an ID3 tag and encodes it again. It loses frames that it
doesn't know, and the whole tag if it can't read one frame. So this module lays out manifests in
wav, mp3 and flac byte for byte, and the library only signs. :mod:`phonoscope.disclosure.manifest`
lists the places.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Callable, Iterator
from typing import BinaryIO, NamedTuple

from phonoscope.audio.chunks import MOST_CHUNKS, iff_chunks
from phonoscope.audio.id3_prefix import id3_tag_size
from phonoscope.disclosure.id3_frames import TAG_BYTES, Id3Tag, check_padding, to_syncsafe
from phonoscope.disclosure.manifest import geob_store
from phonoscope.errors import LabelError
from phonoscope.messages import gettext, sentences
from phonoscope.text import size as text_size

SUPPORTED = {"wav": "audio/wav", "mp3": "audio/mpeg", "flac": "audio/flac", "m4a": "audio/mp4"}
"""Containers that can hold a manifest, and their media types."""

_SIDECAR = gettext("Write a sidecar instead (--standard sidecar).")
_GEOB = b"\x00application/c2pa\x00c2pa\x00c2pa manifest store\x00"
"""Encoding Latin-1, media type, file name, description; the manifest follows."""
_COPIED_BYTES = 1 << 20

Piece = bytes | tuple[int, int]
"""Bytes, or a range of the source: the offsets of its start and end."""


class TagLayout(NamedTuple):
    """The parts of a signed file around its manifest."""

    before: list[Piece]
    after: list[Piece]
    header_bytes: int
    """Bytes before the manifest that are left out of the hash with it."""


Planner = Callable[[int], TagLayout]
"""Returns the layout of a file around a manifest of a given size."""


def container_of(file: BinaryIO) -> str:
    """Return the container of a file, one of :data:`SUPPORTED`, by its content.

    Raises
    ------
    LabelError
        When it is another container.
    """
    file.seek(0)
    head = file.read(12)
    if head[:4] == b"RIFF" and head[8:] == b"WAVE":
        return "wav"
    if head[:4] in (b"RF64", b"BW64", b"RIFX"):
        raise LabelError(
            sentences(
                gettext(
                    "This file is {kind}, not plain WAV, and can't hold a C2PA signature.",
                    kind=head[:4].decode(),
                ),
                _SIDECAR,
            ),
            code="no-place",
        )
    if head[4:8] == b"ftyp":
        return "m4a"
    if head[:4] == b"fLaC":
        return "flac"
    file.seek(id3_tag_size(file))
    sound = file.read(4096).lstrip(b"\0")
    if head[:3] == b"ID3" and sound[:4] == b"fLaC":
        return "flac"
    # An MPEG audio frame of layer III: eleven bits set, then two of version, then the layer.
    if len(sound) > 1 and sound[0] == 0xFF and sound[1] & 0xE6 == 0xE2:
        return "mp3"
    raise LabelError(
        sentences(
            gettext(
                "Only {containers} files can hold a C2PA signature.",
                containers=", ".join(SUPPORTED),
            ),
            _SIDECAR,
        ),
        code="no-place",
    )


def planner_of(file: BinaryIO, container: str) -> Planner:
    """Return how a wav, mp3 or flac file is laid out around a manifest, without an old manifest.

    Raises
    ------
    LabelError
        When the layout would change something else in the file.
    """
    return _riff_planner(file) if container == "wav" else _id3_planner(file)


def pieces(file: BinaryIO, wanted: list[Piece]) -> Iterator[bytes]:
    """Yield the bytes of the pieces of a layout, at most 1 MiB at a time."""
    for piece in wanted:
        if isinstance(piece, bytes):
            yield piece
            continue
        at, stop = piece
        while at < stop:
            file.seek(at)
            data = file.read(min(_COPIED_BYTES, stop - at))
            if not data:
                raise LabelError(
                    gettext("The file became shorter while it was read."), code="file-changed"
                )
            yield data
            at += len(data)


def _riff_planner(file: BinaryIO) -> Planner:
    size = file.seek(0, os.SEEK_END)
    file.seek(4)
    end = 8 + int(struct.unpack("<I", file.read(4))[0])
    chunks = list(iff_chunks(file))
    if end > size or len(chunks) >= MOST_CHUNKS:
        raise LabelError(
            sentences(gettext("The file's RIFF header is damaged."), _SIDECAR),
            code="damaged-header",
        )
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
            raise LabelError(
                sentences(gettext("A wav file can't be larger than 4 GiB."), _SIDECAR),
                code="too-large",
            )
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
    audio = (id3_tag_size(file), size)

    def plan(manifest_bytes: int) -> TagLayout:
        held = len(_GEOB) + manifest_bytes
        inside = len(frames) + 10 + held
        if inside > TAG_BYTES:
            raise LabelError(
                sentences(
                    gettext("The ID3 tag would be larger than {most}.", most=text_size(TAG_BYTES)),
                    _SIDECAR,
                ),
                code="too-large",
            )
        sized = to_syncsafe(held) if version == 4 else struct.pack(">I", held)
        header = b"ID3" + bytes([version, 0, 0]) + to_syncsafe(inside)
        return TagLayout([header, frames, b"GEOB" + sized + b"\0\0" + _GEOB], [audio], 0)

    return plan


def _kept_frames(tag: Id3Tag) -> bytes:
    """Return all frames of a tag unchanged, without the manifest and the padding."""
    frames = list(tag.frames())
    unsynchronised = bool(tag.header[5] & 0x80)
    if tag.version == 2 or (unsynchronised and not all(f.header[9] & 2 for f in frames)):
        raise LabelError(
            sentences(
                gettext(
                    "The file's ID3 tag is version 2.2, or unsynchronised as a whole, and can't "
                    "hold a manifest. Save the tag as ID3v2.4 first."
                ),
                _SIDECAR,
            ),
            code="rare-tag",
        )
    try:
        check_padding(tag, frames)
    except ValueError as error:
        raise LabelError(sentences(error.args[0], _SIDECAR), code="damaged-tag") from error
    return b"".join(tag.bytes_of(frame) for frame in frames if geob_store(tag, frame) is None)

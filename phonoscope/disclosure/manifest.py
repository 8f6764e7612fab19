"""C2PA manifests in audio files: their places, found by walking the container.

Places (C2PA Technical Specification 2.2, appendix A): a RIFF chunk ``C2PA``, an ISO base media
box ``uuid``, an ID3v2 frame ``GEOB`` (in mp3, and in flac that begins with an ID3 tag). Only
headers are read, a few KB at most. So a file without a manifest costs next to nothing, and no
other parser ever sees it.
"""

from __future__ import annotations

import struct
from typing import BinaryIO, NamedTuple

from phonoscope.audio.chunks import iff_chunks, mp4_boxes
from phonoscope.disclosure.id3_frames import Frame, Id3Tag
from phonoscope.messages import gettext
from phonoscope.text import size as text_size

MANIFEST_BYTES = 64 << 20
"""A larger manifest isn't read; real ones in audio have a few KB."""

PARSED_BYTES = 512 << 10
"""A manifest with more structured data (CBOR, JSON) isn't parsed.

The parser needs about 140 bytes of memory for each byte. A hundred ingredients fit.
"""

C2PA_UUID = bytes.fromhex("d8fec3d61b0e483c92975828877ec481")
"""The ``uuid`` box that holds C2PA data in mp4."""

COMPRESSED = gettext("The ID3 tag around the manifest has compressed frames.")
TOO_MUCH_DATA = gettext(
    "The manifest has more than {most} of assertions.", most=text_size(PARSED_BYTES)
)
"""Reasons not to parse a manifest."""

_MIME = (b"application/c2pa", b"application/x-c2pa-manifest-store", b"x-c2pa-manifest-store")
_STORES = (b"manifest", b"original", b"update")
_MOST_BOXES = 20_000
_DEEPEST = 16
_RIFF_TYPES = {b"WAVE": "audio/wav", b"AVI ": "video/avi", b"AIFF": "audio/aiff"}


class Manifest(NamedTuple):
    """A manifest in a file: its place, its size and the kind of file."""

    place: str
    """Place in words: 'RIFF chunk C2PA', 'ID3 GEOB', 'MP4 uuid box'."""
    media_type: str
    """Media type of the file: audio/wav, audio/mpeg, audio/flac or audio/mp4."""
    body: BinaryIO
    """The bytes that :attr:`start` is an offset in: the file, or its ID3 tag, synchronised."""
    start: int
    """Offset of the manifest store, bytes."""
    size: int
    """Size of the manifest store, cut off at the end of the file, bytes."""
    packed_frames: bool = False
    """Whether the ID3 tag around it has compressed frames, which could unpack without bound."""


def find_manifest(file: BinaryIO) -> Manifest | None:
    """Return the first C2PA manifest of a file; ``None`` if it has none.

    Parameters
    ----------
    file
        At any position; only headers are read.

    Raises
    ------
    TagTooLargeError
        When the file begins with an ID3 tag larger than any real one.
    """
    file.seek(0)
    head = file.read(12)
    if head[:4] in (b"RIFF", b"RIFX", b"RF64", b"BW64", b"FORM"):
        return _in_riff(file, _RIFF_TYPES.get(head[8:12], "application/octet-stream"))
    if head[:3] == b"ID3":
        return _in_id3(file)
    if head[4:8] == b"ftyp":
        return _in_mp4(file)
    return None


def _in_riff(file: BinaryIO, media_type: str) -> Manifest | None:
    for chunk in iff_chunks(file):
        if chunk.name == b"C2PA":
            return Manifest("RIFF chunk C2PA", media_type, file, chunk.start, chunk.size)
    return None


def _in_mp4(file: BinaryIO) -> Manifest | None:
    for box in mp4_boxes(file):
        if box.name != b"uuid":
            continue
        file.seek(box.start)
        head = file.read(64)
        if head[:16] != C2PA_UUID:
            continue
        # uuid, version and flags, purpose as zero-terminated text, then 8 bytes for a Merkle tree.
        purpose = head[20:].split(b"\0")[0]
        skipped = 20 + len(purpose) + 1 + 8
        if purpose in _STORES:
            size = max(0, box.size - skipped)
            return Manifest("MP4 uuid box", "audio/mp4", file, box.start + skipped, size)
    return None


def _in_id3(file: BinaryIO) -> Manifest | None:
    tag = Id3Tag.of(file)
    if tag is None:
        return None
    found: tuple[int, int] | None = None
    packed = False
    for frame in tag.frames():
        packed |= frame.packed
        if found is None:
            found = geob_store(tag, frame)
    if found is None:
        return None
    file.seek(tag.size)
    media_type = "audio/flac" if file.read(4) == b"fLaC" else "audio/mpeg"
    return Manifest("ID3 GEOB", media_type, tag.body, *found, packed)


def geob_store(tag: Id3Tag, frame: Frame) -> tuple[int, int] | None:
    """Return the start and size of the manifest in a ``GEOB`` frame; ``None`` if it has none.

    Layout of the frame: encoding, media type, file name, description, object (ID3v2.4, 4.15).
    """
    if frame.name not in (b"GEOB", b"GEO") or frame.packed:
        return None
    tag.body.seek(frame.start)
    head = tag.body.read(min(max(frame.size, 0), 4096))
    wide = head[:1] in (b"\1", b"\2")
    mime, zero, _ = head[1:].partition(b"\0")
    if not zero or mime.strip().lower() not in _MIME:
        return None
    at = 1 + len(mime) + 1
    for _ in range(2):
        at = _behind_text(head, at, wide)
        if at < 0:
            return None
    inside = min(frame.start + frame.size, tag.stop)
    return frame.start + at, max(0, inside - frame.start - at)


def _behind_text(data: bytes, at: int, wide: bool) -> int:
    step = 2 if wide else 1
    for end in range(at, len(data) - step + 1, step):
        if data[end : end + step] == bytes(step):
            return end + step
    return -1


def refusal(manifest: Manifest) -> str | None:
    """Return why a manifest isn't given to the library's parser; ``None`` if it is.

    Boxes: ISO/IEC 19566-5 (JUMBF). Only structured data counts: the parser can need a hundred
    times its size in memory, but not for a picture.
    """
    if manifest.packed_frames:
        return COMPRESSED
    if manifest.size > MANIFEST_BYTES:
        return gettext("The manifest is larger than {most}.", most=text_size(MANIFEST_BYTES))
    parsed = packed = 0
    for name, size in _leaves(manifest):
        if name in (b"cbor", b"json"):
            parsed += size
        packed += name == b"brob"
    if parsed > PARSED_BYTES or packed > 1:
        return TOO_MUCH_DATA
    return None


def _leaves(manifest: Manifest) -> list[tuple[bytes, int]]:
    """Return name and size of every box that isn't a box of boxes, as far as they are valid."""
    found: list[tuple[bytes, int]] = []
    end = manifest.start + manifest.size
    within = [(manifest.start, end, 0)]
    for _ in range(_MOST_BOXES):
        if not within:
            return found
        at, stop, depth = within.pop()
        manifest.body.seek(at)
        header = manifest.body.read(16)
        if at + 8 > stop or len(header) < 8:
            continue
        size, name = struct.unpack(">I4s", header[:8])
        head = 8
        if size == 1 and len(header) == 16:
            size, head = struct.unpack(">Q", header[8:])[0], 16
        size = stop - at if size == 0 else min(size, stop - at)
        if size < head:
            continue
        within.append((at + size, stop, depth))
        if name == b"jumb" and depth < _DEEPEST:
            within.append((at + head, at + size, depth + 1))
        else:
            # Boxes of boxes beyond that depth count as the worst they can hold.
            found.append((b"json" if name == b"jumb" else name, size - head))
    found.append((b"json", PARSED_BYTES + 1))
    return found

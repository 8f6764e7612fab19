"""Take a C2PA manifest out of a file; everything else stays as it is."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import BinaryIO

from phonoscope.audio.chunks import mp4_boxes
from phonoscope.audio.id3_prefix import id3_tag_size
from phonoscope.disclosure.id3_frames import Id3Tag, check_padding
from phonoscope.disclosure.manifest import C2PA_UUID, geob_store
from phonoscope.disclosure.riff import with_chunks

_COPIED_BYTES = 1 << 20


def unsign(file: BinaryIO, target: Path, container: str) -> None:
    """Write a copy of a file without its C2PA manifests.

    Parameters
    ----------
    file
        The file; only read.
    target
        The copy; it is overwritten.
    container
        Its container as the decoder names it.

    Raises
    ------
    ValueError
        When something else in the file would be lost.
    """
    with target.open("w+b") as out:
        if container in ("wav", "aiff"):
            with_chunks(file, out, {b"C2PA": None})
        elif container in ("mp3", "flac", "aac"):
            _without_frames(file, out)
        else:
            _without_boxes(file, out)


def _without_frames(file: BinaryIO, out: BinaryIO) -> None:
    tag = Id3Tag.of(file)
    if tag is not None:
        frames = list(tag.frames())
        check_padding(tag, frames)
        kept = b"".join(tag.bytes_of(f) for f in frames if geob_store(tag, f) is None)
        out.write(tag.around(kept) if kept else b"")
    file.seek(id3_tag_size(file))
    shutil.copyfileobj(file, out, _COPIED_BYTES)


def _without_boxes(file: BinaryIO, out: BinaryIO) -> None:
    """Copy an mp4 file with its manifests as free space, so that no chunk offset changes."""
    file.seek(0, os.SEEK_SET)
    shutil.copyfileobj(file, out, _COPIED_BYTES)
    for box in list(mp4_boxes(file)):
        file.seek(box.start)
        if box.name == b"uuid" and file.read(16) == C2PA_UUID:
            out.seek(box.start - 4 if _has_small_size(file, box.start) else box.start - 12)
            out.write(b"free")
            out.seek(box.start)
            left = box.size
            while left > 0:
                left -= out.write(bytes(min(left, _COPIED_BYTES)))


def _has_small_size(file: BinaryIO, start: int) -> bool:
    """Whether the name of a box is right before its content: its size has 32 bits."""
    file.seek(start - 4)
    return file.read(4) == b"uuid"

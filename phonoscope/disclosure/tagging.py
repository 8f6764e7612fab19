"""Write named texts into a copy of a file, for every container that can hold them.

ID3 tags and RIFF chunks are spliced (:mod:`.id3_frames`, :mod:`.riff`), so that everything else
stays identical, byte for byte. mutagen writes Vorbis comments and MP4 atoms.
"""

from __future__ import annotations

import io
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, BinaryIO

from mutagen.flac import FLAC
from mutagen.mp4 import MP4, AtomDataType, MP4FreeForm

from phonoscope.audio.chunks import IffChunk, iff_chunks
from phonoscope.disclosure.id3_frames import (
    TAG_BYTES,
    TagTooLargeError,
    id3_size,
    too_large,
    with_texts,
)
from phonoscope.disclosure.riff import with_chunks
from phonoscope.disclosure.tags import ogg_kind
from phonoscope.messages import gettext

Texts = Mapping[str, str | None]
"""Value by name; ``None`` removes a text."""

FREEFORM = "----:com.apple.iTunes:"
"""Prefix in MP4 of a text with a free name."""

_RIFF_CHUNKS = {"AIGC": b"AIGC"}
"""Texts with a chunk of their own in wav (GB 45438-2025); all others go into an ID3 tag."""


def write_texts(file: BinaryIO, target: Path, container: str, texts: Texts) -> None:
    """Write a copy of a file with some named texts set.

    Parameters
    ----------
    file
        The file; only read.
    target
        The copy; it is overwritten.
    container
        Its container as the decoder names it: a key of :data:`WRITERS`.
    texts
        What to set.

    Raises
    ------
    Exception
        Any exception that the writer of this container raises on a file it doesn't understand.
    """
    WRITERS[container](file, target, texts)


def _id3(file: BinaryIO, target: Path, texts: Texts) -> None:
    tag = with_texts(file, texts)
    with target.open("wb") as out:
        out.write(tag)
        file.seek(id3_size(file))
        shutil.copyfileobj(file, out, 1 << 20)


def _wav(file: BinaryIO, target: Path, texts: Texts) -> None:
    own = {_RIFF_CHUNKS[n]: _encoded(v) for n, v in texts.items() if n in _RIFF_CHUNKS}
    named = {n: v for n, v in texts.items() if n not in _RIFF_CHUNKS}
    _with_id3_chunk(file, target, named, b"id3 ", own)


def _aiff(file: BinaryIO, target: Path, texts: Texts) -> None:
    _with_id3_chunk(file, target, texts, b"ID3 ", {})


def _with_id3_chunk(
    file: BinaryIO, target: Path, texts: Texts, name: bytes, more: Mapping[bytes, bytes | None]
) -> None:
    there = next((c for c in iff_chunks(file) if c.name.upper() == b"ID3 "), None)
    contents = dict(more)
    if there is not None or any(value is not None for value in texts.values()):
        tag = io.BytesIO(_whole(file, there) if there else b"")
        contents[there.name if there else name] = with_texts(tag, texts)
    with target.open("wb") as out:
        with_chunks(file, out, contents)


def _whole(file: BinaryIO, chunk: IffChunk) -> bytes:
    if chunk.size > TAG_BYTES:
        raise TagTooLargeError(too_large(chunk.size))
    file.seek(chunk.start)
    return file.read(chunk.size)


def _flac(file: BinaryIO, target: Path, texts: Texts) -> None:
    _copy(file, target)
    flac = FLAC(target)
    if flac.tags is None:
        flac.add_tags()
    _set(flac, texts)


def _ogg(file: BinaryIO, target: Path, texts: Texts) -> None:
    kind = ogg_kind(file)
    if kind is None:
        raise ValueError(gettext("The content of this ogg file has no Vorbis comments."))
    _copy(file, target)
    _set(kind(target), texts)


def _set(commented: Any, texts: Texts) -> None:
    for name, value in texts.items():
        if value is not None:
            commented[name] = [value]
        elif name in commented:
            del commented[name]
    commented.save()


def _mp4(file: BinaryIO, target: Path, texts: Texts) -> None:
    _copy(file, target)
    mp4 = MP4(target)
    if mp4.tags is None:
        mp4.add_tags()
    # In any namespace, because the reader ignores namespaces too.
    meant = {name.casefold() for name in texts}
    for key in [key for key in mp4.tags if key.startswith("----")]:
        if key.rsplit(":", 1)[-1].casefold() in meant:
            del mp4.tags[key]
    for name, value in texts.items():
        if value is not None:
            mp4.tags[FREEFORM + name] = [MP4FreeForm(value.encode(), AtomDataType.UTF8)]
    mp4.save()


def _copy(file: BinaryIO, target: Path) -> None:
    file.seek(0)
    with target.open("wb") as out:
        shutil.copyfileobj(file, out, 1 << 20)


def _encoded(value: str | None) -> bytes | None:
    return None if value is None else value.encode()


WRITERS: Mapping[str, Callable[[BinaryIO, Path, Texts], None]] = {
    "mp3": _id3,
    "aac": _id3,
    "wav": _wav,
    "aiff": _aiff,
    "flac": _flac,
    "ogg": _ogg,
    "mov,mp4,m4a,3gp,3g2,mj2": _mp4,
}
"""Functions that write texts, by container as the decoder names it."""

"""Write named texts into a copy of a file, for every container that can hold them.

A mark goes into the tag system that programs read in this file already, because most take only
one: a new tag with nothing but a mark would hide title and artist. Where a new tag is needed, it
begins with copies of the older texts (:mod:`.older_texts`).

ID3 tags, APEv2 tags and RIFF chunks are spliced (:mod:`.id3_frames`, :mod:`.ape_items`,
:mod:`.riff`), so that everything else stays identical, byte for byte. mutagen writes Vorbis
comments and MP4 atoms.
"""

from __future__ import annotations

import io
import os
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO

from mutagen.flac import FLAC
from mutagen.id3 import TCON
from mutagen.mp4 import MP4, AtomDataType, MP4FreeForm

from phonoscope.audio.chunks import IffChunk, iff_chunks
from phonoscope.audio.container import MP4 as MP4_CONTAINER
from phonoscope.audio.id3_prefix import id3_tag_size
from phonoscope.disclosure.ape_items import ApeTag, footer_at
from phonoscope.disclosure.id3_frames import (
    NEW_VERSION,
    TAG_BYTES,
    Id3Tag,
    TagTooLargeError,
    holds,
    picture_frame,
    shows_texts,
    text_frame,
    too_large,
    with_texts,
)
from phonoscope.disclosure.inventory import EDGED, Item, item
from phonoscope.disclosure.older_texts import (
    VORBIS,
    OlderText,
    ape_texts,
    id3v1_texts,
    info_texts,
    joined,
)
from phonoscope.disclosure.riff import copy_range, form_end, with_chunks
from phonoscope.disclosure.tags import ogg_kind
from phonoscope.messages import gettext

Texts = Mapping[str, str | None]
"""Value by name; ``None`` removes a text."""

ID3, APE, COMMENTS, ATOMS = "id3", "ape", "comments", "atoms"

FREEFORM = "----:com.apple.iTunes:"
"""Prefix in MP4 of a text with a free name."""

_RIFF_CHUNKS = {"AIGC": b"AIGC"}
"""Texts with a chunk of their own in wav (GB 45438-2025); all others go into an ID3 tag."""
_TAGGED_BY_ID3 = ("mp3", "aac")
_PLACES = {"wav": ID3, "aiff": ID3, "ogg": COMMENTS, MP4_CONTAINER: ATOMS}
EDITABLE = frozenset({*EDGED, "flac", *_PLACES})
"""Containers, as the decoder names them, that marks can be written into or removed from."""


def write_texts(
    file: BinaryIO, target: Path, container: str, texts: Texts, *, needs_id3: bool = False
) -> None:
    """Write a copy of a file with some named texts set.

    A text is set in one tag system, see :func:`place_of`, and removed from every other.

    Parameters
    ----------
    file
        The file; only read.
    target
        The copy; it is overwritten.
    container
        Its container as the decoder names it; :func:`place_of` has a place in it.
    texts
        What to set.
    needs_id3
        Whether an mp3 has to have an ID3 tag: a C2PA manifest goes there, or a longer APEv2 tag
        would change what FFmpeg decodes at its end.

    Raises
    ------
    Exception
        Any exception that the writer of this container raises on a file it doesn't understand.
    """
    older = older_texts(file, container, texts, needs_id3=needs_id3)
    if container in EDGED:
        _at_edges(file, target, container, texts, older, needs_id3=needs_id3)
    elif container == "flac":
        _flac(file, target, texts, older)
    else:
        _WRITERS[container](file, target, texts, older)


def place_of(file: BinaryIO, container: str, *, needs_id3: bool = False) -> str | None:
    """Return the tag system that takes a file's marks: the one that programs read already.

    Returns
    -------
    str or None
        ``id3``, ``ape``, ``comments`` or ``atoms``. ``None`` if the file can hold no mark without
        getting a tag that programs don't expect in it: raw AAC then doesn't open any more.
    """
    if container in EDGED:
        return _place_at_edges(file, container, needs_id3=needs_id3)
    if container == "flac":
        has_comments = bool(_comments_of(file))
        return ID3 if not has_comments and shows_texts(Id3Tag.of(file)) else COMMENTS
    return _PLACES.get(container)


def _place_at_edges(file: BinaryIO, container: str, *, needs_id3: bool) -> str | None:
    if container in _TAGGED_BY_ID3 and shows_texts(Id3Tag.of(file)):
        return ID3
    if footer_at(file) is not None and not needs_id3:
        return APE
    return ID3 if container == "mp3" else None


def older_texts(
    file: BinaryIO, container: str, texts: Texts, *, needs_id3: bool = False
) -> list[OlderText]:
    """Return the texts of older tags that marks or a signature would hide, unless copied.

    Raises
    ------
    ValueError
        When two older tags differ, so that no copy is right, or one is damaged.
    """
    place = place_of(file, container, needs_id3=needs_id3)
    adds = any(value is not None for name, value in texts.items())
    if container == "wav":
        own = all(name in _RIFF_CHUNKS for name, value in texts.items() if value is not None)
        return [] if own or not adds or shows_texts(_chunk_tag(file)) else info_texts(file)
    if container == "flac":
        hides = (adds or needs_id3) and place == COMMENTS and not _comments_of(file)
        return id3v1_texts(file) if hides else []
    if (
        container != "mp3"
        or place != ID3
        or not (adds or needs_id3)
        or shows_texts(Id3Tag.of(file))
    ):
        return []
    left_out = frozenset(name.casefold() for name in texts)
    return joined(ape_texts(file, left_out) if needs_id3 else [], id3v1_texts(file))


def copied_items(file: BinaryIO, container: str, older: Sequence[OlderText]) -> Counter[Item]:
    """Return the copies of older texts as items of an inventory."""
    if container == "flac":
        return Counter(
            item("Vorbis comment", VORBIS[text.frame], _comment(text).encode()) for text in older
        )
    tag = _chunk_tag(file) if container == "wav" else Id3Tag.of(file)
    version = tag.version if tag else NEW_VERSION
    return Counter(
        item(f"ID3 {frame[: 3 if version == 2 else 4].decode()}", text.description, frame)
        for text in older
        for frame in [_frame(version, text)]
    )


def _at_edges(
    file: BinaryIO,
    target: Path,
    container: str,
    texts: Texts,
    older: Sequence[OlderText],
    *,
    needs_id3: bool,
) -> None:
    place = place_of(file, container, needs_id3=needs_id3)
    before = _id3_tag(file, texts, older, sets=place == ID3)
    tag = ApeTag.of(file) if place == APE else ApeTag.readable(file)
    end = file.seek(0, os.SEEK_END)
    with target.open("wb") as out:
        out.write(before)
        copy_range(file, out, id3_tag_size(file), tag.start if tag else end)
        if tag and (place == APE or tag.holds(texts)):
            out.write(tag.with_texts(texts if place == APE else dict.fromkeys(texts)))
        elif tag:
            copy_range(file, out, tag.start, tag.end)
        if tag:
            copy_range(file, out, tag.end, end)


def _id3_tag(file: BinaryIO, texts: Texts, older: Sequence[OlderText], *, sets: bool) -> bytes:
    """Return the ID3 tag at the start of a file, with the texts or at least without old ones."""
    tag = Id3Tag.of(file)
    if sets and (older or holds(tag, texts) or any(v is not None for v in texts.values())):
        version = tag.version if tag else NEW_VERSION
        return with_texts(file, texts, [_frame(version, text) for text in older])
    if holds(tag, texts):
        return with_texts(file, dict.fromkeys(texts))
    size = id3_tag_size(file)
    file.seek(0)
    return file.read(size)


def _frame(version: int, text: OlderText) -> bytes:
    if text.picture:
        return picture_frame(version, text.picture)
    return text_frame(version, text.frame, text.value, text.description, is_latin=text.is_latin)


def _wav(file: BinaryIO, target: Path, texts: Texts, older: Sequence[OlderText]) -> None:
    own = {_RIFF_CHUNKS[n]: _encoded(v) for n, v in texts.items() if n in _RIFF_CHUNKS}
    # A mark may also be in the ID3 tag, where other programs write it.
    named = {n: None if n in _RIFF_CHUNKS else v for n, v in texts.items()}
    _with_id3_chunk(file, target, named, older, b"id3 ", more=own)


def _aiff(file: BinaryIO, target: Path, texts: Texts, older: Sequence[OlderText]) -> None:
    _with_id3_chunk(file, target, texts, older, b"ID3 ", more={})


def _with_id3_chunk(
    file: BinaryIO,
    target: Path,
    texts: Texts,
    older: Sequence[OlderText],
    name: bytes,
    *,
    more: Mapping[bytes, bytes | None],
) -> None:
    there = _id3_chunk(file)
    tag = io.BytesIO(_whole(file, there) if there else b"")
    contents = dict(more)
    if holds(Id3Tag.of(tag), texts) or any(value is not None for value in texts.values()):
        version = found.version if (found := Id3Tag.of(tag)) else NEW_VERSION
        frames = [_frame(version, text) for text in older]
        contents[there.name if there else name] = with_texts(tag, texts, frames) or None
    with target.open("wb") as out:
        with_chunks(file, out, contents)


def _id3_chunk(file: BinaryIO) -> IffChunk | None:
    end = form_end(file)
    return next(
        (
            chunk
            for chunk in iff_chunks(file)
            if chunk.name.upper() == b"ID3 " and (end is None or chunk.start < end)
        ),
        None,
    )


def _chunk_tag(file: BinaryIO) -> Id3Tag | None:
    chunk = _id3_chunk(file)
    return Id3Tag.of(io.BytesIO(_whole(file, chunk))) if chunk else None


def _whole(file: BinaryIO, chunk: IffChunk) -> bytes:
    if chunk.size > TAG_BYTES:
        raise TagTooLargeError(too_large(chunk.size))
    file.seek(chunk.start)
    return file.read(chunk.size)


def _flac(file: BinaryIO, target: Path, texts: Texts, older: Sequence[OlderText]) -> None:
    place = place_of(file, "flac")
    before = _id3_tag(file, texts, (), sets=place == ID3)
    end = file.seek(0, os.SEEK_END)
    with target.open("wb") as out:
        out.write(before)
        copy_range(file, out, id3_tag_size(file), end)
    with target.open("r+b") as out:
        _flac_comments(out, texts, older, sets=place == COMMENTS)


def _flac_comments(out: BinaryIO, texts: Texts, older: Sequence[OlderText], *, sets: bool) -> None:
    flac = FLAC(out)
    comments = {name.casefold() for name, _ in flac.tags or ()}
    if sets or any(name.casefold() in comments for name in texts):
        if flac.tags is None:
            flac.add_tags()
        for text in older:
            flac[VORBIS[text.frame]] = [_comment(text)]
        _set(flac, out, texts if sets else dict.fromkeys(texts))


def _comment(text: OlderText) -> str:
    """Return an older text as the value of a Vorbis comment: a genre has its name there."""
    if text.frame == "TCON":
        return next(iter(TCON(encoding=3, text=[text.value]).genres), text.value)
    return text.value


def _comments_of(file: BinaryIO) -> Sequence[tuple[str, str]]:
    file.seek(0)
    return FLAC(file).tags or ()


def _ogg(file: BinaryIO, target: Path, texts: Texts, _: Sequence[OlderText]) -> None:
    kind = ogg_kind(file)
    if kind is None:
        raise ValueError(gettext("The content of this ogg file has no Vorbis comments."))
    _copy(file, target)
    # As an open file: mutagen's errors would name the copy.
    with target.open("r+b") as out:
        _set(kind(out), out, texts)


def _set(commented: Any, out: BinaryIO, texts: Texts) -> None:
    for name, value in texts.items():
        if value is not None:
            commented[name] = [value]
        elif name in commented:
            del commented[name]
    out.seek(0)
    commented.save(out)


def _mp4(file: BinaryIO, target: Path, texts: Texts, _: Sequence[OlderText]) -> None:
    _copy(file, target)
    with target.open("r+b") as out:
        _set_atoms(out, texts)


def _set_atoms(out: BinaryIO, texts: Texts) -> None:
    mp4 = MP4(out)
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
    out.seek(0)
    mp4.save(out)


def _copy(file: BinaryIO, target: Path) -> None:
    with target.open("wb") as out:
        copy_range(file, out, 0, file.seek(0, os.SEEK_END))


def _encoded(value: str | None) -> bytes | None:
    return None if value is None else value.encode()


_WRITERS: Mapping[str, Callable[[BinaryIO, Path, Texts, Sequence[OlderText]], None]] = {
    "wav": _wav,
    "aiff": _aiff,
    "ogg": _ogg,
    MP4_CONTAINER: _mp4,
}

"""ID3v2 tags, reduced to their texts before they are parsed.

mutagen decodes the frames. It gets a copy of the tag with only small text, link and private frames.
So pictures are never read, and a hostile tag can neither unpack without bound (compressed frames)
nor take quadratic time (many tiny frames).

Structure of the tag: ID3v2.2, 2.3 and 2.4 informal standards, https://id3.org.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from typing import Any, BinaryIO

from mutagen.id3 import ID3, Frames, TextFrame, TimeStampTextFrame

from phonoscope.disclosure.fields import Field, decoded_text, field
from phonoscope.disclosure.id3_frames import Id3Tag

ID3V1_BYTES = 128
_TEXTS_BYTES = 1 << 18
_FRAME_BYTES = 1 << 16
_PACKED_BYTES = 1 << 10
"""A compressed frame can unpack to a thousand times its size; packed texts are smaller."""

_CUT_BYTES = 1 << 15
"""What is kept of a longer text: programs put graphs and logs there, and marks come first."""

_WANTED = re.compile(rb"T[A-Z0-9]{2,3}|W[A-Z0-9]{2,3}|COMM?|PRIV")

_NAMES = {
    "TIT2": "title",
    "TPE1": "artist",
    "TALB": "album",
    "TPUB": "label",
    "TSRC": "isrc",
    "TDRC": "date",
    "TDRL": "date",
    "TCON": "genre",
    "TENC": "encoder",
    "TSSE": "encoder",
    "COMM": "comment",
}

_AS_TEXT = {
    **Frames,
    **{
        name: type(name, (TextFrame,), {})
        for name, kind in Frames.items()
        if issubclass(kind, TimeStampTextFrame)
    },
}
"""mutagen's frames, with dates as plain text: it drops what isn't an ISO date."""


def id3_fields(file: BinaryIO) -> list[Field]:
    """Return the texts of the ID3v2 tag at the start of a file.

    Raises
    ------
    Exception
        Any exception that mutagen raises on a damaged tag; :class:`TagTooLargeError`.
    """
    reduced = _reduced(file)
    if reduced is None:
        return []
    frames = None if reduced[3] == 2 else _AS_TEXT
    tag = ID3(io.BytesIO(reduced), known_frames=frames, translate=False, load_v1=False)
    found = [found for frame in tag.values() for found in _frame_fields(frame)]
    return [*found, *_year_fields(tag)]


def id3v1_fields(file: BinaryIO) -> list[Field]:
    """Return the comment of the ID3v1 tag in the last 128 bytes of a file.

    Its other fields are cut at 30 characters, and other tags have them in full. The decoder
    supplies them if there is no other tag.
    """
    file.seek(-ID3V1_BYTES, io.SEEK_END)
    tag = file.read(ID3V1_BYTES)
    comment = tag[97:127].split(b"\0")[0].decode("latin-1")
    return [field("comment", comment, "ID3v1 comment")] if comment.strip() else []


def _reduced(file: BinaryIO) -> bytes | None:
    """Return a copy of the tag with only small text frames; ``None`` if there is no tag."""
    tag = Id3Tag.of(file)
    if tag is None:
        return None
    texts = b"".join(_texts(tag))
    return tag.around(texts) if texts else None


def _texts(tag: Id3Tag) -> Iterator[bytes]:
    """Yield whole frames with texts, including headers; what overruns the tag is left out."""
    taken = 0
    for frame in tag.frames():
        if not _WANTED.fullmatch(frame.name) or frame.size <= 0:
            continue
        wanted = min(frame.size, tag.stop - frame.start)
        if frame.packed and wanted > _PACKED_BYTES:
            continue
        if wanted > _FRAME_BYTES:
            if frame.packed or frame.name == b"PRIV":
                continue
            wanted = _CUT_BYTES
        taken += len(frame.header) + wanted
        if taken > _TEXTS_BYTES:
            return
        yield tag.beginning_of(frame, wanted)


def _frame_fields(frame: Any) -> Iterator[Field]:
    kind = frame.FrameID
    if kind == "PRIV":
        if frame.owner.upper() == "XMP":
            yield field("xmp", decoded_text(frame.data), "ID3 PRIV:XMP")
    elif kind in ("TXXX", "COMM"):
        name = frame.desc if kind == "TXXX" else "comment"
        place = f"ID3 {kind}:{frame.desc}" if frame.desc else f"ID3 {kind}"
        yield from (field(name, str(text), place) for text in frame.text)
    elif kind == "WXXX":
        yield field("url", frame.url, f"ID3 WXXX:{frame.desc}" if frame.desc else "ID3 WXXX")
    elif kind.startswith("W"):
        yield field("url", frame.url, f"ID3 {kind}")
    elif kind == "TCON":
        yield from (field("genre", genre, "ID3 TCON") for genre in frame.genres)
    elif hasattr(frame, "text") and kind not in _YEAR_FRAMES:
        name = _NAMES.get(kind, kind)
        yield from (field(name, str(text), f"ID3 {kind}") for text in frame.text)


_YEAR_FRAMES = ("TYER", "TDAT", "TIME")


def _year_fields(tag: ID3) -> Iterator[Field]:
    """Yield the date of ID3v2.3, whose year, day and time are frames of their own."""
    year, day, time = (str(next(iter(tag.getall(name)), "")).strip() for name in _YEAR_FRAMES)
    if not year:
        return
    date = year
    if _FOUR_DIGITS.fullmatch(year) and _FOUR_DIGITS.fullmatch(day):
        date += f"-{day[2:]}-{day[:2]}"
        if _FOUR_DIGITS.fullmatch(time):
            date += f"T{time[:2]}:{time[2:]}:00"
    yield field("date", date, "ID3 TYER")


_FOUR_DIGITS = re.compile("[0-9]{4}")

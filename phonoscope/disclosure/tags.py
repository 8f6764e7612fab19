"""Tags of every container: which reader fits a file, and all its texts as fields.

mutagen reads the tags; readers are chosen by the first bytes, never by the name. Each gets
a view of the file with a budget, so that even a damaged tag costs at most a second and a few
hundred MB.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Iterator
from typing import Any, BinaryIO, cast

from mutagen.apev2 import APEv2
from mutagen.asf import ASF
from mutagen.flac import FLAC
from mutagen.mp4 import MP4Tags
from mutagen.mp4._atom import Atoms
from mutagen.oggflac import OggFLAC
from mutagen.oggopus import OggOpus
from mutagen.oggspeex import OggSpeex
from mutagen.oggtheora import OggTheora
from mutagen.oggvorbis import OggVorbis

from phonoscope.audio.chunks import iff_chunks, mp4_boxes, payload
from phonoscope.disclosure.ape_items import footer_at
from phonoscope.disclosure.fields import MOST_FIELDS, Field, field
from phonoscope.disclosure.id3 import ID3V1_BYTES, id3_fields, id3v1_fields
from phonoscope.disclosure.id3_frames import TagTooLargeError, id3_size
from phonoscope.escape import printable

BUDGET_BYTES = 64 << 20
"""Bytes that all readers together may read from one file."""

TOO_MUCH = "more tag data than real files have"

_SMALLEST_READ = 64
"""A read counts as at least this many bytes, so that a million tiny reads end too."""

XMP_UUID = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")
"""The ``uuid`` box that holds XMP in mp4 (XMP Specification Part 3)."""

_ASF_HEADER = bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c")

_OGG = (
    (b"\x01vorbis", OggVorbis),
    (b"OpusHead", OggOpus),
    (b"Speex   ", OggSpeex),
    (b"\x7fFLAC", OggFLAC),
    (b"\x80theora", OggTheora),
)

_MP4_NAMES = {
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

Reader = Callable[[BinaryIO], Iterable[Field]]


class _Budget:
    """A view of a file that raises an error after too many bytes."""

    def __init__(self, file: BinaryIO, budget_bytes: int) -> None:
        self._file = file
        self._left = budget_bytes
        self.tell = file.tell
        self.seek = file.seek

    def read(self, size: int = -1) -> bytes:
        """Read at most the rest of the budget."""
        wanted = size if size is not None and size >= 0 else self._left + 1
        data = self._file.read(min(wanted, self._left + 1))
        self._left -= max(len(data), _SMALLEST_READ)
        if self._left < 0:
            raise TagTooLargeError(TOO_MUCH)
        return data


def file_fields(file: BinaryIO) -> tuple[list[Field], str | None]:
    """Return every text in a file's tags, and why some couldn't be read.

    Parameters
    ----------
    file
        At any position; only read.

    Returns
    -------
    fields
        In the order of the file, at most :data:`~phonoscope.disclosure.fields.MOST_FIELDS`.
    error
        One line; ``None`` if nothing went wrong.
    """
    view = cast(BinaryIO, _Budget(file, BUDGET_BYTES))
    fields: list[Field] = []
    errors: list[str] = []
    for reader in _readers(view):
        try:
            for found in reader(view):
                fields.append(found)
                if len(fields) >= MOST_FIELDS:
                    raise TagTooLargeError(f"only the first {MOST_FIELDS} tags were read")
        except Exception as error:
            # Untrusted bytes in another project's parser can raise anything. The recording is
            # analysed all the same, and its row has the error.
            errors.append(f"{_reader_name(reader)}: {_reason(error)}")
    return fields, "; ".join(errors)[:500] or None


def _reader_name(reader: Reader) -> str:
    return reader.__name__.strip("_").removesuffix("_fields").upper()


def _reason(error: Exception) -> str:
    if isinstance(error, MemoryError):
        return "damaged (needs too much memory)"
    says = printable(str(error).strip() or type(error).__name__)[:120]
    return says if isinstance(error, TagTooLargeError) else f"damaged ({says})"


def _readers(file: BinaryIO) -> list[Reader]:
    """Return the readers that fit the first (and for APEv2 the last) bytes of a file."""
    readers: list[Reader] = []
    behind = id3_size(file)
    if behind:
        readers.append(id3_fields)
    file.seek(behind)
    head = file.read(64)
    if head[:4] in (b"RIFF", b"RIFX", b"RF64", b"BW64", b"FORM"):
        readers.append(iff_fields)
    elif head[:4] == b"fLaC":
        readers.append(flac_fields)
    elif head[:4] == b"OggS":
        readers.append(ogg_fields)
    elif head[4:8] in (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip"):
        readers.append(mp4_fields)
    elif head[:16] == _ASF_HEADER:
        readers.append(asf_fields)
    tail = _tail(file)
    if footer_at(file) is not None:
        readers.append(ape_fields)
    if tail[-ID3V1_BYTES:].startswith(b"TAG") and len(tail) >= ID3V1_BYTES:
        readers.append(id3v1_fields)
    return readers


def _tail(file: BinaryIO) -> bytes:
    """Return the end of a file, where an ID3v1 tag may stand."""
    end = file.seek(0, io.SEEK_END)
    file.seek(max(0, end - ID3V1_BYTES))
    return file.read(ID3V1_BYTES)


def iff_fields(file: BinaryIO) -> Iterator[Field]:
    """Yield fields of wav and aiff chunks; LIST INFO is left to the decoder, which reads it."""
    for chunk in list(iff_chunks(file)):
        if chunk.name == b"AIGC":
            yield field("aigc", _text(payload(file, chunk)), "RIFF chunk AIGC")
        elif chunk.name in (b"_PMX", b"XMP "):
            # XMP's own name in RIFF, and the one that the C2PA library writes.
            name = chunk.name.decode().strip()
            yield field("xmp", _text(payload(file, chunk)), f"RIFF chunk {name}")
        elif chunk.name.upper() == b"ID3 ":
            yield from id3_fields(io.BytesIO(payload(file, chunk)))


def flac_fields(file: BinaryIO) -> Iterator[Field]:
    """Yield the Vorbis comments of a flac file."""
    file.seek(0)
    return _vorbis_fields(FLAC(file).tags)


def ogg_fields(file: BinaryIO) -> Iterator[Field]:
    """Yield the Vorbis comments of an ogg file, whatever it holds."""
    kind = ogg_kind(file)
    file.seek(0)
    return _vorbis_fields(_header_only(kind)(file).tags if kind else None)


def ogg_kind(file: BinaryIO) -> type[Any] | None:
    """Return mutagen's type for what an ogg file holds; ``None`` when it has no comments."""
    file.seek(0)
    head = file.read(512)
    return next((kind for magic, kind in _OGG if magic in head), None)


def _header_only(kind: type[Any]) -> type[Any]:
    """Return a mutagen file type that does not look for the last page.

    mutagen does so to learn the duration, and reads a chained or damaged file whole.
    """

    class _Info(kind._Info):  # type: ignore[name-defined, misc]  # a base chosen at run time
        def _post_tags(self, _: object) -> None:
            pass

    return type(kind.__name__, (kind,), {"_Info": _Info})


def _vorbis_fields(comments: Any) -> Iterator[Field]:
    for name, value in comments or ():
        if name.lower() != "metadata_block_picture":
            yield field(name, value, f"Vorbis comment {name}")


def mp4_fields(file: BinaryIO) -> Iterator[Field]:
    """Yield the iTunes metadata of an mp4 file and its XMP."""
    boxes = list(mp4_boxes(file))
    for box in boxes:
        if box.name == b"uuid":
            data = payload(file, box)
            if data[:16] == XMP_UUID:
                yield field("xmp", _text(data[16:]), "MP4 uuid box XMP")
    file.seek(0)
    atoms = Atoms(file)
    if not _has_path(atoms, b"moov", b"udta", b"meta", b"ilst"):
        return
    for key, values in MP4Tags(atoms, file).items():
        name = key.rsplit(":", 1)[-1] if key.startswith("----") else _MP4_NAMES.get(key, key)
        for value in values if isinstance(values, list) and key != "covr" else ():
            if isinstance(value, str | bytes):
                text = _text(value) if isinstance(value, bytes) else value
                yield field(name, text, f"MP4 {key}")


def _has_path(atoms: Any, *names: bytes) -> bool:
    try:
        atoms.path(*names)
    except KeyError:
        return False
    return True


def asf_fields(file: BinaryIO) -> Iterator[Field]:
    """Yield the attributes of an ASF (wma, wmv) file."""
    file.seek(0)
    for name, value in ASF(file).tags or ():
        # Description is ASF's comment; everything that is not text is a number or a picture.
        if isinstance(getattr(value, "value", None), str):
            yield field(name, value.value, f"ASF {name}")


def ape_fields(file: BinaryIO) -> Iterator[Field]:
    """Yield the texts of an APEv2 tag (ape, mpc, wv, tak, and at the end of some mp3)."""
    file.seek(0)
    for name, value in APEv2(file).items():
        if isinstance(value.value, str):
            for text in value.value.split("\0"):
                yield field(name, text, f"APEv2 {name}")


def _text(data: bytes) -> str:
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16", "replace")
    return data.decode("utf-8-sig", "replace")

"""Tags of every container: which readers fit a file, and all its texts as fields.

A file can have several tags. They are read in the order in which they count: the container's own
(Vorbis comments, MP4, ASF, the ID3 chunk of RIFF, APEv2 where it is native), ID3v2 at the start,
APEv2 and ID3v1 at the end.

mutagen reads the tags; readers are chosen by the first bytes, never by the name. Each gets
a view of the file with a budget, so that even a damaged tag costs at most a second and a few
hundred MB.
"""

from __future__ import annotations

import dataclasses
import io
import itertools
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any, BinaryIO, NamedTuple, cast

from mutagen.apev2 import APEv2
from mutagen.apev2 import error as APEError
from mutagen.asf import ASF
from mutagen.flac import FLAC
from mutagen.oggflac import OggFLAC
from mutagen.oggopus import OggOpus
from mutagen.oggspeex import OggSpeex
from mutagen.oggtheora import OggTheora
from mutagen.oggvorbis import OggVorbis

from phonoscope.audio.chunks import PAYLOAD_BYTES, iff_chunks, payload
from phonoscope.audio.id3_prefix import id3_starts, id3_tag_size, sound_start
from phonoscope.audio.window import Window
from phonoscope.disclosure.ape_items import footer_at, whole_texts
from phonoscope.disclosure.fields import MOST_FIELDS, Field, decoded_text, field
from phonoscope.disclosure.id3 import ID3V1_BYTES, id3_fields, id3v1_fields
from phonoscope.disclosure.id3_frames import TagTooLargeError
from phonoscope.disclosure.mp4 import mp4_fields
from phonoscope.escape import printable

BUDGET_BYTES = 64 << 20
"""Bytes that all readers together may read from one file."""

TOO_MUCH = "more tag data than real files have"

_SMALLEST_READ = 64
"""A read counts as at least this many bytes, so that a million tiny reads end too."""

_ASF_HEADER = bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c")

_OGG = (
    (b"\x01vorbis", OggVorbis),
    (b"OpusHead", OggOpus),
    (b"Speex   ", OggSpeex),
    (b"\x7fFLAC", OggFLAC),
    (b"\x80theora", OggTheora),
)

_APE_NATIVE = (b"MAC ", b"wvpk", b"MPCK", b"MP+", b"tBaK", b"OFR ")
"""First bytes of files whose own tags are APEv2."""

_MOST_OBJECTS = 1_000
_ASF_XMP = bytes.fromhex("cbcf7abea997e8429c71999491e3afac")
"""The object that holds XMP in ASF (XMP Specification Part 3)."""


class Reader(NamedTuple):
    """A way to read one tag of a file."""

    name: str
    """Its name in errors."""
    read: Callable[[], Iterable[Field]]


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
    for number, reader in enumerate(_readers(view)):
        try:
            for found in reader.read():
                fields.append(dataclasses.replace(found, tag=number))
                if len(fields) >= MOST_FIELDS:
                    raise TagTooLargeError(f"only the first {MOST_FIELDS} tags were read")
        except Exception as error:
            # Untrusted bytes in another project's parser can raise anything. The recording is
            # analysed all the same, and its row has the error.
            errors.append(f"{reader.name}: {_reason(error)}")
    return fields, "; ".join(dict.fromkeys(errors))[:500] or None


def _reason(error: Exception) -> str:
    if isinstance(error, MemoryError):
        return "damaged (needs too much memory)"
    says = printable(str(error).strip() or type(error).__name__)[:120]
    return says if isinstance(error, TagTooLargeError) else f"damaged ({says})"


def _readers(file: BinaryIO) -> list[Reader]:
    """Return the readers that fit the first and last bytes of a file, in the order that counts."""
    prefixes = [Reader("ID3", partial(id3_fields, tag)) for tag in id3_prefixes(file)]
    body = Window.of(file, sound_start(file))
    body.seek(0)
    head = body.read(64)
    native = _native(body, head)
    tail = _tail(file)
    ape = [Reader("APE", partial(ape_fields, file))] if footer_at(file) is not None else []
    is_v1 = tail.startswith(b"TAG") and len(tail) == ID3V1_BYTES
    v1 = [Reader("ID3V1", partial(id3v1_fields, file))] if is_v1 else []
    if head.startswith(_APE_NATIVE):
        return [*ape, *prefixes, *v1]
    return [*native, *prefixes, *ape, *v1]


def id3_prefixes(file: BinaryIO) -> list[BinaryIO]:
    """Return the ID3v2 tags at the start of a file, each as a file of its own."""
    starts = id3_starts(file)
    if len(starts) == 1 and id3_tag_size(file):
        # It claims to be longer than the file; its reader says what is wrong.
        return [file]
    return [Window.of(file, start, stop) for start, stop in itertools.pairwise(starts)]


def _native(body: BinaryIO, head: bytes) -> list[Reader]:
    """Return the readers of the container's own tags, by its first bytes."""
    if head[:4] in (b"RIFF", b"RIFX", b"RF64", b"BW64", b"FORM"):
        chunks = [chunk for chunk in iff_chunks(body) if chunk.name.upper() == b"ID3 "]
        tags = [Window.of(body, chunk.start, chunk.start + chunk.size) for chunk in chunks]
        return [
            *(Reader("ID3", partial(id3_fields, tag)) for tag in tags),
            Reader("IFF", partial(iff_fields, body)),
        ]
    if head[:4] == b"fLaC":
        return [Reader("FLAC", partial(flac_fields, body))]
    if head[:4] == b"OggS":
        return [Reader("OGG", partial(ogg_fields, body))]
    if head[4:8] in (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip"):
        return [Reader("MP4", partial(mp4_fields, body))]
    if head[:16] == _ASF_HEADER:
        return [Reader("ASF", partial(asf_fields, body))]
    return []


def _tail(file: BinaryIO) -> bytes:
    """Return the end of a file, where an ID3v1 tag may stand."""
    end = file.seek(0, io.SEEK_END)
    file.seek(max(0, end - ID3V1_BYTES))
    return file.read(ID3V1_BYTES)


def iff_fields(file: BinaryIO) -> Iterator[Field]:
    """Yield fields of wav and aiff chunks; LIST INFO is left to the decoder, which reads it."""
    for chunk in list(iff_chunks(file)):
        name = chunk.name.decode("latin-1").strip()
        if chunk.name == b"AIGC":
            yield field("aigc", decoded_text(payload(file, chunk)), "RIFF chunk AIGC")
        elif chunk.name in _XMP_CHUNKS:
            yield field("xmp", decoded_text(payload(file, chunk)), f"RIFF chunk {name}")
        elif chunk.name == b"APPL":
            content = payload(file, chunk)
            if content[:4] == b"XMP ":
                yield field("xmp", decoded_text(content[4:]), "AIFF chunk APPL XMP")


_XMP_CHUNKS = (b"_PMX", b"XMP ", b"iXML", b"aXML", b"axml")
"""XMP's own name in RIFF, the one that the C2PA library writes, and other places for XML."""


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


def asf_fields(file: BinaryIO) -> Iterator[Field]:
    """Yield the attributes of an ASF (wma, wmv) file."""
    file.seek(0)
    for name, value in ASF(file).tags or ():
        # Description is ASF's comment; everything that is not text is a number or a picture.
        if isinstance(getattr(value, "value", None), str):
            yield field(name, value.value, f"ASF {name}")
    yield from _asf_xmp(file)


def _asf_xmp(file: BinaryIO) -> Iterator[Field]:
    """Yield the XMP of an ASF file, an object next to its header."""
    at = 0
    for _ in range(_MOST_OBJECTS):
        file.seek(at)
        header = file.read(24)
        size = int.from_bytes(header[16:], "little")
        if len(header) < 24 or size < 24:
            return
        if header[:16] == _ASF_XMP:
            content = file.read(min(size - 24, PAYLOAD_BYTES))
            yield field("xmp", decoded_text(content), "ASF object XMP")
        at += size


def ape_fields(file: BinaryIO) -> Iterator[Field]:
    """Yield the texts of an APEv2 tag (ape, mpc, wv, tak, and at the end of some mp3)."""
    file.seek(0)
    try:
        texts = [(n, v.value) for n, v in APEv2(file).items() if isinstance(v.value, str)]
        damage = None
    except APEError as error:
        texts, damage = whole_texts(file), error
    for name, value in texts:
        for text in value.split("\0"):
            yield field(name, text, f"APEv2 {name}")
    if damage is not None:
        raise damage

"""Files with every tag system they may have, and what other programs read in them.

Programs take one system. FFmpeg is asked itself, through PyAV, and mutagen too. TagLib isn't
installed: its rule, the first system that isn't empty, is written down here (TagUnion::properties
in its source).
"""

from __future__ import annotations

import io
import struct
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import av
import mutagen
import mutagen.apev2
import mutagen.flac
import mutagen.id3
import mutagen.mp4
import mutagen.oggvorbis
import numpy as np
from mutagen.id3 import APIC, TALB, TIT2, TPE1, TXXX

from tests.helpers.marked import raw_id3

GAIN = "REPLAYGAIN_TRACK_GAIN"
PICTURE = b"\x89PNG" + bytes(200)


def v1(title: bytes = b"Old Title", artist: bytes = b"Old Artist", *, genre: int = 17) -> bytes:
    """An ID3v1.1 tag."""
    cells = (
        title[:30].ljust(30, b"\0") + artist[:30].ljust(30, b"\0") + b"Old Album".ljust(30, b"\0")
    )
    return b"TAG" + cells + b"1999" + b"hello".ljust(28, b"\0") + bytes([0, 3, genre])


def ape(*items: tuple[str, bytes], binary: bool = True) -> bytes:
    """An APEv2 tag with a header and a footer."""
    wanted = [(name, value, 0) for name, value in items]
    if binary:
        wanted.append(("Cover Art (Front)", b"c.png\0" + PICTURE, 2))
    body = b"".join(
        struct.pack("<II", len(value), flags) + name.encode() + b"\0" + value
        for name, value, flags in wanted
    )

    def edge(flags: int) -> bytes:
        sizes = struct.pack("<IIII", 2000, len(body) + 32, len(wanted), flags)
        return b"APETAGEX" + sizes + bytes(8)

    return edge(0xA0000000) + body + edge(0x80000000)


def lyrics3() -> bytes:
    """A Lyrics3v2 tag, which is followed by an ID3v1 tag."""
    body = b"LYRICSBEGIN" + b"IND0000200" + b"EAL00009Lyr Album" + b"ETT00009Lyr Title"
    return body + b"%06dLYRICS200" % len(body)


def v2(version: int, *frames: mutagen.id3.Frame) -> bytes:
    """An ID3v2 tag."""
    tag = mutagen.id3.ID3()
    for frame in frames:
        tag.add(frame)
    if version == 3:
        tag.update_to_v23()
    out = io.BytesIO()
    tag.save(out, v2_version=version, v1=0)
    return out.getvalue()


FRAMES = (
    TIT2(encoding=3, text=["V2 Title"]),
    TPE1(encoding=3, text=["V2 Artist"]),
    TALB(encoding=3, text=["V2 Album"]),
    TXXX(encoding=3, desc=GAIN, text=["-7 dB"]),
)
BEFORE = {
    "none": b"",
    "id3v2.2": raw_id3(2, b"TT2\0\0\4\0Old" + b"TP1\0\0\4\0Who"),
    "id3v2.3": v2(3, *FRAMES),
    "id3v2.4": v2(4, *FRAMES),
    "picture": v2(4, APIC(encoding=0, mime="image/png", type=3, desc="", data=PICTURE)),
    "padding": raw_id3(4, bytes(100)),
}
"""What may stand before the sound of an mp3."""

_APE = ape(("Title", b"Ape Title"), ("Artist", "Äpe".encode()), (GAIN, b"-6.00 dB"))
_GAIN_ONLY = ape((GAIN, b"-6.00 dB"), ("MP3GAIN_MINMAX", b"089,179"), binary=False)
BEHIND = {
    "none": b"",
    "id3v1": v1(),
    "cut-off": v1(b"A title of over thirty letters, cut", b"x  "),
    "latin": v1("Déjà vu".encode("latin-1"), b"x"),
    "utf-8": v1("晴天".encode(), "Мир".encode()),
    "no-genre": v1(genre=255),
    "ape": _APE,
    "ape-id3v1": _APE + v1(),
    "gain": _GAIN_ONLY,
    "gain-id3v1": _GAIN_ONLY + v1(),
    "lyrics3-id3v1": lyrics3() + v1(),
    "ape-lyrics3-id3v1": _APE + lyrics3() + v1(),
}
"""What may stand behind the sound of an mp3."""


def chunk(name: bytes, content: bytes, order: str = "<") -> bytes:
    """A chunk of a wav or aiff file."""
    return name + struct.pack(order + "I", len(content)) + content + b"\0" * (len(content) % 2)


def info(*items: tuple[bytes, bytes]) -> bytes:
    """A LIST INFO chunk."""
    return chunk(b"LIST", b"INFO" + b"".join(chunk(name, text + b"\0") for name, text in items))


INFO = info(
    (b"INAM", b"Info Title"),
    (b"IART", "Äinfo".encode()),
    (b"IPRD", b"Info Album"),
    (b"ICRD", b"2001"),
    (b"ITRK", b"4"),
)
BEXT = chunk(b"bext", b"Description".ljust(256, b"\0") + bytes(602 - 256))
CHUNKS = {
    "none": b"",
    "info": INFO,
    "bext-info": BEXT + INFO,
    "id3": chunk(b"id3 ", BEFORE["id3v2.3"]),
    "ID3": chunk(b"ID3 ", BEFORE["id3v2.4"]),
    "info-id3": INFO + chunk(b"id3 ", BEFORE["id3v2.4"]),
    "info-picture": INFO + chunk(b"id3 ", BEFORE["picture"]),
}
"""What may follow the sound of a wav file."""
BEHIND_RIFF = {
    "text": b"made by an editor" * 5,
    "half-a-chunk": b"made\xff\xff\xff\x7fabc",
    "chunk": chunk(b"XTRA", b"abc"),
    "zeros": bytes(99),
    "id3v1": v1(),
}


def seen(path: Path) -> dict[str, dict[str, str]]:
    """What each program reads: names in lower case, without marks about AI."""
    return {
        reader.__name__: {
            name.lower(): value
            for name, value in reader(path).items()
            if not name.lower().removeprefix("txxx:").startswith(("ai_", "aigc", "digitals"))
        }
        for reader in (ffmpeg, by_mutagen, mutagens_ape, first_system)
    }


def lost(before: dict[str, dict[str, str]], after: dict[str, dict[str, str]]) -> list[str]:
    """What a program read before and reads otherwise now.

    FFmpeg shows what isn't UTF-8 as U+FFFD, and others read UTF-8 in ID3v1 as Latin-1: right
    characters instead are no loss.
    """
    return [
        f"{reader} {name}: {value!r} is {after[reader].get(name)!r}"
        for reader, found in before.items()
        for name, value in found.items()
        if after[reader].get(name) not in (value, _mended(value)) and "\ufffd" not in value
    ]


def _mended(text: str) -> str:
    try:
        return text.encode("latin-1").decode()
    except UnicodeError:
        return text


def ffmpeg(path: Path) -> dict[str, str]:
    """What FFmpeg reads."""
    with av.open(str(path), metadata_errors="replace") as container:
        return {**container.streams.audio[0].metadata, **container.metadata}


def by_mutagen(path: Path) -> dict[str, str]:
    """What mutagen reads, and as what it opens the file."""
    opened = mutagen.File(path)
    kind = {"kind": type(opened).__name__}
    tags = opened.tags if opened is not None else None
    if tags is None:
        return kind
    pairs = tags.items() if hasattr(tags, "items") else tags
    return kind | {name: str(value) for name, value in pairs}


def mutagens_ape(path: Path) -> dict[str, str]:
    """What mutagen reads in an APEv2 tag."""
    try:
        return {name: str(value) for name, value in mutagen.apev2.APEv2(path).items()}
    except mutagen.apev2.error:
        return {}


def first_system(path: Path) -> dict[str, str]:
    """The first tag system that isn't empty, as TagLib takes it."""
    for system in _SYSTEMS.get(path.suffix, ()):
        if found := system(path):
            return {name: value for name, value in found.items() if name}
    return {}


_TEXTS = {"TIT2": "title", "TPE1": "artist", "TALB": "album", "TDRC": "date", "TRCK": "track"}


def _of_id3(tag: mutagen.id3.ID3) -> dict[str, str]:
    found = {_TEXTS[key]: str(frame) for key, frame in tag.items() if key in _TEXTS}
    found |= {frame.desc.lower(): str(frame) for frame in tag.getall("TXXX")}
    return found or ({"": "no text, but a frame"} if tag else {})


def _id3v2(path: Path) -> dict[str, str]:
    try:
        return _of_id3(mutagen.id3.ID3(path, load_v1=False))
    except mutagen.id3.ID3NoHeaderError:
        return {}


def _id3v1(path: Path) -> dict[str, str]:
    tail = path.read_bytes()[-128:]
    if tail[:3] != b"TAG":
        return {}
    cells = {"title": tail[3:33], "artist": tail[33:63], "album": tail[63:93], "date": tail[93:97]}
    texts = {name: cell.split(b"\0")[0].strip() for name, cell in cells.items()}
    found = {name: _decoded(text) for name, text in texts.items() if text}
    return found | ({"track": str(tail[126])} if not tail[125] and tail[126] else {})


def _decoded(text: bytes) -> str:
    try:
        return text.decode()
    except UnicodeDecodeError:
        return text.decode("latin-1")


def _ape(path: Path) -> dict[str, str]:
    found = {name.lower(): value for name, value in mutagens_ape(path).items()}
    return {name: value for name, value in found.items() if not name.startswith("cover")}


def _comments(path: Path) -> dict[str, str]:
    names = {"tracknumber": "track"}
    return {names.get(n.lower(), n.lower()): v for n, v in mutagen.flac.FLAC(path).tags or ()}


def _riff_id3(path: Path) -> dict[str, str]:
    tags = mutagen.File(path).tags
    return _of_id3(tags) if tags else {}


def _riff_info(path: Path) -> dict[str, str]:
    data = path.read_bytes()
    at = data.find(b"INFO")
    names = {
        b"INAM": "title",
        b"IART": "artist",
        b"IPRD": "album",
        b"ICRD": "date",
        b"ITRK": "track",
    }
    found = {}
    if at > 0:
        end = at + struct.unpack("<I", data[at - 4 : at])[0]
        at += 4
        while at < end:
            (size,) = struct.unpack("<I", data[at + 4 : at + 8])
            found[names[data[at : at + 4]]] = data[at + 8 : at + 8 + size].strip(b"\0").decode()
            at += 8 + size + size % 2
    return found


_SYSTEMS: dict[str, tuple[Callable[[Path], dict[str, str]], ...]] = {
    ".mp3": (_id3v2, _ape, _id3v1),
    ".aac": (_id3v2, _ape, _id3v1),
    ".wv": (_ape, _id3v1),
    ".flac": (_comments, _id3v2, _id3v1),
    ".wav": (_riff_id3, _riff_info),
    ".aiff": (_riff_id3,),
}


def _frames(container: av.container.InputContainer) -> Iterator[av.AudioFrame]:
    """The frames that can be decoded; tags behind the sound can look like a broken one."""
    packets = container.demux(audio=0)
    with suppress(av.FFmpegError):
        for packet in packets:
            with suppress(av.error.InvalidDataError):
                yield from packet.decode()


def decoded(path: Path) -> tuple[int, bytes]:
    """The samples, decoded by FFmpeg's library without Phonoscope."""
    with av.open(str(path), metadata_errors="replace") as container:
        frames = [np.ascontiguousarray(f.to_ndarray()) for f in _frames(container)]
    return sum(f.shape[-1] for f in frames), b"".join(f.tobytes() for f in frames)

"""Short real files with tags in 31 containers, so that every parser has something to read.

FFmpeg's encoders write most of them; DSF, IFF, DTS-HD and xWMA, which it only reads, are written
here.
"""

from __future__ import annotations

import functools
import io
import struct
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

import av
import mutagen
from mutagen.id3 import APIC, COMM, ID3, TIT2, TPE1, TXXX, WOAS

from tests.helpers.sounds import FORMATS, Format, sine, write

LENGTH_S = 0.35

_MORE = {
    "voc": Format("voc", "voc", "pcm_u8"),
    "nut": Format("nut", "nut", "mp2"),
    "rm": Format("rm", "rm", "ac3"),
    "sox": Format("sox", "sox", "pcm_s32le"),
    "loas": Format("loas", "latm", "aac"),
    "mpeg": Format("mpg", "mpeg", "mp2"),
    "amr": Format("amr", "amr", "libopencore_amrnb"),
    "webm": Format("webm", "webm", "libopus"),
    "mov": Format("mov", "mov", "pcm_s16be"),
    "3gp": Format("3gp", "3gp", "aac"),
}
_WRITTEN_BY_FFMPEG = (
    *("wav-16", "wav-float", "wav-adpcm", "rf64", "aiff-16", "flac-16", "m4a-alac", "caf-24"),
    *("mp3", "ogg-vorbis", "opus", "m4a-aac", "aac-adts", "mka-opus", "wma", "ac3", "eac3"),
    *("wavpack", "ts-aac", "flv-mp3", "avi-mp3", "tta", "oga-flac", "mp2", "w64", "au"),
)
_TAGGED = frozenset({".wav", ".aiff", ".flac", ".m4a", ".ogg", ".opus", ".wma", ".wv", ".tta"})


@functools.cache
def seed(name: str) -> bytes:
    """Return the file of a name in :data:`SEEDS`."""
    return _WRITERS[name]() if name in _WRITERS else _by_ffmpeg(name)


def _by_ffmpeg(name: str) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        form = FORMATS.get(name) or _MORE[name]
        rate_hz, channels = 22_050 if form.exact else 44_100, 2
        if "opus" in form.codec.lower():
            rate_hz = 48_000
        if name == "amr":
            rate_hz, channels = 8_000, 1
        path = Path(folder) / f"seed.{form.suffix}"
        write(path, sine(LENGTH_S, rate_hz, channels), rate_hz, form)
        _tag(path)
        return path.read_bytes()


def _tag(path: Path) -> None:
    if path.suffix == ".mp3":
        tags = ID3()
        tags.add(TIT2(encoding=1, text=["晴天"]))
        tags.add(TPE1(encoding=3, text=["Ночь", "夜"]))
        tags.add(COMM(encoding=0, lang="eng", desc="", text=["made with suno; id=1"]))
        tags.add(TXXX(encoding=3, desc="AIGC", text=['{"AIGC": {"Label": "1"}}']))
        tags.add(WOAS(url="https://suno.com/song/1"))
        tags.add(APIC(encoding=0, mime="image/png", type=3, desc="", data=bytes(300)))
        tags.save(path, v1=2)
        return
    if path.suffix not in _TAGGED or path.read_bytes()[:4] == b"RF64":  # mutagen knows none
        return
    with path.open("rb") as file:
        tagged = mutagen.File(file)
    if tagged is None:
        return
    if tagged.tags is None:
        tagged.add_tags()
    if isinstance(tagged.tags, ID3):
        tagged.tags.add(TXXX(encoding=3, desc="AIGC", text=['{"AIGC": {"Label": "1"}}']))
    elif path.suffix in (".m4a", ".mp4"):
        tagged.tags["----:com.apple.iTunes:AIGC"] = b'{"AIGC": {"Label": "1"}}'
    else:
        tagged.tags["AIGC"] = '{"AIGC": {"Label": "1"}}'
    with path.open("r+b") as file:
        tagged.save(file)


def _iff() -> bytes:
    """Write IFF with 8SVX, by the format of the Amiga."""
    sound = (sine(LENGTH_S, 22_050, 1)[0] * 127).astype("i1").tobytes()
    header = struct.pack(">IIIHBBI", len(sound), 0, 0, 22_050, 1, 0, 1 << 16)
    chunks = [(b"VHDR", header), (b"NAME", b"Seed"), (b"ANNO", b"made with suno"), (b"BODY", sound)]
    body = b"8SVX" + b"".join(
        name + struct.pack(">I", len(data)) + data + bytes(len(data) % 2) for name, data in chunks
    )
    return b"FORM" + struct.pack(">I", len(body)) + body


def _dsf() -> bytes:
    """Write DSF, by Sony's description of the format, with an ID3 tag at its end."""
    block, rate_hz = 4096, 2_822_400
    blocks = int(LENGTH_S * rate_hz / 8 / block)
    bits = bytes([0x69, 0x96]) * (block // 2) * blocks * 2
    form = struct.pack("<IIIIIIQII", 1, 0, 2, 2, rate_hz, 1, blocks * block * 8, block, 0)
    body = b"fmt " + struct.pack("<Q", 12 + len(form)) + form
    body += b"data" + struct.pack("<Q", 12 + len(bits)) + bits
    tag = io.BytesIO()
    ID3().save(tag)
    tags = ID3()
    tags.add(TIT2(encoding=3, text=["Seed"]))
    tags.save(tag)
    ends = 28 + len(body)
    header = b"DSD " + struct.pack("<QQQ", 28, ends + len(tag.getvalue()), ends)
    return header + body + tag.getvalue()


@functools.cache
def _dts() -> bytes:
    # PyAV's FFmpeg has no encoder of DTS; the program has one, which it calls experimental.
    sound = f"sine=997:duration={LENGTH_S}:sample_rate=48000"
    words = ["ffmpeg", "-v", "error", "-f", "lavfi", "-i", sound, "-ac", "2"]
    words += ["-c:a", "dca", "-strict", "-2", "-b:a", "320k", "-f", "dts", "-"]
    return subprocess.run(words, capture_output=True, check=True).stdout


def _dtshd() -> bytes:
    header = b"DTSHDHDR" + struct.pack(">Q", 8) + bytes(8)
    return header + b"STRMDATA" + struct.pack(">Q", len(_dts())) + _dts()


def _xwma() -> bytes:
    """Write xWMA: packets of WMA in a RIFF file."""
    with tempfile.TemporaryDirectory() as folder:
        path = write(Path(folder) / "seed.wma", sine(LENGTH_S), form="wma")
        with av.open(str(path)) as found:
            stream = found.streams.audio[0]
            context = stream.codec_context
            packets = [bytes(packet) for packet in found.demux(stream) if packet.size]
            extra = context.extradata or b""
    size = len(packets[0])
    form = struct.pack("<HHIIHHH", 0x161, 2, 44_100, 24_000, size, 16, len(extra)) + extra
    decoded = b"".join(struct.pack("<I", 4 * 2048 * (n + 1)) for n in range(len(packets)))
    chunks = [(b"fmt ", form), (b"dpds", decoded), (b"data", b"".join(packets))]
    body = b"XWMA" + b"".join(
        name + struct.pack("<I", len(data)) + data + bytes(len(data) % 2) for name, data in chunks
    )
    return b"RIFF" + struct.pack("<I", len(body)) + body


_WRITERS: dict[str, Callable[[], bytes]] = {
    "iff": _iff,
    "dsf": _dsf,
    "dts": _dts,
    "dtshd": _dtshd,
    "xwma": _xwma,
}
SEEDS = (*_WRITTEN_BY_FFMPEG, *_MORE, *_WRITERS)
"""Names of the files; several may be of one container."""

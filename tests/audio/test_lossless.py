"""Whether a stream is lossless: from the stream, not from the codec's name."""

from __future__ import annotations

import io
import struct
from pathlib import Path

import av
import pytest

from phonoscope.audio.container import Container
from phonoscope.audio.lossless import Coding, coding, refined
from tests.helpers.sounds import sine, write


@pytest.mark.parametrize(
    ("codec", "profile", "extradata", "bits", "expected"),
    [
        ("wmalossless", None, struct.pack("<H", 24), 32, Coding(True, 24)),
        ("wmav2", None, b"", 32, Coding(False, None)),
        ("wmapro", None, struct.pack("<H", 24), 32, Coding(False, None)),
        # ALSSpecificConfig: 44.1 kHz, 100 samples, two channels, 16 bits.
        (
            "als",
            None,
            b"\0\0ALS\0" + struct.pack(">IIHB", 44_100, 100, 1, 1 << 2),
            16,
            Coding(True, 16),
        ),
        (
            "als",
            None,
            b"ALS\0" + struct.pack(">IIHB", 44_100, 100, 1, 2 << 2),
            32,
            Coding(True, 24),
        ),
        ("dca", "DTS-HD MA", None, 32, Coding(True, None)),
        ("dca", "DTS-HD MA + DTS:X", None, 32, Coding(True, None)),
        ("dca", "DTS-HD HRA", None, 32, Coding(False, None)),
        ("dca", "DTS", None, 32, Coding(False, None)),
        ("dsd_lsbf_planar", None, None, 32, Coding(True, 1)),
        ("dst", None, None, 32, Coding(True, 1)),
        ("pcm_f32le", None, None, 32, Coding(True, 32)),
        ("pcm_f64be", None, None, 64, Coding(True, 64)),
        ("pcm_f16le", None, None, 32, Coding(True, 16)),
        ("pcm_mulaw", None, None, 16, Coding(False, None)),
        ("pcm_vidc", None, None, 16, Coding(False, None)),
        ("pcm_bluray", None, None, 16, Coding(True, 16)),
        ("adpcm_ima_wav", None, None, 16, Coding(False, None)),
        ("mlp", None, None, 32, Coding(True, None)),
        ("ac3", None, None, 32, Coding(False, None)),
    ],
)
def test_headers(
    codec: str, profile: str | None, extradata: bytes | None, bits: int, expected: Coding
) -> None:
    assert coding(codec, profile, extradata, bits) == expected


def block(flags: int) -> bytes:
    """A WavPack block header: its mark, size, version, positions and flags."""
    return b"wvpk" + bytes(20) + struct.pack("<I", flags) + bytes(4)


@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        (0x1, Coding(True, 16)),
        (0x2, Coding(True, 24)),
        (0x3, Coding(True, 32)),
        # 20 bits in three bytes, shifted by four.
        (0x2 | 4 << 13, Coding(True, 20)),
        (0x1 | 0x8, Coding(False, None)),
        (0x80000000, Coding(True, 1)),
    ],
)
def test_wavpack_says_it_in_every_block(flags: int, expected: Coding) -> None:
    assert refined(Coding(True, 16), "wavpack", block(flags)) == expected


@pytest.mark.parametrize("packet", [b"", b"wvpk", block(0x8)[:31], b"other" + bytes(40)])
def test_a_packet_that_is_no_block_changes_nothing(packet: bytes) -> None:
    assert refined(Coding(True, 24), "wavpack", packet) == Coding(True, 24)


@pytest.mark.parametrize("container", ["wavpack", "matroska"])
def test_a_hybrid_file_is_lossy_in_every_container(container: str, tmp_path: Path) -> None:
    path = write(tmp_path / "a.wv", sine(0.3), 44_100, "wavpack")
    if container == "matroska":
        other = tmp_path / "a.mka"
        with av.open(str(path)) as source, av.open(str(other), "w", format="matroska") as out:
            stream = out.add_stream_from_template(source.streams.audio[0])
            for packet in source.demux(source.streams.audio[0]):
                if packet.size:
                    packet.stream = stream
                    out.mux(packet)
        path = other
    data = path.read_bytes()
    assert lossless(data) == (True, 32)
    # The same blocks, declared as hybrid: what they decode to doesn't matter here.
    marked = bytearray(data)
    marked[data.index(flags_of(tmp_path))] |= 0x8
    assert lossless(bytes(marked)) == (False, None)


def flags_of(folder: Path) -> bytes:
    """The flags of the first block, by which they are found in Matroska's shortened header."""
    data = (folder / "a.wv").read_bytes()
    return data[data.index(b"wvpk") + 24 :][:8]


def lossless(data: bytes) -> tuple[bool, int | None]:
    container = Container(io.BytesIO(data))
    for _ in container.frames():
        pass
    container.close()
    return container.described.lossless, container.described.bit_depth


def test_dsd_keeps_every_sample() -> None:
    rate_hz, block_bytes = 2_822_400, 4096
    sound = b"\x69" * block_bytes * 20  # half of the bits are ones: silence
    form = struct.pack("<QIIIIIIQII", 52, 1, 0, 1, 1, rate_hz, 1, len(sound) * 8, block_bytes, 0)
    data = b"data" + struct.pack("<Q", 12 + len(sound)) + sound
    whole = 28 + 52 + len(data)
    dsf = b"DSD " + struct.pack("<QQQ", 28, whole, 0) + b"fmt " + form + data
    assert lossless(dsf) == (True, 1)

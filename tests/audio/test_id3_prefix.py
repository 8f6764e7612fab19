"""ID3v2 tags before the sound: of any length, before any container."""

from __future__ import annotations

import io
import struct
from pathlib import Path

import pytest

from phonoscope.audio.decode import Decoder
from phonoscope.audio.id3_prefix import sound_start
from phonoscope.disclosure.id3_frames import to_syncsafe
from phonoscope.disclosure.read import read_labels
from tests.helpers.sounds import FORMATS, sine, write


def tag(size: int, *, version: int = 4, footer: bool = False, title: str = "") -> bytes:
    """A tag with a title and a picture of a size."""
    frames = b""
    for name, content in ((b"TIT2", b"\0" + title.encode()), (b"APIC", b"\0" + b"\x7f" * size)):
        length = to_syncsafe(len(content)) if version == 4 else struct.pack(">I", len(content))
        frames += name + length + b"\0\0" + content
    header = bytes([version, 0, 0x10 if footer else 0]) + to_syncsafe(len(frames))
    return b"ID3" + header + frames + (b"3DI" + header if footer else b"")


PREFIXES = {
    "small": tag(100),
    "longer than 1 MiB": tag(1_100_000),
    "two in a row": tag(1_100_000) + tag(600_000, version=3),
    "with a footer": tag(1_100_000, footer=True),
    "with padding that it doesn't count": tag(1_100_000) + bytes(2_000),
}


@pytest.mark.parametrize("prefix", PREFIXES)
@pytest.mark.parametrize("name", ["flac-16", "ogg-vorbis", "wav-16", "aac-adts", "mp3", "m4a-aac"])
def test_sound_behind_a_tag_is_the_sound_without_it(name: str, prefix: str, tmp_path: Path) -> None:
    plain = write(tmp_path / "plain", sine(0.5), 44_100, name).read_bytes()
    # ADTS and mp3 from FFmpeg may begin with a tag of their own.
    bare = plain[sound_start(io.BytesIO(plain)) :]

    def facts(data: bytes) -> tuple[str, float, bytes]:
        with Decoder(io.BytesIO(data)) as decoder:
            samples = b"".join(block.samples.tobytes() for block in decoder.blocks())
            return decoder.stream.container, decoder.outcome().duration_s, samples

    assert facts(PREFIXES[prefix] + bare) == facts(bare)


@pytest.mark.parametrize("name", ["flac-16", "ogg-vorbis", "wav-16", "aac-adts", "mp3"])
def test_tags_behind_and_in_a_prefix_are_read(name: str, tmp_path: Path) -> None:
    tags = {"album": "Inside"} if FORMATS[name].by == "soundfile" else None
    path = write(tmp_path / "sound", sine(0.5), 44_100, name, tags=tags)
    path.write_bytes(tag(1_200_000, title="In front") + tag(10, title="Older") + path.read_bytes())
    shown = read_labels(path).tags
    assert (shown.title, shown.error) == ("In front", None)
    assert shown.album == ("Inside" if tags else None)


def test_a_size_beyond_the_file_hides_nothing(tmp_path: Path) -> None:
    data = b"ID3\4\0\0\x7f\x7f\x7f\x7f" + write(tmp_path / "a.flac", sine(0.5)).read_bytes()
    assert sound_start(io.BytesIO(data)) == 0

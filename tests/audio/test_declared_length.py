"""Declared lengths: the padding of codecs is cut, and a file that was cut off is seen."""

from __future__ import annotations

import io
import struct
import subprocess
from pathlib import Path

import mutagen.mp4
import numpy as np
import pytest

from phonoscope.audio.decode import Decoder
from phonoscope.audio.stream import Decoded, Stream
from tests.helpers.sounds import noise, sine, write


def decoded(data: bytes) -> tuple[np.ndarray, Stream, Decoded]:
    with Decoder(io.BytesIO(data)) as decoder:
        samples = np.concatenate([block.samples for block in decoder.blocks()], axis=1)
        return samples, decoder.stream, decoder.outcome()


# ---- padding ----------------------------------------------------------------------------


@pytest.mark.parametrize("rate_hz", [22_050, 44_100, 48_000])
@pytest.mark.parametrize("length_s", [0.5, 1.2345, 3.0])
@pytest.mark.parametrize("name", ["m4a-aac", "mp4-aac", "m4a-alac"])
def test_mp4_is_as_long_as_what_was_encoded(
    name: str, length_s: float, rate_hz: int, tmp_path: Path
) -> None:
    sound = sine(length_s, rate_hz)
    samples, _, outcome = decoded(write(tmp_path / "a", sound, rate_hz, name).read_bytes())
    assert outcome.samples == samples.shape[1] == sound.shape[1]


@pytest.mark.parametrize(
    "options",
    [
        ["-movflags", "+faststart"],
        ["-movflags", "delay_moov", "-frag_duration", "300000"],
        ["-f", "mov"],
    ],
)
def test_other_layouts_of_mp4(options: list[str], tmp_path: Path) -> None:
    source = write(tmp_path / "a.wav", sine(2.3, 48_000), 48_000)
    path = tmp_path / "a.mp4"
    command = ["ffmpeg", "-v", "error", "-i", str(source), "-c:a", "aac", *options]
    subprocess.run([*command, str(path)], check=True)
    assert decoded(path.read_bytes())[2].samples == 110_400


def without_edits(data: bytes) -> bytes:
    return data.replace(b"edts", b"free").replace(b"elst", b"free")


def test_itunes_number_of_samples(tmp_path: Path) -> None:
    path = write(tmp_path / "a.m4a", sine(1.5), 44_100, "m4a-aac")
    tagged = tmp_path / "b.m4a"
    smpb = " 00000000 00000400 000002E4 {:016X} 00000000"
    for samples in (66_150, 66_000, 10):
        tagged.write_bytes(path.read_bytes())
        tags = mutagen.mp4.MP4(tagged)
        tags["----:com.apple.iTunes:iTunSMPB"] = smpb.format(samples).encode()
        tags.save()
        found = decoded(without_edits(tagged.read_bytes()))[2].samples
        # A tag that leaves out nearly everything is wrong about the sound.
        assert found == samples if samples > 10 else found > 66_150


@pytest.mark.parametrize("seconds", [0.2, 100.0])
def test_a_duration_that_does_not_fit_cuts_nothing(seconds: float, tmp_path: Path) -> None:
    path = write(tmp_path / "a.m4a", sine(1.5), 44_100, "m4a-aac")
    data = bytearray(without_edits(path.read_bytes()))
    at = data.index(b"stts") + 12
    entries = struct.unpack_from(">I", data, at - 4)[0]
    for entry in range(entries):
        count, _ = struct.unpack_from(">II", data, at + 8 * entry)
        struct.pack_into(">II", data, at + 8 * entry, count, round(seconds / 1.5 * 1024))
    assert decoded(bytes(data))[2].samples >= 66_150


# ---- truncation -------------------------------------------------------------------------

STATES_ITS_LENGTH = ["mp3", "flac-16", "wav-16", "rf64", "w64", "caf-24", "au", "aiff-16", "tta"]


@pytest.mark.parametrize("name", [*STATES_ITS_LENGTH, "wavpack", "mka-opus"])
def test_half_a_file_is_truncated_and_a_whole_one_is_not(name: str, tmp_path: Path) -> None:
    rate_hz = 48_000 if "opus" in name else 44_100
    whole = write(tmp_path / "a", noise(4.0, rate_hz), rate_hz, name).read_bytes()
    _, stream, outcome = decoded(whole)
    assert not outcome.truncated
    assert stream.declared_duration_s == pytest.approx(4.0, abs=0.05)
    _, stream, outcome = decoded(whole[: len(whole) // 2])
    assert outcome.truncated
    assert stream.declared_duration_s == pytest.approx(4.0, abs=0.05)


@pytest.mark.parametrize("options", [["-b:a", "128k"], ["-q:a", "5"], ["-ar", "22050", "-ac", "1"]])
def test_frames_of_mp3_are_counted(options: list[str], tmp_path: Path) -> None:
    source, path = write(tmp_path / "a.wav", noise(5.0)), tmp_path / "a.mp3"
    subprocess.run(["ffmpeg", "-v", "error", "-i", str(source), *options, str(path)], check=True)
    data = path.read_bytes()
    assert not decoded(data)[2].truncated
    assert decoded(data[: len(data) // 2])[2].truncated
    # Two files in one: the first one's number of frames doesn't say how long they are.
    assert not decoded(data + data)[2].truncated


def test_frames_of_fraunhofers_header(tmp_path: Path) -> None:
    data = bytearray(write(tmp_path / "a.mp3", noise(3.0), 44_100, "mp3").read_bytes())
    at = data.index(b"\xff\xfb")
    # Over the first frame, which holds no sound: VBRI, version 1, delay, quality, bytes, frames.
    vbri = (
        b"VBRI" + struct.pack(">HHHII", 1, 0, 75, len(data), 400) + struct.pack(">4H", 0, 1, 2, 1)
    )
    data[at + 4 : at + 36 + len(vbri)] = bytes(32) + vbri
    _, _, outcome = decoded(bytes(data))
    # 400 frames of 1,152 samples are 10.4 s; 3 s are there.
    assert outcome.truncated


def test_an_mp3_that_states_nothing_is_not_truncated(tmp_path: Path) -> None:
    source, path = write(tmp_path / "a.wav", noise(5.0)), tmp_path / "a.mp3"
    options = ["-write_xing", "0", "-q:a", "5"]
    subprocess.run(["ffmpeg", "-v", "error", "-i", str(source), *options, str(path)], check=True)
    data = path.read_bytes()
    assert not decoded(data[: len(data) // 2])[2].truncated


@pytest.mark.parametrize("name", ["ogg-vorbis", "opus"])
def test_ogg_with_a_hole_is_shorter_than_its_last_page_says(name: str, tmp_path: Path) -> None:
    rate_hz = 48_000 if name == "opus" else 44_100
    data = write(tmp_path / "a", noise(30.0, rate_hz), rate_hz, name).read_bytes()
    pages, at = [], 0
    while (at := data.find(b"OggS\0", at)) >= 0:
        pages.append(at)
        at += 1
    third = len(pages) // 3
    assert not decoded(data)[2].truncated
    assert decoded(data[: pages[third]] + data[pages[2 * third] :])[2].truncated
    # A recording that began in the middle of a broadcast lacks nothing.
    assert not decoded(data[: pages[2]] + data[pages[2 * third] :])[2].truncated

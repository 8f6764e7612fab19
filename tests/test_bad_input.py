"""Every input, however bad, is a correct result or a row that says honestly why not."""

from __future__ import annotations

import dataclasses
import json
import os
import resource
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile

import phonoscope.analysis
from phonoscope.analysis import Analysis, analyse
from phonoscope.columns import column
from phonoscope.disclosure import read
from phonoscope.errors import ErrorKind
from phonoscope.escape import printable
from tests.helpers.sounds import FORMATS, noise, sine, write, write_image, write_video

LONGEST_S = 20.0
"""No bad input of these tests may take longer."""


@pytest.fixture(scope="module", autouse=True)
def _warm(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Import everything once, so that the times are those of the files."""
    analyse(str(write(tmp_path_factory.mktemp("warm") / "a.wav", sine(0.1))))


def examined(path: Path | str) -> Analysis:
    """Examine a file, and hold the result to what is promised of every result."""
    started = time.process_time()
    exam = analyse(os.fspath(path))
    assert time.process_time() - started < LONGEST_S
    hold_promises(exam)
    return exam


def hold_promises(exam: Analysis) -> None:
    json.dumps(exam.to_json(), allow_nan=False).encode()
    assert (exam.error is None) == (exam.error_kind is None)
    assert exam.error_kind is not ErrorKind.INTERNAL, exam.error
    if exam.error is not None:
        assert exam.error == printable(exam.error)
        assert 10 < len(exam.error) <= 500
        assert "Traceback" not in exam.error
        assert exam.verdict.verdict == "unreadable"
        assert exam.stream is exam.decoded is None
    else:
        assert exam.duration_s is not None
        assert exam.duration_s > 0
        assert exam.recording_id is not None
    for name, value in exam.descriptors.items():
        assert np.all(np.isfinite(value)) if isinstance(value, float) else True, (name, value)


def kind(exam: Analysis) -> ErrorKind | None:
    return exam.error_kind


# ---- files that hold no sound -----------------------------------------------------------


def test_zero_bytes(tmp_path: Path) -> None:
    path = tmp_path / "empty.mp3"
    path.touch()
    exam = examined(path)
    assert kind(exam) is ErrorKind.EMPTY


@pytest.mark.parametrize(
    "content",
    [
        b"x",
        b"just words, renamed\n" * 500,
        "слова и слова\n".encode() * 500,
        b"<!doctype html><html><body><audio src='http://example.org/a.mp3'></audio></html>",
        b"\0" * 100_000,
        b"%PDF-1.7\n" + bytes(range(256)) * 100,
        b"PK\x03\x04" + bytes(range(256)) * 100,
        np.random.default_rng(5).bytes(200_000),
    ],
    ids=["byte", "text", "cyrillic", "html", "zeros", "pdf", "zip", "random"],
)
@pytest.mark.parametrize("suffix", [".mp3", ".wav", ".ogg", ".flac", ".m4a", ""])
def test_what_is_no_sound_is_no_sound_under_any_suffix(
    content: bytes, suffix: str, tmp_path: Path
) -> None:
    path = tmp_path / f"file{suffix}"
    path.write_bytes(content)
    # Random bytes hold MPEG headers by chance; then not one frame can be decoded.
    assert kind(examined(path)) in (ErrorKind.NOT_AUDIO, ErrorKind.UNDECODABLE)


@pytest.mark.parametrize("suffix", ["png", "jpg", "gif", "bmp"])
def test_images_are_not_sound(suffix: str, tmp_path: Path) -> None:
    picture = write_image(tmp_path / f"cover.{suffix}")
    assert kind(examined(picture)) is ErrorKind.NOT_AUDIO
    assert kind(examined(picture.rename(tmp_path / "cover.mp3"))) is ErrorKind.NOT_AUDIO


def test_video_without_sound(tmp_path: Path) -> None:
    exam = examined(write_video(tmp_path / "silent.mp4", None))
    assert kind(exam) is ErrorKind.NO_AUDIO_STREAM
    assert exam.error is not None
    assert "video" in exam.error


def test_video_with_sound(tmp_path: Path) -> None:
    exam = examined(write_video(tmp_path / "film.mp4", sine(1.0)))
    assert exam.stream is not None
    assert (exam.stream.codec, exam.duration_s) == ("aac", pytest.approx(1.0, abs=0.05))


# ---- files that point elsewhere ---------------------------------------------------------


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """What the examination opens; FFmpeg is given no name, so Python opens everything."""
    names: list[object] = []
    real = os.open

    def watched(path: object, *args: object, **named: object) -> int:
        names.append(path)
        return real(path, *args, **named)  # type: ignore[arg-type]  # handed on as it came

    monkeypatch.setattr(os, "open", watched)
    return names


@pytest.fixture
def server() -> Iterator[socket.socket]:
    """Listen on a port of this machine that nobody may call."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setblocking(False)
        yield listener
        with pytest.raises(BlockingIOError):
            listener.accept()


PLAYLISTS = {
    "m3u8": "#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\n{secret}\n#EXT-X-ENDLIST\n",
    "m3u8-http": "#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\nhttp://127.0.0.1:{port}/a.ts\n",
    "ffconcat": "ffconcat version 1.0\nfile '{secret}'\n",
    "dash": "<?xml version='1.0'?><MPD xmlns='urn:mpeg:dash:schema:mpd:2011'><Period>"
    "<BaseURL>{secret}</BaseURL></Period></MPD>",
    "sdp": "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=audio 9 RTP/AVP 0\n",
    "pls": "[playlist]\nFile1={secret}\nNumberOfEntries=1\n",
    "asx": "<asx version='3'><entry><ref href='{secret}'/></entry></asx>",
    "imf": "<?xml version='1.0'?><CompositionPlaylist xmlns='http://x'></CompositionPlaylist>",
}


@pytest.mark.parametrize("name", PLAYLISTS)
def test_playlists_open_nothing(
    name: str, tmp_path: Path, opened: list[object], server: socket.socket
) -> None:
    secret = write(tmp_path / "secret.wav", sine(0.5))
    path = tmp_path / f"list.{name.partition('-')[0]}"
    path.write_text(PLAYLISTS[name].format(secret=secret, port=server.getsockname()[1]))
    assert kind(examined(path)) is ErrorKind.NOT_AUDIO
    assert {Path(str(p)).name for p in opened} == {path.name}


def test_a_quicktime_reference_is_not_followed(tmp_path: Path, opened: list[object]) -> None:
    # A reference movie: moov > rmra > rmda > rdrf with an address in place of media.
    secret = write(tmp_path / "secret.m4a", sine(0.5), 44_100, "m4a-aac")

    def box(name: bytes, content: bytes) -> bytes:
        return struct.pack(">I4s", 8 + len(content), name) + content

    address = str(secret).encode() + b"\0"
    rdrf = box(b"rdrf", bytes(4) + b"url " + struct.pack(">I", len(address)) + address)
    path = tmp_path / "reference.mov"
    path.write_bytes(
        box(b"ftyp", b"qt  " + bytes(4)) + box(b"moov", box(b"rmra", box(b"rmda", rdrf)))
    )
    assert kind(examined(path)) in (ErrorKind.NOT_AUDIO, ErrorKind.NO_AUDIO_STREAM)
    assert {Path(str(p)).name for p in opened} == {path.name}


@pytest.mark.parametrize(
    "name",
    [
        "http:127.0.0.1:9",
        "concat:secret.wav|secret.wav",
        "subfile,,start,0,end,0,,:secret.wav",
        "pipe:0",
        "data:audio",
        "%03d.wav",
        "-i",
        "--help",
        "two\nlines",
        "晴天 🎹 Ночь.wav",
        "n" * 255,
    ],
)
def test_names_mean_nothing(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, opened: list[object]
) -> None:
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "sound", sine(0.5))
    os.rename("sound", name)
    exam = examined(name)
    assert exam.duration_s == pytest.approx(0.5)
    assert {str(p) for p in opened} == {str(tmp_path / name)}
    assert "\n" not in str(exam.to_json()["file"])


def test_a_name_that_is_not_utf8(tmp_path: Path) -> None:
    path = os.path.join(os.fsencode(tmp_path), b"\xff\x80.wav")
    os.rename(write(tmp_path / "sound", sine(0.5)), path)
    exam = examined(os.fsdecode(path))
    assert exam.duration_s == pytest.approx(0.5)
    assert exam.file.startswith("file://")


# ---- what isn't a file --------------------------------------------------------------------


def test_what_is_no_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "loop").symlink_to("loop")
    assert kind(examined(tmp_path)) is ErrorKind.NOT_A_FILE
    assert kind(examined(tmp_path / "fifo")) is ErrorKind.NOT_A_FILE
    assert kind(examined("/dev/zero")) is ErrorKind.NOT_A_FILE
    assert kind(examined(tmp_path / "loop")) is ErrorKind.IO
    assert kind(examined(tmp_path / "gone.wav")) is ErrorKind.VANISHED
    assert kind(examined("nul\0byte")) is ErrorKind.IO


def test_a_file_that_vanishes_between_hash_and_decoding(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path / "a.wav", sine(0.5))
    identify = phonoscope.analysis.identify_source

    def then_gone(uri: str) -> tuple[str, int]:
        known = identify(uri)
        path.unlink()
        return known

    monkeypatch.setattr(phonoscope.analysis, "identify_source", then_gone)
    exam = examined(path)
    assert kind(exam) is ErrorKind.VANISHED
    assert exam.recording_id is not None


def test_no_permission_as_an_ordinary_user(tmp_path: Path) -> None:
    # Root may read everything, so a process that gave its rights away does the reading.
    path = write(tmp_path / "secret.wav", sine(0.5))
    path.chmod(0)
    code = (
        "import os, sys\n"
        "from phonoscope.analysis import analyse\n"
        "if os.geteuid() == 0:\n"
        "    os.chmod(os.path.dirname(sys.argv[1]), 0o755)\n"
        "    os.setegid(65534); os.seteuid(65534)\n"
        "try:\n"
        "    os.stat(sys.argv[1])\n"
        "except PermissionError:\n"
        "    pass  # a folder above is closed to others: refused all the same\n"
        "exam = analyse(sys.argv[1])\n"
        "print(exam.error_kind)\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code, str(path)], check=True, capture_output=True, text=True
    )
    assert ran.stdout.strip() == "not-permitted"


# ---- truncation and lies ----------------------------------------------------------------


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("kept", [0.6, 0.1, 0.003])
def test_truncated_files(name: str, kept: float, tmp_path: Path) -> None:
    form = FORMATS[name]
    rate_hz = 48_000 if "opus" in name else 44_100
    whole = write(tmp_path / "whole", noise(2.0, rate_hz), rate_hz, form)
    cut = tmp_path / f"cut.{form.suffix}"
    cut.write_bytes(whole.read_bytes()[: max(4, int(kept * whole.stat().st_size))])
    exam = examined(cut)
    if exam.error_kind is None:
        assert exam.duration_s is not None
        assert exam.duration_s <= 2.05 * max(kept, 0.01) + 1.0
    else:
        assert exam.error_kind in (
            ErrorKind.NOT_AUDIO,
            ErrorKind.UNDECODABLE,
            ErrorKind.NO_AUDIO_STREAM,
        )
    # More than half of a file in a container that is read from the front is a result.
    if kept == 0.6 and name not in ("m4a-alac", "m4a-aac", "mp4-aac"):
        assert exam.error_kind is None


def wav(fmt: bytes, data: bytes, data_size: int | None = None) -> bytes:
    size = len(data) if data_size is None else data_size
    body = b"WAVEfmt " + struct.pack("<I", len(fmt)) + fmt + b"data" + struct.pack("<I", size)
    return b"RIFF" + struct.pack("<I", min(2**32 - 1, len(body) + size)) + body + data


def pcm(channels: int, rate_hz: int, bits: int = 16) -> bytes:
    frame = channels * bits // 8
    return struct.pack(
        "<HHIIHH", 1, channels, rate_hz, rate_hz * frame % 2**32, frame % 2**16, bits
    )


SECOND = (8000 * sine(1.0)).astype("<i2").T.tobytes()


@pytest.mark.parametrize(
    ("fmt", "data_size", "expected"),
    [
        (pcm(2, 44_100), 2**32 - 2, None),
        (pcm(2, 44_100), 0xFFFFFFFF, None),
        (pcm(2, 44_100), 0, None),
        (pcm(65_535, 44_100), None, ErrorKind.UNDECODABLE),
        (pcm(65, 44_100), None, ErrorKind.UNDECODABLE),
        (pcm(0, 44_100), None, ErrorKind.UNDECODABLE),
        (pcm(2, 2**31), None, ErrorKind.UNDECODABLE),
        (pcm(2, 2**31 - 1), None, ErrorKind.UNDECODABLE),
        (pcm(2, 0), None, ErrorKind.UNDECODABLE),
        (pcm(2, 10), None, ErrorKind.UNDECODABLE),
        (pcm(2, 3_999), None, ErrorKind.UNDECODABLE),
    ],
    ids=lambda value: value.hex()[:24] if isinstance(value, bytes) else str(value),
)
def test_wav_headers_that_lie(
    fmt: bytes, data_size: int | None, expected: ErrorKind | None, tmp_path: Path
) -> None:
    path = tmp_path / "lies.wav"
    path.write_bytes(wav(fmt, SECOND, data_size))
    used_before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    exam = examined(path)
    if expected is None:
        assert exam.duration_s == pytest.approx(1.0, abs=0.05)
    else:
        # Some lies end in no container, some in no decoder; none in a result.
        assert kind(exam) in (expected, ErrorKind.NOT_AUDIO, ErrorKind.NO_AUDIO_STREAM)
    grown_mib = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - used_before) / 1024
    assert grown_mib < 300


def test_sixty_four_channels_are_sound(tmp_path: Path) -> None:
    path = tmp_path / "many.wav"
    path.write_bytes(wav(pcm(64, 8_000), bytes(64 * 2 * 8_000)))
    exam = examined(path)
    assert exam.stream is not None
    assert (exam.stream.channels, exam.duration_s) == (64, 1.0)


# ---- sound at the edges -----------------------------------------------------------------


@pytest.mark.parametrize("samples", [1, 2, 100, 1_023])
@pytest.mark.parametrize("name", ["wav-16", "wav-float", "flac-16", "aiff-24"])
def test_a_few_samples(name: str, samples: int, tmp_path: Path) -> None:
    exam = examined(write(tmp_path / "short", sine(1.0)[:, :samples], 44_100, name))
    assert exam.decoded is not None
    assert exam.decoded.samples == samples


@pytest.mark.parametrize("name", ["wav-16", "wav-float", "flac-16", "aiff-16", "ogg-vorbis"])
def test_no_samples_at_all(name: str, tmp_path: Path) -> None:
    path = tmp_path / "none"
    write(path, np.zeros((2, 0), np.float32), rate_hz=48_000, form=name)
    exam = examined(path)
    assert kind(exam) in (ErrorKind.UNDECODABLE, ErrorKind.NOT_AUDIO, ErrorKind.EMPTY)


@pytest.mark.parametrize(
    ("rate_hz", "channels"), [(4_000, 1), (8_000, 1), (192_000, 6), (768_000, 1)]
)
def test_rates_from_telephone_to_studio(rate_hz: int, channels: int, tmp_path: Path) -> None:
    sound = sine(1.0, rate_hz, channels, frequency_hz=50.0)
    exam = examined(write(tmp_path / "a.wav", sound, rate_hz, "wav-24"))
    assert exam.stream is not None
    assert (exam.stream.sample_rate_hz, exam.stream.channels) == (rate_hz, channels)
    assert exam.duration_s == 1.0


@pytest.mark.parametrize(
    "make",
    [
        np.zeros,
        lambda n: np.full(n, np.nan),
        lambda n: np.full(n, np.inf),
        lambda n: np.full(n, 1e30),
        lambda n: np.full(n, 1.0),
        lambda n: np.full(n, 1e-30),
        lambda n: np.where(np.arange(n) % 7, 0.1, np.nan),
        lambda n: np.where(np.arange(n) % 2, 9_999.0, -9_999.0),
        lambda n: np.eye(1, n, n // 2)[0],
    ],
    ids=["silence", "nan", "inf", "1e30", "dc", "tiny", "nans", "loudest", "click"],
)
@pytest.mark.parametrize("seconds", [0.01, 12.0])
def test_values_at_the_edges(
    make: Callable[[int], np.ndarray], seconds: float, tmp_path: Path
) -> None:
    path = tmp_path / "edge.wav"
    soundfile.write(path, make(round(44_100 * seconds)), 44_100, "FLOAT")
    exam = examined(path)
    assert exam.duration_s == pytest.approx(seconds, abs=1e-4)


# ---- results stay plain -----------------------------------------------------------------


def test_numbers_that_are_not_finite_become_none_in_json(tmp_path: Path) -> None:
    exam = examined(write(tmp_path / "a.wav", sine(0.5)))

    @dataclasses.dataclass(frozen=True)
    class Odd:
        nan: float = column("Not a number.")
        many: tuple[float, ...] = column("Infinite.")
        number: np.float32 = column("Of numpy.")
        row: np.ndarray = column("An array of numpy.")

    odd = Odd(float("nan"), (1.0, float("inf")), np.float32(0.5), np.array([1.0, np.nan]))
    shape = dataclasses.replace(exam, results={"odd": odd}).to_json()["descriptors"]
    assert json.loads(json.dumps(shape, allow_nan=False)) == {
        "nan": None,
        "many": [1.0, None],
        "number": 0.5,
        "row": [1.0, None],
    }


def test_a_fault_of_ours_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("two\nlines\x1b[31m" + "x" * 9_999)

    monkeypatch.setattr(read, "read_marks", fail)
    exam = analyse(str(write(tmp_path / "a.wav", sine(0.5))))
    assert kind(exam) is ErrorKind.INTERNAL
    assert exam.error is not None
    assert exam.error.isprintable()
    assert len(exam.error) <= 500


def test_memory_that_runs_out_is_a_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr(read, "read_marks", fail)
    assert kind(analyse(str(write(tmp_path / "a.wav", sine(0.5))))) is ErrorKind.MEMORY_LIMIT


def test_nothing_is_written_to_standard_streams(tmp_path: Path) -> None:
    path = write(tmp_path / "a.mp3", noise(2.0), 44_100, "mp3")
    data = bytearray(path.read_bytes())
    data[5_000:9_000] = bytes(4_000)
    path.write_bytes(data)
    code = "import sys; from phonoscope.analysis import analyse; analyse(sys.argv[1])"
    ran = subprocess.run([sys.executable, "-c", code, str(path)], check=True, capture_output=True)
    assert (ran.stdout, ran.stderr) == (b"", b"")

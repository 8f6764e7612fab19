"""Decoding against the sound that was written, and against ffprobe."""

from __future__ import annotations

import io
import itertools
import subprocess
from pathlib import Path

import av
import numpy as np
import pytest
import scipy.signal
import soundfile
from hypothesis import given
from hypothesis import strategies as st

from phonoscope.audio import decode
from phonoscope.audio.block import Block
from phonoscope.audio.decode import Decoder
from phonoscope.audio.spectra import fine_size
from phonoscope.audio.stream import Decoded, Stream
from phonoscope.errors import ErrorKind, UnreadableError
from tests.helpers.sounds import FORMATS, LAYOUTS, noise, sine, write, write_video

# A codec starts and ends with a transient; its tolerance holds between.
EDGE = 4_000


def decoded(path: Path) -> tuple[np.ndarray, Stream, Decoded]:
    with path.open("rb") as file, Decoder(file) as decoder:
        blocks = list(decoder.blocks())
        samples = np.concatenate([block.samples for block in blocks], axis=1)
        return samples, decoder.stream, decoder.outcome()


def ffprobe_duration_s(path: Path) -> float:
    """Duration that Debian's ffprobe reports: another build, another version of FFmpeg."""
    command = ["ffprobe", "-v", "error", "-show_entries", "format=duration", "-of", "csv=p=0"]
    shown = subprocess.run([*command, str(path)], check=True, capture_output=True, text=True)
    return float(shown.stdout)


def rate_for(name: str) -> int:
    return 48_000 if "opus" in name else 44_100


# ---- every format -----------------------------------------------------------------------


@pytest.mark.parametrize("name", FORMATS)
def test_samples_channels_and_duration_are_those_written(name: str, tmp_path: Path) -> None:
    form, rate_hz = FORMATS[name], rate_for(name)
    sound = sine(3.0, rate_hz)
    path = write(tmp_path / f"sound.{form.suffix}", sound, rate_hz, form)

    samples, stream, outcome = decoded(path)

    assert (stream.sample_rate_hz, stream.channels) == (rate_hz, 2)
    assert stream.channel_layout == "stereo"
    assert outcome.samples == samples.shape[1]
    assert outcome.duration_s == pytest.approx(ffprobe_duration_s(path), abs=0.05)
    assert outcome.decode_errors == outcome.nonfinite_samples == outcome.format_changes == 0
    assert not outcome.truncated
    if form.exact:
        assert outcome.samples == sound.shape[1]
    # Each channel has its own frequency, so this also holds the order of channels.
    at = EDGE + form.delay_samples
    length = sound.shape[1] - 2 * EDGE - abs(form.delay_samples)
    error = samples[:, at : at + length] - sound[:, EDGE : EDGE + length]
    assert np.abs(error).max() <= form.tolerance


@pytest.mark.parametrize(
    ("name", "codec", "bit_depth", "lossless"),
    [
        ("wav-16", "pcm_s16le", 16, True),
        ("wav-24", "pcm_s24le", 24, True),
        ("wav-float", "pcm_f32le", 32, True),
        ("wav-double", "pcm_f64le", 64, True),
        ("wav-alaw", "pcm_alaw", None, False),
        ("wav-adpcm", "adpcm_ms", None, False),
        ("flac-16", "flac", 16, True),
        ("flac-24", "flac", 24, True),
        ("m4a-alac", "alac", 24, True),
        ("tta", "tta", 16, True),
        ("ogg-vorbis", "vorbis", None, False),
        ("opus", "opus", None, False),
        ("mp3", "mp3", None, False),
        ("m4a-aac", "aac", None, False),
    ],
)
def test_stream_tells_codec_and_depth_as_coded(
    name: str, codec: str, bit_depth: int | None, lossless: bool, tmp_path: Path
) -> None:
    path = write(tmp_path / "sound", sine(0.5, rate_for(name)), rate_for(name), name)
    _, stream, _ = decoded(path)
    assert (stream.codec, stream.bit_depth, stream.lossless) == (codec, bit_depth, lossless)


@pytest.mark.parametrize("bit_rate_bps", [96_000, 320_000])
def test_bit_rate_is_that_of_the_encoder(bit_rate_bps: int, tmp_path: Path) -> None:
    path = write(tmp_path / "a.mp3", sine(2.0), 44_100, "mp3", bit_rate_bps=bit_rate_bps)
    assert decoded(path)[1].bit_rate_bps == bit_rate_bps


@pytest.mark.parametrize(
    ("rate_hz", "channels"), [(8_000, 1), (11_025, 1), (22_050, 2), (96_000, 2), (192_000, 6)]
)
@pytest.mark.parametrize("name", ["wav-24", "flac-24", "aiff-24"])
def test_rates_and_channels(name: str, rate_hz: int, channels: int, tmp_path: Path) -> None:
    sound = sine(0.5, rate_hz, channels, frequency_hz=300.0)
    samples, stream, outcome = decoded(write(tmp_path / "sound", sound, rate_hz, name))
    assert (stream.sample_rate_hz, stream.channels) == (rate_hz, channels)
    np.testing.assert_allclose(samples, sound, atol=2.0**-22)
    assert outcome.samples == sound.shape[1]


def test_six_channels_of_aac_keep_their_order(tmp_path: Path) -> None:
    sound = sine(1.0, 48_000, 6, frequency_hz=20.0)  # the fourth channel carries bass only
    samples, stream, _ = decoded(write(tmp_path / "a.m4a", sound, 48_000, "m4a-aac"))
    assert stream.channel_layout == "5.1"
    middle = slice(20_000, 30_000)
    alike = np.corrcoef(samples[:, middle], sound[:, middle])[:6, 6:]
    assert alike.argmax(axis=1).tolist() == [0, 1, 2, 3, 4, 5]
    assert alike.diagonal().min() > 0.9


def test_gapless_mp3_loses_encoder_delay_and_padding(tmp_path: Path) -> None:
    sound = sine(1.2345)
    samples, stream, _ = decoded(write(tmp_path / "a.mp3", sound, 44_100, "mp3"))
    assert samples.shape == sound.shape
    assert stream.declared_duration_s == pytest.approx(1.2345, abs=1e-4)


def test_mono_mp3_of_a_low_rate(tmp_path: Path) -> None:
    mono = write(tmp_path / "a.mp3", sine(0.5, 22_050, 1), 22_050, "mp3")
    samples, stream, outcome = decoded(mono)
    assert (stream.sample_rate_hz, stream.channels) == (22_050, 1)
    assert samples.shape[0] == 1
    assert outcome.duration_s == pytest.approx(0.5, abs=0.06)


def test_video_with_sound_gives_its_sound(tmp_path: Path) -> None:
    sound = sine(1.0)
    samples, stream, _ = decoded(write_video(tmp_path / "film.mp4", sound))
    assert (stream.codec, stream.channels) == ("aac", 2)
    assert np.abs(samples[:, EDGE:20_000] - sound[:, EDGE:20_000]).max() < 0.1


def test_suffix_does_not_matter(tmp_path: Path) -> None:
    path = write(tmp_path / "really-flac.mp3", sine(0.5), 44_100, "flac-16")
    assert decoded(path)[1].container == "flac"


# ---- values that are not sound ----------------------------------------------------------


@pytest.mark.parametrize("subtype", ["FLOAT", "DOUBLE"])
def test_nan_infinite_and_absurd_samples_are_silence_and_counted(
    subtype: str, tmp_path: Path
) -> None:
    sound = sine(0.5, channels=1)[0].astype(np.float64)
    bad = {100: np.nan, 200: np.inf, 300: -np.inf, 400: 1e30, 500: -1e5}
    if subtype == "DOUBLE":
        bad[600] = 1e300
    for at, value in bad.items():
        sound[at] = value
    path = tmp_path / "bad.wav"
    soundfile.write(path, sound, 44_100, subtype)

    samples, _, outcome = decoded(path)

    assert outcome.nonfinite_samples == len(bad)
    assert np.isfinite(samples).all()
    assert not samples[0, list(bad)].any()
    good = np.setdiff1d(np.arange(sound.size), list(bad))
    np.testing.assert_allclose(samples[0, good], sound[good], atol=1e-7)


def test_signalling_nan_is_no_warning(tmp_path: Path) -> None:
    path = tmp_path / "bad.wav"
    soundfile.write(path, np.zeros(1_000), 44_100, "DOUBLE")
    data = bytearray(path.read_bytes())
    data[-80:-72] = bytes.fromhex("010000000000f07f")
    path.write_bytes(data)
    assert decoded(path)[2].nonfinite_samples == 1


def test_float_above_full_scale_is_kept(tmp_path: Path) -> None:
    sound = 3.0 * sine(0.2)
    samples, _, outcome = decoded(write(tmp_path / "a.wav", sound, 44_100, "wav-float"))
    np.testing.assert_array_equal(samples, sound)
    assert outcome.nonfinite_samples == 0


@pytest.mark.parametrize("channels", [1, 2, 6])
def test_64_bit_integers(channels: int, tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    with av.open(str(path), "w", format="wav") as out:
        stream = out.add_stream("pcm_s64le", rate=44_100, layout=LAYOUTS[channels])
        sound = sine(0.3, channels=channels)
        frame = av.AudioFrame.from_ndarray(sound, format="fltp", layout=LAYOUTS[channels])
        frame.sample_rate = 44_100
        out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    samples, described, outcome = decoded(path)
    assert (described.bit_depth, outcome.format_changes) == (64, 0)
    np.testing.assert_allclose(samples, sound, atol=1e-6)


# ---- streams that change ----------------------------------------------------------------


def chained(tmp_path: Path, name: str, *parts: tuple[np.ndarray, int]) -> Path:
    """Write sounds one after the other into one file."""
    joined = tmp_path / f"chained.{FORMATS[name].suffix}"
    data = b""
    for number, (sound, rate_hz) in enumerate(parts):
        data += write(tmp_path / f"part-{number}", sound, rate_hz, name).read_bytes()
    joined.write_bytes(data)
    return joined


def test_chained_ogg_is_one_sound(tmp_path: Path) -> None:
    path = chained(tmp_path, "ogg-vorbis", (sine(1.0), 44_100), (sine(2.0), 44_100))
    samples, _, outcome = decoded(path)
    assert outcome.duration_s == pytest.approx(3.0, abs=0.05)
    assert np.abs(samples).max() < 0.7


def test_mp3_that_turns_to_mono_and_back_keeps_its_channels(tmp_path: Path) -> None:
    stereo, mono = sine(1.0), sine(1.0, channels=1)
    path = chained(tmp_path, "mp3", (stereo, 44_100), (mono, 44_100), (stereo, 44_100))
    samples, stream, outcome = decoded(path)
    assert stream.channels == samples.shape[0] == 2
    assert outcome.format_changes == 2
    # Encoder delay and padding stay inside the joints: 1105 + at most 1152 + 529 each.
    assert outcome.duration_s == pytest.approx(3.0, abs=0.2)


def test_mp3_that_changes_its_rate_is_resampled(tmp_path: Path) -> None:
    path = chained(tmp_path, "mp3", (sine(1.0), 44_100), (sine(1.0, 22_050), 22_050))
    samples, stream, outcome = decoded(path)
    assert (stream.sample_rate_hz, outcome.format_changes) == (44_100, 1)
    assert outcome.duration_s == pytest.approx(2.0, abs=0.2)
    tail = samples[0, 60_000:76_384]
    loudest = np.argmax(np.abs(np.fft.rfft(tail * np.hanning(tail.size))))
    assert loudest * 44_100 / tail.size == pytest.approx(997.0, abs=3.0)


# ---- streams that can't be opened -------------------------------------------------------


def unreadable(data: bytes) -> UnreadableError:
    with pytest.raises(UnreadableError) as caught:
        decode_all(io.BytesIO(data))
    return caught.value


def test_an_audio_stream_that_cannot_be_opened_is_not_missing(tmp_path: Path) -> None:
    webm = bytearray(write(tmp_path / "a.mka", sine(0.5, 48_000), 48_000, "mka-opus").read_bytes())
    webm[webm.index(b"OpusHead") + 9] = 0  # no channels
    error = unreadable(bytes(webm))
    assert error.kind is ErrorKind.UNDECODABLE
    assert "opus" in str(error)

    adts = bytearray(write(tmp_path / "a.aac", sine(0.5), 44_100, "aac-adts").read_bytes())
    for at in range(len(adts) - 2):
        if adts[at] == 0xFF and adts[at + 1] & 0xF6 == 0xF0:
            adts[at + 2] |= 15 << 2  # a rate that doesn't exist
    assert unreadable(bytes(adts)).kind is ErrorKind.UNDECODABLE


def test_an_unknown_codec_is_undecodable_and_no_sound_is_no_stream(tmp_path: Path) -> None:
    alac = write(tmp_path / "a.m4a", sine(0.5), 44_100, "m4a-alac").read_bytes()
    assert unreadable(alac.replace(b"alac", b"zzzz")).kind is ErrorKind.UNDECODABLE
    silent = write_video(tmp_path / "film.mp4", None).read_bytes()
    assert unreadable(silent).kind is ErrorKind.NO_AUDIO_STREAM


# ---- damage -----------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["wav-16", "flac-16", "aiff-16", "mp3", "ogg-vorbis", "opus"])
def test_half_a_file_gives_half_the_sound(name: str, tmp_path: Path) -> None:
    whole = write(tmp_path / "whole", noise(6.0, rate_for(name)), rate_for(name), name)
    half = tmp_path / "half"
    half.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    samples, _, outcome = decoded(half)
    # libsndfile's opus comes in pages of a second; a cut page is lost whole.
    assert outcome.duration_s == pytest.approx(3.0, abs=1.1 if name == "opus" else 0.3)
    assert np.isfinite(samples).all()
    if name in ("wav-16", "flac-16", "aiff-16"):
        assert outcome.truncated


def test_zeros_in_the_middle_of_an_mp3_are_passed_over(tmp_path: Path) -> None:
    path = write(tmp_path / "a.mp3", noise(6.0), 44_100, "mp3")
    data = bytearray(path.read_bytes())
    third = len(data) // 3
    data[third : third + 20_000] = bytes(20_000)
    path.write_bytes(data)
    _, _, outcome = decoded(path)
    assert 4.5 < outcome.duration_s <= 6.05


class FailsLater(io.BytesIO):
    """A file on a disk that fails after some bytes."""

    def __init__(self, data: bytes, good_bytes: int) -> None:
        super().__init__(data)
        self.good_bytes = good_bytes

    def read(self, size: int | None = -1) -> bytes:
        if self.tell() >= self.good_bytes:
            raise OSError(5, "Input/output error")
        return super().read(size)


@pytest.mark.parametrize("good_bytes", [0, 300_000])
def test_a_failing_disk_is_not_a_damaged_file(good_bytes: int, tmp_path: Path) -> None:
    data = write(tmp_path / "a.wav", noise(10.0)).read_bytes()
    with pytest.raises(UnreadableError) as caught:
        decode_all(FailsLater(data, good_bytes))
    assert caught.value.kind is ErrorKind.IO


def decode_all(file: io.BytesIO) -> None:
    with Decoder(file) as decoder:
        for _ in decoder.blocks():
            pass


# ---- blocks -----------------------------------------------------------------------------


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make blocks of 2^17 samples, 3 s, as a long recording of many channels has them."""
    monkeypatch.setattr(decode, "BLOCK_SAMPLES", 1)


@pytest.mark.usefixtures("small_blocks")
def test_blocks_follow_each_other_and_carry_what_came_before(tmp_path: Path) -> None:
    sound = noise(10.0)
    path = write(tmp_path / "a.wav", sound, 44_100, "wav-float")
    with path.open("rb") as file, Decoder(file) as decoder:
        blocks = list(decoder.blocks())
    assert len(blocks) == 4
    assert [block.last for block in blocks] == [False, False, False, True]
    np.testing.assert_array_equal(np.concatenate([b.samples for b in blocks], axis=1), sound)
    for block in blocks:
        before = sound[:, max(0, block.start - fine_size(44_100)) : block.start]
        np.testing.assert_array_equal(block.lead, before)


def blocks_of(sound: np.ndarray, cuts: list[int], rate_hz: int) -> list[Block]:
    keep = fine_size(rate_hz)
    edges = [0, *sorted(cuts), sound.shape[1]]
    return [
        Block(
            sound[:, start:stop],
            sound[:, max(0, start - keep) : start],
            start,
            rate_hz,
            last=stop == sound.shape[1],
        )
        for start, stop in itertools.pairwise(edges)
        if stop > start
    ]


def one_shot(sound: np.ndarray, size: int, hop: int, rate_hz: int) -> np.ndarray:
    """Power spectra of the whole sound by scipy, padded with zeros to whole frames."""
    mono = sound.astype(np.float64).mean(axis=0)
    frames = max(1, 1 + -(-(mono.size - size) // hop))
    mono = np.pad(mono, (0, max(0, (frames - 1) * hop + size - mono.size)))
    _, _, spectra = scipy.signal.stft(
        mono, rate_hz, "hann", size, size - hop, boundary=None, padded=False, scaling="spectrum"
    )
    return np.square(2 * np.abs(spectra)).T


@given(
    length=st.integers(1, 40_000),
    cuts=st.lists(st.integers(1, 39_999), max_size=4, unique=True),
    channels=st.integers(1, 3),
)
def test_spectra_and_rms_do_not_depend_on_where_blocks_are_cut(
    length: int, cuts: list[int], channels: int
) -> None:
    rate_hz = 8_000  # fine frames of 4096 samples, coarse ones of 512
    sound = noise(length / rate_hz, rate_hz, channels, seed=length)
    blocks = blocks_of(sound, [cut for cut in cuts if cut < length], rate_hz)

    for name, size in (("fine", fine_size(rate_hz)), ("coarse", fine_size(rate_hz) // 8)):
        parts = [getattr(block, name) for block in blocks]
        hop = parts[0].hop
        expected = one_shot(sound, size, hop, rate_hz)
        got = np.concatenate([part.power for part in parts])
        firsts = np.cumsum([0] + [len(part.power) for part in parts[:-1]])
        assert [p.first for p in parts if len(p.power)] == [
            first for first, p in zip(firsts, parts, strict=True) if len(p.power)
        ]
        assert got.shape == expected.shape
        np.testing.assert_allclose(got, expected, rtol=1e-3, atol=1e-9)

    hop = blocks[0].rms_hop
    steps = -(-length // hop)
    padded = np.pad(sound.astype(np.float64), ((0, 0), (0, steps * hop - length)))
    expected_rms = np.sqrt(np.square(padded).reshape(channels, steps, hop).mean(axis=(0, 2)))
    np.testing.assert_allclose(
        np.concatenate([block.rms for block in blocks]), expected_rms, rtol=1e-4, atol=1e-7
    )


def test_every_layout_the_tests_write_is_known() -> None:
    assert {av.AudioLayout(name).nb_channels for name in LAYOUTS.values()} == set(LAYOUTS)

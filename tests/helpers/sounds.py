"""Sounds and files that the tests make themselves; nothing comes from elsewhere.

Sounds are float32 arrays of shape (channels, n), full scale 1.0. :data:`FORMATS` names
every container and codec the tests can write; :func:`write` writes one.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
import soundfile
from numpy.typing import NDArray

LAYOUTS = {1: "mono", 2: "stereo", 6: "5.1"}


@dataclass(frozen=True)
class Format:
    """One way to write a sound to a file."""

    suffix: str
    container: str
    """Muxer of FFmpeg, or major format of libsndfile."""
    codec: str
    """Encoder of FFmpeg, or subtype of libsndfile."""
    by: str = "av"
    """What writes it: ``av`` or ``soundfile``."""
    tolerance: float = 0.0
    """Largest error of a sample of a 0.5 sine that the codec may leave."""
    exact: bool = False
    """Whether the number of samples survives."""
    sample: str | None = None
    """Sample format of FFmpeg's encoder, where its first one is not meant."""
    delay_samples: int = 0
    """What codec and container together add at the start (negative: lose), and do not declare.

    Formats that declare it (mp3 with a Xing header, mp4 with an edit list, opus) have none.
    """


FORMATS = {
    "wav-16": Format("wav", "WAV", "PCM_16", "soundfile", 2.0**-15, True),
    "wav-24": Format("wav", "WAV", "PCM_24", "soundfile", 2.0**-22, True),
    "wav-32": Format("wav", "WAV", "PCM_32", "soundfile", 2.0**-23, True),
    "wav-u8": Format("wav", "WAV", "PCM_U8", "soundfile", 2.0**-6, True),
    "wav-float": Format("wav", "WAV", "FLOAT", "soundfile", 1e-7, True),
    "wav-double": Format("wav", "WAV", "DOUBLE", "soundfile", 1e-7, True),
    "wav-alaw": Format("wav", "WAV", "ALAW", "soundfile", 0.02, True),
    "wav-mulaw": Format("wav", "WAV", "ULAW", "soundfile", 0.02, True),
    "wav-adpcm": Format("wav", "wav", "adpcm_ms", "av", 0.05),
    "rf64": Format("wav", "RF64", "PCM_16", "soundfile", 2.0**-15, True),
    "w64": Format("w64", "W64", "PCM_24", "soundfile", 2.0**-22, True),
    "aiff-16": Format("aiff", "AIFF", "PCM_16", "soundfile", 2.0**-15, True),
    "aiff-24": Format("aiff", "AIFF", "PCM_24", "soundfile", 2.0**-22, True),
    "caf-24": Format("caf", "CAF", "PCM_24", "soundfile", 2.0**-22, True),
    "au": Format("au", "AU", "PCM_16", "soundfile", 2.0**-15, True),
    "flac-16": Format("flac", "FLAC", "PCM_16", "soundfile", 2.0**-15, True),
    "flac-24": Format("flac", "FLAC", "PCM_24", "soundfile", 2.0**-22, True),
    "oga-flac": Format("oga", "ogg", "flac", "av", 2.0**-15, True),
    "m4a-alac": Format("m4a", "ipod", "alac", "av", 2.0**-15, True),
    "wavpack": Format("wv", "wv", "wavpack", "av", 1e-6, True, "fltp"),
    "tta": Format("tta", "tta", "tta", "av", 2.0**-15, True, "s16"),
    "ogg-vorbis": Format("ogg", "OGG", "VORBIS", "soundfile", 0.05, True),
    "opus": Format("opus", "OGG", "OPUS", "soundfile", 0.03, True),
    "mp3": Format("mp3", "mp3", "libmp3lame", "av", 0.03, True),
    "m4a-aac": Format("m4a", "ipod", "aac", "av", 0.1),
    "mp4-aac": Format("mp4", "mp4", "aac", "av", 0.1),
    "aac-adts": Format("aac", "adts", "aac", "av", 0.1, delay_samples=1024),
    "mka-opus": Format("mka", "matroska", "libopus", "av", 0.03),
    "wma": Format("wma", "asf", "wmav2", "av", 0.05, delay_samples=-2048),
    "ac3": Format("ac3", "ac3", "ac3", "av", 0.05, delay_samples=256),
    "eac3": Format("eac3", "eac3", "eac3", "av", 0.05, delay_samples=256),
    "mp2": Format("mp2", "mp2", "mp2", "av", 0.1, delay_samples=481),
    "ts-aac": Format("ts", "mpegts", "aac", "av", 0.1, delay_samples=1024),
    "avi-mp3": Format("avi", "avi", "libmp3lame", "av", 0.03, delay_samples=1105),
    "flv-mp3": Format("flv", "flv", "libmp3lame", "av", 0.03, delay_samples=1105),
}
"""Every container and codec the tests can write, by name."""


def sine(
    duration_s: float = 1.0,
    rate_hz: int = 44_100,
    channels: int = 2,
    frequency_hz: float = 997.0,
    amplitude: float = 0.5,
) -> NDArray[np.float32]:
    """A sine; channel ``c`` has ``c + 1`` times the frequency, so that no two are alike."""
    seconds = np.arange(round(duration_s * rate_hz)) / rate_hz
    multiples = np.arange(1, channels + 1)[:, None]
    wave = amplitude * np.sin(2 * np.pi * frequency_hz * multiples * seconds)
    return wave.astype(np.float32)


def noise(
    duration_s: float = 1.0,
    rate_hz: int = 44_100,
    channels: int = 2,
    amplitude: float = 0.1,
    seed: int = 1,
) -> NDArray[np.float32]:
    """White Gaussian noise of this standard deviation, cut off at full scale."""
    shape = (channels, round(duration_s * rate_hz))
    drawn = np.random.default_rng(seed).normal(0.0, amplitude, shape)
    return np.clip(drawn, -1.0, 1.0).astype(np.float32)


def strided(
    sound: NDArray[np.float32],
    spacing_hz: float,
    level: float,
    rate_hz: int = 44_100,
    seed: int = 3,
) -> NDArray[np.float32]:
    """Add what a strided decoder leaves: weak lines at all multiples of one spacing.

    ``level`` is that of the lines together, as a share of the sound's.
    """
    period = round(rate_hz / spacing_hz)
    pattern = np.random.default_rng(seed).normal(size=period)
    pattern -= pattern.mean()
    lines = pattern[np.arange(sound.shape[1]) % period]
    return (sound + level * np.sqrt(np.mean(sound**2)) * lines).astype(np.float32)


def write(
    path: Path,
    samples: NDArray[np.float32],
    rate_hz: int = 44_100,
    form: Format | str = "wav-16",
    *,
    tags: dict[str, str] | None = None,
    bit_rate_bps: int = 192_000,
) -> Path:
    """Write a sound, shape (channels, n), to ``path``; returns ``path``."""
    form = FORMATS[form] if isinstance(form, str) else form
    if form.by == "soundfile":
        with soundfile.SoundFile(
            path, "w", rate_hz, len(samples), form.codec, format=form.container
        ) as out:
            for name, value in (tags or {}).items():
                setattr(out, name, value)
            # In pieces: libsndfile's Vorbis encoder overflows its stack on one long write.
            for at in range(0, samples.shape[1], rate_hz):
                out.write(samples[:, at : at + rate_hz].T)
        return path
    with av.open(str(path), "w", format=form.container) as out:
        out.metadata.update(tags or {})
        stream = out.add_stream(form.codec, rate=rate_hz, layout=LAYOUTS[len(samples)])
        stream.bit_rate = bit_rate_bps
        if form.sample:
            stream.codec_context.format = form.sample
        frame = av.AudioFrame.from_ndarray(
            np.ascontiguousarray(samples), format="fltp", layout=LAYOUTS[len(samples)]
        )
        frame.sample_rate = rate_hz
        frame.pts = 0
        out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return path


def write_video(path: Path, sound: NDArray[np.float32] | None, rate_hz: int = 44_100) -> Path:
    """Write one second of mpeg4 video, with ``sound`` as AAC, or without sound."""
    with av.open(str(path), "w", format="mp4") as out:
        picture = out.add_stream("mpeg4", rate=25)
        picture.width, picture.height, picture.pix_fmt = 64, 48, "yuv420p"
        voice = None
        if sound is not None:
            voice = out.add_stream("aac", rate=rate_hz, layout=LAYOUTS[len(sound)])
            voice.bit_rate = 192_000
        for number in range(25):
            image = np.full((48, 64, 3), 10 * number, np.uint8)
            out.mux(picture.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
        out.mux(picture.encode(None))
        if voice is not None:
            frame = av.AudioFrame.from_ndarray(
                np.ascontiguousarray(sound), format="fltp", layout=LAYOUTS[len(sound)]
            )
            frame.sample_rate = rate_hz
            frame.pts = 0
            out.mux(voice.encode(frame))
            out.mux(voice.encode(None))
    return path


def write_image(path: Path) -> Path:
    """Write a small picture in the format that the suffix names."""
    codec = {"png": "png", "jpg": "mjpeg", "gif": "gif", "bmp": "bmp"}[path.suffix[1:]]
    with av.open(str(path), "w", format="gif" if codec == "gif" else "image2") as out:
        stream = out.add_stream(codec, rate=1)
        stream.width, stream.height = 32, 32
        stream.pix_fmt = {"png": "rgb24", "mjpeg": "yuvj420p", "gif": "rgb8", "bmp": "bgr24"}[codec]
        image = np.random.default_rng(2).integers(0, 255, (32, 32, 3), np.uint8)
        out.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
        out.mux(stream.encode(None))
    return path

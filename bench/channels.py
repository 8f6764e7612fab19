"""Channels a recording goes through on its way to a listener, drawn at random, seeded.

Both classes of a training set go through the same channels, so that a model cannot learn
which codec, rate or loudness a class happened to be collected in.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass

import av
import numpy as np
import scipy.signal
import soundfile
from numpy.typing import NDArray

from phonoscope.audio.decode import Decoder

Sound = tuple[NDArray[np.float32], int]
"""Samples, shape (channels, n), and their rate, Hz."""

LAYOUTS = {1: "mono", 2: "stereo"}


@dataclass(frozen=True)
class Step:
    """One thing that happens to a sound."""

    kind: str
    name: str
    apply: Callable[[Sound], Sound]


def filtered(sound: Sound, *stages: tuple[str, str]) -> Sound:
    """Pass a sound through filters of FFmpeg, each a name and its arguments."""
    samples, rate_hz = sound
    graph = av.filter.Graph()
    layout = LAYOUTS[len(samples)]
    last = graph.add_abuffer(sample_rate=rate_hz, format="fltp", layout=layout)
    for name, arguments in stages:
        following = graph.add(name, arguments)
        last.link_to(following)
        last = following
    end = graph.add("aformat", f"sample_fmts=fltp:channel_layouts={layout}")
    last.link_to(end)
    sink = graph.add("abuffersink")
    end.link_to(sink)
    graph.configure()
    pieces, out_rate = [], rate_hz
    step = 1 << 15
    for at in range(0, samples.shape[1], step):
        frame = av.AudioFrame.from_ndarray(
            np.ascontiguousarray(samples[:, at : at + step]), format="fltp", layout=layout
        )
        frame.sample_rate, frame.pts = rate_hz, at
        graph.push(frame)
    graph.push(None)
    while True:
        try:
            frame = graph.pull()
        except (av.error.BlockingIOError, av.error.EOFError):
            break
        pieces.append(frame.to_ndarray())
        out_rate = frame.sample_rate
    return np.concatenate(pieces, axis=1), out_rate


def resampled(sound: Sound, rate_hz: int) -> Sound:
    """Convert to another rate."""
    return sound if rate_hz == sound[1] else filtered(sound, ("aresample", str(rate_hz)))


def decoded(data: bytes, seconds: float = 1e9) -> Sound:
    """Decode bytes of a file."""
    with Decoder(io.BytesIO(data)) as decoder:
        blocks = []
        for block in decoder.blocks():
            blocks.append(block.samples)
            if block.stop > seconds * block.rate_hz:
                break
        return np.concatenate(blocks, axis=1)[:2], decoder.stream.sample_rate_hz


def coded(sound: Sound, codec: str, bit_rate_bps: int) -> Sound:
    """Encode and decode again; opus and low rates resample as the codec needs."""
    allowed = {"mp3": (16_000, 22_050, 24_000, 32_000, 44_100, 48_000), "opus": (48_000,)}
    if codec in allowed and sound[1] not in allowed[codec]:
        sound = resampled(sound, 48_000 if codec == "opus" or sound[1] > 44_100 else 44_100)
    samples, rate_hz = np.clip(sound[0], -1, 1), sound[1]
    out = io.BytesIO()
    if codec == "vorbis":
        quality = {64_000: 0.9, 96_000: 0.75, 128_000: 0.6, 192_000: 0.35, 256_000: 0.15}
        with soundfile.SoundFile(
            out, "w", rate_hz, len(samples), "VORBIS", format="OGG",
            compression_level=quality[bit_rate_bps],
        ) as file:  # fmt: skip
            for at in range(0, samples.shape[1], rate_hz):
                file.write(samples[:, at : at + rate_hz].T)
        return decoded(out.getvalue())
    encoder, muxer = {
        "mp3": ("libmp3lame", "mp3"),
        "aac": ("aac", "adts"),
        "opus": ("libopus", "ogg"),
    }[codec]
    with av.open(out, "w", format=muxer) as container:
        stream = container.add_stream(encoder, rate=rate_hz, layout=LAYOUTS[len(samples)])
        stream.bit_rate = bit_rate_bps
        frame = av.AudioFrame.from_ndarray(
            np.ascontiguousarray(samples), format="fltp", layout=LAYOUTS[len(samples)]
        )
        frame.sample_rate, frame.pts = rate_hz, 0
        resampler = av.AudioResampler(stream.format.name, stream.layout, rate_hz)
        for part in resampler.resample(frame):
            container.mux(stream.encode(part))
        container.mux(stream.encode(None))
    return decoded(out.getvalue())


def low_passed(sound: Sound, cutoff_hz: float) -> Sound:
    samples, rate_hz = sound
    if cutoff_hz > 0.47 * rate_hz:
        return sound
    taps = scipy.signal.firwin(255, cutoff_hz, fs=rate_hz)
    return scipy.signal.oaconvolve(samples, taps[None], "same", axes=-1).astype("f4"), rate_hz


def noisy(sound: Sound, snr_db: float, rng: np.random.Generator) -> Sound:
    samples, rate_hz = sound
    noise = rng.standard_normal(samples.shape)
    if rng.random() < 0.5:
        noise = scipy.signal.lfilter([1], [1, -0.95], noise, axis=-1)
    level = np.sqrt(np.mean(samples**2)) / np.sqrt(np.mean(noise**2)) * 10 ** (-snr_db / 20)
    return (samples + level * noise).astype(np.float32), rate_hz


def gained(sound: Sound, gain_db: float, ceiling: float = 1.0) -> Sound:
    return np.clip(sound[0] * 10 ** (gain_db / 20), -ceiling, ceiling).astype("f4"), sound[1]


def driven(sound: Sound, over_db: float) -> Sound:
    """Raise until the peak exceeds full scale by ``over_db``, and clip."""
    peak = max(1e-6, float(np.abs(sound[0]).max()))
    return gained(sound, over_db - 20 * np.log10(peak))


def equalised(sound: Sound, rng: np.random.Generator) -> Sound:
    stages = [
        ("equalizer", f"f={rng.uniform(100, 0.4 * sound[1]):.0f}:t=o:w={rng.uniform(0.5, 2):.2f}"
                      f":g={rng.uniform(-6, 6):.1f}")
        for _ in range(3)
    ]  # fmt: skip
    return filtered(sound, *stages)


def pitched(sound: Sound, semitones: float) -> Sound:
    """Shift the pitch and keep the tempo."""
    factor = 2 ** (semitones / 12)
    stages = [("asetrate", str(round(sound[1] * factor))), ("aresample", str(sound[1]))]
    return filtered(sound, *stages, ("atempo", f"{1 / factor:.6f}"))


def stretched(sound: Sound, factor: float) -> Sound:
    """Change the tempo and keep the pitch."""
    return filtered(sound, ("atempo", f"{factor:.6f}"))


def sped(sound: Sound, factor: float) -> Sound:
    """Play faster or slower, tempo and pitch together."""
    rate_hz = sound[1]
    return filtered(sound, ("asetrate", str(round(rate_hz * factor))), ("aresample", str(rate_hz)))


def limited(sound: Sound, over_db: float) -> Sound:
    """Raise until the peak exceeds full scale by ``over_db``, and limit, as loud masters are."""
    peak = max(1e-6, float(np.abs(sound[0]).max()))
    louder = gained(sound, over_db - 20 * np.log10(peak), ceiling=1e9)
    return filtered(louder, ("alimiter", "limit=0.95:level=disabled:attack=5:release=50"))


def mixed_to_mono(sound: Sound) -> Sound:
    return sound[0].mean(axis=0, keepdims=True), sound[1]


CODECS = {
    "mp3": (64_000, 96_000, 128_000, 160_000, 192_000, 256_000, 320_000),
    "aac": (64_000, 96_000, 128_000, 192_000, 256_000),
    "opus": (48_000, 64_000, 96_000, 128_000, 160_000),
    "vorbis": (64_000, 96_000, 128_000, 192_000, 256_000),
}


def draw_codec(rng: np.random.Generator) -> Step:
    codec = str(rng.choice(list(CODECS)))
    bit_rate_bps = int(rng.choice(CODECS[codec]))
    return Step(
        "codec", f"{codec} {bit_rate_bps // 1000}k", lambda s: coded(s, codec, bit_rate_bps)
    )


ALTERATIONS = {
    "pitch": 0.16, "tempo": 0.16, "speed": 0.12, "low-pass": 0.08, "noise": 0.12,
    "resample": 0.12, "eq": 0.08, "limit": 0.08, "mono": 0.08,
}  # fmt: skip
"""Kinds of alterations, and how often each is drawn."""


def draw_alteration(rng: np.random.Generator) -> Step:
    """Draw an alteration and its amount."""
    kind = str(rng.choice(list(ALTERATIONS), p=list(ALTERATIONS.values())))
    if kind == "speed":
        speed = float(rng.uniform(0.97, 1.03))
        return Step(kind, f"x{speed:.3f}", lambda s: sped(s, speed))
    if kind == "limit":
        over_db = float(rng.uniform(2, 12))
        return Step(kind, f"{over_db:.0f}dB", lambda s: limited(s, over_db))
    if kind == "pitch":
        amount = float(rng.uniform(-2, 2))
        return Step(kind, f"{amount:+.1f}", lambda s: pitched(s, amount))
    if kind == "tempo":
        factor = float(rng.uniform(0.9, 1.1))
        return Step(kind, f"{factor:.2f}", lambda s: stretched(s, factor))
    if kind == "low-pass":
        cutoff_hz = float(rng.uniform(7_000, 17_000))
        return Step(kind, f"{cutoff_hz:.0f}", lambda s: low_passed(s, cutoff_hz))
    if kind == "noise":
        snr_db = float(rng.uniform(25, 50))
        return Step(kind, f"{snr_db:.0f}", lambda s: noisy(s, snr_db, rng))
    if kind == "resample":
        rate_hz = int(rng.choice([16_000, 22_050, 24_000, 32_000, 44_100, 48_000]))
        return Step(kind, str(rate_hz), lambda s: resampled(s, rate_hz))
    if kind == "eq":
        return Step(kind, "eq", lambda s: equalised(s, rng))
    return Step(kind, "mono", mixed_to_mono)


def draw(rng: np.random.Generator) -> list[Step]:
    """Draw a channel: one or two alterations, then mostly a codec."""
    steps = [draw_alteration(rng) for _ in range(1 if rng.random() < 0.7 else 2)]
    if rng.random() < 0.7:
        steps.append(draw_codec(rng))
    return steps


def fixed(rng: np.random.Generator) -> list[Step]:
    """Return the channels that are measured one by one."""
    return [
        Step("fixed", "MP3 64 kbit/s", lambda s: coded(s, "mp3", 64_000)),
        Step("fixed", "Opus 64 kbit/s", lambda s: coded(s, "opus", 64_000)),
        Step("fixed", "22.05 kHz", lambda s: resampled(s, 22_050)),
        Step("fixed", "noise at 30 dB", lambda s: noisy(s, 30, rng)),
        Step("fixed", "+1 semitone", lambda s: pitched(s, 1)),
        Step("fixed", "-1 semitone", lambda s: pitched(s, -1)),
        Step("fixed", "tempo +10 %", lambda s: stretched(s, 1.1)),
        Step("fixed", "tempo -10 %", lambda s: stretched(s, 0.9)),
        Step("fixed", "speed +3 %", lambda s: sped(s, 1.03)),
        Step("fixed", "speed -3 %", lambda s: sped(s, 0.97)),
    ]


def apply(sound: Sound, steps: list[Step]) -> Sound:
    """Pass a sound through a channel."""
    for step in steps:
        sound = step.apply(sound)
    return np.ascontiguousarray(sound[0]), sound[1]

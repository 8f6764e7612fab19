"""Facts about an audio stream, before and after decoding. Needs no decoder."""

from __future__ import annotations

from dataclasses import dataclass

from phonoscope.columns import column


@dataclass(frozen=True)
class Stream:
    """An audio stream according to its container."""

    container: str = column("Container, FFmpeg's short name, e.g. 'mp3', 'ogg', 'flac', 'wav'.")
    codec: str = column("Codec, FFmpeg's name, e.g. 'mp3', 'vorbis', 'pcm_s16le'.")
    codec_profile: str | None = column("Codec profile such as 'LC'; empty when there is none.")
    sample_rate_hz: int = column("Sample rate of the decoded sound, Hz.")
    channels: int = column("Number of channels.")
    channel_layout: str = column("Channel layout, e.g. 'mono', 'stereo', '5.1'.")
    bit_depth: int | None = column("Bits a sample for PCM and lossless codecs; empty for others.")
    bit_rate_bps: int | None = column("Bit rate of the stream, bit/s; empty when unknown.")
    lossless: bool = column("Whether the codec keeps every sample (PCM, FLAC, ALAC ...).")
    declared_duration_s: float | None = column(
        "Duration that the container declares, s; empty when it declares none."
    )


@dataclass(frozen=True)
class Decoded:
    """Facts that are known after decoding."""

    duration_s: float = column("Duration of the decoded sound, s.")
    samples: int = column("Decoded samples of one channel.")
    decode_errors: int = column("Packets that couldn't be decoded and were skipped.")
    nonfinite_samples: int = column(
        "Samples that were NaN, infinite or absurdly loud; they count as silence."
    )
    format_changes: int = column("How often the stream changed its rate or channels.")
    truncated: bool = column("Whether the sound ends well before the declared duration.")

"""Whether a stream keeps every sample, and how many bits a sample has.

The codec's name alone doesn't say so: WavPack has a lossy mode, DTS a lossless one. So the codec's
header and the first packet are looked at too.
"""

from __future__ import annotations

import re
import struct
from typing import Any, NamedTuple


class Coding(NamedTuple):
    """How a stream keeps its samples."""

    lossless: bool
    """Whether it keeps every sample."""
    bit_depth: int | None
    """Bits of a sample as coded; ``None`` for lossy streams, and where it isn't known."""


_ALWAYS = frozenset(
    {
        "flac",
        "alac",
        "ape",
        "wavpack",
        "tta",
        "tak",
        "shorten",
        "truehd",
        "mlp",
        "als",
        "wmalossless",
        "ralf",
        "s302m",
        "dst",
    }
)
"""Codecs that are lossless unless their first packet says otherwise."""

_SHORT_PCM = frozenset({"pcm_alaw", "pcm_mulaw", "pcm_vidc"})
"""PCM in name, but they keep 8 bits of 13 or 14."""

_PCM_BITS = re.compile(r"pcm_[a-z](\d+)")
_WAVPACK_HYBRID, _WAVPACK_DSD = 0x8, 0x80000000


def coding(codec: str, profile: str | None, extradata: bytes | None, decoded_bits: int) -> Coding:
    """Return how a stream keeps its samples, according to its headers.

    Parameters
    ----------
    codec
        FFmpeg's name of the codec.
    profile
        FFmpeg's name of its profile, e.g. 'DTS-HD MA'.
    extradata
        The codec's header, where the container has one.
    decoded_bits
        Bits of a decoded sample. FFmpeg decodes 24 bits into 32.

    Examples
    --------
    >>> coding("pcm_s24le", None, None, 32), coding("mp3", None, None, 32)
    (Coding(lossless=True, bit_depth=24), Coding(lossless=False, bit_depth=None))
    """
    if codec.startswith("dsd_") or codec == "dst":
        return Coding(True, 1)
    lossless = (
        codec in _ALWAYS
        or (codec.startswith("pcm_") and codec not in _SHORT_PCM)
        or (codec in ("dts", "dca") and (profile or "").startswith("DTS-HD MA"))
    )
    if not lossless:
        return Coding(False, None)
    if pcm := _PCM_BITS.match(codec):
        return Coding(True, int(pcm[1]))
    coded = _coded_bits(codec, extradata or b"")
    # 32 decoded bits may be 24 coded ones, so without a header the number is unknown.
    known = coded if 0 < coded <= 64 else decoded_bits if decoded_bits < 32 else None
    return Coding(True, known)


def _coded_bits(codec: str, extradata: bytes) -> int:
    """Return the bits of a sample in a codec's header; 0 if it doesn't have them."""
    if codec == "flac" and len(extradata) >= 18:
        # STREAMINFO (RFC 9639, section 8.2): five bits across two bytes, less one.
        return ((extradata[12] & 1) << 4 | extradata[13] >> 4) + 1
    if codec == "alac" and len(extradata) >= 18:
        # The magic cookie after 12 bytes of atom header; bitDepth is its sixth byte.
        return extradata[17]
    if codec == "tta" and len(extradata) >= 10:
        return int.from_bytes(extradata[8:10], "little")
    if codec == "wmalossless" and len(extradata) >= 2:
        return int.from_bytes(extradata[:2], "little")
    if codec == "als" and (at := extradata.find(b"ALS\0")) >= 0:
        # ALSSpecificConfig (ISO/IEC 14496-3, 11.6.2): id, rate, samples, channels, then type.
        facts = extradata[at + 14 : at + 15]
        return 8 * ((facts[0] >> 2 & 7) + 1) if facts else 0
    return 0


def refined(known: Coding, codec: str, packet: bytes) -> Coding:
    """Return how a stream keeps its samples, now that its first packet is known.

    Parameters
    ----------
    known
        What the headers say.
    codec
        FFmpeg's name of the codec.
    packet
        The first packet of the stream, or its first 32 bytes.
    """
    if codec != "wavpack" or len(packet) < 32 or packet[:4] != b"wvpk":
        return known
    # WavPack 4 and 5 block header: flags at byte 24. Hybrid blocks lack what a separate
    # correction file has, which isn't read.
    flags = struct.unpack_from("<I", packet, 24)[0]
    if flags & _WAVPACK_HYBRID:
        return Coding(False, None)
    if flags & _WAVPACK_DSD:
        return Coding(True, 1)
    return Coding(True, 8 * ((flags & 3) + 1) - (flags >> 13 & 0x1F))


def decoded_bits(context: Any) -> int:
    """Return the bits of a decoded sample; 32 if FFmpeg doesn't know its format yet."""
    return int(context.format.bits) if context.format else 32

"""Chained files: every link is decoded, with a decoder of its own."""

from __future__ import annotations

import io
import itertools
import time

import numpy as np
import pytest
import soundfile

from phonoscope.audio.decode import Decoder
from phonoscope.audio.links import MOST_LINKS, links
from phonoscope.audio.stream import Decoded, Stream
from tests.helpers.sounds import sine

FORMATS = {
    "ogg-vorbis": ("OGG", "VORBIS"),
    "ogg-opus": ("OGG", "OPUS"),
    "flac": ("FLAC", "PCM_16"),
}


def written(name: str, sound: np.ndarray, rate_hz: int) -> bytes:
    container, codec = FORMATS[name]
    out = io.BytesIO()
    soundfile.write(out, sound.T, rate_hz, codec, format=container)
    return out.getvalue()


def decoded(data: bytes) -> tuple[np.ndarray, Stream, Decoded]:
    with Decoder(io.BytesIO(data)) as decoder:
        samples = np.concatenate([block.samples for block in decoder.blocks()], axis=1)
        return samples, decoder.stream, decoder.outcome()


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize(
    ("rate_hz", "channels", "changes"), [(48_000, 2, 0), (24_000, 2, 1), (48_000, 1, 1)]
)
def test_every_link_is_decoded_whatever_its_rate_and_channels(
    name: str, rate_hz: int, channels: int, changes: int
) -> None:
    # Long enough for several pages: in one page, FFmpeg can't trim Vorbis to the sample.
    first, second = sine(2.0, 48_000), sine(6.0, rate_hz, channels)
    data = written(name, first, 48_000) + written(name, second, rate_hz)

    samples, stream, outcome = decoded(data)

    assert (stream.sample_rate_hz, stream.channels) == (48_000, 2)
    # 8 s at the first link's rate; a resampler may round to one sample more or less.
    assert abs(outcome.samples - 384_000) <= 1
    # Opus always decodes at 48 kHz.
    opus_at_another_rate = name == "ogg-opus" and rate_hz != 48_000
    assert outcome.format_changes == (0 if opus_at_another_rate else changes)
    assert outcome.decode_errors == 0
    assert not outcome.truncated
    assert stream.declared_duration_s == pytest.approx(8.0, abs=0.05)
    # The second link sounds as loud as the first.
    assert np.abs(samples[:, 120_000:160_000]).max() == pytest.approx(0.5, abs=0.2)


def test_the_codec_may_change_too() -> None:
    data = b"".join(written(name, sine(2.0, 48_000), 48_000) for name in ("ogg-vorbis", "ogg-opus"))
    _, stream, outcome = decoded(data * 2)
    assert (stream.codec, outcome.samples, outcome.decode_errors) == ("vorbis", 384_000, 0)


@pytest.mark.parametrize("name", ["ogg-vorbis", "ogg-opus"])
def test_a_decoder_keeps_nothing_of_the_link_before(name: str) -> None:
    loud, quiet = sine(1.0, 48_000, amplitude=0.9), sine(1.0, 48_000, 2, 60.0, amplitude=0.2)
    alone = [written(name, sound, 48_000) for sound in (loud, quiet)]
    apart = [decoded(data)[0] for data in alone]
    together, _, _ = decoded(b"".join(alone))
    np.testing.assert_array_equal(together, np.concatenate(apart, axis=1))


def test_half_a_chain_is_as_long_as_its_links_that_are_there() -> None:
    one = written("flac", sine(3.0), 44_100)
    _, stream, outcome = decoded(one + one[: len(one) // 3])
    assert outcome.truncated
    assert stream.declared_duration_s == 6.0
    assert 3.0 < outcome.duration_s < 5.0


def test_a_link_that_cannot_be_opened_is_passed_over() -> None:
    good = written("ogg-opus", sine(1.0, 48_000), 48_000)
    # The channels of its header are none.
    bad = good[: good.index(b"OpusHead") + 9] + b"\0" + good[good.index(b"OpusHead") + 10 :]
    for data in (bad + good, good + bad + good):
        _, _, outcome = decoded(data)
        assert outcome.samples == 48_000 * data.count(good)
        assert outcome.decode_errors == 1


def test_a_mark_inside_metadata_is_no_link() -> None:
    flac = written("flac", sine(0.5), 44_100)
    # A block of type 2 (APPLICATION) with a whole FLAC file in it.
    block = bytes([2]) + (4 + len(flac)).to_bytes(3, "big") + b"test" + flac
    carrier = flac[:42] + block + flac[42:]
    assert links(io.BytesIO(carrier), 0) == [0]
    assert decoded(carrier)[2].samples == 22_050


def test_noise_that_looks_like_a_page_is_no_link() -> None:
    ogg = written("ogg-vorbis", sine(0.5), 44_100)
    assert links(io.BytesIO(ogg + b"OggS\0\2" + bytes(500)), 0) == [0]


def test_a_million_links_end() -> None:
    page = b"OggS\0\2" + bytes(20) + b"\1\x08" + b"OpusHead" + b"noise"
    started = time.process_time()
    found = links(io.BytesIO(page * 1_000_000), 0)
    assert len(found) == MOST_LINKS
    assert time.process_time() - started < 2.0
    assert all(a < b for a, b in itertools.pairwise(found))

"""Ask one question about an array, cut into blocks at will."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from phonoscope.audio.block import Block
from phonoscope.audio.spectra import fine_size
from phonoscope.audio.stream import Stream
from phonoscope.features.base import Feature

LAYOUTS = {1: "mono", 2: "stereo", 5: "5.0(side)", 6: "5.1(side)"}


def blocks(samples: np.ndarray, rate_hz: int, size: int | None = None) -> Iterator[Block]:
    """Cut samples, shape (channels, n), into blocks of ``size`` samples, as a decoder does."""
    samples = np.ascontiguousarray(samples, dtype=np.float32)
    size = size or max(1, samples.shape[1])
    keep = fine_size(rate_hz)
    for start in range(0, samples.shape[1], size):
        lead = samples[:, max(0, start - keep) : start]
        last = start + size >= samples.shape[1]
        yield Block(samples[:, start : start + size], lead, start, rate_hz, last)


def stream(samples: np.ndarray, rate_hz: int, **facts: Any) -> Stream:
    """Describe samples as a lossless file, or as ``facts`` say."""
    described: dict[str, Any] = {
        "container": "wav",
        "codec": "pcm_s16le",
        "codec_profile": None,
        "sample_rate_hz": rate_hz,
        "channels": len(samples),
        "channel_layout": LAYOUTS.get(len(samples), f"{len(samples)} channels"),
        "bit_depth": 16,
        "bit_rate_bps": None,
        "lossless": True,
        "declared_duration_s": None,
    }
    return Stream(**{**described, **facts})


def ask(
    feature: Feature[Any],
    samples: np.ndarray,
    rate_hz: int,
    size: int | None = None,
    **facts: Any,
) -> Any:
    """Answer a question about samples, shape (channels, n)."""
    accumulator = feature.start(stream(samples, rate_hz, **facts))
    for block in blocks(samples, rate_hz, size):
        accumulator.update(block)
    return accumulator.result()

"""Do the channels and bits of a file hold what the file claims: two channels, 24 bits, no offset.

These are facts about the file, not signs of a machine: a mono recording in two channels, a channel
with inverted polarity that cancels in mono, a constant offset, and 24-bit files with 16 bits.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from phonoscope.audio.block import Block
from phonoscope.audio.stream import Stream
from phonoscope.columns import Floats, Statement, column
from phonoscope.features.base import Feature
from phonoscope.messages import gettext, ngettext
from phonoscope.text import exact_percent, number

INVERTED = -0.95
"""Correlation up to which one channel is called the inverted other one."""
OFFSET = 0.003
"""Offset from which it is mentioned: -50 dB re full scale, far above that of converters."""
MOST_BITS = 24
"""A float32 sample holds integers of 24 bits exactly."""
_SHARE_PLACES = 2


@dataclass(frozen=True)
class Channels:
    """Result: how the channels relate, their offset, and the bits in use."""

    channel_correlation: float | None = column(
        "Correlation of the first two channels, -1 to 1: 1 for equal ones, below -0.95 when one is "
        "inverted. Empty for one channel, and when a channel is silent."
    )
    dual_mono: bool | None = column(
        "Whether the first two channels are equal, sample by sample; empty for one channel."
    )
    dc_offset: float = column(
        "Largest mean of the samples of a channel, absolute, as a share of full scale, 0 to 1."
    )
    effective_bits: int | None = column(
        "Bits per sample that are in use: less than bit_depth when the lowest bits are always 0. "
        "Empty for lossy files, more than 24 bits, and silence."
    )
    stated_bits: int | None = None
    """What the file states, for the words."""


class ChannelsMeter:
    """Adds up products of channels, samples, and the bits that are set."""

    def __init__(self, stream: Stream) -> None:
        depth = stream.bit_depth if stream.lossless else None
        self._depth = depth if depth and 1 < depth <= MOST_BITS else None
        self._lowest = self._depth
        """Zero bits at the lower end of all samples so far."""
        self._sums = np.zeros(stream.channels)
        self._products = np.zeros(3)
        self._samples = 0
        self._several = stream.channels > 1
        self._equal = True

    def update(self, block: Block) -> None:
        """Take in the next block."""
        samples = block.samples
        self._sums += samples.sum(axis=1, dtype=np.float64)
        self._samples += samples.shape[1]
        if self._several:
            left, right = samples[0], samples[1]
            self._equal = self._equal and bool(np.array_equal(left, right))
            self._products += (
                float(np.dot(left, right)),
                float(np.dot(left, left)),
                float(np.dot(right, right)),
            )
        if self._depth is not None and self._lowest:
            self._lowest = min(self._lowest, zero_bits(samples, self._depth))

    def result(self) -> Channels:
        """Return the sums."""
        both, left, right = self._products
        both_sound = self._several and left > 0 and right > 0
        offset = float(np.abs(self._sums).max(initial=0.0)) / max(self._samples, 1)
        bits = self._depth - self._lowest if self._depth and self._lowest is not None else None
        return Channels(
            channel_correlation=float(both / np.sqrt(left * right)) if both_sound else None,
            dual_mono=self._equal if self._several else None,
            dc_offset=min(1.0, offset),
            effective_bits=bits or None,
            stated_bits=self._depth,
        )


def zero_bits(samples: Floats, depth: int) -> int:
    """Return how many of the lowest bits are 0 in all samples.

    Parameters
    ----------
    samples : ndarray, any shape, float32
        Samples of ``depth`` bits, full scale 1.0.
    depth
        Bits of the integers that the samples were, 2 to 24.

    Returns
    -------
    int
        0 to ``depth``, which is what silence gives.

    Examples
    --------
    >>> zero_bits(np.array([0.5, -0.25, 3 / 2**15], np.float32), 24)
    8
    """
    whole: NDArray[np.int32] = np.rint(samples * np.float32(1 << (depth - 1))).astype(np.int32)
    used = int(np.bitwise_or.reduce(whole, axis=None)) & ((1 << depth) - 1)
    return depth if used == 0 else (used & -used).bit_length() - 1


_WIRING = gettext("A cable or a plug-in with inverted polarity, or a stereo effect.")
_HARDWARE = gettext("A sound card, an old converter, or a synthesiser.")
_PADDED = gettext("A file of fewer bits saved with more, or a converter of fewer bits.")


def _in_words(result: Channels) -> list[Statement]:
    found = []
    correlation = result.channel_correlation
    numbers = {"channel_correlation": correlation, "dual_mono": result.dual_mono}
    if result.dual_mono:
        text = gettext("Both channels are the same: this is a mono recording in two channels.")
        found.append(Statement("channels", text, 0.0, "", numbers))
    elif correlation is not None and correlation <= INVERTED:
        text = gettext(
            "One channel is the inverse of the other (correlation {correlation}): played in mono, "
            "the recording almost disappears.",
            correlation=number(correlation, 2),
        )
        found.append(Statement("channels", text, 0.0, _WIRING, numbers))
    if result.dc_offset >= OFFSET:
        text = gettext(
            "The waveform has a constant offset of {share} of full scale.",
            share=exact_percent(result.dc_offset, _SHARE_PLACES),
        )
        found.append(Statement("channels", text, 0.0, _HARDWARE, {"dc_offset": result.dc_offset}))
    if result.effective_bits and result.stated_bits and result.effective_bits < result.stated_bits:
        text = ngettext(
            "{n} bit per sample is in use; the file has {stated}.",
            "{n} bits per sample are in use; the file has {stated}.",
            result.effective_bits,
            stated=result.stated_bits,
        )
        numbers = {"effective_bits": result.effective_bits}
        found.append(Statement("channels", text, 0.0, _PADDED, numbers))
    return found


FEATURE = Feature(name="channels", result=Channels, start=ChannelsMeter, statements=_in_words)

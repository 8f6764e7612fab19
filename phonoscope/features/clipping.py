"""Is it clipped? Runs of equal samples at full scale."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from phonoscope.audio.block import Block
from phonoscope.audio.stream import Stream
from phonoscope.columns import Floats, Statement, column
from phonoscope.features.base import Feature
from phonoscope.messages import gettext, ngettext
from phonoscope.text import exact_percent

CEILING = np.float32(0.985)
"""Only samples this close to full scale can be clipped there (-0.13 dBFS)."""
FLAT = np.float32(1.0 / 32768)
"""Neighbours closer than one 16-bit step are equal: a flat top."""
RUN = 3
"""Samples in a flat top; two equal ones occur in any loud music."""


@dataclass(frozen=True)
class Clipping:
    """Result: flat tops at full scale."""

    clipped_runs: int = column(
        "Flat tops: runs of 3 or more equal samples within 0.13 dB of full scale, any channel."
    )
    clipped_share: float = column("Share of samples in such runs, 0 to 1.")


class ClippingMeter:
    """Counts flat tops; a run across two blocks counts once."""

    def __init__(self, stream: Stream) -> None:
        self._runs = 0
        self._samples = 0
        self._total = 0

    def update(self, block: Block) -> None:
        """Take in the next block."""
        self._total += block.samples.size
        if block.peak < CEILING:
            return
        context = min(RUN, block.lead.shape[1])
        joined = block.joined[:, block.lead.shape[1] - context :]
        for channel in joined:
            runs, samples = flat_tops(channel, context)
            self._runs += runs
            self._samples += samples

    def result(self) -> Clipping:
        """Return the sums."""
        return Clipping(self._runs, self._samples / self._total if self._total else 0.0)


def flat_tops(channel: Floats, context: int) -> tuple[int, int]:
    """Count the flat tops that end after a context.

    Parameters
    ----------
    channel : ndarray, shape (n,), float32
        Samples, full scale 1.0.
    context
        Leading samples that were counted already.

    Returns
    -------
    runs, samples
        Runs that reach ``RUN`` samples after the context, and samples after the context that are
        in a run.

    Examples
    --------
    >>> flat_tops(np.array([0.2, 1.0, 1.0, 1.0, 1.0, 0.1, 1.0, 1.0], np.float32), 0)
    (1, 4)
    """
    loud = np.flatnonzero(np.abs(channel) >= CEILING)
    if loud.size < RUN:
        return 0, 0
    # Consecutive loud samples that are equal continue a run; anything else starts one.
    continues = (np.diff(loud) == 1) & (np.abs(np.diff(channel[loud])) < FLAT)
    starts = np.flatnonzero(np.concatenate([[True], ~continues]))
    lengths = np.diff(np.concatenate([starts, [loud.size]]))
    first = loud[starts]
    kept = lengths >= RUN
    first, lengths = first[kept], lengths[kept]
    new_runs = first + RUN - 1 >= context
    new_samples = lengths - np.clip(context - first, 0, lengths)
    return int(new_runs.sum()), int(new_samples.sum())


_OTHER_CAUSES = gettext(
    "Loud mastering, an analogue transfer at too high a level, or decoding of a loud lossy file."
)


def _in_words(result: Clipping) -> list[Statement]:
    if result.clipped_share < 1e-5:
        return []
    text = ngettext(
        "The recording is clipped: {n} flat top at full scale ({share} of all samples).",
        "The recording is clipped: {n} flat tops at full scale ({share} of all samples).",
        result.clipped_runs,
        share=exact_percent(result.clipped_share, 3),
    )
    numbers = {"clipped_runs": result.clipped_runs, "clipped_share": result.clipped_share}
    return [Statement("clipping", text, 0.0, _OTHER_CAUSES, numbers)]


FEATURE = Feature(name="clipping", result=Clipping, start=ClippingMeter, statements=_in_words)

"""Is it clipped? Runs of samples cut flat at the recording's own ceiling."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from phonoscope.audio.block import Block
from phonoscope.audio.stream import Stream
from phonoscope.columns import Floats, Statement, column
from phonoscope.features.base import Feature

CEILING = np.float32(0.985)
"""Only samples this close to full scale can be clipped there (-0.13 dBFS)."""
FLAT = np.float32(1.0 / 32768)
"""Neighbours closer than one 16-bit step are equal: a flat top."""
RUN = 3
"""Samples in a row that make a flat top; two equal ones occur in any loud music."""


@dataclass(frozen=True)
class Clipping:
    """Result: flat tops at full scale."""

    clipped_runs: int = column(
        "Flat tops: runs of 3 or more equal samples within 0.13 dB of full scale, any channel."
    )
    clipped_share: float = column("Share of samples that lie in such runs, 0 to 1.")


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
        """Sum up."""
        return Clipping(self._runs, self._samples / self._total if self._total else 0.0)


def flat_tops(channel: Floats, context: int) -> tuple[int, int]:
    """Count flat tops that reach into the samples after a context.

    Parameters
    ----------
    channel : ndarray, shape (n,), float32
        Samples, full scale 1.0.
    context
        Leading samples that were counted before.

    Returns
    -------
    runs, samples
        Runs that become one (reach ``RUN`` samples) after the context, and samples after
        the context that belong to a run.

    Examples
    --------
    >>> flat_tops(np.array([0.2, 1.0, 1.0, 1.0, 1.0, 0.1, 1.0, 1.0], np.float32), 0)
    (1, 4)
    """
    loud = np.flatnonzero(np.abs(channel) >= CEILING)
    if loud.size < RUN:
        return 0, 0
    # Consecutive loud samples that are equal continue a run; anything else starts one.
    goes_on = (np.diff(loud) == 1) & (np.abs(np.diff(channel[loud])) < FLAT)
    starts = np.flatnonzero(np.concatenate([[True], ~goes_on]))
    lengths = np.diff(np.concatenate([starts, [loud.size]]))
    first = loud[starts]
    kept = lengths >= RUN
    first, lengths = first[kept], lengths[kept]
    new_runs = first + RUN - 1 >= context
    new_samples = lengths - np.clip(context - first, 0, lengths)
    return int(new_runs.sum()), int(new_samples.sum())


def _in_words(answer: Clipping) -> list[Statement]:
    if answer.clipped_share < 1e-5:
        return []
    return [
        Statement(
            "clipping",
            f"Clipped: {answer.clipped_runs:,} flat tops at full scale "
            f"({answer.clipped_share:.3%} of all samples).",
            0.0,
            "Loud mastering, a hot transfer, or decoding of a loud lossy file.",
            {"clipped_runs": answer.clipped_runs, "clipped_share": answer.clipped_share},
        )
    ]


FEATURE = Feature(name="clipping", result=Clipping, start=ClippingMeter, statements=_in_words)

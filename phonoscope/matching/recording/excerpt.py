"""The sound that is looked up, read as it is or as if it were an altered copy."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from phonoscope.audio.block import Block
from phonoscope.audio.decode import Decoder
from phonoscope.columns import Floats
from phonoscope.features.fingerprints import Alteration, weights
from phonoscope.features.patches import (
    REACH,
    SILENT,
    band_matrix,
    bins_needed,
    cells_of,
    cut,
    moments_of,
    onsets,
    rises,
)
from phonoscope.files import open_source

HIGHEST_PITCH = 1.42
"""Ratio up to which bands may be moved: six semitones."""
EXCERPT_S = 12.0
"""A longer sound is looked up in excerpts of this length."""
EXCERPT_STEP_S = 6.0


@dataclass(frozen=True, eq=False)
class Excerpt:
    """Spectra of a stretch of sound, to be looked up."""

    power: Floats
    """Shape (frames, bins), from 0 Hz up to what any alteration needs."""
    hop_s: float
    half_s: float
    bin_hz: float
    start_s: float
    """Where it begins in the sound, s."""
    stop_s: float
    declared_s: float | None = None
    """How long the whole sound is by its header, s."""

    def altered(self, change: Alteration) -> AlteredExcerpt:
        """Return it as an altered copy: slow it down and lower it again by as much."""
        matrix = band_matrix(self.power.shape[1], self.bin_hz, round(change.pitch, 6))
        timing = (self.hop_s * change.speed, self.half_s * change.speed)
        cells, _ = cells_of(self.power @ matrix, 0, timing, 0, last=True)
        return AlteredExcerpt(moments_of(cells), change)


@dataclass(frozen=True, eq=False)
class AlteredExcerpt:
    """An excerpt as if altered, ready to be measured anywhere."""

    moments: Floats
    """Shape (edges, BANDS), of :func:`phonoscope.features.patches.moments_of`."""
    change: Alteration

    @property
    def places(self) -> tuple[int, int]:
        """First place that has a whole patch, and the one after the last; cells."""
        return REACH, max(REACH, len(self.moments) - REACH)

    @cached_property
    def onsets(self) -> NDArray[np.int64]:
        """Where a scan would take prints, cells."""
        return self._sounding(onsets(rises(self.moments), *self.places))

    def grid(self, step: int) -> NDArray[np.int64]:
        """Places at every ``step`` cells."""
        return self._sounding(np.arange(*self.places, step))

    def _sounding(self, at: NDArray[np.int64]) -> NDArray[np.int64]:
        return at[cut(self.moments, at)[1] > SILENT] if len(at) else at

    def measure(self, at: NDArray[np.int64]) -> Floats:
        """Return the measurements whose signs are the prints, shape (n, BITS)."""
        return weights().measure(cut(self.moments, at)[0])


class ExcerptCutter:
    """Collects spectra block by block and cuts them into excerpts."""

    def __init__(self, length_s: float = EXCERPT_S, step_s: float = EXCERPT_STEP_S) -> None:
        self._length_s, self._step_s = length_s, step_s
        self._power: Floats | None = None
        self._first = 0
        self._begun = False

    def push(self, block: Block) -> Iterator[Excerpt]:
        """Take in the next block; yield the excerpts that are complete."""
        coarse = block.coarse
        bins = min(coarse.power.shape[1], bins_needed(coarse.bin_hz, HIGHEST_PITCH))
        power = coarse.power[:, :bins]
        held = power if self._power is None else np.concatenate([self._power, power])
        hop_s = coarse.hop / coarse.rate_hz
        length, step = round(self._length_s / hop_s), round(self._step_s / hop_s)
        while len(held) >= length + step or (block.last and len(held)):
            # What is left at the end is looked up together with the excerpt before it.
            whole = block.last and len(held) < length + step
            stop = len(held) if whole else length
            start_s = self._first * hop_s
            yield Excerpt(
                np.ascontiguousarray(held[:stop]), hop_s, coarse.size / 2 / coarse.rate_hz,
                coarse.bin_hz, start_s, start_s + stop * hop_s,
            )  # fmt: skip
            held = held[:0] if whole else held[step:]
            self._first += step
        self._power = held.copy()


def excerpts(file: BinaryIO, length_s: float = EXCERPT_S) -> Iterator[Excerpt]:
    """Decode a sound into excerpts of a length, s, that overlap by half.

    Raises
    ------
    UnreadableError
        When it holds no sound that can be decoded.
    """
    cutter = ExcerptCutter(length_s, length_s / 2)
    with Decoder(file) as decoder:
        declared_s = decoder.stream.declared_duration_s
        for block in decoder.blocks():
            for excerpt in cutter.push(block):
                yield replace(excerpt, declared_s=declared_s)


def excerpts_at(uri: str, length_s: float) -> Iterator[Excerpt]:
    """Open a file and decode it into excerpts, see :func:`excerpts`; for a worker."""
    with open_source(uri) as file:
        yield from excerpts(file, length_s)

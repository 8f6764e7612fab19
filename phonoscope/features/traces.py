"""Which frequencies stand out all the time? These traces are what neural decoders leave.

A neural decoder upsamples in strides, and its biases and filters repeat with them. Weak lines
therefore stay at the same frequencies while the music changes (Odena et al. 2016; Pons et al. 2021,
*Upsampling artifacts in neural audio synthesis*; Afchar et al. 2025, arXiv 2506.19108). In a mean
over levels, a few loud partials hide them. Here every spectrum only votes: a bin gets a vote when
it is higher than its neighbours. The share of votes, the *occupancy*, is a rank statistic. Gain,
loudness processing and equalisers don't change it, a partial that lasts for a second counts for one
second, and a line 1 dB over the noise stands out if it never stops. In noise, each bin is the
highest of ``2 k + 1`` equally often.

Half the sum of the channels (mid) and half their difference (side) vote separately: many decoders
leave clearer lines in the difference, where less music covers them.

Votes are added up over segments of about 5 s, to show where in a recording they stand out. A very
long recording gets longer segments, not more memory.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from phonoscope import compiled
from phonoscope.audio.block import Block
from phonoscope.audio.spectra import Spectra, fine_size
from phonoscope.audio.stream import Stream
from phonoscope.columns import Floats, column
from phonoscope.features.base import Feature

REACHES = (1, 2, 4)
"""A bin gets a vote when it is higher than this many neighbours on either side."""
STRETCH_S = 5.3
MOST_STRETCHES = 1024
"""At this many, neighbouring segments are merged: after 90 minutes they are twice as long."""
MIN_FRAMES = 12
"""Fewer sounding spectra than this (about 2.5 s) aren't enough."""
_AUDIBLE_DB = -130.0
_UNDER_PEAK_DB = 80.0


Counts = NDArray[np.unsignedinteger[Any]]
"""Whole numbers in as many bits as they need: they have to be converted before they are added."""


@dataclass(frozen=True)
class Traces:
    """Result: how much of the recording was analysed, and its votes."""

    trace_frames: int | None = column(
        "Spectra with sound, half overlapped and about 0.37 s long, that voted on narrow lines."
    )
    trace_limit_hz: float | None = column("Highest frequency with sound, Hz; empty without any.")
    stretches: tuple[TraceSegment, ...] = dataclasses.field(default=(), repr=False, compare=False)
    """Votes by segment; kept in memory for the detector, not stored."""
    level_db: NDArray[np.float64] | None = dataclasses.field(
        default=None, repr=False, compare=False
    )
    """Mean level of the mid signal by bin, dB re a full-scale sine; kept like the votes."""


@dataclass(frozen=True, eq=False)
class TraceSegment:
    """Votes over one segment of a recording."""

    start_s: float
    end_s: float
    frames: int
    """Sounding spectra that voted."""
    votes: Counts
    """Votes of the mid signal by reach and bin, shape (len(REACHES), bins)."""
    bin_hz: float
    limit_hz: float
    """Highest frequency with sound in the recording's mid signal, Hz."""
    side_frames: int = 0
    """Sounding spectra of the side signal that voted."""
    side_votes: Counts | None = None
    """Votes of the side signal, shape as ``votes``; ``None`` in a recording without one."""
    side_limit_hz: float = 0.0
    """Highest frequency with sound in the recording's side signal, Hz."""


class TraceMeter:
    """Adds up the votes of mid and side, segment by segment."""

    def __init__(self, stream: Stream) -> None:
        self._rate_hz = stream.sample_rate_hz
        size = fine_size(self._rate_hz)
        self._hop_s, self._bin_hz = size / 2 / self._rate_hz, self._rate_hz / size
        self._per_stretch = max(1, round(STRETCH_S / self._hop_s))
        self._mid, self._side = _Votes(size // 2 + 1), _Votes(size // 2 + 1)
        self._stop_s = 0.0

    def update(self, block: Block) -> None:
        """Take in the next block."""
        self._stop_s = block.stop / self._rate_hz
        fine, side = block.fine, block.fine_side
        last = fine.first + len(fine.power) - 1
        while last // self._per_stretch >= MOST_STRETCHES:
            self._per_stretch *= 2
            self._mid.merge(self._per_stretch)
            self._side.merge(self._per_stretch)
        self._mid.add(fine, self._per_stretch)
        if side is not None:
            self._side.add(side, self._per_stretch)

    def result(self) -> Traces:
        """Return the votes."""
        mid, side = self._mid, self._side
        if mid.total < MIN_FRAMES:
            return Traces(mid.total, None)
        limit_hz = mid.limit_hz(self._bin_hz)
        has_side = side.total >= MIN_FRAMES
        side_limit_hz = min(limit_hz, side.limit_hz(self._bin_hz)) if has_side else 0.0
        seconds = self._per_stretch * self._hop_s
        stretches = tuple(
            TraceSegment(
                i * seconds,
                min((i + 1) * seconds, self._stop_s),
                *mid.of(i),
                self._bin_hz,
                limit_hz,
                side_frames=side.of(i)[0] if has_side else 0,
                side_votes=side.of(i)[1] if has_side else None,
                side_limit_hz=side_limit_hz,
            )
            for i in range(len(mid.frames))
        )
        return Traces(mid.total, limit_hz, stretches, mid.level_db)


class _Votes:
    """Votes of one signal by segment, and its mean level.

    A segment of n spectra gives a bin n votes at most, so small integers hold them: those of ten
    hours would take 200 MB otherwise.
    """

    def __init__(self, bins: int) -> None:
        self._bins, self._level = bins, np.zeros(bins)
        self.frames: list[int] = []
        self._votes: list[Counts] = []

    @property
    def total(self) -> int:
        """Sounding spectra in all segments."""
        return sum(self.frames)

    def add(self, spectra: Spectra, per_stretch: int) -> None:
        """Add spectra, each to its segment."""
        self._level += spectra.level_sum[0]
        at = 0
        while at < len(spectra.power):
            index = (spectra.first + at) // per_stretch
            stop = min(len(spectra.power), (index + 1) * per_stretch - spectra.first)
            while len(self._votes) <= index:
                shape = (len(REACHES), self._bins)
                self._votes.append(np.zeros(shape, np.min_scalar_type(per_stretch)))
                self.frames.append(0)
            self._add_to(index, spectra.power[at:stop], spectra.sounding[at:stop])
            at = stop

    def _add_to(self, index: int, power: Floats, sounding: NDArray[np.bool_]) -> None:
        power = power if sounding.all() else power[sounding]
        self.frames[index] += len(power)
        if len(power):
            held = self._votes[index]
            np.add(held, votes(power), out=held, casting="same_kind")

    def merge(self, per_stretch: int) -> None:
        """Join each segment with the next, to segments of ``per_stretch`` spectra at most."""
        wide = np.min_scalar_type(per_stretch)
        pairs = [self._votes[i : i + 2] for i in range(0, len(self._votes), 2)]
        self._votes = [np.add.reduce(pair, axis=0, dtype=wide) for pair in pairs]
        self.frames = [sum(self.frames[i : i + 2]) for i in range(0, len(self.frames), 2)]

    def of(self, index: int) -> tuple[int, Counts]:
        """Return sounding spectra and votes of a segment; none after the last that has any."""
        if index >= len(self._votes):
            return 0, np.zeros((len(REACHES), self._bins), np.uint8)
        return self.frames[index], self._votes[index]

    @property
    def level_db(self) -> NDArray[np.float64]:
        """Mean level by bin, dB re a full-scale sine."""
        return self._level / self.total

    def limit_hz(self, bin_hz: float) -> float:
        """Return the highest frequency with sound."""
        return highest_hz(self.level_db, bin_hz)


def votes(power: Floats) -> NDArray[np.uint32]:
    """Count how often each bin is higher than its neighbours.

    Parameters
    ----------
    power : ndarray, shape (frames, bins), float32
        Power or level spectra; only the order of the values matters.

    Returns
    -------
    ndarray, shape (len(REACHES), bins), uint32
        0 within a reach of either end. Of equal bins the lower one counts as the higher.

    Examples
    --------
    A line in bin 5 over a slope, in each of 3 spectra, gets 3 votes at every reach.

    >>> slope = np.tile(np.arange(12, dtype=np.float32), (3, 1))
    >>> slope[:, 5] += 6
    >>> votes(slope).max(axis=1).tolist(), votes(slope).argmax(axis=1).tolist()
    ([3, 3, 3], [5, 5, 5])
    """
    frames, bins = power.shape
    counts = np.zeros((len(REACHES), bins), np.uint32)
    if loops := compiled.loops():
        power = np.ascontiguousarray(power, np.float32)
        loops.votes(compiled.at(power), frames, bins, compiled.at(counts))
        return counts
    highest = np.ones((frames, bins), bool)
    for distance in range(1, max(REACHES) + 1):
        higher = power[:, distance:] > power[:, :-distance]
        highest[:, distance:] &= higher
        highest[:, :-distance] &= ~higher
        highest[:, :distance] = highest[:, bins - distance :] = False
        if distance in REACHES:
            counts[REACHES.index(distance)] = highest.sum(axis=0, dtype=np.uint32)
    return counts


def highest_hz(level_db: NDArray[np.float64], bin_hz: float) -> float:
    """Return the highest frequency with sound: within 80 dB of the loudest, over -130 dB.

    Parameters
    ----------
    level_db : ndarray, shape (bins,), float64
        Mean level, dB re a full-scale sine, from 0 Hz; the loudest bin is one above 200 Hz.
    bin_hz
        Distance of two bins, Hz.

    Returns
    -------
    float
        Hz, 200 below the end of the sound (with its level smoothed over 60 Hz), and at least 300
        below the last bin.

    Examples
    --------
    >>> level_db = np.where(np.arange(2001) * 10.0 < 16_000, -40.0, -140.0)
    >>> highest_hz(level_db, 10.0)
    15810.0
    """
    width = max(1, round(60 / bin_hz))
    sums = np.cumsum(np.pad(level_db, (width // 2 + 1, width - 1 - width // 2), mode="edge"))
    smooth = (sums[width:] - sums[:-width]) / width
    peak = smooth[round(200 / bin_hz) :].max()
    sounding = np.flatnonzero(smooth > max(_AUDIBLE_DB, peak - _UNDER_PEAK_DB))
    highest = float(sounding[-1] * bin_hz) if sounding.size else 0.0
    return min(highest - 200.0, bin_hz * (level_db.size - 1) - 300.0)


FEATURE = Feature(name="traces", result=Traces, start=TraceMeter, feeds_detector=True)

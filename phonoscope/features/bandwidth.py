"""How high do its frequencies reach, and was it made from a file that ended lower.

Encoders and sample-rate converters cut the spectrum off with steep low-pass filters. A cut-off in
the mean log spectrum, far steeper than any instrument, microphone or loudspeaker causes and below
the highest frequency that the file can have, shows that the recording went through one. Its
frequency shows which kind. This follows D'Alessandro & Shi (2009, *MP3 bit rate quality detection
through frequency spectrum analysis*) and Hicsonmez et al. (2011). Departures: the edge is looked
for in the mean of dB levels instead of single frames, and the spectrum above has to stay empty.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from phonoscope.audio import kernels
from phonoscope.audio.block import Block
from phonoscope.audio.spectra import fine_size
from phonoscope.audio.stream import Stream
from phonoscope.columns import Statement, column
from phonoscope.features.base import Feature
from phonoscope.messages import gettext
from phonoscope.text import frequency, measured

SMOOTHING_HZ = 60.0
EDGE_GAP_HZ = 120.0
EDGE_SIDE_HZ = 500.0
"""An edge compares the mean level of 500 Hz on each side of a gap of 240 Hz."""
EDGE_DROP_DB = 15.0
"""Smallest fall across the gap: 15 dB in 240 Hz near 16 kHz is over 650 dB an octave."""
KNEE_DB = 0.8
"""A fall begins where the level drops by this much in 120 Hz."""
LOWEST_EDGE_HZ = 2_500.0
HEADROOM_DB = 75.0
LOWEST_LEVEL_DB, HIGHEST_LEVEL_DB = -130.0, -100.0
"""There is sound where the mean level is within 75 dB of the loudest band, or over -130 dB
(16-bit rounding noise is near -135 dB a bin), whichever is higher."""

LOWER_RATES_HZ = (8_000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000, 96_000)
LOSSY_CUTOFF_HZ = (14_500.0, 20_700.0)
"""Low passes of MP3, AAC, Opus and Vorbis encoders at 96 to 320 kbit/s."""
HIGH_BIT_RATE_BPS = 224_000
LOW_BIT_RATE_CUTOFF_HZ = 17_300.0
"""Encoders at 224 kbit/s or more pass at least 18 kHz, so a cut below 17.3 kHz is from an earlier
encoding."""


@dataclass(frozen=True)
class Bandwidth:
    """Result: where the spectrum ends, its edge, and the earlier encoding that the edge shows."""

    bandwidth_hz: float | None = column(
        "Highest frequency with sound in the mean log spectrum, Hz; empty for silence."
    )
    cutoff_hz: float | None = column(
        "Where the spectrum begins to fall off steeply, Hz; empty when it doesn't."
    )
    cutoff_drop_db: float | None = column("Fall of the mean level across that edge, dB.")
    made_from: str | None = column(
        "'lossy' or 'lower-rate' when the edge shows an earlier encoding that this file's codec "
        "and rate don't explain; empty when there is no such edge, which proves nothing."
    )


class BandwidthMeter:
    """Adds up the mean log spectrum."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._sum = np.zeros(fine_size(stream.sample_rate_hz) // 2 + 1)
        self._frames = 0

    def update(self, block: Block) -> None:
        """Take in the next block."""
        levels, frames = block.fine.level_sum
        self._sum += levels
        self._frames += frames

    def result(self) -> Bandwidth:
        """Find the end of the spectrum and its edge."""
        if self._frames == 0:
            return Bandwidth(None, None, None, None)
        rate_hz = self._stream.sample_rate_hz
        bin_hz = rate_hz / (2 * (self._sum.size - 1))
        level_db = self._sum / self._frames
        edge = steepest_edge(level_db, bin_hz)
        cutoff_hz, drop_db = edge if edge else (None, None)
        return Bandwidth(
            bandwidth_hz=reach_hz(level_db, bin_hz),
            cutoff_hz=cutoff_hz,
            cutoff_drop_db=drop_db,
            made_from=earlier_generation(cutoff_hz, self._stream) if cutoff_hz else None,
        )


def reach_hz(level_db: NDArray[np.float64], bin_hz: float) -> float:
    """Return the highest frequency with sound in a mean log spectrum.

    Parameters
    ----------
    level_db : ndarray, shape (bins,), float64
        Mean level of each bin, dB re a full-scale sine.
    bin_hz
        Distance of bins, Hz.

    Returns
    -------
    float
        Hz, 0 to half the sample rate.

    Examples
    --------
    >>> level_db = np.where(np.arange(2001) * 10.0 < 16_000, -40.0, -140.0)
    >>> reach_hz(level_db, 10.0)
    16010.0
    """
    smooth = kernels.running_mean(level_db, max(1, round(SMOOTHING_HZ / bin_hz)), mode="nearest")
    loudest = smooth[round(50 / bin_hz) :].max()
    least = np.clip(loudest - HEADROOM_DB, LOWEST_LEVEL_DB, HIGHEST_LEVEL_DB)
    # A mean of levels over 60 Hz is low around a single line, so a tone counts by its own level.
    line = max(HIGHEST_LEVEL_DB, level_db.max() - HEADROOM_DB)
    above = np.flatnonzero((smooth > least) | (level_db > line))
    return float(above[-1] * bin_hz) if above.size else 0.0


def steepest_edge(level_db: NDArray[np.float64], bin_hz: float) -> tuple[float, float] | None:
    """Find where a mean log spectrum falls off steeply and stays empty.

    Parameters
    ----------
    level_db : ndarray, shape (bins,), float64
        Mean level of each bin, dB.
    bin_hz
        Distance of bins, Hz.

    Returns
    -------
    (cutoff_hz, drop_db) or None
        The edge with the largest fall, Hz, and that fall, dB; ``None`` when no fall reaches
        15 dB, or there is sound above it again.

    Examples
    --------
    >>> level_db = np.where(np.arange(2001) * 10.0 < 16_000, -40.0, -140.0)
    >>> cutoff_hz, drop_db = steepest_edge(level_db, 10.0)
    >>> round(cutoff_hz, -2), round(drop_db)
    (16000.0, 100)
    >>> steepest_edge(np.full(2001, -40.0), 10.0) is None
    True
    """
    side, gap = max(1, round(EDGE_SIDE_HZ / bin_hz)), max(1, round(EDGE_GAP_HZ / bin_hz))
    total = np.concatenate([[0.0], np.cumsum(level_db)])
    # The side above may be as short as 60 Hz: many low passes are just under half the rate.
    above_size = max(1, round(SMOOTHING_HZ / bin_hz))
    at = np.arange(round(LOWEST_EDGE_HZ / bin_hz), level_db.size - gap - above_size)
    if at.size == 0:
        return None
    below = (total[at - gap] - total[at - gap - side]) / side
    end = np.minimum(at + gap + side, level_db.size)
    above = (total[end] - total[at + gap]) / (end - at - gap)
    drop = below - above
    best = int(drop.argmax())
    if drop[best] < EDGE_DROP_DB:
        return None
    edge = int(at[best])
    smooth = kernels.running_mean(level_db, above_size, mode="nearest")
    if smooth[edge + gap :].max() > below[best] - EDGE_DROP_DB / 2:
        return None
    return knee(smooth, edge, gap) * bin_hz, float(drop[best])


def knee(smooth_db: NDArray[np.float64], edge: int, gap: int) -> int:
    """Return the bin where a fall begins, below the steepest place of an edge.

    Converters with a short filter fall over 2 kHz and are steepest at the end. Where the fall
    begins identifies their kind.
    """
    at = edge + gap
    while at > gap and smooth_db[at - gap] - smooth_db[at] > KNEE_DB:
        at -= 1
    return at


def earlier_generation(cutoff_hz: float, stream: Stream) -> str | None:
    """Return the earlier encoding that an edge shows and the file itself doesn't explain."""
    rate_hz = stream.sample_rate_hz
    lower = [r for r in LOWER_RATES_HZ if r < 0.95 * rate_hz]
    if any(0.88 * r / 2 <= cutoff_hz <= 1.1 * r / 2 for r in lower) and (
        stream.lossless or rate_hz > 48_000
    ):
        in_lossy_range = LOSSY_CUTOFF_HZ[0] <= cutoff_hz <= LOSSY_CUTOFF_HZ[1]
        return "lossy" if in_lossy_range and rate_hz <= 48_000 else "lower-rate"
    if LOSSY_CUTOFF_HZ[0] <= cutoff_hz <= LOSSY_CUTOFF_HZ[1] and cutoff_hz < 0.46 * rate_hz:
        promising = (stream.bit_rate_bps or 0) >= HIGH_BIT_RATE_BPS and stream.codec != "vorbis"
        if stream.lossless or (promising and cutoff_hz < LOW_BIT_RATE_CUTOFF_HZ):
            return "lossy"
    return None


_OTHER_CAUSES = gettext(
    "A low-pass filter in production, a 32 kHz broadcast line, or a generator with a lower sample "
    "rate."
)


def _in_words(result: Bandwidth) -> list[Statement]:
    cutoff_hz, drop_db = result.cutoff_hz, result.cutoff_drop_db
    if result.made_from is None or cutoff_hz is None or drop_db is None:
        return []
    cutoff, drop = frequency(cutoff_hz), measured(drop_db, "dB")
    if result.made_from == "lossy":
        text = gettext(
            "The file was probably made from a lossy file: its spectrum is cut off at {cutoff}, "
            "with a fall of {drop} within 240 Hz.",
            cutoff=cutoff,
            drop=drop,
        )
    else:
        text = gettext(
            "The file was probably converted from a lower sample rate: its spectrum is cut off at "
            "{cutoff}, with a fall of {drop} within 240 Hz.",
            cutoff=cutoff,
            drop=drop,
        )
    numbers = {"cutoff_hz": cutoff_hz, "cutoff_drop_db": drop_db}
    return [Statement("bandwidth", text, 0.0, _OTHER_CAUSES, numbers)]


FEATURE = Feature(name="bandwidth", result=Bandwidth, start=BandwidthMeter, statements=_in_words)

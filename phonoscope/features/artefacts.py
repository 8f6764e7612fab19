"""Did a neural decoder leave its comb? Narrow spectral peaks at multiples of one spacing.

Decoders of music generators upsample in strides; zero insertion and strided convolutions
leave narrow peaks at multiples of rate / product-of-strides, whatever the weights
(Odena et al. 2016; Pons et al. 2021, *Upsampling artifacts in neural audio synthesis*;
Afchar et al. 2025, arXiv 2506.19108). Here they are sought in the mean log spectrum of the
whole recording: its excess over a local lower hull, reduced to local maxima that stand out
from the recording's own roughness, looked at as a signal along frequency. A comb through
0 Hz with spacing d is a cosine there, so one Fourier transform tests every spacing at
once, and demanding phase zero leaves out harmonics that do not start at 0 Hz.

Ordinary codecs leave combs too: the MP3 filter bank at rate/32 and its lines at
rate/1152, AAC's and Vorbis's at rate/2048. A spacing in such a family is named as that and
never counts as a sign of a generator.
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

BAND_HZ = (3_000.0, 15_500.0)
"""Where combs are sought: above most fundamentals of music, below most codecs' low pass."""
HULL_BINS, HULL_RANK = 41, 6
"""The local floor is the 15th percentile of 41 bins (about 110 Hz)."""
TOOTH_CLIP = 4.0
"""A single loud partial must not outweigh many small teeth."""
SPACING_HZ = (12.0, 3_000.0)
TRANSFORM_SIZE = 1 << 16
EQUALLY_GOOD = 0.85
NOTABLE_SCORE = 12.0
"""Least score that is put into words; noise reaches 5, tonal human music often 8."""
NOTABLE_TOOTH_DB = 1.0
"""Least mean height of teeth that is put into words: lower ones are chance over many bins."""
MIN_FRAMES = 20
"""Fewer spectra than this (about 4 s) leave the mean too noisy to look for teeth."""
PEAKS = 24
PEAK_DB = 3.0

KNOWN_DECODERS = {
    "EnCodec 24 kHz": 75.0,
    "EnCodec 48 kHz": 150.0,
    "MusicGen (EnCodec 32 kHz)": 50.0,
    "DAC, HiFi-GAN, BigVGAN or ACE-Step 1 (hop 512 at 44.1 kHz)": 44_100 / 512,
    "Stable Audio or DiffRhythm (hop 2048 at 44.1 kHz)": 44_100 / 2048,
    "ACE-Step 1.5 (Oobleck)": 25.0,
    "AudioLDM 2, MusicLDM or Mustango (hop 160 at 16 kHz)": 100.0,
    "Vocos or HiFi-GAN (hop 256 at 24 kHz)": 93.75,
}
"""Fundamental spacing, Hz, of published decoders: rate / product of strides."""


@dataclass(frozen=True)
class Artefacts:
    """Result: the strongest comb, and the narrow peaks of the mean log spectrum."""

    comb_spacing_hz: float | None = column(
        "Spacing of the strongest comb through 0 Hz, Hz; empty when too short or narrow to look."
    )
    comb_score: float | None = column(
        "How far that comb stands out from all other spacings, in standard deviations."
    )
    comb_tooth_db: float | None = column("Mean height of its teeth over the points between, dB.")
    comb_codec: str | None = column(
        "Ordinary codec family that leaves combs of this spacing; empty when none does."
    )
    comb_decoder: str | None = column(
        "Published neural decoder whose strides give this spacing; empty when none is known."
    )
    peaks_hz: tuple[float, ...] = column(
        "Strongest narrow peaks of the mean log spectrum, Hz, at most 24, by frequency."
    )
    peaks_db: tuple[float, ...] = column("Height of those peaks over the local floor, dB.")


NOTHING = Artefacts(None, None, None, None, None, (), ())


class ArtefactMeter:
    """Adds up the mean log spectrum."""

    def __init__(self, stream: Stream) -> None:
        self._rate_hz = stream.sample_rate_hz
        self._sum = np.zeros(fine_size(stream.sample_rate_hz) // 2 + 1)
        self._frames = 0

    def update(self, block: Block) -> None:
        """Take in the next block."""
        levels, frames = block.fine.level_sum
        self._sum += levels
        self._frames += frames

    def result(self) -> Artefacts:
        """Look for a comb."""
        if self._frames < MIN_FRAMES:
            return NOTHING
        bin_hz = self._rate_hz / (2 * (self._sum.size - 1))
        low = round(BAND_HZ[0] / bin_hz)
        high = min(round(BAND_HZ[1] / bin_hz), round(0.98 * (self._sum.size - 1)))
        if (high - low) * bin_hz < 2_000:
            return NOTHING
        excess = excess_db((self._sum / self._frames).astype(np.float32))
        peaks = narrow_peaks(excess, low, high)
        spacing_hz, score = strongest_comb(tooth_weights(excess[low:high]), low, bin_hz)
        return Artefacts(
            comb_spacing_hz=spacing_hz,
            comb_score=score,
            comb_tooth_db=tooth_db(excess, spacing_hz / bin_hz, low, high),
            comb_codec=codec_family(spacing_hz, self._rate_hz),
            comb_decoder=known_decoder(spacing_hz),
            peaks_hz=tuple(float(p * bin_hz) for p in peaks),
            peaks_db=tuple(float(excess[p]) for p in peaks),
        )


def excess_db(level_db: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the level over its local lower hull, the 15th percentile around each bin.

    Parameters
    ----------
    level_db : ndarray, shape (bins,), float32
        Mean level of each bin, dB.

    Returns
    -------
    ndarray, shape (bins,), float32
        dB, at least 0.

    Examples
    --------
    >>> level_db = np.full(200, -60.0, np.float32)
    >>> level_db[100] = -50.0
    >>> excess = excess_db(level_db)
    >>> excess.argmax(), excess.max(), excess.sum()
    (np.int64(100), np.float32(10.0), np.float32(10.0))
    """
    padded = np.pad(level_db, HULL_BINS // 2, mode="edge")
    windows = np.lib.stride_tricks.sliding_window_view(padded, HULL_BINS)
    hull = np.partition(windows, HULL_RANK, axis=-1)[:, HULL_RANK]
    return np.maximum(level_db - hull, np.float32(0.0))


def narrow_peaks(excess: NDArray[np.float32], low: int, high: int) -> NDArray[np.intp]:
    """Bins of the strongest local maxima of at least 3 dB in [low, high), by frequency."""
    inner = excess[low:high]
    is_peak = (inner > excess[low - 1 : high - 1]) & (inner >= excess[low + 1 : high + 1])
    peaks = low + np.flatnonzero(is_peak & (inner >= PEAK_DB))
    strongest = peaks[np.argsort(-excess[peaks], kind="stable")[:PEAKS]]
    return np.sort(strongest)


def tooth_weights(excess: NDArray[np.float32]) -> NDArray[np.float32]:
    """Weigh how much each bin looks like a tooth.

    Parameters
    ----------
    excess
        Excess of the bins to look at, dB, shape (n,).

    Returns
    -------
    ndarray
        Shape (n,): 0 off the local maxima; at a maximum, by how many robust standard
        deviations of this recording's own roughness it stands out, 0 to 4.
    """
    middle = np.median(excess)
    roughness = 1.4826 * np.median(np.abs(excess - middle)) + 0.05
    is_peak = np.zeros(excess.size, bool)
    is_peak[1:-1] = (excess[1:-1] > excess[:-2]) & (excess[1:-1] >= excess[2:])
    standing_out = np.clip((excess - middle) / roughness - 1, 0, TOOTH_CLIP)
    return np.where(is_peak, standing_out, 0).astype(np.float32)


def strongest_comb(weights: NDArray[np.float32], low: int, bin_hz: float) -> tuple[float, float]:
    """Find the spacing whose zero-phase cosine the teeth resemble most.

    Parameters
    ----------
    weights
        How much each bin looks like a tooth, shape (n,).
    low
        Bin of the spectrum at which ``weights`` begins.
    bin_hz
        Distance of bins, Hz.

    Returns
    -------
    spacing_hz, score
        Score: the cosine's coefficient in standard deviations of those of all spacings.
    """
    signal = np.zeros(TRANSFORM_SIZE, np.float32)
    signal[low : low + weights.size] = (weights - weights.mean()) * np.hanning(weights.size)
    coefficients = kernels.rfft(signal)
    first = int(np.ceil(TRANSFORM_SIZE * bin_hz / SPACING_HZ[1]))
    # A spacing under four bins cannot be told from the bins themselves.
    last = int(TRANSFORM_SIZE * bin_hz / max(SPACING_HZ[0], 4 * bin_hz))
    tested = coefficients[first : last + 1]
    # The median, because a strong comb's own overtones must not raise what it is held against;
    # for noise the magnitude is Rayleigh distributed, with its median at 1.1774 deviations.
    spread = float(np.median(np.abs(tested)) / 1.1774)
    if spread == 0.0:
        return SPACING_HZ[1], 0.0
    # Teeth d apart also lie on every comb of spacing d / k: of equals the widest is meant.
    likeness = tested.real
    is_peak = (likeness[1:-1] >= likeness[:-2]) & (likeness[1:-1] >= likeness[2:])
    candidates = 1 + np.flatnonzero(is_peak & (likeness[1:-1] >= EQUALLY_GOOD * likeness.max()))
    best = int(candidates[0]) if candidates.size else int(likeness.argmax())
    cycles = refined(weights, low, (first + best) / TRANSFORM_SIZE)
    return bin_hz / cycles, float(likeness[best]) / spread


def refined(weights: NDArray[np.float32], low: int, cycles: float) -> float:
    """Refine a comb's cycles per bin between two coefficients, so that far teeth are met."""
    at = low + np.flatnonzero(weights)
    near = cycles + np.linspace(-1, 1, 65) / TRANSFORM_SIZE
    likeness = np.cos(2 * np.pi * np.outer(near, at)) @ weights[at - low]
    return float(near[likeness.argmax()])


def tooth_db(excess: NDArray[np.float32], spacing_bins: float, low: int, high: int) -> float:
    """Mean excess at the teeth of a comb minus that half way between them, dB."""
    teeth = (
        np.arange(np.ceil(low / spacing_bins), np.floor((high - 1) / spacing_bins)) * spacing_bins
    )
    if teeth.size == 0:
        return 0.0
    on = np.rint(teeth).astype(int)
    off = np.rint(teeth + spacing_bins / 2).astype(int)
    near = np.maximum(excess[on], np.maximum(excess[on - 1], excess[on + 1]))
    between = np.maximum(excess[off], np.maximum(excess[off - 1], excess[off + 1]))
    return float(near.mean() - between.mean())


def codec_family(spacing_hz: float, rate_hz: int) -> str | None:
    """Name the ordinary codec that leaves combs of this spacing, at any usual rate.

    Parameters
    ----------
    spacing_hz
        Distance of the comb's teeth, Hz.
    rate_hz
        Sample rate of the file, Hz; 32, 44.1 and 48 kHz are tried as well.

    Examples
    --------
    >>> codec_family(44_100 / 576, 44_100)
    'MP3 lines'
    >>> codec_family(50.0, 44_100) is None
    True
    """
    rates = {rate_hz, 32_000, 44_100, 48_000}
    families = {"MP3 filter bank": (32, 64), "MP3 lines": (576, 1152), "AAC lines": (1024, 2048)}
    for name, divisors in families.items():
        if any(_multiple(spacing_hz, rate / d) for rate in rates for d in divisors):
            return name
    return None


def known_decoder(spacing_hz: float) -> str | None:
    """Name the published neural decoder whose strides give this spacing."""
    return next((n for n, d in KNOWN_DECODERS.items() if _multiple(spacing_hz, d, (1, 2))), None)


def _multiple(spacing_hz: float, base_hz: float, times: tuple[int, ...] = (1,)) -> bool:
    return any(abs(spacing_hz / (base_hz * k) - 1) < 0.003 for k in times)


def _in_words(answer: Artefacts) -> list[Statement]:
    if answer.comb_score is None or answer.comb_tooth_db is None:
        return []
    if answer.comb_score < NOTABLE_SCORE or answer.comb_tooth_db < NOTABLE_TOOTH_DB:
        return []
    numbers = {
        "comb_spacing_hz": answer.comb_spacing_hz,
        "comb_score": answer.comb_score,
        "comb_tooth_db": answer.comb_tooth_db,
    }
    seen = (
        f"Narrow peaks at multiples of {answer.comb_spacing_hz:.1f} Hz, "
        f"{answer.comb_tooth_db:.1f} dB over the points between"
    )
    if answer.comb_codec:
        says = f"{seen}: what {answer.comb_codec} of ordinary codecs leave. No sign of a generator."
        return [Statement("artefacts", says, 0.0, "", numbers)]
    fits = f" The spacing fits {answer.comb_decoder}." if answer.comb_decoder else ""
    also = (
        "Sustained synthesiser tones, mains hum and electronic music can leave combs too; how "
        "often was not counted, and the verdict does not rest on this comb."
    )
    return [Statement("artefacts", f"{seen}.{fits}", 0.5, also, numbers)]


FEATURE = Feature(name="artefacts", result=Artefacts, start=ArtefactMeter, statements=_in_words)

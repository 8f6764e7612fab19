"""Did a neural decoder leave its comb? Narrow spectral peaks at multiples of one spacing.

Decoders of music generators upsample in strides. Zero insertion and strided convolutions leave
narrow peaks at multiples of rate / product-of-strides, whatever the weights (Odena et al. 2016;
Pons et al. 2021, *Upsampling artifacts in neural audio synthesis*; Afchar et al. 2025, arXiv
2506.19108). This feature looks for them in the mean log spectrum of the whole recording. It takes
the excess over a local lower hull, keeps local maxima that stand out from the recording's own
roughness, and treats them as a signal along frequency. A comb through 0 Hz with spacing d is a
cosine there, so one Fourier transform tests every spacing at once. Requiring phase zero excludes
harmonics that don't start at 0 Hz.

Ordinary codecs leave combs too: the MP3 filter bank at rate/32 and its lines at rate/1152, AAC and
Vorbis at rate/2048. Such a spacing gets the codec's name and never counts as a sign of a generator.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from phonoscope import compiled
from phonoscope.audio import kernels
from phonoscope.audio.block import Block
from phonoscope.audio.spectra import fine_size
from phonoscope.audio.stream import Stream
from phonoscope.columns import Statement, column
from phonoscope.features.base import Feature
from phonoscope.messages import gettext, sentences
from phonoscope.text import measured

BAND_HZ = (3_000.0, 15_500.0)
"""Where combs are looked for: above most fundamentals of music, below most codecs' low pass."""
HULL_BINS, HULL_RANK = 41, 6
"""The local floor is the 15th percentile of 41 bins (about 110 Hz)."""
TOOTH_CLIP = 4.0
"""So that one loud partial doesn't outweigh many small teeth."""
SPACING_HZ = (12.0, 3_000.0)
TRANSFORM_SIZE = 1 << 16
EQUALLY_GOOD = 0.85
NOTABLE_SCORE = 12.0
"""Smallest score of a statement; noise reaches 5, tonal human music often 8."""
NOTABLE_TOOTH_DB = 1.0
"""Smallest mean height of teeth for a statement: lower ones are chance over many bins."""
NAMED_SCORE = 8.0
"""Smallest score of a comb whose decoder is named: a lower one is chance."""
TALLEST_TOOTH_DB = 12.0
"""Teeth of this mean height are partials of a tone. Those of music from the published decoders have
1 to 6 dB, because music fills the gaps between them; those of square and sawtooth waves 15 to 90.
"""
TONE_BELOW_DB, TONE_BELOW_SHARE = 4.0, 0.75
"""A tone's partials are there under ``BAND_HZ`` too: at least this high, and this share of their
height above. There, music covers the teeth of a decoder."""
MIN_FRAMES = 20
"""With fewer spectra than this (about 4 s), the mean is too noisy."""
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
        "Spacing of the strongest comb through 0 Hz, Hz; empty when too short or narrow-band."
    )
    comb_score: float | None = column(
        "How far that comb stands out from all other spacings, in standard deviations."
    )
    comb_tooth_db: float | None = column(
        "Mean height of its teeth over the points between them, dB."
    )
    comb_codec: str | None = column(
        "Family of ordinary codecs with combs of this spacing; empty when there is none."
    )
    comb_decoder: str | None = column(
        "Published neural decoder whose strides give this spacing; empty when unknown, when the "
        "comb is weak, or when its teeth are partials of a tone."
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
        height_db = tooth_db(excess, spacing_hz / bin_hz, low, high)
        height_below_db = tooth_db(excess, spacing_hz / bin_hz, HULL_BINS // 2, low)
        is_named = score >= NAMED_SCORE and not is_of_a_tone(height_db, height_below_db)
        return Artefacts(
            comb_spacing_hz=spacing_hz,
            comb_score=score,
            comb_tooth_db=height_db,
            comb_codec=codec_family(spacing_hz, self._rate_hz),
            comb_decoder=known_decoder(spacing_hz) if is_named else None,
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
    if loops := compiled.loops():
        room, hull = np.empty(HULL_BINS, np.float32), np.empty(level_db.size, np.float32)
        loops.running_rank(
            compiled.at(padded), hull.size, HULL_BINS, HULL_RANK, compiled.at(room),
            compiled.at(hull),
        )  # fmt: skip
        return np.maximum(level_db - hull, np.float32(0.0))
    windows = np.lib.stride_tricks.sliding_window_view(padded, HULL_BINS)
    hull = np.partition(windows, HULL_RANK, axis=-1)[:, HULL_RANK]
    return np.maximum(level_db - hull, np.float32(0.0))


def narrow_peaks(excess: NDArray[np.float32], low: int, high: int) -> NDArray[np.intp]:
    """Return the bins of the strongest local maxima of at least 3 dB in [low, high), ascending."""
    inner = excess[low:high]
    is_peak = (inner > excess[low - 1 : high - 1]) & (inner >= excess[low + 1 : high + 1])
    peaks = low + np.flatnonzero(is_peak & (inner >= PEAK_DB))
    strongest = peaks[np.argsort(-excess[peaks], kind="stable")[:PEAKS]]
    return np.sort(strongest)


def tooth_weights(excess: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return how much each bin looks like a tooth.

    Parameters
    ----------
    excess
        Excess of the bins, dB, shape (n,).

    Returns
    -------
    ndarray
        Shape (n,): at a local maximum, by how many robust standard deviations of this recording's
        own roughness it stands out, 0 to 4; 0 elsewhere.
    """
    middle = np.median(excess)
    roughness = 1.4826 * np.median(np.abs(excess - middle)) + 0.05
    is_peak = np.zeros(excess.size, bool)
    is_peak[1:-1] = (excess[1:-1] > excess[:-2]) & (excess[1:-1] >= excess[2:])
    standing_out = np.clip((excess - middle) / roughness - 1, 0, TOOTH_CLIP)
    return np.where(is_peak, standing_out, 0).astype(np.float32)


def strongest_comb(weights: NDArray[np.float32], low: int, bin_hz: float) -> tuple[float, float]:
    """Find the spacing whose zero-phase cosine fits the teeth best.

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
    # A spacing under four bins is too close to the distance of the bins themselves.
    last = int(TRANSFORM_SIZE * bin_hz / max(SPACING_HZ[0], 4 * bin_hz))
    tested = coefficients[first : last + 1]
    # The median, so that a strong comb's own overtones don't raise the spread. For noise, the
    # magnitude is Rayleigh distributed, with its median at 1.1774 deviations.
    spread = float(np.median(np.abs(tested)) / 1.1774)
    if spread == 0.0:
        return SPACING_HZ[1], 0.0
    # Teeth d apart also fit every comb of spacing d / k, so the widest of equal ones is chosen.
    similarity = tested.real
    is_peak = (similarity[1:-1] >= similarity[:-2]) & (similarity[1:-1] >= similarity[2:])
    candidates = 1 + np.flatnonzero(is_peak & (similarity[1:-1] >= EQUALLY_GOOD * similarity.max()))
    best = int(candidates[0]) if candidates.size else int(similarity.argmax())
    cycles = refined(weights, low, (first + best) / TRANSFORM_SIZE)
    return bin_hz / cycles, float(similarity[best]) / spread


def refined(weights: NDArray[np.float32], low: int, cycles: float) -> float:
    """Refine a comb's cycles per bin between two coefficients, so that distant teeth fit."""
    at = low + np.flatnonzero(weights)
    near = cycles + np.linspace(-1, 1, 65) / TRANSFORM_SIZE
    similarity = np.cos(2 * np.pi * np.outer(near, at)) @ weights[at - low]
    return float(near[similarity.argmax()])


def tooth_db(excess: NDArray[np.float32], spacing_bins: float, low: int, high: int) -> float:
    """Return the mean excess at the teeth of a comb minus that halfway between them, dB."""
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


def is_of_a_tone(height_db: float, height_below_db: float) -> bool:
    """Return whether the teeth of a comb are partials of a tone rather than traces of a decoder.

    Parameters
    ----------
    height_db, height_below_db
        Mean heights of its teeth in ``BAND_HZ`` and under it, dB.

    Examples
    --------
    A square wave of 25 Hz; a sawtooth in noise; music of MusicGen.

    >>> is_of_a_tone(15.5, 15.2), is_of_a_tone(6.0, 20.0), is_of_a_tone(5.8, 3.4)
    (True, True, False)
    """
    least_db = max(TONE_BELOW_DB, TONE_BELOW_SHARE * height_db)
    return height_db >= TALLEST_TOOTH_DB or height_below_db >= least_db


def codec_family(spacing_hz: float, rate_hz: int) -> str | None:
    """Return the family of ordinary codecs with combs of this spacing, at any usual rate.

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
    """Return the published neural decoder whose strides give this spacing."""
    return next((n for n, d in KNOWN_DECODERS.items() if _multiple(spacing_hz, d, (1, 2))), None)


def _multiple(spacing_hz: float, base_hz: float, times: tuple[int, ...] = (1,)) -> bool:
    return any(abs(spacing_hz / (base_hz * k) - 1) < 0.003 for k in times)


_OTHER_CAUSES = gettext(
    "Sustained synthesiser tones, mains hum and electronic music can leave such peaks too. How "
    "often they do wasn't measured, and the verdict doesn't use this comb."
)


def _in_words(result: Artefacts) -> list[Statement]:
    spacing_hz, height_db = result.comb_spacing_hz, result.comb_tooth_db
    if spacing_hz is None or height_db is None or result.comb_score is None:
        return []
    if result.comb_score < NOTABLE_SCORE or height_db < NOTABLE_TOOTH_DB:
        return []
    numbers = {
        "comb_spacing_hz": spacing_hz,
        "comb_score": result.comb_score,
        "comb_tooth_db": height_db,
    }
    comb = gettext(
        "The spectrum has narrow peaks at multiples of {spacing}, {height} high on average.",
        spacing=measured(spacing_hz, "Hz", 1),
        height=measured(height_db, "dB", 1),
    )
    if result.comb_codec:
        codec = gettext(
            "Ordinary codecs leave such peaks ({family}), so they aren't a sign of a generator.",
            family=result.comb_codec,
        )
        return [Statement("artefacts", sentences(comb, codec), 0.0, "", numbers)]
    decoder: str = ""
    if result.comb_decoder:
        decoder = gettext("The spacing fits {decoder}.", decoder=result.comb_decoder)
    return [Statement("artefacts", sentences(comb, decoder), 0.5, _OTHER_CAUSES, numbers)]


FEATURE = Feature(name="artefacts", result=Artefacts, start=ArtefactMeter, statements=_in_words)

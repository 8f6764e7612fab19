"""From the detector's score to calibrated probabilities."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from phonoscope.columns import Floats

BAND_EDGES_HZ = (8_600.0, 14_200.0)
"""Limits between bands, by the highest frequency with sound: as in a 16 kHz file, as from a codec
at a low rate, and wider. The channel decides how human music scores."""
BANDS = ("narrow", "middle", "wide")
KINDS = ("", "-altered", "-mono", "-mono-altered")
GROUPS = tuple(f"{band}{kind}" for kind in KINDS for band in BANDS)
"""Recordings whose p-values come from the same human scores: of one band, with a difference between
the channels or without one (mono), as they are or with a pitch or tempo that looks altered."""
KINDS_OF_NULL = ("", "-pitch-or-tempo", "-speed")
"""What was done to the human recordings of a null: anything, or one kind of alteration."""
TAIL_SHARE = 0.05
"""Share of the human scores, from the top, to which the tail is fitted."""


def group_of(limit_hz: float, *, altered: bool = False, mono: bool = False) -> int:
    """Return the group of a recording, an index of ``GROUPS``.

    Parameters
    ----------
    limit_hz
        Highest frequency with sound, Hz.
    altered
        Whether its pitch or tempo looks altered.
    mono
        Whether its channels don't differ.

    Examples
    --------
    >>> [GROUPS[group_of(limit_hz)] for limit_hz in (7_800.0, 11_000.0, 20_000.0)]
    ['narrow', 'middle', 'wide']
    >>> GROUPS[group_of(20_000.0, altered=True)], GROUPS[group_of(20_000.0, mono=True)]
    ('wide-altered', 'wide-mono')
    """
    band = int(np.searchsorted(BAND_EDGES_HZ, limit_hz))
    return band + len(BANDS) * (altered + 2 * mono)


@dataclass(frozen=True, eq=False)
class Null:
    """Scores of human recordings that the detector wasn't trained on.

    A conformal p-value (Vovk, Gammerman & Shafer 2005; Bates et al. 2023, *Testing for outliers
    with conformal p-values*) can't be smaller than one over the number of recordings. Beyond the
    95th percentile, the tail of the scores is therefore an exponential, the limit law of thin tails
    (Pickands 1975), with the mean excess as its scale: its maximum likelihood. A p-value below
    :attr:`least_counted` is an extrapolation. The model card says how uncertain it is; widening
    every p-value by that would only hide machine-made music.
    """

    scores: Floats
    """Ascending, shape (n,)."""
    tail_start: float
    tail_scale: float
    recordings: int
    """Number of recordings; one recording through several channels has several scores."""

    @classmethod
    def of(cls, scores: NDArray[np.floating], recordings: int) -> Null:
        """Fit to scores of this many recordings."""
        ordered = np.sort(np.asarray(scores, np.float32))
        start = float(np.quantile(ordered, 1 - TAIL_SHARE))
        beyond = ordered[ordered > start] - start
        return cls(ordered, start, float(beyond.mean()), recordings)

    @property
    def least_counted(self) -> float:
        """The smallest p-value that was counted and isn't extrapolated."""
        return 1 / (1 + self.recordings)

    def p_value(self, score: float) -> float:
        """Return the share of human music with this score or a higher one, 0 to 1."""
        if score >= self.tail_start:
            return TAIL_SHARE * float(np.exp(-(score - self.tail_start) / self.tail_scale))
        at_least = self.scores.size - int(np.searchsorted(self.scores, score, side="left"))
        return max(TAIL_SHARE, (1 + at_least) / (1 + self.scores.size))


@dataclass(frozen=True, eq=False)
class LargestNull:
    """Several nulls, of which the one with the largest p-value holds.

    Nobody knows for certain how a recording was altered. A p-value that is the largest over the
    kinds of alteration that it may have had is right for each of them (a composite null
    hypothesis).
    """

    by_kind: Mapping[str, Null]
    """That of recordings altered in any way or in none, under ``""``, and those of the single
    :data:`KINDS_OF_NULL` with enough recordings."""

    @property
    def least_counted(self) -> float:
        """The smallest p-value that was counted and isn't extrapolated."""
        return self.by_kind[""].least_counted

    def p_value(self, score: float) -> float:
        """Return the largest share of human music with this score or a higher one, 0 to 1."""
        return max(null.p_value(score) for null in self.by_kind.values())


def probability(score: float, slope: float, intercept: float) -> float:
    """Return the probability for a score, 0 to 1.

    Platt scaling (J. Platt, *Probabilistic outputs for support vector machines*, 1999): a
    logistic curve whose slope and intercept were fitted to scores of known recordings.

    Examples
    --------
    >>> probability(0.0, 1.0, 0.0), round(probability(2.0, 1.5, -1.0), 3)
    (0.5, 0.881)
    """
    return float(1 / (1 + np.exp(-np.clip(slope * score + intercept, -40, 40))))

"""Compare an excerpt with a place of a recording, and say how far that is from chance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from phonoscope.columns import Floats
from phonoscope.features.fingerprints import BITS
from phonoscope.matching.recording.excerpt import AlteredExcerpt
from phonoscope.matching.recording.segment import IndexSegment

FEWEST = 3
"""Prints that have to be compared."""
CLEAR = 1.5
"""A measurement this far from its threshold is as clear as can be."""


@dataclass(frozen=True, eq=False)
class Candidate:
    """A place of a recording that an excerpt may be."""

    segment: IndexSegment
    track: int
    offset: int
    """Where the excerpt would begin in the recording, cells."""
    excerpt: AlteredExcerpt
    at: NDArray[np.int64]
    """Places of the recording's prints that were compared, cells of the recording."""
    agreement: Floats
    """What each print adds to the correlation; 0 on average by chance."""
    score: float
    """How far the agreement is from chance, in standard deviations of chance."""

    @property
    def recording_id(self) -> str:
        """The recording."""
        return self.segment.id_of(self.track)


def compare(
    segment: IndexSegment,
    track: int,
    offset: int,
    excerpt: AlteredExcerpt,
    shifts: Sequence[int] = (0,),
) -> Candidate | None:
    """Compare an excerpt with a place in a recording and its surroundings, print by print."""
    places, bits = segment.prints_of(track)
    low, high = excerpt.places
    first, stop = np.searchsorted(places, [offset + low + 2, offset + high - 2])
    if stop - first < FEWEST:
        return None
    at, signs = places[first:stop].astype(np.int64), signs_of(bits[first:stop])
    signs -= signs.mean(axis=0)
    best: Candidate | None = None
    for shift in shifts:
        measured = np.clip(excerpt.measure(at - offset - shift), -CLEAR, CLEAR)
        measured -= measured.mean(axis=0)
        score = significance(signs, measured)
        if best is None or score > best.score:
            agreed = agreement(signs, measured)
            best = Candidate(segment, track, offset + shift, excerpt, at, agreed, score)
    return best


def signs_of(bits: NDArray[np.int64]) -> Floats:
    """Return the signs that prints are made of.

    Parameters
    ----------
    bits : ndarray, shape (n,), int64
        Prints, as :func:`phonoscope.features.fingerprints.packed` returns them.

    Returns
    -------
    ndarray, shape (n, 64), float32
        -1 or 1; the lowest bit first.

    Examples
    --------
    >>> signs_of(np.array([5], np.int64))[0, :4].tolist()
    [1.0, -1.0, 1.0, -1.0]
    """
    set_ = np.unpackbits(
        bits.astype("<i8").view(np.uint8).reshape(-1, 8), axis=1, bitorder="little"
    )
    return set_.astype(np.float32) * 2 - 1


def agreement(signs: Floats, measured: Floats) -> Floats:
    """Return what each print adds to the correlation of signs and measurements.

    Parameters
    ----------
    signs, measured : ndarray, shape (n, 64), float32
        Both less their means over the excerpt.

    Returns
    -------
    ndarray, shape (n,), float32
        Their mean is the correlation, -1 to 1.

    Examples
    --------
    >>> signs = signs_of(np.array([5, -6], np.int64))
    >>> agreement(signs - signs.mean(axis=0), signs - signs.mean(axis=0)).tolist()
    [1.0, 1.0]
    """
    scale = np.sqrt((signs**2).sum() * (measured**2).sum()) / len(signs)
    agreed: Floats = (signs * measured).sum(axis=1) / max(float(scale), 1e-9)
    return agreed


def significance(signs: Floats, measured: Floats) -> float:
    """Return how far an agreement is from chance, in standard deviations of chance.

    Parameters
    ----------
    signs, measured : ndarray, shape (n, 64), float32
        Both less their means over the excerpt.

    Notes
    -----
    Means are taken away because a sustained sound looks like any other at the same pitch, and
    only what changes tells recordings apart. By chance the
    directions of the two have nothing to do with each other, however each of them lingers; then
    the variance of the sum of products is that of their Gram matrices' product. The sum of that
    product is the squared norm of one 64 x 64 matrix, so cost grows with n and not with its square.
    """
    together = float((signs * measured).sum())
    variance = float(np.square(signs.T @ measured).sum()) / BITS
    return together / max(variance, 1e-9) ** 0.5

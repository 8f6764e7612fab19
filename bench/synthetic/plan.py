"""How large everything is, and everything that is drawn from: one plan for a size and a seed."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from bench.synthetic import patterns, planted, published
from bench.synthetic.durations import Durations, durations
from bench.synthetic.fits import with_margins, with_means
from bench.synthetic.years import CLASSES, Years, class_of, mean_duration_s, years

Array = NDArray[np.float64]
LEAST_TRACKS, MOST_TRACKS = 2_000, 4_000_000_000
MOST_SEED = 8_999
_WITHIN_TEN = np.array([0.80, 0.07, 0.04, 0.025, 0.018, 0.014, 0.011, 0.009, 0.007, 0.006])
"""How the lowest ten points of popularity are shared; most tracks have none."""


@dataclass(frozen=True)
class Plan:
    """What a synthetic catalogue will hold.

    Parameters
    ----------
    tracks
        2,000 or more.
    seed
        0 to 8,999.
    short_ids
        Ids are row numbers, not 22 characters.
    """

    tracks: int
    seed: int = 1
    short_ids: bool = False

    def __post_init__(self) -> None:
        if not LEAST_TRACKS <= self.tracks <= MOST_TRACKS:
            raise ValueError(f"tracks: {LEAST_TRACKS:,} to {MOST_TRACKS:,}, not {self.tracks:,}")
        if not 0 <= self.seed <= MOST_SEED:
            raise ValueError(f"seed: 0 to {MOST_SEED:,}, not {self.seed}")

    @cached_property
    def album_pattern(self) -> patterns.Pattern:
        """Tracks by album."""
        return patterns.albums()

    @cached_property
    def albums(self) -> int:
        """Albums."""
        return self.album_pattern.groups_in(self.tracks)

    @property
    def artists(self) -> int:
        """Artists; the last ones release at inhuman rates."""
        share = published.ARTISTS / published.TRACKS
        return round(share * self.tracks) + len(planted.MILL_ARTISTS)

    @property
    def usual_artists(self) -> int:
        """Artists without those."""
        return self.artists - len(planted.MILL_ARTISTS)

    @property
    def labels(self) -> int:
        """Labels, without those that release at inhuman rates."""
        return round(0.03 * self.tracks)

    @property
    def mill_period(self) -> int:
        """Of so many albums each artist and label of inhuman rates has one."""
        share = min(max(2_000 / self.albums, 2e-4), 5e-3)
        # Odd and no multiple of five, so that albums of all sizes come up.
        period = round(1 / share) | 1
        return period + 2 if period % 5 == 0 else period

    @property
    def mills(self) -> int:
        """Artists and labels of inhuman rates."""
        return len(planted.MILL_ARTISTS) + len(planted.MILL_LABELS)

    @cached_property
    def years(self) -> Years:
        """Years of release."""
        return years(self.mills / self.mill_period)

    @cached_property
    def tracks_by_category(self) -> Array:
        """Share of tracks in each category of year."""
        return self.years.tracks(self.mills / self.mill_period)

    @cached_property
    def mean_year(self) -> float:
        """Mean year of release over tracks."""
        return float(self.tracks_by_category @ self.years.year)

    @cached_property
    def tracks_by_class(self) -> Array:
        """Share of tracks by class of years, shape (classes,)."""
        classes = class_of(self.years.year)
        return np.bincount(classes, self.tracks_by_category, minlength=CLASSES)

    @cached_property
    def durations(self) -> Durations:
        """Durations over all tracks."""
        return durations(float(self._class_means() @ self.tracks_by_class))

    @cached_property
    def durations_by_class(self) -> Array:
        """Durations by class of years of tracks that have an ISRC of their own, and of the others.

        Tracks that share an ISRC share a duration whatever their years, so theirs is that over
        all, and the others carry the change over the years alone.

        Returns
        -------
        numpy.ndarray
            Shape (classes + 1, bins); each row sums to 1.
        """
        share, values = self.durations.share, self.durations.middle_s
        shared = self.shared_isrc_share
        means = (self._class_means() - shared * self.durations.mean_s) / (1.0 - shared)
        own = with_means(values, self.tracks_by_class, share, means)
        return np.vstack([own / own.sum(1)[:, None], share])

    @property
    def shared_isrc_share(self) -> float:
        """Share of tracks whose ISRC others have as well."""
        pattern, _ = patterns.isrcs()
        return float(pattern.size[pattern.size > 1].sum() / pattern.members)

    @cached_property
    def popularity_by_class(self) -> Array:
        """Popularity 0 to 100 by class of years; each row sums to 1, shape (classes, 101)."""
        points = np.arange(101)
        age = np.arange(CLASSES)[::-1]
        start = np.exp(
            -planted.RECENCY * np.minimum(points, 40)[None, :] * np.minimum(age, 25)[:, None]
        )
        joint = with_margins(start, self.tracks_by_class, popularity())
        return joint / joint.sum(1)[:, None]

    def _class_means(self) -> Array:
        """Mean duration by class of years, s."""
        of_each = mean_duration_s(self.years.year) * self.tracks_by_category
        total = np.bincount(class_of(self.years.year), of_each, minlength=CLASSES)
        return total / self.tracks_by_class

    @cached_property
    def step(self) -> tuple[int, int]:
        """What scatters tracks over ISRCs: row i has place (i times factor + offset) mod tracks."""
        factor = int(self.tracks * 0.6180339887) | 1
        while math.gcd(factor, self.tracks) != 1:
            factor += 2
        return factor, (self.seed * 7_919) % self.tracks

    @property
    def long_tail(self) -> float:
        """The offset q of artists' and labels' ranks: the density at rank r of n is 1/(r/n + q).

        Not so small that the first ranks outdo those who release at inhuman rates.
        """
        return max(1e-4, 30.0 / self.labels)


def popularity() -> Array:
    """Return the share of tracks of popularity 0 to 100, shape (101,)."""
    counts = np.zeros(101)
    for decade, tracks in enumerate(published.POPULARITY):
        if decade == 10:
            counts[100] = tracks
            continue
        within = _WITHIN_TEN if decade == 0 else np.exp(-0.12 * np.arange(10))
        counts[10 * decade : 10 * decade + 10] = tracks * within / within.sum()
    return counts / counts.sum()


def genre_weights() -> dict[str, float]:
    """Return artists by genre as published; what is not published falls off evenly."""
    rest = published.GENRES - len(published.TOP_GENRES)
    left = published.ARTIST_GENRES - sum(published.TOP_GENRES.values())
    low, high = 0.9, 1.0 - 1e-9
    highest = min(published.TOP_GENRES.values()) - 100
    for _ in range(80):
        fall = (low + high) / 2
        total = highest * (1 - fall**rest) / (1 - fall)
        low, high = (fall, high) if total < left else (low, fall)
    others = {f"genre {k + 1}": highest * fall**k for k in range(rest)}
    return {**published.TOP_GENRES, **others}


def markets() -> list[tuple[float, int, str | None]]:
    """Return what tracks are available in: share, how many countries, which if it is one."""
    none, one = planted.MARKETS_NONE, planted.MARKETS_ONE
    weights = 1.0 / np.arange(1, len(planted.COUNTRIES) + 1)
    single = one * weights / weights.sum()
    some, most = 0.05, 1.0 - none - one - 0.05
    made: list[tuple[float, int, str | None]] = [(none, 0, None)]
    made += [(float(s), 1, c) for s, c in zip(single, planted.COUNTRIES, strict=True)]
    made += [(some / 12, count, None) for count in range(2, 14)]
    made += [(most * 0.15 / 10, count, None) for count in range(170, 180)]
    return [*made, (most * 0.85, 184, None)]

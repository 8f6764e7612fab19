"""Years of release: how many albums, how large they are, and what changes from year to year."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bench.synthetic import planted, published
from bench.synthetic.patterns import ALBUM_BIG_SHARE, TRACKS_BIG, TRACKS_SMALL

Array = NDArray[np.float64]
FIRST, LAST, FUTURE = 1920, 2025, 2040
OLDEST_CLASS = 2000
"""Years up to this are alike in durations and popularity."""
CLASSES = LAST - OLDEST_CLASS + 1


@dataclass(frozen=True)
class Years:
    """Years, and dates that stand for 'unknown', as categories to draw from.

    Attributes
    ----------
    year
        Year of each category, shape (n,).
    default
        Whether everything in it is dated the first of January without a reason.
    albums
        Share of albums.
    by_size
        The same among small and among big albums, shape (2, n).
    """

    year: NDArray[np.int64]
    default: NDArray[np.bool_]
    albums: Array
    by_size: Array

    def tracks(self, mills: float) -> Array:
        """Return the share of tracks in each category.

        Parameters
        ----------
        mills
            Share of albums from those who release at inhuman rates, whatever their size.
        """
        weights = np.array([TRACKS_SMALL, TRACKS_BIG]) / (TRACKS_SMALL + TRACKS_BIG)
        shares = (1.0 - mills) * (weights @ self.by_size)
        shares[self.mill] += mills
        return shares

    @property
    def mill(self) -> int:
        """The category in which those release."""
        year = int(planted.MILL_MONTH[:4])
        return int(np.flatnonzero((self.year == year) & ~self.default)[0])


def interpolated(points: dict[int, float], years: Array) -> Array:
    """Return values at years between published ones, linear."""
    return np.interp(years, list(points), list(points.values()))


def explicit_share(years: Array) -> Array:
    """Return the share of explicit tracks by year."""
    return interpolated({1950: 0.005, **published.EXPLICIT_SHARE}, years)


def mean_duration_s(years: Array) -> Array:
    """Return the mean duration by year, s."""
    return interpolated(published.MEAN_DURATION_S, years)


def class_of(years: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the class of years: 0 is up to 2000, then one a year."""
    return np.clip(years - OLDEST_CLASS, 0, CLASSES - 1)


def years(mills: float) -> Years:
    """Return the years; ``mills`` is the share of albums that are dated by other means."""
    every = np.arange(FIRST, LAST + 1)
    albums = _albums(every)
    extra = {
        year: (times - 1.0) * albums[year - FIRST] for year, times in published.ROUND_YEARS.items()
    }
    extra[1970] = planted.DEFAULT_1970 * albums.sum() / (1.0 - planted.DEFAULT_1970)
    year = np.concatenate([every, list(extra)])
    default = np.concatenate([np.zeros(len(every), bool), np.ones(len(extra), bool)])
    share = np.concatenate([albums, list(extra.values())])
    share /= share.sum()
    drawn = Years(year, default, share, np.empty((2, 0)))
    share = share.copy()
    share[drawn.mill] -= mills
    return Years(year, default, drawn.albums, _by_size(year, share / share.sum(), mills))


def _albums(every: NDArray[np.int64]) -> Array:
    """Return albums by year: published ones, between them and before them a steady growth."""
    known = published.ALBUMS_BY_YEAR
    logs = np.interp(every, list(known), np.log(list(known.values())))
    albums = np.exp(logs)
    before = every < 2010
    left = published.ALBUMS - albums[~before].sum()
    steps = (2010 - every[before]).astype(float)
    low, high = 0.5, 0.999
    for _ in range(60):
        fall = (low + high) / 2
        total = (known[2010] * fall**steps).sum()
        low, high = (fall, high) if total < left else (low, fall)
    albums[before] = known[2010] * fall**steps
    return albums


def _by_size(year: NDArray[np.int64], share: Array, mills: float) -> Array:
    """Return years among small and among big albums.

    Big albums are older. How much older is chosen so that the share of explicit tracks over all
    is the published one; the published mean durations then agree too.
    """
    wanted = published.EXPLICIT / published.TRACKS
    age = (LAST - year).astype(float)
    low, high = 0.0, 1.0
    for _ in range(60):
        slope = (low + high) / 2
        big = _big(age, slope, share)
        split = np.stack([share * (1 - big), share * big])
        split /= split.sum(1)[:, None]
        weights = np.array([TRACKS_SMALL, TRACKS_BIG]) / (TRACKS_SMALL + TRACKS_BIG)
        of_mills = float(explicit_share(np.array([int(planted.MILL_MONTH[:4])]))[0])
        found = (1 - mills) * float(weights @ split @ explicit_share(year)) + mills * of_mills
        low, high = (slope, high) if found > wanted else (low, slope)
    return split


def _big(age: Array, slope: float, share: Array) -> Array:
    """Return the share of big albums by age; over all it is that of the pattern."""
    low, high = -20.0, 20.0
    for _ in range(60):
        offset = (low + high) / 2
        big = 1.0 / (1.0 + np.exp(-(offset + slope * np.minimum(age, 60.0))))
        low, high = (offset, high) if share @ big < ALBUM_BIG_SHARE else (low, offset)
    return big

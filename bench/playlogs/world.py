"""The tracks: by artists in clusters of taste, some of them almost never played."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

CLUSTERS = 24
SPREAD = 2.863
"""Standard deviation of the logarithm of a track's popularity. With it the top 0.2% of tracks
have 49.4% of all plays, as Luminate counted for 2025. The lower 88% then have about 4.6%, more than
the 0.93% of the same counts: the tail here is heavier than the real one."""
OF_ARTIST = 0.6
"""Share of that variance that the tracks of an artist share. Invented."""
TRACKS_AN_ARTIST = 8.0
SLEEP_SHARE = 0.004
"""Share of tracks that are rain, noise and the like. Invented."""
MIDDLING, MIDDLING_TRACKS = (0.97, 0.995), 5
"""An artist of medium popularity: quantiles of plays, and least tracks. Invented."""

Ints = NDArray[np.int64]
Reals = NDArray[np.float64]


class World:
    """Tracks 0 to ``tracks - 1``, in order of cluster and artist.

    Parameters
    ----------
    tracks
        Number of tracks.
    rng
        Random numbers.
    """

    def __init__(self, tracks: int, rng: np.random.Generator) -> None:
        self.tracks = tracks
        artists = max(CLUSTERS * 4, int(tracks / TRACKS_AN_ARTIST))
        size = rng.multinomial(tracks, _shares(artists, rng)).astype(np.int64)
        self.artist_low = np.concatenate([[0], np.cumsum(size)])
        self.artist_of = np.repeat(np.arange(artists), size)
        artist_cluster = np.sort(rng.integers(0, CLUSTERS, artists))
        of_artist = rng.standard_normal(artists)[self.artist_of]
        of_track = rng.standard_normal(tracks)
        mixed = np.sqrt(OF_ARTIST) * of_artist + np.sqrt(1 - OF_ARTIST) * of_track
        # Ranks become quantiles of the law, so that its top 0.2% doesn't depend on chance.
        place = np.empty(tracks)
        place[np.argsort(mixed, kind="stable")] = (np.arange(tracks) + 0.5) / tracks
        self.weight = np.exp(SPREAD * norm.ppf(place))
        self.weight /= self.weight.sum()
        self._by_weight = _cumulated(self.weight)
        self._by_root = _cumulated(np.sqrt(self.weight))
        firsts = np.searchsorted(artist_cluster, np.arange(CLUSTERS + 1))
        self.cluster_low = self.artist_low[firsts]
        self.cluster_weight = np.diff(self._by_weight[self.cluster_low])
        # Durations as lognormal around 3:10; see MEAN_DURATION_S of bench/synthetic/published.py.
        seconds = np.clip(rng.lognormal(np.log(190), 0.32, tracks), 31, 1200)
        self.sleep = np.sort(rng.choice(tracks, max(20, int(SLEEP_SHARE * tracks)), replace=False))
        seconds[self.sleep] = rng.uniform(60, 300, len(self.sleep))
        self.duration_ms = (seconds * 1000).astype(np.int64)
        self.taken: set[int] = set()
        """Artists that attackers play."""

    def drawn(self, cluster: Ints, rng: np.random.Generator, digging: NDArray[np.bool_]) -> Ints:
        """Return a track for each cluster, by popularity, or by its square root for explorers."""
        low, high = self.cluster_low[cluster], self.cluster_low[cluster + 1]
        found = np.empty(len(cluster), np.int64)
        for chosen, summed in ((~digging, self._by_weight), (digging, self._by_root)):
            lowest, highest = summed[low[chosen]], summed[high[chosen]]
            at = lowest + rng.random(len(lowest)) * (highest - lowest)
            found[chosen] = np.searchsorted(summed, at, side="right") - 1
        return np.minimum(np.maximum(found, low), np.maximum(high - 1, low))

    def popular(self, count: int, rng: np.random.Generator) -> Ints:
        """Return tracks of all clusters, by popularity."""
        found = np.searchsorted(self._by_weight, rng.random(count), side="right") - 1
        return np.clip(found, 0, self.tracks - 1)

    def unknown_tracks(self, count: int, rng: np.random.Generator) -> Ints:
        """Reserve about so many tracks by artists that almost nobody plays, and return them."""
        sizes = np.diff(self.artist_low)
        is_tail = self._unknown()
        artists = rng.permutation(np.flatnonzero(is_tail))
        enough = int(np.searchsorted(np.cumsum(sizes[artists]), count)) + 1
        artists = artists[:enough]
        self.taken.update(artists.tolist())
        found = [np.arange(self.artist_low[a], self.artist_low[a + 1]) for a in artists]
        return np.concatenate(found)[:count]

    def unknown_artist(self, least: int, rng: np.random.Generator) -> Ints:
        """Reserve the tracks of one such artist, at least so many, and return them."""
        fits = self._unknown() & (np.diff(self.artist_low) >= least)
        return self._all_of(int(rng.choice(np.flatnonzero(fits))))

    def middling_artist(self, rng: np.random.Generator) -> Ints:
        """Reserve the tracks of an artist with listeners, and return them, most popular first."""
        total, sizes = self._total(), np.diff(self.artist_low)
        low, high = np.quantile(total, MIDDLING)
        fits = (total > low) & (total < high) & (sizes >= MIDDLING_TRACKS)
        fits[list(self.taken)] = False
        tracks = self._all_of(int(rng.choice(np.flatnonzero(fits))))
        return tracks[np.argsort(-self.weight[tracks], kind="stable")]

    def _total(self) -> Reals:
        summed = np.bincount(self.artist_of, self.weight, len(self.artist_low) - 1)
        return summed.astype(float)

    def _unknown(self) -> NDArray[np.bool_]:
        sizes = np.diff(self.artist_low)
        is_tail = (sizes > 0) & (self._total() < sizes * np.quantile(self.weight, 0.7))
        is_tail[list(self.taken)] = False
        return is_tail

    def _all_of(self, artist: int) -> Ints:
        self.taken.add(artist)
        return np.arange(self.artist_low[artist], self.artist_low[artist + 1])

    def artists_of_many(self, count: int, least: int, rng: np.random.Generator) -> Ints:
        """Return artists with at least so many tracks, of any popularity."""
        many = np.flatnonzero(np.diff(self.artist_low) >= least)
        return rng.choice(many, count)


def _shares(artists: int, rng: np.random.Generator) -> Reals:
    shares = rng.lognormal(0, 0.9, artists)
    return shares / shares.sum()


def _cumulated(weight: Reals) -> Reals:
    return np.concatenate([[0.0], np.cumsum(weight / weight.sum())])

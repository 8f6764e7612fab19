"""Tracks with the same listeners: cores of groups of any size, however much else they play.

Accounts that hide among people share only a few tracks with each other. But nobody else plays these
tracks as a set, so the tracks have almost the same accounts. That holds whether a track has twelve
accounts or half of all, and it doesn't depend on what the accounts play besides.

Sets of accounts are compared by MinHash (Broder, *On the resemblance and containment of documents*,
1997) with banding, so the work grows with accounts of tracks and not with pairs of tracks.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from phonoscope.catalogue.backend import memtable
from phonoscope.plays.log import Log

if TYPE_CHECKING:
    import ibis.expr.types as ir

LEAST_ACCOUNTS = 8
"""Least accounts of a track to compare it by its listeners. Smaller groups share tracks that are
rare, and are found by these."""
LEAST_TRACKS = 4
"""Least tracks with the same listeners."""
HASHES, BAND = 16, 2
"""Hashes of a track's accounts, and how many of them must agree for two tracks to be compared."""
PRIME = 2**31 - 1
SIMILAR = (0.3, 0.5, 0.7)
"""Estimated Jaccard similarities at which tracks are joined."""
OF_TRACKS = 0.5
"""Share of such tracks that an account of the core plays."""
MOST_TRACKS = 2000
"""Sets of more tracks are left out: they are joined by chains, and have no common accounts."""


def same_listeners(log: Log) -> pa.Table:
    """Return groups of accounts that play the same tracks, found by the tracks.

    Returns
    -------
    pyarrow.Table
        ``block`` (number) and ``account``; groups of several thresholds overlap.
    """
    found = list(_sets_of_tracks(_sketches(log)))
    block = np.repeat(np.arange(len(found)), [len(each) for each in found])
    tracks = pa.table({"block": block, "track": np.concatenate([np.zeros(0, np.int64), *found])})
    return _accounts(log, tracks)


def _sketches(log: Log) -> pa.Table:
    """Return ``track`` and the least value of each hash over its accounts."""
    tracks = log.tracks.filter(log.tracks.accounts >= LEAST_ACCOUNTS)
    edges = log.edges.select("account", "track").join(tracks.select("track"), "track")
    account = edges.account.cast("int64") + 1
    rng = np.random.default_rng(0)
    factors = rng.integers(PRIME // 4, PRIME, (HASHES, 2)).tolist()
    least = {f"h{n}": ((account * a + b) % PRIME).min() for n, (a, b) in enumerate(factors)}
    sketches = edges.group_by("track").aggregate(**least)
    return sketches.order_by("track").to_pyarrow()


def _sets_of_tracks(sketches: pa.Table) -> Iterator[NDArray[np.int64]]:
    """Yield sets of tracks with similar accounts at each threshold, each set once."""
    tracks = sketches["track"].to_numpy().astype(np.int64)
    hashes = np.stack([sketches[f"h{n}"].to_numpy() for n in range(HASHES)], axis=1)
    one, other = _near(hashes)
    similar = (hashes[one] == hashes[other]).mean(axis=1) if len(one) else np.zeros(0)
    seen: set[bytes] = set()
    for threshold in SIMILAR:
        close = similar >= threshold
        shape = (len(tracks), len(tracks))
        joined = coo_matrix((np.ones(close.sum()), (one[close], other[close])), shape)
        _, label = connected_components(joined, directed=False)
        order = np.argsort(label, kind="stable")
        for members in np.split(order, np.flatnonzero(np.diff(label[order])) + 1):
            key = members.tobytes()
            if LEAST_TRACKS <= len(members) <= MOST_TRACKS and key not in seen:
                seen.add(key)
                yield tracks[members]


def _near(hashes: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return pairs of rows that agree in a band: each row with the one before it in its bucket."""
    pairs = [np.zeros((0, 2), np.int64)]
    for first in range(0, HASHES, BAND):
        key = hashes[:, first] * PRIME + hashes[:, first + 1]
        order = np.argsort(key, kind="stable")
        same = np.flatnonzero(np.diff(key[order]) == 0)
        pairs.append(np.stack([order[same], order[same + 1]], axis=1))
    found = np.unique(np.concatenate(pairs), axis=0)
    return found[:, 0], found[:, 1]


def _accounts(log: Log, tracks: pa.Table) -> pa.Table:
    """Return the accounts that play at least half of each set of tracks."""
    wanted = memtable(log.edges, tracks)
    played = log.edges.select("account", "track").join(wanted, "track")
    each = played.group_by(["block", "account"]).aggregate(tracks=played.count())
    each = each.join(wanted.group_by("block").aggregate(total=wanted.count()), "block")
    each = each.filter((each.tracks >= OF_TRACKS * each.total) & (each.tracks >= LEAST_TRACKS - 1))
    found: ir.Table = each.select("block", "account").order_by(["block", "account"])
    return found.to_pyarrow()

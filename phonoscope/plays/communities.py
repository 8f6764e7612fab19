"""Which accounts play the same rarely played tracks: cores of groups, at several thresholds.

Many accounts share hits. Few accounts share many tracks that almost nobody else plays. Three or
more that do so with each other are a scene, a fan club, a shop's playlist or a farm; later steps
decide which.

The ideas are lockstep behaviour (Beutel et al., *CopyCatch*, WWW 2013) and a higher weight for rare
objects (Hooi et al., *FRAUDAR*, KDD 2016). In place of their searches, pairs of accounts are joined
to components at rising thresholds, so one pass finds all groups.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from phonoscope.plays.log import Log
from phonoscope.plays.same_listeners import same_listeners

if TYPE_CHECKING:
    import ibis.expr.types as ir

ACCOUNTS_A_TRACK = 32
"""Accounts of a track that are compared: those that play it most. Ties are broken by one order for
all tracks, so that accounts that play the same tracks are compared at each of them. The number of
pairs stays linear in tracks."""
OFTEN = (4, 32, 256, 2048)
"""Steps of an account's plays of a track, for choosing who plays it most."""
MEETINGS = 4
"""Least tracks that two accounts must share."""
SIMILAR = (0.1, 0.14, 0.2, 0.28, 0.4, 0.55, 0.75)
"""Cosines at which pairs are joined to groups; one of them separates a tight group in a scene."""
FEWEST = 3
"""Least accounts of a group, and of a track that they share."""


def cores(log: Log) -> pa.Table:
    """Return groups of accounts that play the same rarely played tracks.

    Returns
    -------
    pyarrow.Table
        ``block`` (number) and ``account``; groups of several thresholds overlap.
    """
    seen = log.materialise(_seen(log))
    pairs = _similar(seen).to_pyarrow()
    one, other, cosine = (pairs[name].to_numpy() for name in ("one", "other", "cosine"))
    found = list(_components(one, other, cosine))
    block = np.repeat(np.arange(len(found)), [len(each) for each in found])
    account = np.concatenate([np.zeros(0, np.int64), *found])
    more = same_listeners(log)
    blocks = np.concatenate([block, len(found) + more["block"].to_numpy()])
    accounts = np.concatenate([account, more["account"].to_numpy()])
    return pa.table({"block": blocks.astype(np.int64), "account": accounts.astype(np.int64)})


def _seen(log: Log) -> ir.Table:
    import ibis  # noqa: PLC0415  (heavy: 0.8 s)

    tracks, edges = log.tracks, log.edges
    everyone = float(log.accounts.count().to_pyarrow().as_py())
    shared = tracks.filter(tracks.accounts >= FEWEST)
    met = edges.join(shared.select("track", "accounts"), "track")
    # Rare tracks, and those that an account plays repeatedly, describe it best.
    weight = (1 + met.plays.ln()) * (everyone / met.accounts).ln()
    often = sum((met.plays >= least).cast("int64") for least in OFTEN)
    met = met.select("account", "track", "plays", weight=weight, often=often)
    place = ibis.row_number().over(group_by=met.track, order_by=[met.often.desc(), met.account])
    met = met.mutate(place=place).filter(lambda t: t.place < ACCOUNTS_A_TRACK)
    return met.drop("place", "often")


def _similar(seen: ir.Table) -> ir.Table:
    """Return pairs of accounts with the cosine of their plays."""
    norm = seen.group_by("account").aggregate(norm=(seen.weight**2).sum().sqrt())
    left = seen.select("track", one="account", left="weight")
    right = seen.select("track", other="account", right="weight")
    met = left.join(right, ["track", left.one < right.other])
    pairs = met.group_by(["one", "other"]).aggregate(
        product=(met.left * met.right).sum(), meetings=met.count()
    )
    pairs = pairs.filter(pairs.meetings >= MEETINGS)
    pairs = pairs.join(norm.rename(one="account", one_norm="norm"), "one")
    pairs = pairs.join(norm.rename(other="account", other_norm="norm"), "other")
    cosine = pairs.product / (pairs.one_norm * pairs.other_norm)
    return pairs.select("one", "other", cosine=cosine).filter(lambda t: t.cosine >= SIMILAR[0])


def _components(
    one: NDArray[np.int64], other: NDArray[np.int64], cosine: NDArray[np.float64]
) -> Iterator[NDArray[np.int64]]:
    """Yield the connected accounts at each threshold, each set once."""
    names, ends = np.unique(np.concatenate([one, other]), return_inverse=True)
    one, other = ends[: len(one)], ends[len(one) :]
    found: set[bytes] = set()
    for threshold in SIMILAR:
        close = cosine >= threshold
        shape = (len(names), len(names))
        joined = coo_matrix((np.ones(close.sum()), (one[close], other[close])), shape)
        _, label = connected_components(joined, directed=False)
        order = np.argsort(label, kind="stable")
        for members in np.split(order, np.flatnonzero(np.diff(label[order])) + 1):
            key = members.tobytes()
            if len(members) >= FEWEST and key not in found:
                found.add(key)
                yield names[members]

"""FRAUDAR: the densest block of accounts and tracks, with less weight for popular tracks.

Implements B. Hooi et al., *FRAUDAR: Bounding Graph Fraud in the Face of Camouflage*, KDD 2016. An
edge of account i and track j has the weight 1 / log(d_j + 5), where d_j is the number of accounts
of track j. The density of a block is the weight of its edges by the number of its accounts and
tracks. From all of them, the one with the least weight is removed, one after the other; the densest
block on the way is the answer. For more blocks the edges of a block are removed, and the search
starts over.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from bench.playbench.answer import Answer
from bench.playbench.judge import Judged, Truth
from bench.playbench.log import Log

Ints = NDArray[np.int64]
Reals = NDArray[np.float64]
Flags = NDArray[np.bool_]

OFFSET = 5.0
"""Added to a degree in the logarithm, as published."""
COUNTS, LARGEST = (1, 2, 3, 5, 8, 12, 20, 40), (1.0, 0.1, 0.02)
"""Choices for the number of blocks, and for the largest share of all accounts in a block. The paper
leaves the first to the reader and lacks the second; without it the first block is most of the
service's busy listeners."""


@dataclass(frozen=True)
class Choice:
    """Which of the blocks count."""

    count: int
    largest: float


CHOICES = tuple(Choice(*each) for each in product(COUNTS, LARGEST))


@dataclass(frozen=True)
class Graph:
    """Pairs of account and track, each once."""

    account: Ints
    track: Ints
    """Numbers from 0, one value for each pair."""
    accounts: list[str]
    tracks: list[str]

    @classmethod
    def of(cls, log: Log) -> Graph:
        """Return the graph of a log."""
        with log.asked() as ask:
            ask.execute("CREATE TABLE pairs AS SELECT DISTINCT account, track_id FROM plays")
            for name, column in (("who", "account"), ("what", "track_id")):
                ask.execute(
                    f"CREATE TABLE {name} AS SELECT id, (row_number() OVER (ORDER BY id) - 1) AS n "
                    f"FROM (SELECT DISTINCT {column} AS id FROM pairs)"
                )
            pairs = ask.execute(
                "SELECT a.n AS account, t.n AS track FROM pairs p JOIN who a "
                "ON a.id = p.account JOIN what t ON t.id = p.track_id ORDER BY ALL"
            ).fetchnumpy()
            ids = [
                ask.execute(f"SELECT id FROM {name} ORDER BY n").fetchnumpy()["id"].tolist()
                for name in ("who", "what")
            ]
        return cls(pairs["account"].astype(np.int64), pairs["track"].astype(np.int64), *ids)


def blocks(account: Ints, track: Ints, count: int) -> list[tuple[Ints, Ints]]:
    """Return the accounts and tracks of the densest blocks, one after the other.

    Parameters
    ----------
    account, track
        Numbers from 0, one value for each pair; no pair twice.
    count
        Most blocks; there are fewer if no edge is left.
    """
    found: list[tuple[Ints, Ints]] = []
    while len(found) < count and len(account):
        accounts, tracks = densest(account, track)
        found.append((np.flatnonzero(accounts), np.flatnonzero(tracks)))
        left = ~(accounts[account] & tracks[track])
        account, track = account[left], track[left]
    return found


def densest(account: Ints, track: Ints, weight: Reals | None = None) -> tuple[Flags, Flags]:
    """Return the accounts and tracks of the densest block that greedy peeling finds.

    It is exact, except for the order of nodes with the same weight.

    Parameters
    ----------
    account, track
        As for :func:`blocks`.
    weight
        Weight of each pair; as published by default.
    """
    first_track = int(account.max()) + 1
    total = first_track + int(track.max()) + 1
    node = track + first_track
    if weight is None:
        weight = 1 / np.log(np.bincount(track)[track] + OFFSET)
    edges = _core(account, node, weight, total)
    account, node, weight = account[edges], node[edges], weight[edges]
    names, low = np.unique(np.concatenate([account, node]), return_inverse=True)
    chosen = _peeled(low[: len(account)], low[len(account) :], weight, len(names))
    inside = np.zeros(total, bool)
    inside[names[chosen]] = True
    return inside[:first_track], inside[first_track:]


def _core(account: Ints, node: Ints, weight: Reals, total: int) -> Ints:
    """Return the edges without the nodes that the peeling surely removes first.

    That loses nothing. Removing a node with less weight than the density so far makes the rest
    denser, so the densest block comes later. And the peeling removes all such nodes, in any order,
    before any node that is left here.
    """
    left = np.arange(len(account))
    while True:
        ends = np.concatenate([account[left], node[left]])
        carried = np.bincount(ends, np.tile(weight[left], 2), total)
        alive = np.count_nonzero(np.bincount(ends, minlength=total))
        light = carried < weight[left].sum() / alive * (1 - 1e-9)
        stays = ~(light[account[left]] | light[node[left]])
        if stays.all():
            return left
        left = left[stays]


def _peeled(account: Ints, node: Ints, weight: Reals, total: int) -> Ints:
    """Return the nodes of the densest block on the way of the peeling."""
    ends, other = np.concatenate([account, node]), np.concatenate([node, account])
    order = np.argsort(ends, kind="stable")
    first = np.searchsorted(ends[order], np.arange(total + 1)).tolist()
    near, worth = other[order].tolist(), np.tile(weight, 2)[order].tolist()
    carried = np.bincount(ends, np.tile(weight, 2), total).tolist()
    heap = [(value, at) for at, value in enumerate(carried)]
    heapq.heapify(heap)
    gone = [False] * total
    inside, left = float(weight.sum()), total
    best, best_at, way = inside / total, 0, []
    while heap:
        value, at = heapq.heappop(heap)
        if gone[at] or value > carried[at]:
            continue
        gone[at] = True
        way.append(at)
        inside -= value
        left -= 1
        for edge in range(first[at], first[at + 1]):
            neighbour = near[edge]
            if not gone[neighbour]:
                carried[neighbour] -= worth[edge]
                heapq.heappush(heap, (carried[neighbour], neighbour))
        if left and inside / left > best:
            best, best_at = inside / left, len(way)
    return np.setdiff1d(np.arange(total), np.array(way[:best_at], np.int64))


class Fraudar:
    """FRAUDAR with the choice of blocks that was best on training logs.

    Parameters
    ----------
    logs
        Training logs; accounts and tracks have separate choices, each with the best F1.
    """

    name = "FRAUDAR"

    def __init__(self, logs: Sequence[tuple[Log, Truth]]) -> None:
        tried: dict[Choice, Judged] = {}
        for log, truth in logs:
            graph = Graph.of(log)
            found = blocks(graph.account, graph.track, max(COUNTS))
            for choice in CHOICES:
                judged = truth.judged(_flagged(graph, found, choice, choice))
                tried[choice] = tried[choice] + judged if choice in tried else judged
        self.accounts_by = _best(tried, lambda judged: judged.accounts.f1)
        self.tracks_by = _best(tried, lambda judged: judged.tracks.f1)

    def answer(self, log: Log) -> Answer:
        """Return the accounts and the tracks of the chosen blocks."""
        graph = Graph.of(log)
        found = blocks(graph.account, graph.track, max(COUNTS))
        return _flagged(graph, found, self.accounts_by, self.tracks_by)


def _flagged(
    graph: Graph, found: list[tuple[Ints, Ints]], accounts_by: Choice, tracks_by: Choice
) -> Answer:
    total = len(graph.accounts)
    accounts = {n for some, _ in _taken(found, accounts_by, total) for n in some.tolist()}
    tracks = {n for _, some in _taken(found, tracks_by, total) for n in some.tolist()}
    return Answer(
        frozenset(graph.accounts[n] for n in accounts), frozenset(graph.tracks[n] for n in tracks)
    )


def _taken(
    found: list[tuple[Ints, Ints]], choice: Choice, accounts: int
) -> list[tuple[Ints, Ints]]:
    small = [block for block in found if len(block[0]) <= choice.largest * accounts]
    return small[: choice.count]


def _best(tried: dict[Choice, Judged], f1: Callable[[Judged], float | None]) -> Choice:
    return max(tried, key=lambda choice: f1(tried[choice]) or 0.0)

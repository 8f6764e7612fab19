"""Plays as columns, and sessions that become plays, skipped or played to the end."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.playlogs.world import Ints, Reals

DAY_S = 86_400.0
SOURCES = ("search", "playlist", "own library", "album", "artist page", "radio")
DEVICES = ("android", "ios", "desktop", "web", "speaker", "tv", "car", "server")
SERVER = DEVICES.index("server")
COUNTRIES = (
    ("US", 0.30, -6), ("GB", 0.09, 0), ("DE", 0.09, 1), ("FR", 0.07, 1), ("BR", 0.10, -3),
    ("MX", 0.08, -6), ("ES", 0.05, 1), ("IN", 0.07, 5.5), ("JP", 0.04, 9), ("ID", 0.05, 7),
    ("SE", 0.02, 1), ("PL", 0.04, 1),
)  # fmt: skip
"""Country, share of accounts, hours from UTC. Invented; one time zone a country."""
SKIPS = ((0.2414, 0.0, 5.0), (0.0483, 5.0, 10.0), (0.0608, 10.0, 30.0))
"""Share of plays that end between two times: 24.14% by 5 s, 28.97% by 10 s, 35.05% by 30 s
(P. Lamere, 'The Skip', Music Machinery 2014: a billion plays of a service)."""
UNFINISHED = 0.486
"""Share that is skipped before the end; same source."""
COUNTED_MS = 30_000
"""Services count plays of 30 s or more."""


@dataclass
class Plays:
    """Columns with one value for each play."""

    account: Ints
    track: Ints
    start_s: Reals
    """Seconds from the start of the log, UTC."""
    played_ms: Ints
    country: NDArray[np.int8]
    device: NDArray[np.int8]
    source: NDArray[np.int8]
    prefix: NDArray[np.int32]
    """Upper 24 bits of the address."""
    artificial: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.account)

    def taken(self, which: NDArray[Any]) -> Plays:
        """Return some of them."""
        return Plays(*(getattr(self, f.name)[which] for f in fields(self)))


def joined(some: list[Plays]) -> Plays:
    """Return the plays of several, one after the other."""
    columns = (np.concatenate([getattr(p, f.name) for p in some]) for f in fields(Plays))
    return Plays(*columns)


@dataclass
class Sessions:
    """Columns with one value for each session of successive plays."""

    account: Ints
    start_s: Reals
    plays: Ints
    country: Ints
    device: Ints
    prefix: Ints

    def each(self) -> Ints:
        """Return the number of its session for each play."""
        return np.repeat(np.arange(len(self.plays)), self.plays)


def played(
    sessions: Sessions,
    track: Ints,
    played_ms: Ints,
    source: Ints,
    gap_s: Reals,
    *,
    artificial: bool | NDArray[np.bool_] = False,
) -> Plays:
    """Return sessions as plays.

    Parameters
    ----------
    sessions
        Sessions, with their plays in order.
    track, played_ms, source, gap_s
        One value for each play; the gap is before the next play.
    artificial
        Whether each play is artificial.
    """
    of = sessions.each()
    step = played_ms / 1000 + gap_s
    before = np.cumsum(step) - step
    first = np.cumsum(sessions.plays) - sessions.plays
    some = sessions.plays > 0
    base = np.zeros(len(sessions.plays))
    base[some] = before[first[some]]
    return Plays(
        sessions.account[of],
        track,
        sessions.start_s[of] + before - base[of],
        played_ms.astype(np.int64),
        sessions.country[of].astype(np.int8),
        sessions.device[of].astype(np.int8),
        np.asarray(source).astype(np.int8),
        sessions.prefix[of].astype(np.int32),
        np.broadcast_to(np.asarray(artificial, bool), of.shape).copy(),
    )


def ordinal(plays: Ints) -> Ints:
    """Return the number of each play in its session, from 0, given plays by session."""
    first = np.cumsum(plays) - plays
    return np.arange(plays.sum()) - np.repeat(first, plays)


def as_people_do(duration_ms: Ints, patience: Reals, rng: np.random.Generator) -> Ints:
    """Return how long tracks are played: many are skipped early, half are played to the end.

    Parameters
    ----------
    duration_ms
        Duration of each play's track.
    patience
        Patience of each play's listener: 1 skips as people do on average, 2 about half as often.
    rng
        Random numbers.
    """
    u = rng.random(len(duration_ms)) * patience
    limit = duration_ms / 1000
    seconds = limit.copy()
    from_ = 0.0
    for share, low, high in SKIPS:
        here = (u >= from_) & (u < from_ + share)
        seconds[here] = low + (u[here] - from_) / share * (high - low)
        from_ += share
    late = (u >= from_) & (u < UNFINISHED)
    seconds[late] = 30 + (limit[late] - 30) * (u[late] - from_) / (UNFINISHED - from_)
    return np.maximum(np.minimum(seconds, limit) * 1000, 200).astype(np.int64)

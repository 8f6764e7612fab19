"""Real listening histories, cut into windows that become accounts of one log.

Histories are personal data and stay outside the repository.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

Ints = NDArray[np.int64]
DAY_S = 86_400
FIRST_MONDAY_S = 345_600
"""5 January 1970."""
BEGIN_S = 1_767_571_200
"""The first day of every log: Monday, 5 January 2026."""
LEAST_PLAYS_A_WEEK = 20
"""Windows with fewer plays a week are left out."""


@dataclass(frozen=True)
class Plays:
    """Plays of a log, one value of each array for each play.

    Attributes
    ----------
    account, track, at_s, ms
        Number of the account and the track, Unix time in s, and length in ms; int64.
    bought
        Whether the play is artificial.
    accounts, days
        Number of accounts, and length of the log.
    """

    account: Ints
    track: Ints
    at_s: Ints
    ms: Ints
    bought: NDArray[np.bool_]
    accounts: int
    days: int

    def of(self, which: NDArray[np.bool_]) -> Plays:
        """Return some of the plays."""
        names = ("account", "track", "at_s", "ms", "bought")
        return replace(self, **{name: getattr(self, name)[which] for name in names})


@dataclass(frozen=True)
class Histories:
    """All plays of real people, and the artist of each track by its number."""

    plays: Plays
    artist: Ints

    def windows(self, days: int, count: int = 0, seed: int = 0, skip: int = 0) -> Plays:
        """Return windows of ``days`` as accounts that listen in the same days.

        Parameters
        ----------
        days
            Length of a window.
        count
            Most windows, of as many people as possible; 0 for all.
        seed, skip
            Order of the windows, and how many of the first to leave out.
        """
        all_plays = self.plays
        since_s = all_plays.at_s - FIRST_MONDAY_S
        key = all_plays.account * 1_000_000 + since_s // (days * DAY_S)
        keys, which, plays = np.unique(key, return_inverse=True, return_counts=True)
        chosen = np.flatnonzero(plays >= LEAST_PLAYS_A_WEEK * days / 7)
        if count and count < len(chosen):
            order = np.random.default_rng(seed).permutation(chosen)
            person = keys[order] // 1_000_000
            turns: dict[int, int] = {}
            turn = np.array([turns.setdefault(one, 0) for one in person.tolist()])
            for at, one in enumerate(person.tolist()):
                turn[at] = turns[one]
                turns[one] += 1
            chosen = order[np.lexsort((np.arange(len(order)), turn))][skip : skip + count]
        number = np.full(len(keys), -1)
        number[chosen] = np.arange(len(chosen))
        found = replace(
            all_plays,
            account=number[which],
            at_s=BEGIN_S + since_s % (days * DAY_S),
            accounts=len(chosen),
            days=days,
        )
        return found.of(found.account >= 0)


def read(path: Path) -> Histories:
    """Read histories from Parquet: account, track_id, artist, played_at and ms_played."""
    table = pq.read_table(path, columns=["account", "track_id", "artist", "played_at", "ms_played"])
    account, track, artist = (_numbered(table[n]) for n in ("account", "track_id", "artist"))
    of_track = np.zeros(track.max() + 1, np.int64)
    of_track[track] = artist
    at_s = table["played_at"].cast(pa.timestamp("us")).to_numpy().astype("datetime64[s]")
    at = at_s.astype(np.int64)
    ms = table["ms_played"].to_numpy().astype(np.int64)
    days = int((at.max() - at.min()) // DAY_S + 1)
    none = np.zeros(len(at), bool)
    return Histories(Plays(account, track, at, ms, none, int(account.max()) + 1, days), of_track)


def _numbered(column: pa.ChunkedArray) -> Ints:
    return column.combine_chunks().dictionary_encode().indices.to_numpy().astype(np.int64)

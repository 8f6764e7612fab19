"""One analysis of a log whose artificial plays are known."""

from __future__ import annotations

import time
from dataclasses import dataclass

import ibis
import numpy as np
import pyarrow as pa

from bench.planted.attacks import NEW
from bench.planted.histories import Ints, Plays
from phonoscope.plays.log import Log
from phonoscope.plays.play_analysis import ARTIFICIAL, UNDECIDED, PlayAnalysis

MEMORY = "4GB"
ARTISTS = 5_000_000
"""Number of the first artist of new tracks, two tracks each."""


@dataclass(frozen=True)
class Trial:
    """What came out.

    Attributes
    ----------
    attack, size, lengths
        What was planted, and whether plays have lengths.
    plays, honest
        Plays of the log, and accounts of real people.
    called, doubted
        Real people who are called artificial, and who are undecided.
    found, found_or_doubted
        Share of the attack's accounts; ``None`` without an attack.
    truth, share, low, high
        Share of artificial plays: true, estimated, and its interval.
    doubt_low, doubt_high
        Interval of the share of artificial and undecided plays.
    cpu_s
        CPU-seconds of the analysis.
    """

    attack: str
    size: int
    lengths: bool
    plays: int
    honest: int
    called: int
    doubted: int
    found: float | None
    found_or_doubted: float | None
    truth: float
    share: float
    low: float
    high: float
    doubt_low: float
    doubt_high: float
    cpu_s: float

    @property
    def is_covered(self) -> bool:
        """Whether the first interval contains the truth."""
        return self.low <= self.truth <= self.high


def tried(plays: Plays, artist: Ints, honest: int, attack: str, lengths: bool) -> Trial:
    """Analyse a log; its first ``honest`` accounts are real people."""
    connection = ibis.duckdb.connect(threads=2, memory_limit=MEMORY)
    for name, rows in _tables(plays, artist, lengths).items():
        connection.con.register("given", rows)
        # As an import leaves them: no play twice.
        connection.con.execute(f"CREATE TABLE {name} AS SELECT DISTINCT * FROM given")
    listens = connection.table("listens")
    begin_s = time.process_time()
    with Log(listens, connection.table("tracks")) as log:
        analysis = PlayAnalysis(listens, log)
        found = analysis.summary()
        names = log.accounts.order_by("account").to_pyarrow()["user_hash"].to_pylist()
    cpu_s = time.process_time() - begin_s
    number = np.array([int(name) for name in names])
    artificial, undecided = np.zeros(plays.accounts, bool), np.zeros(plays.accounts, bool)
    artificial[number] = analysis.accounts.is_(ARTIFICIAL)
    undecided[number] = analysis.accounts.is_(UNDECIDED)
    bots = artificial[honest:]
    some = len(bots) > 0
    return Trial(
        attack=attack,
        size=plays.accounts - honest,
        lengths=lengths,
        plays=len(plays.account),
        honest=honest,
        called=int(artificial[:honest].sum()),
        doubted=int(undecided[:honest].sum()),
        found=float(bots.mean()) if some else None,
        found_or_doubted=float((bots | undecided[honest:]).mean()) if some else None,
        truth=float(plays.bought.mean()),
        share=found["artificial_share"],
        low=found["share_low"],
        high=found["share_high"],
        doubt_low=found["doubt_low"],
        doubt_high=found["doubt_high"],
        cpu_s=cpu_s,
    )


def _tables(plays: Plays, artist: Ints, lengths: bool) -> dict[str, pa.Table]:
    count = len(plays.account)
    at_us = plays.at_s.astype("datetime64[s]").astype("datetime64[us]")
    empty = pa.nulls(count, pa.string())
    listens = pa.table(
        {
            "source": pa.repeat(pa.scalar("s"), count),
            "user_hash": np.char.zfill(plays.account.astype(str), 7),
            "track_id": plays.track.astype(str),
            "listened_utc": at_us,
            "played_ms": plays.ms if lengths else pa.nulls(count, pa.int64()),
            "country": empty,
            "ip_hash": empty,
        }
    )
    played = np.unique(plays.track)
    old = artist[np.minimum(played, len(artist) - 1)]
    artists = np.where(played < NEW, old, ARTISTS + (played - NEW) // 2)
    tracks = pa.table(
        {
            "track_id": played.astype(str),
            "duration_ms": pa.nulls(len(played), pa.int64()),
            "artist_names": artists.astype(str),
        }
    )
    return {"listens": listens, "tracks": tracks}

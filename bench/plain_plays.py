"""A second simulator of plays: short, plain, and without the ideas of the first.

    python bench/plain_plays.py --plays 3000000 --seed 1 --into LOG
    python -m bench.plays --mixes plain,plain-deaf,plain-small --systems phonoscope,fraudar

What is looked for in plays was chosen on logs of ``simulate_plays.py``; what only fits those fails
here. People have favourites and an evening, nothing else; attacked tracks are any tracks, with
listeners of their own, unless ``--mix unknown=1``. It writes the same files.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Reals = NDArray[np.float64]
DAY_S = 86_400
FIRST_S = 1_780_272_000
"""The first day begins, Unix time, s."""
STANDARD = 3_000_000
"""Plays at which groups have the sizes written below."""
WORLD = {"skips": 0.25, "tracks": 8000.0, "unknown": 0.0}
"""Share of plays that are skipped, tracks at :data:`STANDARD` plays, and whether targets are of the
least played third."""


@dataclass
class Log:
    """What is played, and who plays it.

    Attributes
    ----------
    rng, days, size
        Chance, length, and the size relative to :data:`STANDARD`.
    world
        As :data:`WORLD`.
    """

    rng: np.random.Generator
    days: int
    size: float
    world: dict[str, float]
    kinds: list[str] = field(default_factory=list)
    groups: list[int] = field(default_factory=list)
    attacked: dict[int, str] = field(default_factory=dict)
    made: list[tuple[Ints, Ints, Reals, Reals, NDArray[np.bool_]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.tracks = max(500, int(self.world["tracks"] * self.size))
        self.duration_s = self.rng.lognormal(np.log(200), 0.3, self.tracks).clip(60, 600)
        fame = self.rng.permutation(1 / np.arange(1, self.tracks + 1) ** 0.9)
        self.fame = fame / fame.sum()
        self.unknown = np.argsort(self.fame)[: self.tracks // 3]

    def count(self, accounts: int) -> int:
        """Return how many accounts a group of this size has in a log of this size."""
        return max(5, round(accounts * self.size))

    def account(self, kind: str, group: int = -1) -> int:
        """Return the number of a new account."""
        self.kinds.append(kind)
        self.groups.append(group)
        return len(self.kinds) - 1

    def new_group(self) -> int:
        """Return a number for accounts that belong together."""
        return max(self.groups, default=-1) + 1

    def targets(self, kind: str, count: int) -> Ints:
        """Return tracks to attack; some may be attacked twice."""
        among = self.unknown if self.world["unknown"] else np.arange(self.tracks)
        chosen = self.rng.choice(among, min(count, len(among)), replace=False)
        for track in chosen.tolist():
            self.attacked.setdefault(track, kind)
        return chosen

    def add(
        self, account: int, track: Ints, at_s: Reals, heard_s: Reals, artificial: bool = False
    ) -> None:
        """Add plays of one account: when they begin and how long they last, s."""
        within = (at_s >= 0) & (at_s < self.days * DAY_S)
        n = int(within.sum())
        self.made.append(
            (
                np.full(n, account),
                track[within],
                at_s[within],
                np.minimum(heard_s, self.duration_s[track])[within],
                np.full(n, artificial),
            )
        )

    def heard(self, track: Ints) -> Reals:
        """Return how long a person hears tracks, s: skipped early, left, or to their end."""
        drawn = self.rng.random(len(track))
        heard = self.duration_s[track].copy()
        skipped = drawn < self.world["skips"]
        left = ~skipped & (drawn < self.world["skips"] + 0.15)
        heard[skipped] = self.rng.uniform(2, 30, int(skipped.sum()))
        heard[left] *= self.rng.uniform(0.3, 0.95, int(left.sum()))
        return heard

    def evenings(self, n: int, around_h: float = 18) -> Reals:
        """Return times around one hour of any day, s."""
        day = self.rng.integers(0, self.days, n)
        hour = self.rng.normal(around_h, 4, n) % 24
        return day * DAY_S + hour * 3600 + self.rng.uniform(0, 3600, n)

    def any_time(self, n: int) -> Reals:
        """Return times of day and night, s, in order."""
        return np.sort(self.rng.uniform(0, self.days * DAY_S, n))


# ---- honest ------------------------------------------------------------------------------


def listen(log: Log, account: int, a_day: float) -> None:
    """Half favourites, half what is popular."""
    n = log.rng.poisson(a_day * log.days)
    own = log.rng.choice(log.tracks, 60, p=log.fame, replace=False)
    popular = log.rng.choice(log.tracks, n, p=log.fame)
    track = np.where(log.rng.random(n) < 0.5, log.rng.choice(own, n), popular)
    log.add(account, track, np.sort(log.evenings(n)), log.heard(track))


def people(log: Log) -> None:
    for _ in range(log.count(2800)):
        listen(log, log.account("listener"), log.rng.lognormal(np.log(12), 0.8))
    for _ in range(log.count(100)):
        account = log.account("family")
        for _ in range(int(log.rng.integers(2, 5))):
            listen(log, account, 12)


def superfans(log: Log) -> None:
    for _ in range(log.count(60)):
        n = log.rng.poisson(60 * log.days)
        first = int(log.rng.integers(0, log.tracks - 12))
        devoted = log.rng.random(n) < 0.7
        popular = log.rng.choice(log.tracks, n, p=log.fame)
        track = np.where(devoted, first + log.rng.integers(0, 12, n), popular)
        at_s = log.any_time(n)
        awake = (at_s % DAY_S > 7 * 3600) & (at_s % DAY_S < 24 * 3600)
        log.add(log.account("superfan"), track[awake], at_s[awake], log.heard(track[awake]))


def sleepers(log: Log) -> None:
    for _ in range(log.count(60)):
        account, own = log.account("sleeper"), log.rng.choice(log.tracks, 5)
        for day in range(log.days):
            track = log.rng.choice(own, 120)
            at_s = day * DAY_S + 22 * 3600 + np.cumsum(log.duration_s[track])
            log.add(account, track, at_s, log.duration_s[track])
        listen(log, account, 5)


def cafes(log: Log) -> None:
    for _ in range(log.count(30)):
        account, own = log.account("cafe"), log.rng.choice(log.tracks, 200, p=log.fame)
        for day in range(log.days):
            track = log.rng.choice(own, 180)
            at_s = day * DAY_S + 8 * 3600 + np.cumsum(log.duration_s[track])
            log.add(account, track, at_s, log.duration_s[track])


def campaigns(log: Log) -> None:
    """Fans who play four songs of an artist in a loop for a week, without skips."""
    for _ in range(2):
        songs = log.rng.choice(log.tracks, 4, replace=False)
        for _ in range(log.count(80)):
            account = log.account("campaign")
            listen(log, account, 12)
            n = log.rng.poisson(log.rng.uniform(15, 60) * 7)
            at_s = np.sort(log.evenings(n)) % (7 * DAY_S)
            log.add(account, songs[np.arange(n) % 4], at_s, log.duration_s[songs[np.arange(n) % 4]])


def playlists(log: Log) -> None:
    """Followers of a playlist of any tracks, shuffled."""
    for _ in range(3):
        listed = log.rng.choice(log.tracks, 30, replace=False)
        for _ in range(log.count(50)):
            account = log.account("playlist")
            listen(log, account, 8)
            track = log.rng.choice(listed, log.rng.poisson(12 * log.days))
            log.add(account, track, np.sort(log.evenings(len(track), 14)), log.heard(track))


def viral(log: Log) -> None:
    song, everyone = int(log.rng.integers(log.tracks)), len(log.kinds)
    for account in log.rng.choice(everyone, everyone // 4, replace=False).tolist():
        track = np.full(int(log.rng.integers(1, 8)), song)
        at_s = log.days / 3 * DAY_S + log.rng.exponential(2 * DAY_S, len(track))
        log.add(account, track, np.sort(at_s), log.heard(track))


# ---- attackers ---------------------------------------------------------------------------


def farm(log: Log) -> None:
    """Day and night, half a minute each."""
    group, tracks = log.new_group(), log.targets("farm", 40)
    for _ in range(log.count(60)):
        n = log.rng.poisson(300 * log.days)
        heard_s = log.rng.uniform(30, 36, n)
        account = log.account("farm", group)
        log.add(account, log.rng.choice(tracks, n), log.any_time(n), heard_s, True)


def lockstep(log: Log) -> None:
    """Play the same tracks at the same moments, four times a day; the rest is people's."""
    group, tracks = log.new_group(), log.targets("lockstep", 25)
    begin = [day * DAY_S + hour * 3600.0 for day in range(log.days)
             for hour in log.rng.choice(24, 4, replace=False)]  # fmt: skip
    at_s = (np.array(begin)[:, None] + 40.0 * np.arange(len(tracks))).ravel()
    track = np.tile(tracks, len(begin))
    for _ in range(log.count(40)):
        account, there = log.account("lockstep", group), log.rng.random(len(at_s)) < 0.9
        late_s = log.rng.uniform(0, 30, int(there.sum()))
        heard_s = log.rng.uniform(31, 45, int(there.sum()))
        log.add(account, track[there], at_s[there] + late_s, heard_s, True)
        listen(log, account, 4)


def thin(log: Log) -> None:
    """Play thousands of songs a few times each."""
    group, tracks = log.new_group(), log.targets("thin", round(2000 * log.size))
    for _ in range(log.count(15)):
        n = log.rng.poisson(500 * log.days)
        heard_s = log.rng.uniform(31, 200, n)
        account = log.account("thin", group)
        log.add(account, log.rng.choice(tracks, n), log.any_time(n), heard_s, True)


def camouflage(log: Log) -> None:
    """People's days, and as many plays for money in the evenings."""
    group, tracks = log.new_group(), log.targets("camouflage", 20)
    for _ in range(log.count(40)):
        account, n = log.account("camouflage", group), log.rng.poisson(25 * log.days)
        listen(log, account, 30)
        heard_s = log.rng.uniform(31, 120, n)
        log.add(account, log.rng.choice(tracks, n), log.evenings(n), heard_s, True)


def shared(log: Log) -> None:
    """Accounts of people that someone else also uses."""
    group, tracks = log.new_group(), log.targets("shared", 15)
    for _ in range(log.count(20)):
        account, n = log.account("shared", group), log.rng.poisson(40 * log.days)
        listen(log, account, 15)
        heard_s = log.rng.uniform(31, 60, n)
        log.add(account, log.rng.choice(tracks, n), log.any_time(n), heard_s, True)


def ramp(log: Log) -> None:
    """More from day to day."""
    group, tracks = log.new_group(), log.targets("ramp", 15)
    for _ in range(log.count(20)):
        account, n = log.account("ramp", group), log.rng.poisson(60 * log.days)
        listen(log, account, 8)
        at_s = log.days * DAY_S * np.sqrt(log.rng.random(n))
        log.add(account, log.rng.choice(tracks, n), at_s, log.rng.uniform(31, 200, n), True)


HONEST = (people, superfans, sleepers, cafes, campaigns, playlists, viral)
ATTACKERS = (farm, lockstep, thin, camouflage, shared, ramp)


# ---- files -------------------------------------------------------------------------------


def write(log: Log, into: Path) -> int:
    """Write the files of ``simulate_plays.py``; returns plays."""
    account, track, at_s, heard_s, artificial = (
        np.concatenate(column) for column in zip(*log.made, strict=True)
    )
    order = np.argsort(at_s, kind="stable")
    # Names in any order, so that no group stands together.
    names = np.array([f"who-{n:06}" for n in log.rng.permutation(len(log.kinds))])
    ids = np.array([f"song{n:018}" for n in log.rng.permutation(log.tracks)])
    (into / "truth").mkdir(parents=True)
    played_ms = (heard_s[order] * 1000).astype(np.int64)
    played_at = ((FIRST_S + at_s[order]) * 1e6).astype("datetime64[us]")
    plays = {
        "account": names[account[order]],
        "track_id": ids[track[order]],
        "played_at": pa.array(played_at, pa.timestamp("us", "UTC")),
        "ms_played": played_ms,
        # Not known in this log; who learns from the other simulator's looks for them.
        **dict.fromkeys(("source", "ip_prefix"), pa.nulls(len(order), pa.string())),
    }
    ms = (log.duration_s * 1000).astype(np.int64)
    title = [f"Song {n}" for n in range(log.tracks)]
    artist = [f"Artist {n // 12}" for n in range(log.tracks)]
    tracks = {"track_id": ids, "name": title, "artist_name": artist, "duration_ms": ms}
    each, bought = len(log.kinds), np.asarray(artificial)
    of_account = {
        "account": names,
        "kind": log.kinds,
        "group": [None if group < 0 else group for group in log.groups],
        "plays": np.bincount(account, minlength=each),
        "artificial_plays": np.bincount(account[bought], minlength=each),
    }
    of_track = {
        "track_id": ids,
        "attacked_by": [log.attacked.get(n) for n in range(log.tracks)],
        "plays": np.bincount(track, minlength=log.tracks),
        "artificial_plays": np.bincount(track[bought], minlength=log.tracks),
    }
    for name, columns in {
        "plays": plays,
        "tracks": tracks,
        "truth/accounts": of_account,
        "truth/tracks": of_track,
        "truth/plays": {"artificial": artificial[order]},
    }.items():
        pq.write_table(pa.table(columns), into / f"{name}.parquet")
    about = {"rows": {"plays.parquet": len(account)}, "world": log.world}
    (into / "truth/about.json").write_text(json.dumps(about, indent=1) + "\n", encoding="utf-8")
    return len(account)


def world_of(mix: str) -> dict[str, float]:
    """Read ``skips=0.02,unknown=1``."""
    asked = dict(pair.split("=") for pair in mix.split(",") if pair)
    if strange := set(asked) - set(WORLD):
        raise SystemExit(f"there is no {sorted(strange)[0]}; there are {', '.join(WORLD)}")
    return {**WORLD, **{name: float(value) for name, value in asked.items()}}


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--plays", type=lambda text: int(float(text)), default=STANDARD)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--days", type=int, default=28)
    parser.add_argument("--mix", type=world_of, default=WORLD, help=", ".join(WORLD))
    parser.add_argument("--into", type=Path, required=True)
    asked = parser.parse_args(arguments)
    size = asked.plays / STANDARD * 28 / asked.days
    log = Log(np.random.default_rng(asked.seed), asked.days, size, asked.mix)
    for make in (*HONEST, *ATTACKERS):
        make(log)
    print(f"{write(log, asked.into):,} plays")


if __name__ == "__main__":
    main()

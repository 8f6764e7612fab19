"""Ordinary people: where they live, when they listen, what they like."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bench.playlogs.log import COUNTRIES, DAY_S, Plays, Sessions, as_people_do, played
from bench.playlogs.world import CLUSTERS, Ints, Reals, World

PLAYS_A_DAY, PLAYS_SIGMA = 15.0, 0.9
"""Median of accounts and spread of its logarithm. Invented."""
SESSION_PLAYS = 9.0
LIBRARY = 150.0
"""Median of tracks that a person repeats. Invented."""
HOURS = np.array(
    [3.0, 1.6, 0.9, 0.6, 0.5, 0.9, 2.2, 4.4, 5.6, 5.2, 4.9, 5.0,
     5.1, 5.0, 5.0, 5.3, 6.0, 6.8, 6.9, 6.4, 5.9, 5.4, 4.8, 4.0]
)  # fmt: skip
"""Plays by hour of the listener's day: a trough at four, a peak at six in the evening. Invented."""
DEVICE_SHARES = np.array([0.36, 0.30, 0.12, 0.06, 0.08, 0.03, 0.05])
ABROAD, HIDDEN = 0.03, 0.02
"""Shares of people who travel, and of people whose address is a relay in another country."""


@dataclass
class People:
    """Columns with one value for each person; several people can share an account."""

    account: Ints
    plays_a_day: Reals
    country: Ints
    cluster: Ints
    """The cluster of taste they like most."""
    digs: NDArray[np.bool_]
    patience: Reals
    home: Ints
    """Address prefix."""
    device: Ints

    @property
    def utc_h(self) -> Reals:
        """Hours from UTC."""
        return np.array([h for *_, h in COUNTRIES], float)[self.country]

    def __len__(self) -> int:
        return len(self.account)


def people(account: Ints, rng: np.random.Generator, *, median: float = PLAYS_A_DAY) -> People:
    """Return people for accounts."""
    n = len(account)
    return People(
        account,
        np.minimum(rng.lognormal(np.log(median), PLAYS_SIGMA, n), 220),
        rng.choice(len(COUNTRIES), n, p=[share for _, share, _ in COUNTRIES]),
        rng.integers(0, CLUSTERS, n),
        rng.random(n) < 0.1,
        rng.lognormal(0, 0.25, n),
        rng.integers(1 << 16, 224 << 16, n),
        rng.choice(len(DEVICE_SHARES), n, p=DEVICE_SHARES),
    )


def expected_plays(days: int, median: float = PLAYS_A_DAY) -> float:
    """Return the mean plays of a person over a log."""
    return days * median * float(np.exp(PLAYS_SIGMA**2 / 2)) * 0.97


def clock(count: int, rng: np.random.Generator) -> Reals:
    """Return hours of the day as people listen."""
    hour = rng.choice(24, count, p=HOURS / HOURS.sum())
    return hour + rng.random(count)


def sessions_of(who: People, days: int, rng: np.random.Generator) -> tuple[Sessions, Ints]:
    """Return people's sessions over a log, and whose each is."""
    each = rng.poisson(who.plays_a_day * days / (SESSION_PLAYS + 3))
    of = np.repeat(np.arange(len(who)), each)
    n = len(of)
    # A person's own rhythm: the common hours, shifted by some hours.
    shift = rng.normal(0, 1.8, len(who))
    hour = clock(n, rng) + shift[of] - who.utc_h[of]
    start_s = rng.integers(0, days, n) * DAY_S + hour * 3600
    start_s %= days * DAY_S
    length = 1 + rng.geometric(1 / (SESSION_PLAYS + 2), n)
    country, home = who.country[of].copy(), who.home[of].copy()
    # On the move: prefixes of the same mobile network.
    out = rng.random(n) < 0.35
    home[out] = (who.home[of[out]] & 0xFFFF00) ^ 0x010000 | rng.integers(0, 256, int(out.sum()))
    away = rng.random(len(who)) < ABROAD
    left_s = rng.random(len(who)) * days * DAY_S
    gone = away[of] & (start_s > left_s[of]) & (start_s < left_s[of] + 6 * DAY_S)
    hidden = (rng.random(len(who)) < HIDDEN)[of] & (rng.random(n) < 0.6)
    elsewhere = gone | hidden
    there = rng.integers(0, len(COUNTRIES), len(who))
    country[elsewhere] = there[of[elsewhere]]
    home[elsewhere] = who.home[of[elsewhere]] ^ 0x2A0000
    device = who.device[of].copy()
    other = rng.random(n) < 0.25
    device[other] = rng.choice(len(DEVICE_SHARES), int(other.sum()), p=DEVICE_SHARES)
    return Sessions(who.account[of], start_s, length, country, device, home), of


def tastes(who: People, of: Ints, world: World, rng: np.random.Generator) -> Ints:
    """Return a track for each play of people: mostly one they know, or else a discovery."""
    size = np.maximum(8, rng.lognormal(np.log(LIBRARY), 0.9, len(who))).astype(np.int64)
    owner = np.repeat(np.arange(len(who)), size)
    library = world.drawn(_cluster(who, owner, rng), rng, who.digs[owner])
    low = np.cumsum(size) - size
    n = len(of)
    # Favourites first: the square of a uniform number.
    known = library[low[of] + (size[of] * rng.random(n) ** 2).astype(np.int64)]
    new = rng.random(n) > 0.7
    known[new] = world.drawn(_cluster(who, of[new], rng), rng, who.digs[of[new]])
    return known


def _cluster(who: People, of: Ints, rng: np.random.Generator) -> Ints:
    u = rng.random(len(of))
    cluster = who.cluster[of]
    cluster = np.where(u < 0.25, (cluster * 7 + 3) % CLUSTERS, cluster)
    return np.where(u < 0.12, rng.integers(0, CLUSTERS, len(of)), cluster)


def listened(who: People, days: int, world: World, rng: np.random.Generator) -> Plays:
    """Return what ordinary people play."""
    sessions, of = sessions_of(who, days, rng)
    person = of[sessions.each()]
    track = tastes(who, person, world, rng)
    ms = as_people_do(world.duration_ms[track], who.patience[person], rng)
    source = rng.choice(6, len(track), p=[0.12, 0.36, 0.27, 0.09, 0.06, 0.10])
    plays = played(sessions, track, ms, source, rng.exponential(1.5, len(track)))
    return alone(plays)


def alone(plays: Plays) -> Plays:
    """Return plays without those that begin while the same account still plays another.

    A session that starts within another is lost, because an account can play at one place only.
    """
    order = np.lexsort((plays.start_s, plays.account))
    plays = plays.taken(order)
    # All accounts are on one axis, one after the other, so one running maximum serves them all.
    apart_s = float((plays.start_s + plays.played_ms / 1000).max(initial=0)) + 1
    start_s = plays.start_s + (plays.account - plays.account.min(initial=0)) * apart_s
    end_s = np.maximum.accumulate(start_s + plays.played_ms / 1000)
    over = np.zeros(len(plays), bool)
    over[1:] = start_s[1:] < end_s[:-1] - 0.002
    return plays.taken(~over)


def instead(
    world: World,
    plays: Plays,
    which: np.ndarray,
    track: Ints,
    source: int,
    patience: float,
    rng: np.random.Generator,
) -> Plays:
    """Return plays with other tracks for some; a play ends before the same account's next one."""
    plays.track[which] = track[which]
    plays.source[which] = source
    duration = world.duration_ms[plays.track[which]]
    ms = as_people_do(duration, np.full(len(duration), patience), rng)
    order = np.lexsort((plays.start_s, plays.account))
    until = np.full(len(plays), np.inf)
    later = np.diff(plays.start_s[order])
    same = np.diff(plays.account[order]) == 0
    until[order[:-1]] = np.where(same, later, np.inf)
    plays.played_ms[which] = np.minimum(ms, np.maximum(until[which] * 1000, 200)).astype(np.int64)
    return plays

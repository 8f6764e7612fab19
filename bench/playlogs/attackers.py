"""Attackers who play for money: programs, and real accounts that programs use."""

from __future__ import annotations

import numpy as np

from bench.playlogs.cast import Cast
from bench.playlogs.log import (
    COUNTED_MS,
    COUNTRIES,
    DAY_S,
    DEVICES,
    Plays,
    Sessions,
    joined,
    ordinal,
    played,
)
from bench.playlogs.people import alone, clock, expected_plays, listened, people
from bench.playlogs.world import Ints, Reals

SMITH_A_DAY = 636
"""Plays a day of each of 1,040 accounts, thinly over hundreds of thousands of songs, as an
indictment states them (US v. Smith, Southern District of New York, 2024)."""
PLAYLIST = 1
GROUP = (15, 120)
"""Accounts of one group. Invented."""


def farm(cast: Cast, budget: float, rng: np.random.Generator) -> Plays:
    """Play in step: the same tracks in the same order at the same time, half a minute each."""
    made = []
    for accounts, daily in groups_of(cast, "farm", budget, (150, 700), rng):
        tracks = cast.targets("farm", int(rng.integers(15, 60)), rng)
        runs = max(1, round(daily / 60))
        starts = (np.arange(runs) + rng.uniform(0, 0.3, runs)) * DAY_S / runs
        n = cast.days * runs
        begin = (np.arange(cast.days)[:, None] * DAY_S + starts).ravel() + rng.normal(0, 300, n)
        length = rng.integers(40, 80, n)
        offset = rng.integers(0, len(tracks), n)
        sessions = _in_step(accounts, begin, length, rng)
        run = np.tile(np.arange(n), len(accounts))
        of = sessions.each()
        track = tracks[(offset[run[of]] + ordinal(sessions.plays)) % len(tracks)]
        ms = (rng.uniform(30.5, 34, len(track)) * 1000).astype(np.int64)
        made.append(bought(sessions, track, ms, rng.uniform(0.5, 1.5, len(track))))
    return joined(made)


def thin(cast: Cast, budget: float, rng: np.random.Generator) -> Plays:
    """Play thousands of songs a few times each, so that no song stands out."""
    made = []
    for accounts, daily in groups_of(cast, "thin", budget, (90, SMITH_A_DAY), rng):
        total = len(accounts) * daily * cast.days
        tracks = cast.targets("thin", int(np.clip(total / rng.uniform(6, 14), 200, 40_000)), rng)
        sessions = own_time(cast, accounts, daily, rng, day_long=True)
        track = rng.choice(tracks, int(sessions.plays.sum()))
        duration = cast.world.duration_ms[track]
        whole = rng.random(len(track)) < 0.5
        part = (rng.uniform(31, 75, len(track)) * 1000).astype(np.int64)
        ms = np.where(whole, duration, np.minimum(part, duration))
        made.append(bought(sessions, track, ms, rng.exponential(2, len(track))))
    return joined(made)


def camouflage(cast: Cast, budget: float, rng: np.random.Generator) -> Plays:
    """Play at people's hours: mostly popular tracks, with the attacked ones in between."""
    made = []
    for accounts, daily in groups_of(cast, "camouflage", budget, (40, 160), rng):
        tracks = cast.targets("camouflage", int(rng.integers(15, 60)), rng)
        sessions = own_time(cast, accounts, daily, rng, day_long=False)
        n = int(sessions.plays.sum())
        attack = rng.random(n) < rng.uniform(0.2, 0.5)
        track = np.where(attack, rng.choice(tracks, n), cast.world.popular(n, rng))
        duration = cast.world.duration_ms[track]
        ms = np.minimum(duration, (rng.uniform(40, 300, n) * 1000).astype(np.int64))
        made.append(bought(sessions, track, ms, rng.exponential(2, n)))
    return joined(made)


def hijack(cast: Cast, budget: float, rng: np.random.Generator) -> Plays:
    """Real accounts whose password is sold: the owner's plays, and others from elsewhere."""
    made = []
    for accounts, daily in groups_of(cast, "hijack", budget, (20, 70), rng, more=expected_plays(1)):
        tracks = cast.targets("hijack", int(rng.integers(20, 80)), rng)
        who = people(accounts, rng)
        made.append(listened(who, cast.days, cast.world, rng))
        sessions = own_time(cast, accounts, daily, rng, day_long=True)
        track = rng.choice(tracks, int(sessions.plays.sum()))
        ms = np.minimum(
            cast.world.duration_ms[track], (rng.uniform(31, 120, len(track)) * 1000).astype(int)
        )
        made.append(bought(sessions, track, ms, rng.exponential(2, len(track))))
    return joined(made)


def ramp(cast: Cast, budget: float, rng: np.random.Generator) -> Plays:
    """Begin like people and play more every day, so that no day stands out."""
    made = []
    for accounts, daily in groups_of(cast, "ramp", budget, (60, 260), rng):
        tracks = cast.targets("ramp", int(rng.integers(20, 80)), rng)
        grows = 2 * (np.arange(cast.days) + 0.5) / cast.days
        sessions = own_time(cast, accounts, daily, rng, day_long=False, by_day=grows)
        n = int(sessions.plays.sum())
        day = sessions.start_s[sessions.each()] // DAY_S
        share = np.clip(0.2 + 0.7 * day / cast.days, 0, 0.9)
        attack = rng.random(n) < share
        track = np.where(attack, rng.choice(tracks, n), cast.world.popular(n, rng))
        heard = (rng.uniform(32, 180, n) * 1000).astype(np.int64)
        ms = np.minimum(cast.world.duration_ms[track], heard)
        made.append(bought(sessions, track, ms, rng.exponential(1.5, n)))
    return joined(made)


def groups_of(
    cast: Cast,
    kind: str,
    budget: float,
    daily: tuple[float, float],
    rng: np.random.Generator,
    more: float = 0.0,
    size: tuple[int, int] = GROUP,
) -> list[tuple[Ints, float]]:
    """Return groups that together play about a budget: accounts, and plays per day of one.

    ``more`` plays per day are by its owner; they count too.
    """
    found = []
    left = budget
    while left > 0:
        a_day = float(np.exp(rng.uniform(np.log(daily[0]), np.log(daily[1]))))
        of_one = (a_day + more) * cast.days
        count = min(int(rng.integers(*size)), max(3, round(left / of_one)))
        group = cast.group()
        found.append((cast.accounts(kind, count, group=group), a_day))
        left -= count * of_one
        if left < 3 * of_one:
            break
    return found


def _in_step(accounts: Ints, begin: Reals, length: Ints, rng: np.random.Generator) -> Sessions:
    """Return the same sessions for every account, some seconds apart, at few addresses."""
    n, runs = len(accounts), len(begin)
    prefixes = rng.integers(1 << 16, 224 << 16, max(1, n // 25))
    country = rng.choice(len(COUNTRIES), 2)
    start_s = np.tile(begin, n) + rng.exponential(20, n * runs)
    return Sessions(
        np.repeat(accounts, runs),
        np.maximum(start_s, 0),
        np.tile(length, n),
        np.repeat(rng.choice(country, n), runs),
        np.repeat(rng.choice([0, 3, DEVICES.index("server")], n, p=[0.6, 0.3, 0.1]), runs),
        np.repeat(rng.choice(prefixes, n), runs),
    )


def own_time(
    cast: Cast,
    accounts: Ints,
    daily: float,
    rng: np.random.Generator,
    *,
    day_long: bool,
    by_day: Reals | None = None,
) -> Sessions:
    """Return the sessions of each account, at its own times and from several addresses."""
    n = len(accounts)
    mean = 14.0
    weight = np.ones(cast.days) if by_day is None else by_day
    each = rng.poisson(daily / mean * np.tile(weight, n))
    of = np.repeat(np.repeat(np.arange(n), cast.days), each)
    day = np.repeat(np.tile(np.arange(cast.days), n), each)
    country = rng.choice(len(COUNTRIES), n)
    utc_h = np.array([h for *_, h in COUNTRIES], float)[country]
    hour = rng.uniform(0, 24, len(of)) if day_long else clock(len(of), rng) - utc_h[of]
    pool = rng.integers(1 << 16, 224 << 16, max(4, 2 * n))
    home = rng.integers(0, len(pool), n)
    return Sessions(
        accounts[of],
        (day * DAY_S + hour * 3600) % (cast.days * DAY_S),
        rng.geometric(1 / mean, len(of)),
        country[of],
        np.repeat(rng.choice(4, n), np.bincount(of, minlength=n)),
        # A relay's addresses change from session to session.
        pool[(home[of] + rng.integers(0, 3, len(of))) % len(pool)],
    )


def bought(
    sessions: Sessions, track: Ints, ms: Ints, gap_s: Reals, *, least_ms: int | None = None
) -> Plays:
    """Return plays from a playlist without a listener; all of them count by default."""
    ms = np.maximum(ms, COUNTED_MS if least_ms is None else least_ms)
    source = np.full(len(track), PLAYLIST)
    return alone(played(sessions, track, ms, source, gap_s, artificial=True))


ATTACKERS = {
    "farm": farm,
    "thin": thin,
    "camouflage": camouflage,
    "hijack": hijack,
    "ramp": ramp,
}

"""Attackers who know the evidence. All of it is invented; none is in the default mix."""

from __future__ import annotations

import numpy as np

from bench.playlogs.attackers import bought, groups_of
from bench.playlogs.cast import Cast
from bench.playlogs.log import COUNTRIES, DAY_S, Plays, Sessions, as_people_do, joined
from bench.playlogs.people import instead, listened, people
from bench.playlogs.world import Ints

HALF_MINUTE_S = (31.0, 40.0)


def skipper(cast: Cast, budget: float, rng: np.random.Generator) -> Plays:
    """Replay a person's whole days, skips included, with the attacked tracks inserted."""
    return _posed(cast, "skipper", budget, rng, daily=(60, 240), size=(15, 120), tracks=(15, 60))


def drip(cast: Cast, budget: float, rng: np.random.Generator) -> Plays:
    """Do the same with hundreds of accounts that don't play more than people do."""
    return _posed(cast, "drip", budget, rng, daily=(6, 20), size=(80, 400), tracks=(8, 40))


def boost(cast: Cast, budget: float, rng: np.random.Generator) -> Plays:
    """Promote an artist who also has honest listeners."""
    made = []
    for accounts, daily in groups_of(cast, "boost", budget, (25, 110), rng, size=(15, 80)):
        tracks = cast.known_targets("boost", int(rng.integers(4, 15)), rng)
        plays, hit = _replayed(cast, accounts, daily, rng.uniform(0.2, 0.5), rng, 1.6)
        made.append(_put(cast, plays, hit, tracks, 1.6, rng))
    return joined(made)


def lone(cast: Cast, budget: float, rng: np.random.Generator) -> Plays:
    """One account that plays its owner's songs, from ten hours a day to all day and night."""
    made = []
    left = budget
    while left > 0:
        tracks = cast.targets("lone", int(rng.integers(4, 20)), rng)
        account = int(cast.accounts("lone", 1, group=cast.group())[0])
        manner = rng.choice(["whole", "half a minute", "skips"])
        hours = rng.uniform(10, 24.5)
        made.append(_one(cast, account, tracks, str(manner), hours, rng))
        left -= len(made[-1])
    return joined(made)


def _one(
    cast: Cast, account: int, tracks: Ints, manner: str, hours: float, rng: np.random.Generator
) -> Plays:
    most = int(hours * 3600 / HALF_MINUTE_S[0])
    track = np.tile(tracks, cast.days * most // len(tracks) + 1)[: cast.days * most]
    if rng.random() < 0.5:
        track = rng.permutation(track)
    ms = cast.world.duration_ms[track]
    if manner == "half a minute":
        ms = (rng.uniform(*HALF_MINUTE_S, len(track)) * 1000).astype(np.int64)
    elif manner == "skips":
        ms = as_people_do(ms, np.full(len(ms), 1.2), rng)
    gap_s = rng.uniform(0.2, 2, len(track))
    # As many as fit into the hours of each day.
    by_day = (ms / 1000 + gap_s).reshape(cast.days, most).cumsum(axis=1) < hours * 3600
    kept = by_day.ravel()
    start_s = np.arange(cast.days) * DAY_S + rng.uniform(0, DAY_S) + rng.normal(0, 300, cast.days)
    same = np.full(cast.days, 1, np.int64)
    sessions = Sessions(
        same * account,
        start_s % (cast.days * DAY_S),
        by_day.sum(axis=1),
        same * int(rng.choice(len(COUNTRIES))),
        same * int(rng.integers(0, 4)),
        same * int(rng.integers(1 << 16, 224 << 16)),
    )
    least_ms = 0 if manner == "skips" else None
    return bought(sessions, track[kept], ms[kept], gap_s[kept], least_ms=least_ms)


def _posed(
    cast: Cast,
    kind: str,
    budget: float,
    rng: np.random.Generator,
    *,
    daily: tuple[float, float],
    size: tuple[int, int],
    tracks: tuple[int, int],
) -> Plays:
    made = []
    for accounts, a_day in groups_of(cast, kind, budget, daily, rng, size=size):
        attacked = cast.targets(kind, int(rng.integers(*tracks)), rng)
        patience = rng.uniform(1.05, 1.75)
        plays, hit = _replayed(cast, accounts, a_day, rng.uniform(0.25, 0.6), rng, patience)
        made.append(_put(cast, plays, hit, attacked, patience, rng))
    return joined(made)


def _replayed(
    cast: Cast,
    accounts: Ints,
    a_day: float,
    share: float,
    rng: np.random.Generator,
    patience: float,
) -> tuple[Plays, np.ndarray]:
    """Return plays of people, and which of them become plays of other tracks."""
    who = people(accounts, rng)
    who.plays_a_day = a_day * rng.lognormal(0, 0.3, len(accounts))
    who.patience[:] = patience
    plays = listened(who, cast.days, cast.world, rng)
    return plays, rng.random(len(plays)) < share


def _put(
    cast: Cast,
    plays: Plays,
    hit: np.ndarray,
    tracks: Ints,
    patience: float,
    rng: np.random.Generator,
) -> Plays:
    # Where a play is started from is copied with the rest.
    source = plays.source.copy()
    plays = instead(cast.world, plays, hit, rng.choice(tracks, len(plays)), 0, patience, rng)
    plays.source = source
    plays.artificial[:] = True
    return plays


DISGUISED = {"skipper": skipper, "drip": drip, "boost": boost, "lone": lone}

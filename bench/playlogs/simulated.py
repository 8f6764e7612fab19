"""A whole log: its mix of listeners, its plays in order of time, its truth."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bench.playlogs.attackers import ATTACKERS
from bench.playlogs.cast import Cast
from bench.playlogs.crowds import CROWDS
from bench.playlogs.disguised import DISGUISED
from bench.playlogs.honest import HONEST, ordinary
from bench.playlogs.log import DAY_S, Plays, joined
from bench.playlogs.networks import share_networks
from bench.playlogs.world import Ints, World

MIX = {
    "family": 0.05,
    "superfan": 0.03,
    "sleeper": 0.03,
    "shop": 0.02,
    "campaign": 0.01,
    "viral": 0.01,
    "farm": 0.012,
    "thin": 0.012,
    "camouflage": 0.008,
    "hijack": 0.006,
    "ramp": 0.008,
}
"""Share of all plays by kind; ordinary people have the rest. All attackers together have 4.6%. That
is more than the 1 to 3% that services reported for France in 2021 (Centre national de la musique,
January 2023), because they reported only what they found. The split by kind is invented."""
HARDER = {**dict.fromkeys(CROWDS, 0.0), **dict.fromkeys(DISGUISED, 0.0)}
"""Kinds that are only in mixes that name them."""
NETWORKS = ("own", "shared")
"""Whether honest accounts have networks of their own, or share them like neighbours."""
PLAYS_A_TRACK = 12
"""Plays of the average track of the log. Invented."""
DAYS = 14


def mix_of(text: str) -> dict[str, float]:
    """Return the mix for a text such as ``farm=0.02,thin=0``; other kinds keep their share.

    Raises
    ------
    ValueError
        When a kind is unknown, or a share isn't one.
    """
    mix, known = dict(MIX), {**MIX, **HARDER}
    for part in filter(None, text.split(",")):
        kind, _, share = part.partition("=")
        if kind not in known:
            raise ValueError(f"there is no kind {kind!r}; there are {', '.join(known)}")
        mix[kind] = float(share)
    if min(mix.values()) < 0 or sum(mix.values()) > 0.95:
        raise ValueError("shares must be 0 or more, and 0.95 at most together")
    return mix


@dataclass
class Simulated:
    """A log and its truth."""

    world: World
    cast: Cast
    plays: Plays
    """In order of time."""

    def by_kind(self) -> dict[str, dict[str, int]]:
        """Return accounts, plays and artificial plays by kind."""
        kinds = np.array(self.cast.kinds)
        names, of = np.unique(kinds, return_inverse=True)
        plays = np.bincount(of[self.plays.account], minlength=len(names))
        false = np.bincount(of[self.plays.account[self.plays.artificial]], minlength=len(names))
        accounts = Counter(self.cast.kinds)
        return {
            str(name): {
                "accounts": accounts[str(name)],
                "plays": int(plays[at]),
                "artificial": int(false[at]),
            }
            for at, name in enumerate(names)
        }


def simulated(
    plays: int, seed: int, mix: dict[str, float], days: int = DAYS, networks: str = "own"
) -> Simulated:
    """Return a log.

    Parameters
    ----------
    plays
        Approximate number of plays; within some percent, because people are drawn whole.
    seed
        The same seed makes the same log.
    mix
        Share of plays by kind, as :data:`MIX`; kinds of :data:`HARDER` are allowed too.
    days
        Length of the log.
    networks
        One of :data:`NETWORKS`.
    """
    world = World(max(20_000, plays // PLAYS_A_TRACK), _rng(seed, "world"))
    cast = Cast(world, days)
    made = [ordinary(cast, plays * (1 - sum(mix.values())), _rng(seed, "ordinary"))]
    for kind, make in {**HONEST, **ATTACKERS, **CROWDS, **DISGUISED}.items():
        if mix.get(kind):
            made.append(make(cast, plays * mix[kind], _rng(seed, kind)))
    whole = joined(made)
    del made
    whole = whole.taken(whole.start_s < days * DAY_S)
    if networks == "shared":
        share_networks(whole, len(cast.kinds), seed)
    order: NDArray[np.int64] = np.lexsort((whole.account, whole.start_s))
    return Simulated(world, cast, whole.taken(order))


def shuffled(count: int, seed: int, what: str) -> Ints:
    """Return numbers for accounts or tracks that don't reveal which kind they are."""
    return _rng(seed, what).permutation(count)


def _rng(seed: int, what: str) -> np.random.Generator:
    return np.random.default_rng([seed, *what.encode()])

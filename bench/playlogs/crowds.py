"""Honest accounts that play the same little-known tracks, as a bought group does.

All of it is invented; none is in the default mix.
"""

from __future__ import annotations

import numpy as np

from bench.playlogs.attackers import groups_of
from bench.playlogs.cast import Cast
from bench.playlogs.honest import OWN, PLAYLIST, SPEAKER
from bench.playlogs.log import COUNTRIES, DAY_S, Plays, Sessions, joined, ordinal, played
from bench.playlogs.people import alone, expected_plays, instead, listened, people
from bench.playlogs.world import Ints, Reals


def chain(cast: Cast, budget: float, rng: np.random.Generator) -> Plays:
    """Cafés of a chain: one playlist of production music all day, whole tracks, without skips.

    Half of the chains play it in step from one server; a third have one or two addresses.
    """
    made = []
    for accounts, daily in groups_of(cast, "chain", budget, (170, 240), rng, size=(5, 40)):
        tracks = cast.world.unknown_tracks(int(rng.integers(60, 300)), rng)
        sessions = _opened(cast, accounts, daily, rng)
        if rng.random() < 0.5:
            first = np.tile(rng.integers(0, len(tracks), cast.days), len(accounts))
            track = tracks[(first[sessions.each()] + ordinal(sessions.plays)) % len(tracks)]
        else:
            track = rng.choice(tracks, int(sessions.plays.sum()))
        whole = cast.world.duration_ms[track]
        source, gap_s = np.full(len(track), PLAYLIST), np.full(len(track), 0.5)
        made.append(alone(played(sessions, track, whole, source, gap_s)))
    return joined(made)


def fanclub(cast: Cast, budget: float, rng: np.random.Generator) -> Plays:
    """Fans of a little-known artist: all the tracks, mostly from one country, on their own days."""
    made = []
    a_day = expected_plays(1, 18)
    for accounts, _ in groups_of(cast, "fanclub", budget, (a_day, a_day), rng, size=(20, 200)):
        tracks = cast.world.unknown_artist(5, rng)
        who = people(accounts, rng, median=18)
        who.country[rng.random(len(who)) < 0.7] = rng.choice(len(COUNTRIES))
        plays = listened(who, cast.days, cast.world, rng)
        loves = rng.random(len(plays)) < rng.uniform(0.05, 0.5, len(who))[_who(plays, accounts)]
        best = (len(tracks) * rng.random(len(plays)) ** 1.5).astype(np.int64)
        made.append(instead(cast.world, plays, loves, tracks[best], OWN, 1.6, rng))
    return joined(made)


def study(cast: Cast, budget: float, rng: np.random.Generator) -> Plays:
    """Followers of a playlist for working: the same unknown tracks for hours, with few skips."""
    made = []
    a_day = expected_plays(1, 22)
    for accounts, _ in groups_of(cast, "study", budget, (a_day, a_day), rng, size=(50, 400)):
        tracks = cast.world.unknown_tracks(int(rng.integers(50, 150)), rng)
        who = people(accounts, rng, median=22)
        who.patience *= 2.2
        plays = listened(who, cast.days, cast.world, rng)
        # Three hours at a time, because people who work don't change the music for every song.
        stretch = plays.account * 1000 + (plays.start_s // (3 * 3600)).astype(np.int64)
        _, of = np.unique(stretch, return_inverse=True)
        share = rng.beta(2, 3, len(who))[_who(plays, accounts)]
        works = rng.random(len(plays))[of] < share
        track = rng.choice(tracks, len(plays))
        made.append(instead(cast.world, plays, works, track, PLAYLIST, 2.2, rng))
    return joined(made)


def _opened(cast: Cast, accounts: Ints, daily: float, rng: np.random.Generator) -> Sessions:
    n, days = len(accounts), cast.days
    country = int(rng.choice(len(COUNTRIES)))
    opens_h = rng.normal(8, 0.7) - COUNTRIES[country][2]
    start_s: Reals = np.tile(np.arange(days) * DAY_S + opens_h * 3600, n)
    few = rng.random() < 1 / 3
    prefixes = rng.integers(1 << 16, 224 << 16, 2 if few else n)
    return Sessions(
        np.repeat(accounts, days),
        (start_s + rng.normal(0, 120, n * days)) % (days * DAY_S),
        rng.poisson(daily, n * days),
        np.full(n * days, country),
        np.full(n * days, rng.choice([2, SPEAKER])),
        np.repeat(prefixes[np.arange(n) % len(prefixes)], days),
    )


def _who(plays: Plays, accounts: Ints) -> Ints:
    return plays.account - accounts[0]


CROWDS = {"chain": chain, "fanclub": fanclub, "study": study}

"""Unusual honest listeners: each kind plays in a way that looks like a bot."""

from __future__ import annotations

import numpy as np

from bench.playlogs.cast import Cast
from bench.playlogs.log import DAY_S, DEVICES, Plays, Sessions, joined, ordinal, played
from bench.playlogs.people import alone, expected_plays, instead, listened, people
from bench.playlogs.world import CLUSTERS

PLAYLIST, OWN, ARTIST_PAGE = 1, 2, 4
SPEAKER = DEVICES.index("speaker")


def ordinary(cast: Cast, budget: float, rng: np.random.Generator) -> Plays:
    """People as most are."""
    count = count_for(budget, expected_plays(cast.days))
    who = people(cast.accounts("ordinary", count), rng)
    return listened(who, cast.days, cast.world, rng)


def family(cast: Cast, budget: float, rng: np.random.Generator) -> Plays:
    """Three to six people with one account: many plays, different tastes, two at a time."""
    heads = 4.5
    count = count_for(budget, heads * expected_plays(cast.days, 18))
    size = rng.integers(3, 7, count)
    account = np.repeat(cast.accounts("family", count), size)
    who = people(account, rng, median=18)
    first = np.repeat(np.cumsum(size) - size, size)
    who.country, who.home = who.country[first], who.home[first]
    who.account = np.arange(len(account))
    plays = listened(who, cast.days, cast.world, rng)
    plays.account = account[plays.account]
    return plays


def superfan(cast: Cast, budget: float, rng: np.random.Generator) -> Plays:
    """Play one artist for weeks, several hours a day; many of these artists are little known."""
    count = count_for(budget, cast.days * 70.0)
    world = cast.world
    who = people(cast.accounts("superfan", count), rng, median=65)
    who.plays_a_day = np.clip(who.plays_a_day, 30, 160)
    who.patience[:] = 1.6
    plays = listened(who, cast.days, world, rng)
    artist = world.artists_of_many(count, 8, rng)
    low, high = world.artist_low[artist], world.artist_low[artist + 1]
    at = plays.account - who.account[0]
    loves = rng.random(len(plays)) < 0.88
    track = low[at] + ((high - low)[at] * rng.random(len(plays)) ** 1.5).astype(np.int64)
    return instead(cast.world, plays, loves, track, OWN, 1.6, rng)


def sleeper(cast: Cast, budget: float, rng: np.random.Generator) -> Plays:
    """Loop a few sounds all night, every night, each to its end."""
    by_day = 6.0
    nightly = 7.5 * 3600 / 180
    count = count_for(budget, cast.days * (nightly + by_day))
    who = people(cast.accounts("sleeper", count), rng, median=by_day * 0.7)
    nights = Sessions(
        np.repeat(who.account, cast.days),
        (
            np.tile(np.arange(cast.days), count) * DAY_S
            + (22.8 + rng.normal(0, 0.7, count * cast.days) - np.repeat(who.utc_h, cast.days))
            * 3600
        )
        % (cast.days * DAY_S),
        rng.poisson(nightly, count * cast.days) * (rng.random(count * cast.days) < 0.93),
        np.repeat(who.country, cast.days),
        np.full(count * cast.days, SPEAKER),
        np.repeat(who.home, cast.days),
    )
    of = (nights.account - who.account[0])[nights.each()]
    sounds = rng.choice(cast.world.sleep, (count, 4))
    width = rng.integers(1, 5, count)
    track = sounds[of, ordinal(nights.plays) % width[of]]
    whole = cast.world.duration_ms[track]
    slept = played(nights, track, whole, np.full(len(track), PLAYLIST), np.full(len(track), 0.3))
    return alone(joined([slept, listened(who, cast.days, cast.world, rng)]))


def shop(cast: Cast, budget: float, rng: np.random.Generator) -> Plays:
    """Play twelve hours a day, six or seven days a week, playlists without skips."""
    hours = rng.uniform(10, 13)
    daily = hours * 3600 / 196
    count = count_for(budget, cast.days * daily * 0.95)
    who = people(cast.accounts("shop", count), rng)
    n = count * cast.days
    opens = np.repeat(rng.normal(8.5, 1.0, count) - who.utc_h, cast.days) + rng.normal(0, 0.08, n)
    closed = np.tile(np.arange(cast.days) % 7 == 6, count) & np.repeat(
        rng.random(count) < 0.5, cast.days
    )
    sessions = Sessions(
        np.repeat(who.account, cast.days),
        (np.tile(np.arange(cast.days), count) * DAY_S + opens * 3600) % (cast.days * DAY_S),
        rng.poisson(daily, n) * ~closed,
        np.repeat(who.country, cast.days),
        np.repeat(rng.choice([2, SPEAKER], count), cast.days),
        np.repeat(who.home, cast.days),
    )
    of = (sessions.account - who.account[0])[sessions.each()]
    size = rng.integers(150, 900, count)
    low = np.cumsum(size) - size
    lists = cast.world.drawn(np.repeat(who.cluster, size), rng, np.zeros(size.sum(), bool))
    track = lists[low[of] + rng.integers(0, size[of])]
    whole = cast.world.duration_ms[track]
    return played(sessions, track, whole, np.full(len(track), PLAYLIST), np.full(len(track), 0.5))


def campaign(cast: Cast, budget: float, rng: np.random.Generator) -> Plays:
    """Fans who agreed to promote a release: hundreds of people play the same new songs for days.

    They are people who listen, so their plays count as honest here.
    """
    count = count_for(budget, cast.days * 25.0 + 4 * 90)
    world = cast.world
    group = cast.group()
    who = people(cast.accounts("campaign", count, group=group), rng, median=18)
    usual = listened(who, cast.days, world, rng)
    begin, length = rng.integers(0, max(1, cast.days - 4)), min(4, cast.days)
    keen = people(who.account, rng, median=100)
    keen.country, keen.home, keen.device = who.country, who.home, who.device
    keen.plays_a_day = np.clip(keen.plays_a_day, 30, 220)
    pushed = listened(keen, length, world, rng)
    pushed.start_s += begin * DAY_S
    artist = int(world.artists_of_many(1, 12, rng)[0])
    low = world.artist_low[artist]
    # Such fans ask each other to repeat the new song, with others of the artist in between.
    pick = np.where(rng.random(len(pushed)) < 0.45, 0, rng.integers(0, 12, len(pushed)))
    fits = rng.random(len(pushed)) < 0.9
    pushed = instead(cast.world, pushed, fits, low + pick, PLAYLIST, 3.0, rng)
    return alone(joined([usual, pushed]))


def viral(cast: Cast, budget: float, rng: np.random.Generator) -> Plays:
    """Play a song that was unknown and is everywhere for some days, for all tastes."""
    count = count_for(budget, expected_plays(cast.days))
    world = cast.world
    group = cast.group()
    who = people(cast.accounts("viral", count, group=group), rng)
    who.cluster = rng.integers(0, CLUSTERS, count)
    plays = listened(who, cast.days, world, rng)
    song = int(world.unknown_tracks(1, rng)[0])
    begin_s = rng.uniform(0.2, 0.6) * cast.days * DAY_S
    age_d = (plays.start_s - begin_s) / DAY_S
    chance = np.where(age_d > 0, 0.35 * np.exp(-age_d / 3), 0)
    hit = rng.random(len(plays)) < chance
    return instead(cast.world, plays, hit, np.full(len(plays), song), 0, 1.2, rng)


def count_for(budget: float, of_one: float) -> int:
    """Return how many accounts it takes to play a budget."""
    return max(1, round(budget / of_one))


HONEST = {
    "family": family,
    "superfan": superfan,
    "sleeper": sleeper,
    "shop": shop,
    "campaign": campaign,
    "viral": viral,
}

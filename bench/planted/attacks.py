"""Attacks that are planted into a log of real people.

| attack | is |
|---|---|
| loop | twelve tracks, 200 plays a day at any hour, 30.5 to 34.5 s each |
| boost | ten tracks of an artist with listeners, 25 plays a day of 31 s and more, and 15 of hits |
| hits | ten of the sixty most played tracks, 25 plays a day |
| exchange | real people's plays, and 12 a day of each other's tracks |
| drip | twenty tracks, three plays a day |
| evendrip | the same in full, exactly three a day |
| bought | a hundred tracks, 60 plays a day in full |
| replay20, replay05 | real people's plays, 20% or 5% of them put onto twenty tracks |
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from bench.planted.histories import BEGIN_S, DAY_S, Histories, Ints, Plays

NEW = 10_000_000
"""Number of the first track that only attackers play."""
FULL_MS = 200_000
"""Length of a play to the end, of tracks that people play too."""


@dataclass
class Planter:
    """A log with an attack.

    Attributes
    ----------
    histories, log
        All histories, and the windows of them that are the honest log.
    size
        Accounts of the attack.
    rng
        Chance.
    """

    histories: Histories
    log: Plays
    size: int
    rng: np.random.Generator
    _made: list[Plays] = field(default_factory=list)

    def times(self, each: Ints, at_any_hour: bool = False) -> tuple[Ints, Ints]:
        """Return account and time of ``each`` plays by every account, most in the evening."""
        account = np.repeat(np.arange(self.size), each)
        day = self.rng.integers(0, self.log.days, len(account))
        evening = np.clip(self.rng.normal(16, 4, len(account)), 7, 24.9) % 24
        hour = self.rng.uniform(0, 24, len(account)) if at_any_hour else evening
        return account, BEGIN_S + day * DAY_S + (hour * 3600).astype(np.int64)

    def add(self, account: Ints, track: Ints, at_s: Ints, ms: Ints, bought: bool = True) -> None:
        """Add plays; ``account`` counts from 0."""
        own = np.full(len(account), bought)
        accounts = self.log.accounts
        one = Plays(accounts + account, track, at_s, ms, own, accounts, self.log.days)
        self._made.append(one)

    def play(
        self, tracks: Ints, a_day: float, least_ms: int, most_ms: int, at_any_hour: bool = False
    ) -> None:
        """Add plays of tracks by chance, ``a_day`` by each account, cut at their end."""
        each = self.rng.poisson(a_day * self.log.days, self.size)
        account, at_s = self.times(each, at_any_hour)
        track = self.rng.choice(tracks, len(account))
        ms = self.rng.integers(least_ms, most_ms, len(account))
        self.add(account, track, at_s, np.minimum(self.full_ms(track), ms))

    def play_whole(self, tracks: Ints, each: Ints) -> None:
        """Add plays to the end by chance, ``each`` by every account."""
        account, at_s = self.times(each)
        track = self.rng.choice(tracks, len(account))
        self.add(account, track, at_s, self.full_ms(track))

    def full_ms(self, track: Ints) -> Ints:
        """Return the length of each track."""
        own = np.random.default_rng(0).integers(170, 260, 5000) * 1000
        return np.where(track >= NEW, own[(track - NEW) % 5000], FULL_MS)

    def people(self) -> Plays:
        """Return what other people play, as many as the attack has accounts.

        When the histories have too few, windows of the log come again, moved by some hours.
        """
        days, accounts = self.log.days, self.log.accounts
        found = self.histories.windows(days, self.size, skip=accounts)
        parts, have = [found], found.accounts
        pick = self.rng.integers(0, accounts, self.size - have)
        for at, one in enumerate(pick.tolist()):
            again = self.log.of(self.log.account == one)
            moved = again.at_s + int(self.rng.integers(-6, 7)) * 3600
            number = np.full(len(moved), have + at)
            parts.append(replace(again, account=number, at_s=moved))
        return _joined(parts, self.size)

    def finished(self) -> Plays:
        """Return the log with the attack."""
        return _joined([self.log, *self._made], self.log.accounts + self.size)


def _joined(parts: list[Plays], accounts: int) -> Plays:
    names = ("account", "track", "at_s", "ms", "bought")
    joined = {name: np.concatenate([getattr(one, name) for one in parts]) for name in names}
    return Plays(**joined, accounts=accounts, days=parts[0].days)


def _tracks(count: int) -> Ints:
    return NEW + np.arange(count)


def _loop(planter: Planter) -> None:
    planter.play(_tracks(12), 200, 30_500, 34_500, at_any_hour=True)


def _boost(planter: Planter) -> None:
    log, artist = planter.log, planter.histories.artist
    plays = np.bincount(artist[log.track])
    tracks = np.bincount(artist, minlength=len(plays))[: len(plays)]
    some = np.flatnonzero((plays >= 20) & (plays <= 300) & (tracks >= 8))
    own = np.flatnonzero(artist == planter.rng.choice(some))
    planter.play(planter.rng.permutation(own)[:10], 25, 31_000, 120_000)
    each = planter.rng.poisson(15 * log.days, planter.size)
    account, at_s = planter.times(each)
    hits = planter.rng.choice(log.track, len(account))
    planter.add(account, hits, at_s, planter.rng.integers(31_000, 200_000, len(account)))


def _hits(planter: Planter) -> None:
    most = np.argsort(-np.bincount(planter.log.track))[:60]
    planter.play(planter.rng.choice(most, 10, replace=False), 25, 31_000, 120_000)


def _exchange(planter: Planter) -> None:
    people = planter.people()
    planter.add(people.account, people.track, people.at_s, people.ms, bought=False)
    planter.play(_tracks(min(max(10, planter.size), 60)), 12, 31_000, 240_000)


def _drip(planter: Planter) -> None:
    planter.play(_tracks(20), 3, 31_000, 240_000)


def _even_drip(planter: Planter) -> None:
    planter.play_whole(_tracks(20), np.full(planter.size, 3 * planter.log.days))


def _bought(planter: Planter) -> None:
    planter.play_whole(_tracks(100), planter.rng.poisson(60 * planter.log.days, planter.size))


def _replay(share: float) -> Callable[[Planter], None]:
    def plant(planter: Planter) -> None:
        people, rng = planter.people(), planter.rng
        put: NDArray[np.bool_] = rng.random(len(people.account)) < share
        own, other = people.of(~put), people.of(put)
        planter.add(own.account, own.track, own.at_s, own.ms, bought=False)
        track = rng.choice(_tracks(20), len(other.account))
        ms = np.maximum(other.ms, rng.integers(31_000, FULL_MS, len(track)))
        planter.add(other.account, track, other.at_s, ms)

    return plant


ATTACKS: dict[str, Callable[[Planter], None]] = {
    "loop": _loop,
    "boost": _boost,
    "hits": _hits,
    "exchange": _exchange,
    "drip": _drip,
    "evendrip": _even_drip,
    "bought": _bought,
    "replay20": _replay(0.2),
    "replay05": _replay(0.05),
}


def planted(histories: Histories, log: Plays, attack: str, size: int, seed: int) -> Plays:
    """Return a log with an attack of ``size`` accounts planted into it."""
    rng = np.random.default_rng([seed, size, *attack.encode()])
    planter = Planter(histories, log, size, rng)
    ATTACKS[attack](planter)
    return planter.finished()

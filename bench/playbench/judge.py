"""Error rates of an answer: accounts, tracks, each kind of listener, and shares of plays."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import duckdb
import numpy as np
from numpy.typing import NDArray

from bench.playbench.answer import Answer
from bench.playbench.log import Log
from phonoscope.interval import Interval, wilson

DRAWS = 2000
LEAST_PLAYS = 20
"""Least plays of a track for judging their share: one of three plays would be 33%."""


@dataclass(frozen=True)
class Share:
    """Hits of a total."""

    hits: int = 0
    total: int = 0

    def __add__(self, other: Share) -> Share:
        return Share(self.hits + other.hits, self.total + other.total)

    @property
    def value(self) -> float | None:
        """The share; ``None`` of nothing."""
        return self.hits / self.total if self.total else None

    @property
    def interval(self) -> Interval | None:
        """Wilson's 95% interval, which ignores that accounts of a group are alike."""
        return wilson(self.hits, self.total) if self.total else None


@dataclass(frozen=True)
class Tally:
    """Found, missed and false, by unit: a group of accounts that belong together, or one account.

    The interval of F1 draws units, not accounts, because a group is mostly found or missed as a
    whole.
    """

    units: NDArray[np.int64]
    """One row for each unit: found, missed, false."""

    def __add__(self, other: Tally) -> Tally:
        return Tally(np.concatenate([self.units, other.units]))

    @property
    def counts(self) -> tuple[int, int, int]:
        """Found, missed, false."""
        found, missed, false = self.units.sum(axis=0).tolist()
        return found, missed, false

    @property
    def precision(self) -> Share:
        """Share of the flagged that are right."""
        found, _, false = self.counts
        return Share(found, found + false)

    @property
    def recall(self) -> Share:
        """Share of the attackers that are found."""
        found, missed, _ = self.counts
        return Share(found, found + missed)

    @property
    def f1(self) -> float | None:
        """Harmonic mean of both; ``None`` when there is nothing to find and nothing is flagged."""
        found, missed, false = self.counts
        return 2 * found / (2 * found + missed + false) if found + missed + false else None

    def f1_interval(self, seed: int = 0) -> Interval | None:
        """95% bootstrap interval over units; ``None`` for fewer than two."""
        some = self.units[self.units.any(axis=1)]
        if len(some) < 2:
            return None
        rng = np.random.default_rng(seed)
        drawn = rng.multinomial(len(some), np.full(len(some), 1 / len(some)), DRAWS) @ some
        f1 = 2 * drawn[:, 0] / (2 * drawn[:, 0] + drawn[:, 1] + drawn[:, 2])
        low, high = np.quantile(f1, [0.025, 0.975])
        return Interval(float(low), float(high))


@dataclass(frozen=True)
class ShareErrors:
    """How far estimated shares of artificial plays are from the true ones."""

    logs: tuple[tuple[float, float], ...] = ()
    """Estimated and true share of all plays, by log."""
    tracks: NDArray[np.float64] = field(default_factory=lambda: np.zeros((0, 2)))
    """Estimated and true share of each attacked track with at least :data:`LEAST_PLAYS` plays."""

    def __add__(self, other: ShareErrors) -> ShareErrors:
        tracks = np.concatenate([self.tracks, other.tracks])
        return ShareErrors(self.logs + other.logs, tracks)

    @property
    def log_error(self) -> float | None:
        """Largest error of a log's share."""
        return max((abs(said - true) for said, true in self.logs), default=None)

    @property
    def track_error(self) -> float | None:
        """Median absolute error of a track's share."""
        if not len(self.tracks):
            return None
        return float(np.median(np.abs(self.tracks[:, 0] - self.tracks[:, 1])))


@dataclass(frozen=True)
class Judged:
    """Error rates of answers; those of several logs can be added."""

    accounts: Tally
    tracks: Tally
    honest: Share
    """Honest accounts that are flagged."""
    found: dict[str, Share]
    """Attackers' accounts flagged, by kind."""
    flagged: dict[str, Share]
    """Honest accounts flagged, by kind."""
    found_tracks: dict[str, Share]
    """Attacked tracks flagged, by kind of attack."""
    doubted: dict[str, Share]
    """Undecided accounts, by kind."""
    shares: ShareErrors

    def __add__(self, other: Judged) -> Judged:
        return Judged(
            self.accounts + other.accounts,
            self.tracks + other.tracks,
            self.honest + other.honest,
            _added(self.found, other.found),
            _added(self.flagged, other.flagged),
            _added(self.found_tracks, other.found_tracks),
            _added(self.doubted, other.doubted),
            self.shares + other.shares,
        )


class Truth:
    """The truth of one log, about the accounts that play in it.

    Parameters
    ----------
    log
        A log with its truth next to it.
    """

    def __init__(self, log: Log) -> None:
        ask = duckdb.connect(config={"threads": 2})
        for name, path in {
            "listed": log.truth("accounts"),
            "known": log.truth("tracks"),
            "bought": log.truth("plays"),
            "plays": log.plays,
        }.items():
            ask.read_parquet(str(path)).create_view(name)
        accounts = ask.execute(
            'SELECT account, kind, coalesce("group", -1) AS team, artificial_plays > 0 AS attacks '
            "FROM listed WHERE plays > 0 ORDER BY account"
        ).fetchnumpy()
        tracks = ask.execute(
            'WITH teams AS (SELECT track_id, min("group") AS team FROM plays POSITIONAL JOIN '
            "bought JOIN listed USING (account) WHERE artificial GROUP BY ALL) "
            "SELECT track_id, coalesce(attacked_by, '') AS kind, coalesce(team, -1) AS team, "
            "attacked_by IS NOT NULL AND artificial_plays > 0 AS attacked, plays, artificial_plays "
            "FROM known LEFT JOIN teams USING (track_id) WHERE plays > 0 ORDER BY track_id"
        ).fetchnumpy()
        self.account, self.kind = accounts["account"].tolist(), accounts["kind"].astype(str)
        self.team, self.attacks = accounts["team"], accounts["attacks"].astype(bool)
        self.track, self.track_kind = tracks["track_id"].tolist(), tracks["kind"].astype(str)
        self.track_team, self.attacked = tracks["team"], tracks["attacked"].astype(bool)
        self.plays, self.artificial = tracks["plays"], tracks["artificial_plays"]

    def judged(self, answer: Answer) -> Judged:
        """Return the error rates of an answer.

        Raises
        ------
        ValueError
            When it names an account or track that isn't in the log, so that its counts mean
            nothing.
        """
        flagged = _flags(self.account, answer.accounts, "account")
        doubted = _flags(self.account, answer.doubted, "account")
        tracks = _flags(self.track, answer.tracks, "track")
        return Judged(
            _tally(flagged, self.attacks, self.team),
            _tally(tracks, self.attacked, self.track_team),
            _share(flagged, ~self.attacks),
            _by_kind(flagged, self.attacks, self.kind),
            _by_kind(flagged, ~self.attacks, self.kind),
            _by_kind(tracks, self.attacked, self.track_kind),
            _by_kind(doubted, np.ones(len(doubted), bool), self.kind),
            self._shares(answer),
        )

    def _shares(self, answer: Answer) -> ShareErrors:
        logs: tuple[tuple[float, float], ...] = ()
        if answer.artificial_share is not None:
            logs = ((answer.artificial_share, float(self.artificial.sum() / self.plays.sum())),)
        if not answer.track_artificial:
            return ShareErrors(logs)
        said = np.array([answer.track_artificial.get(track, 0.0) for track in self.track])
        judged = self.attacked & (self.plays >= LEAST_PLAYS)
        both = np.stack([said, self.artificial], axis=1)[judged] / self.plays[judged, None]
        return ShareErrors(logs, both)


def _flags(names: list[str], said: Iterable[str], what: str) -> NDArray[np.bool_]:
    chosen = set(said)
    flags = np.fromiter((name in chosen for name in names), bool, len(names))
    if flags.sum() != len(chosen):
        strange = sorted(chosen.difference(names))
        raise ValueError(f"the log has no {what} {strange[0]!r}, and {len(strange)} such in all")
    return flags


def _tally(
    flagged: NDArray[np.bool_], to_find: NDArray[np.bool_], team: NDArray[np.int64]
) -> Tally:
    cells = np.stack([flagged & to_find, ~flagged & to_find, flagged & ~to_find], axis=1)
    some = cells.any(axis=1)
    cells, team = cells[some], np.asarray(team[some], np.int64)
    # An account without a group is a unit of its own.
    unit = np.where(team < 0, -1 - np.arange(len(team)), team)
    _, of = np.unique(unit, return_inverse=True)
    units = np.zeros((int(of.max(initial=-1)) + 1, 3), np.int64)
    np.add.at(units, of, cells)
    return Tally(units)


def _share(flagged: NDArray[np.bool_], among: NDArray[np.bool_]) -> Share:
    return Share(int((flagged & among).sum()), int(among.sum()))


def _by_kind(
    flagged: NDArray[np.bool_], among: NDArray[np.bool_], kind: NDArray[np.str_]
) -> dict[str, Share]:
    kinds = sorted(set(kind[among].tolist()))
    return {name: _share(flagged, among & (kind == name)) for name in kinds}


def _added(one: dict[str, Share], other: dict[str, Share]) -> dict[str, Share]:
    nothing = Share()
    return {k: one.get(k, nothing) + other.get(k, nothing) for k in sorted({*one, *other})}

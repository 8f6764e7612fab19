"""Groups: blocks with the evidence from their plays; each account is in one group at most."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from phonoscope.catalogue.backend import memtable
from phonoscope.catalogue.schema.play_results import PLAY_VERDICTS, UNDECIDED
from phonoscope.messages import gettext
from phonoscope.plays import signals
from phonoscope.plays.communities import FEWEST, MEETINGS
from phonoscope.plays.dense_blocks import LIKE_PEOPLE, DenseBlocks, arrow
from phonoscope.plays.lengths import LEAST_KNOWN, Lengths
from phonoscope.plays.log import Log
from phonoscope.plays.signals import Assessment, Signal
from phonoscope.plays.uptime import LEAST_H, Uptime

if TYPE_CHECKING:
    import ibis.expr.types as ir

WORTH_A_LOOK = 1.5
"""Least points of a block that is analysed further."""
MOST = 0.55
"""Largest share of all accounts that is a group. The people of a log seem to be one too, if most of
the others are programs."""
OVERLAP = 0.5
"""A block that shares this many of its accounts with a better block is dropped as a duplicate."""
LEAST_PLAYS_A_TRACK = 5
NORMAL_QUARTILES = 1.349
"""Standard deviations between the quartiles of a normal distribution."""
MINUTES_AN_HOUR = 60
MINUTE_US = 60_000_000
BY_THE_WAY = 0.1
"""If less of the accounts' plays are of the group's tracks, the accounts may share them by chance.
And tracks with less than this fraction of the median plays aren't part of the group."""
_BY_THE_WAY = gettext(
    "Its accounts play other tracks almost all of the time, so they may share these by chance."
)
SHOPS = gettext(
    "Almost all tracks are played to the end, as in shops. Whether anyone listens is unknown."
)
_NO_LENGTHS = gettext(
    "The length of its plays is unknown, and a chain of shops could produce the same plays."
)
_FEW_ACCOUNTS = gettext(
    "These are fewer than five accounts, and a family or friends could share these tracks."
)
_PLAYLIST = gettext(
    "Its accounts play other tracks too, and a shuffled playlist in the background looks the same."
)
ARTIFICIAL_VERDICT = PLAY_VERDICTS[0]
SHOP_PLAYS = 40
"""Least plays a day of an account that could be a shop."""
SATURATED = 0.95
"""Share of tracks that accounts play who play so much that they'd meet each of them anyway."""
SURE = 6.0
"""Points from which on the larger of two groups is better, not the one with more points."""
MANY_PLAYS = 500
"""Least plays of fewer than five accounts that are artificial by points alone."""
DOUBTFUL = 3.5
"""Least points of a group in doubt whose accounts play the tracks as if drawn by lot. Friends, or
one person with several accounts, have fewer."""
DAY_US = 86_400_000_000
LEAST_DAYS = 5
"""Least days from an account's first to its last play of the group's tracks, to compare days."""
_LENGTHS = ("known", "uncounted", "barely", "whole")


@dataclass
class PlayGroup:
    """One group. Columns as in :class:`phonoscope.catalogue.schema.play_results.PlayGroupRow`."""

    accounts: NDArray[np.int64]
    """Numbers of its accounts."""
    tracks: NDArray[np.int64]
    """Numbers of its tracks."""
    plays: int
    lengths: Lengths
    exclusive: float
    each_share: float
    repeats: float
    unevenness: float | None
    artists: float | None
    of_accounts: float = 0.0
    dispersion: float | None = None
    in_step: float | None = None
    no_pause_share: float = 0.0
    no_pause_h: float = LEAST_H
    network_share: float | None = None
    outside: float = 0.0
    """Share of its tracks that an account outside plays, on average."""
    plain: bool | None = None
    """Whether none of its accounts skips these tracks as people do; ``None`` if nobody skips."""
    of_window: float = 0.0
    """The tracks' share of the accounts' plays in the time that holds most plays of the tracks."""
    by_lot: float = 1.0
    """``each_share`` if each play were of a track drawn by lot."""
    plays_a_day: float | None = None
    """Plays of its tracks by an account on each day on which it plays them; the median account."""
    days: float | None = None
    """Variance by mean of an account's daily plays of its tracks; the median account."""
    number: int = 0
    assessment: Assessment = field(default=Assessment(0.0, "", ()))

    def assess(self, log: Lengths) -> Assessment:
        """Assess the evidence so far, given the lengths of all plays of the log."""
        who, tracks = len(self.accounts), len(self.tracks)
        by_lengths = signals.of_lengths(self.lengths, log)
        found: list[Signal] = [
            *signals.of_exclusive_tracks(self.exclusive, who, tracks, self.plays),
            *by_lengths,
            *signals.of_evenness(self.unevenness, tracks),
            *(signals.of_breadth(*self._breadth) if self._is_broad else ()),
            *signals.of_only(self.of_accounts),
            *signals.of_repeats(self.repeats),
            *signals.of_artists(self.artists),
            *signals.of_steps(self.in_step),
            *signals.of_pauses(self.no_pause_share, who, self.no_pause_h),
            *signals.of_networks(self.network_share),
        ]
        if not signals.skips_like_people(self.lengths, log):
            # Accounts that skip do listen, and a shuffled playlist looks the same.
            found += signals.of_days(self.days)
            found += signals.of_dispersion(self.dispersion, self.artists)
        self.assessment = signals.assess(found)
        self.assessment = signals.assess(found, at_most_undecided=self._cannot_tell(by_lengths))
        return self.assessment

    @property
    def is_notable(self) -> bool:
        """Whether the group is more than people with the same taste, who rarely skip."""
        if self.assessment.verdict == ARTIFICIAL_VERDICT:
            return True
        if self.assessment.score < UNDECIDED:
            return False
        broad = self._is_broad and len(self.accounts) >= signals.MANY
        if broad and self.assessment.score >= DOUBTFUL:
            return True
        return self._is_strong or self.lengths.are_whole

    @property
    def _is_broad(self) -> bool:
        """Whether its accounts play the tracks as if drawn by lot."""
        if self.artists is not None and self.artists < signals.ONE_ARTIST:
            return False  # So does everyone who plays albums.
        # Who plays a lot plays all of the tracks; then only favourites show a choice.
        saturated = self.by_lot >= SATURATED
        chosen = saturated and not signals.is_even(self.unevenness)
        return not chosen and signals.is_broad(*self._breadth[:3])

    @property
    def _breadth(self) -> tuple[float, float, float, int]:
        return self.each_share, self.outside, self.by_lot, len(self.tracks)

    @property
    def _share(self) -> float:
        """The tracks' share of what the accounts play, in all or while they play these tracks."""
        return max(self.of_accounts, self.of_window)

    @property
    def _is_strong(self) -> bool:
        """Whether there is a sign that almost no listener gives."""
        in_halves = self.lengths.barely >= signals.BARELY * self.lengths.known > 0
        never_pause = self.no_pause_share >= signals.NO_PAUSE
        return in_halves or never_pause or (self.in_step or 0.0) >= signals.IN_STEP

    def _cannot_tell(self, by_lengths: list[Signal]) -> str | None:
        """Return why it could be people or shops after all.

        ``by_lengths`` are the signals from lengths of plays.
        """
        if self._share < BY_THE_WAY:
            return _BY_THE_WAY
        sure = self.assessment.score >= SURE and self.plays >= MANY_PLAYS
        if len(self.accounts) < signals.MANY and not (sure or self._is_strong):
            return _FEW_ACCOUNTS
        if self.no_pause_share >= signals.NO_PAUSE:
            return None
        if not by_lengths and not self._is_strong and self._share < signals.ONLY:
            return _PLAYLIST
        if self.lengths.known < LEAST_KNOWN:
            daily = self.plays_a_day is not None and self.plays_a_day < SHOP_PLAYS
            return None if daily and signals.of_days(self.days) else _NO_LENGTHS
        return SHOPS if self.lengths.are_whole else None


def groups(
    log: Log, listens: ir.Table, lengths: Lengths, uptime: Uptime, everything: NDArray[np.int64]
) -> list[PlayGroup]:
    """Return the notable groups of a log, the most plays first.

    Parameters
    ----------
    log
        An opened log.
    listens
        Its rows of the table ``listens``, for networks.
    lengths
        Lengths of all its plays.
    uptime
        Which accounts never pause.
    everything
        All plays of each account, by number of account.
    """
    found = _apart(_promising(DenseBlocks(log), lengths, everything))
    _look_closer(log, listens, found, uptime)
    for group in found:
        group.assess(lengths)
    notable = [group for group in found if group.is_notable]
    notable.sort(key=lambda group: (-group.plays, group.accounts.tolist()))
    for number, group in enumerate(notable, 1):
        group.number = number
    return notable


def _promising(
    blocks: DenseBlocks, lengths: Lengths, everything: NDArray[np.int64]
) -> list[PlayGroup]:
    members = _by_block(arrow(blocks.members))
    found = []
    for block, played in _by_block(arrow(blocks.tracks)).items():
        tracks = _meant(played)
        who = len(members[block]["account"]) if block in members else 0
        if len(tracks["track"]) >= MEETINGS and FEWEST <= who <= MOST * len(everything):
            group = _group(members[block], tracks)
            group.of_accounts = float(group.plays / everything[group.accounts].sum())
            group.plain = _is_plain(members[block], lengths)
            others = max(1, len(everything) - who)
            outside = (tracks["all_accounts"] - tracks["members"]).mean()
            group.outside = float(outside / others)
            theirs = group.exclusive >= signals.THEIRS
            if theirs and group.assess(lengths).score >= WORTH_A_LOOK:
                found.append(group)
    return found


def _is_plain(members: dict[str, NDArray[Any]], log: Lengths) -> bool | None:
    if log.uncounted < signals.LEAST_UNCOUNTED * log.known or not log.known:
        return None
    like_people = LIKE_PEOPLE * log.uncounted / log.known * members["known"].astype(float)
    return not bool((members["uncounted"] > like_people).any())


def _by_block(rows: pa.Table) -> dict[int, dict[str, NDArray[Any]]]:
    """Return the columns of each block, from rows in order of blocks."""
    if not len(rows):
        return {}
    columns = {name: rows[name].to_numpy(zero_copy_only=False) for name in rows.column_names}
    blocks, starts = np.unique(columns.pop("block"), return_index=True)
    ends = [*starts[1:], len(rows)]
    return {
        int(block): {name: values[start:end] for name, values in columns.items()}
        for block, start, end in zip(blocks, starts, ends, strict=True)
    }


def _meant(tracks: dict[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    """Return tracks without those that the block plays much less than the others."""
    plays = tracks["plays"].astype(float)
    meant = plays >= BY_THE_WAY * np.median(plays)
    return {name: values[meant] for name, values in tracks.items()}


def _group(members: dict[str, NDArray[Any]], tracks: dict[str, NDArray[Any]]) -> PlayGroup:
    plays = tracks["plays"].astype(np.int64)
    return PlayGroup(
        accounts=members["account"],
        tracks=tracks["track"],
        plays=int(plays.sum()),
        lengths=Lengths(*(int(tracks[name].sum()) for name in _LENGTHS)),
        exclusive=float(plays.sum() / tracks["all_plays"].sum()),
        each_share=float(members["tracks"].mean() / len(plays)),
        by_lot=float(-np.expm1(-members["plays"].astype(float) / len(plays)).mean()),
        repeats=float(plays.sum() / tracks["members"].sum()),
        unevenness=_unevenness(plays),
        artists=_effective(tracks["artist"], plays),
    )


def _unevenness(plays: NDArray[np.int64]) -> float | None:
    """Return the variance beyond that of a Poisson process, by the squared median; at least 0.

    It uses quartiles, so that a few other tracks don't hide the rest.
    """
    low, middle, high = np.quantile(plays, [0.25, 0.5, 0.75]).tolist()
    if middle < LEAST_PLAYS_A_TRACK:
        return None
    variance = ((high - low) / NORMAL_QUARTILES) ** 2
    return float(max(0.0, (variance - middle) / middle**2))


def _effective(names: NDArray[Any], plays: NDArray[np.int64]) -> float | None:
    """Return the inverse Simpson index of artists by plays; ``None`` unless most are named."""
    known = np.array([name is not None for name in names])
    if plays[known].sum() < plays.sum() / 2:
        return None
    _, which = np.unique(names[known].astype(str), return_inverse=True)
    each = np.bincount(which, plays[known])
    return float(each.sum() ** 2 / (each**2).sum())


def _worse(group: PlayGroup) -> tuple[bool, bool, float, int, int]:
    """Sort better groups first; accounts that share tracks by chance would hide other groups."""
    by_the_way = group.of_accounts < BY_THE_WAY
    score = group.assessment.score
    if group.plain is not None:
        # Far above the bar, a larger group is better than one with more points, if nobody in it
        # skips as people do.
        score = min(SURE if group.plain else SURE - 0.01, score)
    weak = not group.is_notable
    return weak, by_the_way, -score, -len(group.accounts), -group.plays


def _apart(found: list[PlayGroup]) -> list[PlayGroup]:
    """Return groups without those that are mostly part of a better one."""
    taken: set[int] = set()
    distinct = []
    for group in sorted(found, key=_worse):
        own = [account for account in group.accounts.tolist() if account not in taken]
        if len(own) < FEWEST or len(own) <= (1 - OVERLAP) * len(group.accounts):
            continue
        group.accounts = np.array(own)
        taken.update(own)
        distinct.append(group)
    return distinct


def _look_closer(log: Log, listens: ir.Table, found: list[PlayGroup], uptime: Uptime) -> None:
    """Add what is computed from single plays, for the groups that are left."""
    who = _numbered([group.accounts for group in found], "account")
    what = _numbered([group.tracks for group in found], "track")
    members, tracks = memtable(log.edges, who), memtable(log.edges, what)
    steps = _steps(log, members, tracks, len(found))
    networks = _networks(log, listens, members, len(found))
    dispersions = _dispersions(members, tracks, log)
    daily = _days(log, members, tracks)
    windows = _windows(log, members, tracks)
    for at, group in enumerate(found):
        if group.repeats >= LEAST_PLAYS_A_TRACK:
            group.dispersion = dispersions.get(at)
        group.of_window = windows.get(at, 0.0)
        group.plays_a_day, group.days = daily.get(at, (None, None))
        group.in_step = steps[at]
        group.no_pause_share = float(uptime.nonstop[group.accounts].mean())
        group.no_pause_h = uptime.hours
        known, shared = networks[at]
        group.network_share = shared / len(group.accounts) if known else None


def _numbered(each: list[NDArray[np.int64]], name: str) -> pa.Table:
    block = np.repeat(np.arange(len(each)), [len(one) for one in each])
    return pa.table({"block": block, name: np.concatenate([np.zeros(0, np.int64), *each])})


def _dispersions(members: ir.Table, tracks: ir.Table, log: Log) -> dict[int, float]:
    """Return how much accounts of a group differ in their plays of a track, compared with chance.

    For each track it is Pearson's chi-squared of its plays by account, by the degrees of freedom.
    The expected plays are in proportion to each account's plays of all tracks of the group. For a
    group it is the median of its tracks.
    """
    cells = log.edges.join(members, "account").join(tracks, ["block", "track"])
    active = cells.group_by(["block", "account"]).aggregate(active=cells.plays.sum())
    cells = cells.join(active, ["block", "account"])
    plays, active_plays = cells.plays.cast("float64"), cells.active.cast("float64")
    each = cells.group_by(["block", "track"]).aggregate(
        squares=(plays * plays / active_plays).sum(), plays=cells.plays.sum()
    )
    size = active.group_by("block").aggregate(accounts=active.count(), total=active.active.sum())
    rows = each.join(size, "block")
    squared = rows.squares * rows.total / rows.plays - rows.plays
    rows = rows.select("block", dispersion=squared / (rows.accounts - 1))
    found = rows.filter(rows.dispersion.notnull()).to_pyarrow()
    block = found["block"].to_numpy()
    order = np.argsort(block, kind="stable")
    values = found["dispersion"].to_numpy(zero_copy_only=False).astype(float)[order]
    blocks, starts = np.unique(block[order], return_index=True)
    ends = np.append(starts[1:], len(values))[: len(starts)]
    return {
        one: float(np.median(values[start:end]))
        for one, start, end in zip(blocks.tolist(), starts.tolist(), ends.tolist(), strict=True)
    }


def _windows(log: Log, members: ir.Table, tracks: ir.Table) -> dict[int, float]:
    """Return the share of each group's tracks in its accounts' plays, in the time of the attack.

    An attack of one week is little of a year. The time is that of all plays of the tracks but the
    first and the last twentieth.
    """
    theirs = log.plays.select("account", "track", "at_us").join(members, "account")
    own = theirs.join(tracks, ["block", "track"])
    spans = own.group_by("block").aggregate(
        start_us=own.at_us.quantile(0.05), end_us=own.at_us.quantile(0.95)
    )
    spans = log.materialise(spans)
    counts = []
    for rows in (own, theirs):
        inside = rows.select("block", "at_us").join(spans, "block")
        inside = inside.filter(inside.at_us.between(inside.start_us, inside.end_us))
        found = inside.group_by("block").aggregate(n=inside.count()).to_pyarrow()
        counts.append(dict(zip(found["block"].to_pylist(), found["n"].to_pylist(), strict=True)))
    return {block: n / counts[1][block] for block, n in counts[0].items()}


def _days(log: Log, members: ir.Table, tracks: ir.Table) -> dict[int, tuple[float, float | None]]:
    """Return for each group its plays a day, and how much the days of an account differ.

    The latter is the variance of an account's plays by day, by their mean: 1 for plays at random.
    Both are of the median account. Days without a play count, between its first and its last.
    """
    plays = log.plays.join(members, "account").join(tracks, ["block", "track"])
    day = (plays.at_us // DAY_US).cast("int64")
    by_day = plays.group_by(["block", "account", day.name("day")]).aggregate(n=plays.count())
    n = by_day.n.cast("float64")
    each = by_day.group_by(["block", "account"]).aggregate(
        plays=n.sum(),
        squares=(n * n).sum(),
        active=by_day.count(),
        days=by_day.day.max() - by_day.day.min() + 1,
    )
    rows = each.order_by(["block", "account"]).to_pyarrow()
    block = rows["block"].to_numpy()
    total, squares, active, days = (
        rows[name].to_numpy(zero_copy_only=False).astype(float)
        for name in ("plays", "squares", "active", "days")
    )
    some = (days >= LEAST_DAYS) & (total >= days)
    mean = total / days
    varies = (squares - total * mean) / np.maximum(days - 1, 1) / mean
    return {
        int(one): (
            float(np.median((total / active)[block == one])),
            float(np.median(varies[some & (block == one)]))
            if 2 * (some & (block == one)).sum() >= (block == one).sum()
            else None,
        )
        for one in np.unique(block)
    }


def _steps(log: Log, members: ir.Table, tracks: ir.Table, count: int) -> list[float | None]:
    """Return how many times as often as by chance accounts begin a track in the same minute.

    Chance is computed from the plays of the same track in the same hour, spread evenly over it.
    """
    plays = log.plays.join(members, "account").join(tracks, ["block", "track"])
    minute = (plays.at_us // MINUTE_US).cast("int64")
    by_minute = plays.group_by(["block", "track", minute.name("minute")]).aggregate(
        n=plays.account.nunique()
    )
    hour = (by_minute.minute // MINUTES_AN_HOUR).cast("int64")
    by_hour = by_minute.group_by(["block", "track", hour.name("hour")]).aggregate(
        n=by_minute.n.sum(), met=(by_minute.n * (by_minute.n - 1) / 2).sum()
    )
    each = by_hour.group_by("block").aggregate(
        met=by_hour.met.sum(), could=(by_hour.n * (by_hour.n - 1) / 2).sum()
    )
    met, could = np.zeros(count), np.zeros(count)
    rows = each.to_pyarrow()
    at = rows["block"].to_numpy()
    met[at] = rows["met"].to_numpy(zero_copy_only=False)
    could[at] = rows["could"].to_numpy(zero_copy_only=False)
    by_chance = could / MINUTES_AN_HOUR
    # Where chance predicts less than one pair, one pair is weak evidence.
    return [
        None if chance < 1 and seen < 1 else float(seen / max(1.0, chance))
        for seen, chance in zip(met.tolist(), by_chance.tolist(), strict=True)
    ]


def _networks(log: Log, listens: ir.Table, members: ir.Table, count: int) -> list[tuple[int, int]]:
    """Return for each group the accounts of known network, and those at networks of its own."""
    at = listens.filter(listens.ip_hash.notnull()).select("user_hash", "ip_hash").distinct()
    at = at.join(log.accounts.select("user_hash", "account"), "user_hash")
    everyone = at.group_by("ip_hash").aggregate(everyone=at.count())
    theirs = at.join(members, "account")
    each = theirs.group_by(["block", "ip_hash"]).aggregate(own=theirs.count())
    own = each.join(everyone, "ip_hash")
    own = own.filter((own.own >= 2) & (2 * own.own >= own.everyone)).select("block", "ip_hash")
    known = theirs.group_by("block").aggregate(known=theirs.account.nunique())
    shared = theirs.join(own, ["block", "ip_hash"])
    shared = shared.group_by("block").aggregate(shared=shared.account.nunique())
    found = [(0, 0)] * count
    rows = known.left_join(shared, "block").select("block", "known", "shared").to_pyarrow()
    for row in rows.to_pylist():
        found[row["block"]] = (row["known"], row["shared"] or 0)
    return found

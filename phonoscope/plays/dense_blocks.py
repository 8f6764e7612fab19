"""Dense blocks: a core of accounts grows to all that play its tracks, and to their own tracks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

from phonoscope.catalogue.backend import memtable
from phonoscope.plays.communities import ACCOUNTS_A_TRACK, FEWEST, cores
from phonoscope.plays.lengths import WHOLE
from phonoscope.plays.log import Log

if TYPE_CHECKING:
    import ibis.expr.types as ir

OF_TRACK = 0.2
"""Least share of a track's plays that belong to the block."""
LIFT, LIFT_OF_PLAYS = 10.0, 5.0
"""Least ratio of the share of the block's accounts that play a track to the share of the accounts
outside the block; for a hit that half of the block plays, least ratio of plays an account.
The block is left out of what is usual, so a block of half of all accounts counts too."""
BY_CHANCE = 7.0
"""Least negative logarithm of the chance that so many of a track's accounts are in the block."""
OF_USUAL = 0.25
"""Least members of a track, as a fraction of those of the block's tracks, weighted by plays."""
OF_MEMBER = 0.5
"""A member plays at least this share of the number of the block's tracks that its accounts play on
average."""
OF_PLAYS = 0.2
"""And these tracks' share of its plays is at least this fraction of the average. An account that
plays thousands of tracks plays these too, and belongs to another block."""
LIKE_PEOPLE = 0.25
"""People skip before 30 s at least this fraction as often as the whole log."""
LEAST_KNOWN = 10
"""Least plays of known length to judge an account by them."""
_COUNTS = ("plays", "known", "uncounted", "barely", "whole")


class DenseBlocks:
    """Dense blocks of a log.

    Attributes
    ----------
    members
        ``block``, ``account``, ``tracks`` (how many of the block it plays) and, for its plays of
        these, the counts of :attr:`Log.edges`.
    tracks
        ``block``, ``track``, ``members`` that play it, and the counts of their plays;
        ``all_plays``, ``all_accounts`` and ``artist`` as in :attr:`Log.tracks`.
    """

    def __init__(self, log: Log) -> None:
        self._log = log
        seen, found = cores(log)
        core = memtable(seen, found)
        met = log.materialise(self._met(seen, core))
        candidates = log.materialise(self._candidates(core, met))
        theirs = log.materialise(self._theirs(candidates))
        members = log.materialise(self._members(candidates, theirs))
        both = log.materialise(self._both(members))
        self.tracks = log.materialise(self._tracks(both, theirs))
        self.members = log.materialise(self._members(both.select("block", "account"), self.tracks))

    def _met(self, seen: ir.Table, core: ir.Table) -> ir.Table:
        """Return the tracks that a core shares."""
        met = seen.join(core, "account")
        met = met.group_by(["block", "track"]).aggregate(met=met.count(), theirs=met.plays.sum())
        met = met.filter(met.met >= FEWEST).join(self._log.tracks, "track")
        met = met.join(core.group_by("block").aggregate(size=core.count()), "block")
        looked_at = met.accounts.clip(upper=ACCOUNTS_A_TRACK)
        # Half of the track's compared accounts, or half of the core if much of the track is its.
        half = (2 * met.met >= met["size"]) & (met.theirs >= OF_TRACK * met.plays)
        enough = (2 * met.met >= looked_at) | half
        return met.filter(enough).select("block", "track")

    def _candidates(self, core: ir.Table, met: ir.Table) -> ir.Table:
        """Return the accounts that play these tracks as much as the core."""
        joined = self._log.edges.join(met, "track")
        each = joined.group_by(["block", "account"]).aggregate(
            tracks=joined.count(), plays=joined.plays.sum()
        )
        each = each.join(self._log.accounts.select("account", everything="plays"), "account")
        each = each.mutate(share=each.plays / each.everything)
        usual = each.join(core, ["block", "account"])
        usual = usual.group_by("block").aggregate(
            usual=usual.tracks.mean(), usual_share=usual.share.mean()
        )
        each = each.join(usual, "block")
        enough = (each.tracks >= FEWEST) & (each.tracks >= OF_MEMBER * each.usual)
        enough &= each.share >= OF_PLAYS * each.usual_share
        return each.filter(enough).select("block", "account")

    def _theirs(self, candidates: ir.Table) -> ir.Table:
        """Return the tracks that these accounts play and few others do."""
        everyone = self._log.accounts.count().as_scalar()
        size = candidates.group_by("block").aggregate(size=candidates.count())
        joined = self._log.edges.join(candidates, "account")
        theirs = joined.group_by(["block", "track"]).aggregate(
            some=joined.count(), theirs=joined.plays.sum()
        )
        theirs = theirs.filter(theirs.some >= FEWEST).join(size, "block")
        theirs = theirs.join(self._log.tracks, "track")
        # Half an account or play more, because nobody among few is less than nobody among many.
        outside = everyone - theirs["size"] + 1
        others = (theirs.accounts - theirs.some + 0.5) / outside
        other_plays = (theirs.plays - theirs.theirs + 0.5) / outside
        by_accounts = theirs.some / theirs["size"] >= LIFT * others
        by_plays = theirs.theirs / theirs["size"] >= LIFT_OF_PLAYS * other_plays
        by_accounts &= _is_no_chance(theirs.some, theirs.accounts, theirs["size"] / (everyone + 1))
        enough = by_accounts | (by_plays & (2 * theirs.some >= theirs["size"]))
        theirs = theirs.filter((theirs.theirs >= OF_TRACK * theirs.plays) & enough)
        return theirs.select("block", "track")

    def _members(self, candidates: ir.Table, theirs: ir.Table) -> ir.Table:
        """Return the accounts that play these tracks as much as the others, with counts."""
        joined = self._log.edges.join(candidates, "account")
        joined = joined.join(theirs.select("block", "track"), ["block", "track"])
        each = joined.group_by(["block", "account"]).aggregate(
            tracks=joined.count(), **{name: joined[name].sum() for name in _COUNTS}
        )
        usual = each.group_by("block").aggregate(usual=each.tracks.mean(), accounts=each.count())
        each = each.join(usual, "block")
        enough = (each.tracks >= FEWEST) & (each.tracks >= OF_MEMBER * each.usual)
        return each.filter(enough).drop("usual", "accounts")

    def _both(self, members: ir.Table) -> ir.Table:
        """Return each block twice: whole, and without members who play like people or shops.

        A fan of an artist that a farm plays is found with the farm. But a fan skips, as people do,
        and a shop never does. The number of a block is doubled, plus one where they're left out.
        """
        lengths = self._log.lengths
        usual = lengths.uncounted / max(1, lengths.known)
        few = members.uncounted <= LIKE_PEOPLE * usual * members.known
        some = members.whole < WHOLE * members.known
        plain = (few & some & (members.known >= LEAST_KNOWN)).fill_null(False)
        members = members.mutate(plain=plain)
        size = members.group_by("block").aggregate(
            left=members.plain.cast("int64").sum(), size=members.count()
        )
        members = members.join(size, "block")
        both = members.cross_join(memtable(members, pa.table({"without": [0, 1]})))
        fewer = (both.left >= FEWEST) & (both.left < both["size"])
        both = both.filter((both.without == 0) | (both.plain & fewer))
        return both.mutate(block=2 * both.block + both.without).drop(
            "plain", "left", "size", "without"
        )

    def _tracks(self, members: ir.Table, theirs: ir.Table) -> ir.Table:
        who = members.select("block", "account", core=(members.block // 2).cast("int64"))
        theirs = theirs.rename(core="block")
        joined = self._log.edges.join(who, "account").join(theirs, ["core", "track"])
        each = joined.group_by(["block", "track"]).aggregate(
            members=joined.count(), **{name: joined[name].sum() for name in _COUNTS}
        )
        all_plays = self._log.tracks.select(
            "track", "artist", all_plays="plays", all_accounts="accounts"
        )
        each = each.filter(each.members >= FEWEST).join(all_plays, "track")
        each = each.filter(each.plays >= OF_TRACK * each.all_plays)
        # Tracks that few of the members share came in by chance, and would blur the others.
        weighted = each.plays.cast("float64") * each.members
        usual = each.group_by("block").aggregate(usual=weighted.sum() / each.plays.sum())
        each = each.join(usual, "block")
        return each.filter(each.members >= OF_USUAL * each.usual).drop("usual")


def _is_no_chance(some: ir.Value, accounts: ir.Value, share: ir.Value) -> ir.Value:
    """Return whether chance rarely gives so many of a track's accounts to a block of this share.

    It is Chernoff's bound of the binomial tail. Without it a large block would gather every track
    with three accounts that all happen to be in it.
    """
    rate = some / accounts
    inside = rate * (rate / share).ln()
    rest = (1 - rate).clip(lower=1e-12)
    outside = rest * (rest / (1 - share)).ln()
    return (rate > share) & (accounts * (inside + outside) >= BY_CHANCE)


def arrow(table: ir.Table) -> pa.Table:
    """Return a table of blocks in Arrow, in order."""
    return table.order_by(list(table.columns[:2])).to_pyarrow()

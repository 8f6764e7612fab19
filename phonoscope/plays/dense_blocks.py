"""Dense blocks: a core of accounts grows to all that play its tracks, and to their own tracks."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pyarrow as pa

from phonoscope.catalogue.backend import memtable
from phonoscope.plays.communities import FEWEST, MEETINGS, cores
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
BY_LOT = 0.8
"""A light account plays at least this share of the tracks that a draw by lot would give."""
ARTISTS = 3
"""And tracks of at least so many artists."""
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
        core = memtable(log.edges, cores(log))
        met = log.materialise(self._theirs(core))
        candidates = log.materialise(self._candidates(core, met))
        theirs = log.materialise(self._theirs(candidates))
        members = log.materialise(self._members(candidates, theirs))
        both = log.materialise(self._both(members))
        self.tracks = log.materialise(self._tracks(both, theirs))
        self.members = log.materialise(
            self._members(both.select("block", "account", "light"), self.tracks)
        )

    def _candidates(self, core: ir.Table, met: ir.Table) -> ir.Table:
        """Return the accounts that play these tracks as much as the core, and ``light`` ones.

        A light account plays little, so it can't play as many of the tracks. It belongs to the core
        if the tracks' share of its plays is like the core's, far above chance, and spread over the
        tracks as if by lot. Fans have one artist, so the tracks must be by several.
        """
        everything = self._log.accounts.select("account", everything="plays")
        joined = self._log.edges.join(met, "track")
        each = joined.group_by(["block", "account"]).aggregate(
            tracks=joined.count(), plays=joined.plays.sum(), artists=joined.artist.nunique()
        )
        each = each.join(everything, "account")
        each = each.mutate(share=each.plays / each.everything)
        usual = each.join(core, ["block", "account"])
        usual = usual.group_by("block").aggregate(
            usual=usual.tracks.mean(), usual_share=usual.share.mean(), inside=usual.everything.sum()
        )
        of_block = met.group_by("block").aggregate(total=met.count(), others=met.others.sum())
        each = each.join(usual, "block").join(of_block, "block")
        enough = (each.tracks >= FEWEST) & (each.tracks >= OF_MEMBER * each.usual)
        enough &= each.share >= OF_PLAYS * each.usual_share
        log = everything.aggregate(plays=everything.everything.sum(), n=everything.count())
        whole = log.to_pyarrow().to_pylist()[0]
        chance = each.everything * (each.others + 0.5) / (int(whole["plays"]) - each.inside + 1)
        # Corrected for having looked at every account.
        unlikely = each.plays * ((each.plays / chance).ln() - 1) + chance
        light = ~enough & (unlikely >= BY_CHANCE + math.log(whole["n"]))
        light &= (each.artists >= ARTISTS) & (each.share >= OF_MEMBER * each.usual_share)
        light &= _is_by_lot(each.tracks, each.plays, each.total)
        return each.mutate(light=light).filter(enough | light).select("block", "account", "light")

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
        others = theirs.plays - theirs.theirs
        return theirs.select("block", "track", "artist", others=others)

    def _members(self, candidates: ir.Table, theirs: ir.Table) -> ir.Table:
        """Return the accounts that play these tracks as much as the others, with counts."""
        theirs = theirs.select("block", "track")
        joined = self._log.edges.join(candidates, "account").join(theirs, ["block", "track"])
        each = joined.group_by(["block", "account", "light"]).aggregate(
            tracks=joined.count(), **{name: joined[name].sum() for name in _COUNTS}
        )
        usual = each.group_by("block").aggregate(
            usual=(~each.light).ifelse(each.tracks, None).mean()
        )
        usual = usual.join(theirs.group_by("block").aggregate(total=theirs.count()), "block")
        each = each.join(usual, "block")
        enough = (each.tracks >= FEWEST) & (each.tracks >= OF_MEMBER * each.usual)
        enough |= each.light & _is_by_lot(each.tracks, each.plays, each.total)
        return each.filter(enough).drop("usual", "total")

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


def _is_by_lot(tracks: ir.Value, plays: ir.Value, total: ir.Value) -> ir.Value:
    """Return whether plays are of about as many tracks as if each were drawn by lot."""
    return (tracks >= MEETINGS) & (tracks >= BY_LOT * total * (1 - (-plays / total).exp()))


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

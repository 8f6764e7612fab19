"""Blocks: a core of accounts becomes all who play its tracks, and the tracks that are theirs."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from phonoscope.catalogue.backend import beside
from phonoscope.listening.company import ACCOUNTS_A_TRACK, FEWEST, cores
from phonoscope.listening.log import Log

OF_TRACK = 0.2
"""Share of a track's plays that is the block's, at least."""
LIFT = 10.0
"""How many times as many of the block's accounts play a track as of all accounts, at least."""
OF_MEMBER = 0.5
"""Who plays so many of the block's tracks, as a share of what its accounts play on average, is of
the block."""
LIKE_PEOPLE = 0.25
"""People end plays before 30 s, at this share of the whole log's at least."""
LEAST_KNOWN = 10
"""Plays of known length from which on an account's own say something."""
_COUNTS = ("plays", "known", "uncounted", "barely", "whole")


class Blocks:
    """Blocks of a log.

    Attributes
    ----------
    members
        ``block``, ``account``, ``tracks`` (of the block that it plays) and, of its plays of these,
        the counts of :attr:`Log.edges`.
    tracks
        ``block``, ``track``, ``members`` that play it, and the counts of their plays; ``all_plays``
        and ``artist`` as in :attr:`Log.tracks`.
    """

    def __init__(self, log: Log) -> None:
        self._log = log
        seen, found = cores(log)
        self._cores = pc.max(found["block"]).as_py() + 1 if len(found) else 0
        core = beside(seen, found)
        met = log.keep(self._met(seen, core))
        company = log.keep(self._company(core, met))
        theirs = log.keep(self._theirs(company))
        members = log.keep(self._members(company, theirs))
        self.members = log.keep(members.union(self._unskipping(members)))
        self.tracks = log.keep(self._tracks(theirs))

    def _met(self, seen: Any, core: Any) -> Any:
        """Return tracks at which a core meets."""
        met = seen.join(core, "account")
        met = met.group_by(["block", "track"]).aggregate(met=met.count())
        met = met.filter(met.met >= FEWEST).join(self._log.tracks, "track")
        looked_at = met.accounts.clip(upper=ACCOUNTS_A_TRACK)
        return met.filter(met.met >= looked_at / 2).select("block", "track")

    def _company(self, core: Any, met: Any) -> Any:
        """Return who plays these tracks as much as the core does."""
        joined = self._log.edges.join(met, "track")
        each = joined.group_by(["block", "account"]).aggregate(tracks=joined.count())
        usual = each.join(core, ["block", "account"])
        usual = usual.group_by("block").aggregate(usual=usual.tracks.mean())
        each = each.join(usual, "block")
        enough = (each.tracks >= FEWEST) & (each.tracks >= OF_MEMBER * each.usual)
        return each.filter(enough).select("block", "account")

    def _theirs(self, company: Any) -> Any:
        """Return the tracks that these accounts play and few others do."""
        everyone = self._log.accounts.count().as_scalar()
        size = company.group_by("block").aggregate(size=company.count())
        joined = self._log.edges.join(company, "account")
        theirs = joined.group_by(["block", "track"]).aggregate(
            some=joined.count(), theirs=joined.plays.sum()
        )
        theirs = theirs.filter(theirs.some >= FEWEST).join(size, "block")
        theirs = theirs.join(self._log.tracks, "track")
        lift = (theirs.some / theirs["size"]) / (theirs.accounts / everyone)
        theirs = theirs.filter((theirs.theirs >= OF_TRACK * theirs.plays) & (lift >= LIFT))
        return theirs.select("block", "track")

    def _members(self, company: Any, theirs: Any) -> Any:
        joined = self._log.edges.join(company, "account").join(theirs, ["block", "track"])
        each = joined.group_by(["block", "account"]).aggregate(
            tracks=joined.count(), **{name: joined[name].sum() for name in _COUNTS}
        )
        usual = each.group_by("block").aggregate(usual=each.tracks.mean(), accounts=each.count())
        each = each.join(usual, "block")
        enough = (each.tracks >= FEWEST) & (each.tracks >= OF_MEMBER * each.usual)
        return each.filter(enough).drop("usual", "accounts")

    def _unskipping(self, members: Any) -> Any:
        """Return blocks without the members that end plays early, as people do.

        A fan of an artist who is played by a farm is found with the farm. Numbers of these blocks
        follow on those of the whole ones.
        """
        lengths = self._log.lengths
        usual = lengths.uncounted / max(1, lengths.known)
        few = members.uncounted <= LIKE_PEOPLE * usual * members.known
        rest = members.filter(few & (members.known >= LEAST_KNOWN))
        left = rest.group_by("block").aggregate(left=rest.count())
        size = members.group_by("block").aggregate(size=members.count()).join(left, "block")
        fewer = size.filter((size.left >= FEWEST) & (size.left < size["size"])).select("block")
        rest = rest.semi_join(fewer, "block")
        return rest.mutate(block=rest.block + self._cores)

    def _whole(self, theirs: Any) -> Any:
        """Return tracks of blocks, those of the whole ones for both kinds."""
        return theirs.union(theirs.mutate(block=theirs.block + self._cores))

    def _tracks(self, theirs: Any) -> Any:
        who = self.members.select("block", "account")
        theirs = self._whole(theirs)
        joined = self._log.edges.join(who, "account").join(theirs, ["block", "track"])
        each = joined.group_by(["block", "track"]).aggregate(
            members=joined.count(), **{name: joined[name].sum() for name in _COUNTS}
        )
        all_plays = self._log.tracks.select("track", "artist", all_plays="plays")
        each = each.filter(each.members >= FEWEST).join(all_plays, "track")
        return each.filter(each.plays >= OF_TRACK * each.all_plays)


def arrow(table: Any) -> pa.Table:
    """Return a table of blocks in Arrow, in order."""
    return table.order_by(list(table.columns[:2])).to_pyarrow()

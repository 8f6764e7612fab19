"""Blocks: a core of accounts becomes all who play its tracks, and the tracks that are theirs."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from phonoscope.listening.company import ACCOUNTS_A_TRACK, FEWEST, cores
from phonoscope.listening.log import Log

OF_TRACK = 0.2
"""Share of a track's plays that is the block's, at least."""
LIFT = 10.0
"""How many times as many of the block's accounts play a track as of all accounts, at least."""
OF_MEMBER = 0.5
"""Who plays so many of the block's tracks, as a share of what its accounts play on average, is of
the block."""
_COUNTS = ("plays", "known", "uncounted", "barely", "whole")


class Blocks:
    """Blocks of a log.

    Attributes
    ----------
    members
        ``block``, ``account``, ``tracks`` (of the block that it plays) and, of its plays of these,
        the counts of :attr:`Log.edges`.
    tracks
        ``block``, ``track``, ``members`` that play it, and the counts of their plays.
    """

    def __init__(self, log: Log) -> None:
        import ibis  # noqa: PLC0415  (heavy: 0.8 s)

        self._log = log
        seen, found = cores(log)
        self.count = len(found)
        core = ibis.memtable(found, schema=_schema())
        met = log.keep(self._met(seen, core))
        company = log.keep(self._company(core, met))
        theirs = log.keep(self._theirs(company))
        self.members = log.keep(self._members(company, theirs))
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

    def _tracks(self, theirs: Any) -> Any:
        who = self.members.select("block", "account")
        joined = self._log.edges.join(who, "account").join(theirs, ["block", "track"])
        return joined.group_by(["block", "track"]).aggregate(
            members=joined.count(), **{name: joined[name].sum() for name in _COUNTS}
        )


def _schema() -> Any:
    import ibis  # noqa: PLC0415

    return ibis.schema({"block": "int64", "account": "int64"})


def arrow(table: Any) -> pa.Table:
    """Return a table of blocks in Arrow, in order."""
    return table.order_by(list(table.columns[:2])).to_pyarrow()

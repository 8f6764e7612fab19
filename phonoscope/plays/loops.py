"""Loops: one track played repeatedly for days, anywhere in a long log.

A loop of some days is a small part of a year, and an average hides it. So single stretches of plays
of one track are looked for. Someone who is asleep plays one sound all night, and a child one song
all day; both end within a day. The bounds are fixed and far above that, because a log has millions
of stretches, and with so many looks some honest one comes close to any lower bound.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis
import pyarrow as pa

from phonoscope.messages import gettext
from phonoscope.plays import signals
from phonoscope.plays.log import Log
from phonoscope.plays.rhythm import PAUSE_S
from phonoscope.plays.signals import Assessment, Signal
from phonoscope.text import number, percent

if TYPE_CHECKING:
    import ibis.expr.types as ir

LEAST_PLAYS = 200
"""Least plays of a loop."""
LEAST_H = 36.0
"""Least hours of a loop without a pause of four hours; nobody is awake for so long."""
SHARE = 0.8
"""Least share of the account's plays during the loop; a person would choose something else."""
POINTS = 3.0
_ALONE = gettext("It may also be a player that someone left on.")


def loops(log: Log) -> pa.Table:
    """Return the loops of a log.

    Returns
    -------
    pyarrow.Table
        ``account``, ``track``, ``plays``, ``hours`` and ``share`` of all plays of the account
        during the loop; the longest loop of each account and track.
    """
    often = log.edges.filter(log.edges.plays >= LEAST_PLAYS).select("account", "track")
    often = log.materialise(often)
    runs = log.materialise(_runs(log.plays.join(often, ["account", "track"])))
    theirs = log.plays.select("account", "at_us").join(runs, "account")
    theirs = theirs.filter(theirs.at_us.between(theirs.start_us, theirs.end_us))
    whole = theirs.group_by(["account", "track", "start_us"]).aggregate(
        everything=theirs.count(), plays=theirs.plays.max(), hours=theirs.hours.max()
    )
    whole = whole.mutate(share=whole.plays / whole.everything)
    found = whole.filter(whole.share >= SHARE)
    found = found.group_by(["account", "track"]).aggregate(
        plays=found.plays.max(), hours=found.hours.max(), share=found.share.max()
    )
    table: pa.Table = found.order_by(["account", "track"]).to_pyarrow()
    return table


def _runs(plays: ir.Table) -> ir.Table:
    """Return stretches of plays of one track by one account without a pause."""
    key = ["account", "track"]
    before = plays.at_us.lag().over(ibis.window(group_by=key, order_by=plays.at_us))
    gaps = plays.select(*key, "at_us", pause=(plays.at_us - before > PAUSE_S * 1e6))
    starts = gaps.pause.fill_null(False).cast("int64")
    order = ibis.window(group_by=key, order_by=gaps.at_us, preceding=None, following=0)
    runs = gaps.mutate(run=starts.sum().over(order))
    each = runs.group_by([*key, "run"]).aggregate(
        plays=runs.count(), start_us=runs.at_us.min(), end_us=runs.at_us.max()
    )
    each = each.mutate(hours=(each.end_us - each.start_us) / 3.6e9)
    return each.filter((each.plays >= LEAST_PLAYS) & (each.hours >= LEAST_H)).drop("run")


def assessed(loops_: pa.Table) -> dict[int, Assessment]:
    """Return the assessment of each account with a loop, by its number; undecided at most."""
    found: dict[int, list[Signal]] = {}
    for row in loops_.to_pylist():
        says = gettext(
            "{share} of its plays in {hours} hours are of one track, {n} times and without a "
            "pause of 4 hours.",
            share=percent(row["share"]),
            hours=number(row["hours"]),
            n=number(row["plays"]),
        )
        found.setdefault(row["account"], []).append(Signal(POINTS, says))
    return {
        account: signals.assess(some[:1], at_most_undecided=_ALONE)
        for account, some in found.items()
    }

"""Single accounts: the evidence from one account's plays, without the other accounts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from phonoscope.messages import ngettext
from phonoscope.plays import signals
from phonoscope.plays.groups import LEAST_PLAYS_A_TRACK
from phonoscope.plays.lengths import Lengths
from phonoscope.plays.log import Log
from phonoscope.plays.signals import Assessment, Signal
from phonoscope.plays.uptime import BUSY, Uptime
from phonoscope.text import percent

if TYPE_CHECKING:
    import ibis.expr.types as ir

OWN = 0.5
"""A track is an account's own if at least this share of its plays are by the account."""
OWN_SHARE = 0.8
OWN_POINTS = 1.0
_LENGTHS = ("known", "uncounted", "barely", "whole")


def habits(log: Log) -> ir.Table:
    """Return how much each account plays, and for how long.

    Returns
    -------
    ibis.expr.types.Table
        One row for each account: ``account``, ``plays``; ``known``, ``uncounted``, ``barely`` and
        ``whole`` as in :attr:`Log.edges`; ``own_tracks``, tracks of which half of all plays are by
        the account, ``own_plays`` of these, and ``own_squares``, their squares summed by track.
    """
    edges = log.edges.join(log.tracks.select("track", everyone="plays"), "track")
    own = edges.plays >= OWN * edges.everyone
    return edges.group_by("account").aggregate(
        plays=edges.plays.sum(),
        **{name: edges[name].sum() for name in _LENGTHS},
        own_tracks=own.cast("int64").sum(),
        own_plays=own.ifelse(edges.plays, 0).sum(),
        own_squares=own.ifelse(edges.plays * edges.plays, 0).sum(),
    )


def solo_accounts(
    habit: dict[str, NDArray[Any]], lengths: Lengths, uptime: Uptime
) -> dict[int, Assessment]:
    """Assess each account by its own plays.

    Parameters
    ----------
    habit
        The columns of :func:`habits`, in order of ``account``, which counts from 0.
    lengths
        Lengths of all plays of the log.
    uptime
        Which accounts never pause.

    Returns
    -------
    dict
        By number of account, for accounts with any points.
    """
    enough = habit["plays"] >= BUSY
    known = np.maximum(habit["known"], 1)
    # One account that just never skips is a person asleep, a child, a shop or an album listener.
    unusual = uptime.nonstop | (habit["barely"] / known >= signals.BARELY)
    found = {}
    for at in np.flatnonzero(enough & unusual).tolist():
        of_one = {name: int(values[at]) for name, values in habit.items()}
        assessment = _assess(of_one, lengths, uptime.hours if uptime.nonstop[at] else None)
        if assessment.score > 0:
            found[at] = assessment
    return found


def _assess(one: dict[str, int], log: Lengths, uptime_h: float | None) -> Assessment:
    lengths = Lengths(*(one[name] for name in _LENGTHS))
    found: list[Signal] = [] if uptime_h is None else signals.of_pauses(1.0, 1, uptime_h)
    if one["own_plays"] >= OWN_SHARE * one["plays"]:
        share = one["own_plays"] / one["plays"]
        tracks = one["own_tracks"]
        says = ngettext(
            "{share} of its plays are of {n} track that nobody else plays as much.",
            "{share} of its plays are of {n} tracks that nobody else plays as much.",
            tracks,
            share=percent(share),
        )
        found.append(Signal(OWN_POINTS, says))
        found += signals.of_evenness(_unevenness(one), tracks)
    if not lengths.are_whole:
        found += signals.of_lengths(lengths, log)
    return signals.assess(found)


def _unevenness(one: dict[str, int]) -> float | None:
    tracks, plays = one["own_tracks"], one["own_plays"]
    if tracks < 2 or plays < LEAST_PLAYS_A_TRACK * tracks:
        return None
    mean = plays / tracks
    variance = (one["own_squares"] - plays * mean) / (tracks - 1)
    return max(0.0, (variance - mean) / mean**2)

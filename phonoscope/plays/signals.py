"""Signals that plays are artificial, in points and in sentences.

The points are set by hand, so that people can read, dispute and change them; ``bench/plays.py``
measures their error rates. Every signal can have an honest cause, so no single one is enough.
Numbers that a log lacks give no points.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import NamedTuple

from phonoscope.catalogue.schema.play_results import ARTIFICIAL, PLAY_VERDICTS, UNDECIDED
from phonoscope.messages import gettext, ngettext
from phonoscope.plays.lengths import LEAST_KNOWN, Lengths
from phonoscope.text import number, percent

LEAST_UNCOUNTED = 0.05
"""If fewer plays of the whole log end before 30 s, the log leaves such plays out."""
UNCOUNTED_POINTS, BARELY_POINTS = 3.0, 2.0
BARELY = 0.2
"""Share of plays of 30 to 35 s that is no longer a coincidence."""
THEIRS = 0.5
"""Least share of the plays of their tracks that makes accounts a group."""
EVEN, RATHER_EVEN = 0.05, 0.12
ONE_ARTIST = 1.5
DICE = 1.5
"""Ratio of variance to mean up to which accounts differ only by chance."""
BREADTH = 0.3
"""Share of a group's tracks that each account plays. Strangers with one taste share far fewer."""
BY_LOT = 0.9
"""Least ratio of this share to the share that tracks drawn by lot would have."""
MANY = 5
"""Least accounts of a group that needs no sign that almost no listener gives."""
ONLY = 0.9
"""Share of the accounts' plays. Listeners play other music too."""
NO_PAUSE = 0.5
IN_STEP = 5.0


class Signal(NamedTuple):
    """One signal: evidence that plays are artificial, or that they are by people."""

    points: float
    text: str
    """The evidence, a sentence with numbers."""


class Assessment(NamedTuple):
    """The sum of all signals."""

    score: float
    """Sum of the points."""
    verdict: str
    reasons: tuple[str, ...]


def assess(signals: Iterable[Signal], *, at_most_undecided: str | None = None) -> Assessment:
    """Add up signals.

    Parameters
    ----------
    signals
        In any order.
    at_most_undecided
        Why the verdict can be undecided at most, whatever the points; a sentence.
    """
    ordered = sorted(signals, key=lambda signal: -signal.points)
    score = round(sum(signal.points for signal in ordered), 2)
    artificial, undecided, nothing = PLAY_VERDICTS
    verdict = artificial if score >= ARTIFICIAL else undecided if score >= UNDECIDED else nothing
    says = [signal.text for signal in ordered]
    if verdict == artificial and at_most_undecided:
        verdict = undecided
        says.insert(0, at_most_undecided)
    return Assessment(score, verdict, tuple(says))


def of_lengths(seen: Lengths, log: Lengths) -> list[Signal]:
    """Return the signals from lengths of plays, compared with the rest of the log."""
    log = _rest(seen, log)
    if seen.known < LEAST_KNOWN or not log.known:
        return []
    found = []
    usual, short = log.uncounted / log.known, seen.uncounted / seen.known
    if usual >= LEAST_UNCOUNTED:
        # Plus one, because none among fifty means less than none among a thousand.
        times = usual * seen.known / (seen.uncounted + 1)
        points = min(UNCOUNTED_POINTS, 0.75 * math.log2(max(2.0, times) / 2))
        says = ngettext(
            "{share} of {n} play ends before 30 s, when plays start to count. In the rest of the "
            "log it is {usual}.",
            "{share} of {n} plays end before 30 s, when plays start to count. In the rest of the "
            "log it is {usual}.",
            seen.known,
            share=percent(short),
            usual=percent(usual),
        )
        found.append(Signal(points, says))
    barely, usually = seen.barely / seen.known, max(log.barely / log.known, 1e-4)
    if barely >= BARELY:
        points = min(BARELY_POINTS, 0.6 * math.log2(max(1.0, barely / usually)))
        says = gettext(
            "{share} of these plays end between 30 and 35 s, as soon as they count. In the rest "
            "of the log it is {usual}.",
            share=percent(barely),
            usual=percent(usually),
        )
        found.append(Signal(points, says))
    return [signal for signal in found if signal.points >= 0.25]


def of_evenness(unevenness: float | None, tracks: int) -> list[Signal]:
    """Return the signal from tracks that are all played equally often."""
    if unevenness is None or not is_even(unevenness):
        return []
    points = 1.0 if unevenness <= EVEN else 0.5
    says = gettext("All {n} tracks are played equally often; there are no favourites.", n=tracks)
    return [Signal(points, says)]


def skips_like_people(seen: Lengths, log: Lengths) -> bool:
    """Return whether plays end before 30 s at least half as often as in the rest of the log."""
    usual = _rest(seen, log)
    if seen.known < LEAST_KNOWN or usual.uncounted < LEAST_UNCOUNTED * usual.known:
        return False
    return 2 * seen.uncounted * usual.known >= usual.uncounted * seen.known


def _rest(seen: Lengths, log: Lengths) -> Lengths:
    """Return the lengths that some plays are compared with: all others, if there are enough.

    A large group is most of a log, and would hide itself in the whole.
    """
    rest = log - seen
    return rest if rest.known >= LEAST_KNOWN else log


def of_dispersion(dispersion: float | None, artists: float | None) -> list[Signal]:
    """Return the signal from accounts without favourites of their own.

    With one artist it means nothing: someone who plays whole albums plays all tracks equally often.
    """
    if dispersion is None or dispersion > DICE or (artists is not None and artists < ONE_ARTIST):
        return []
    says = gettext("The accounts differ only by chance in how often they play each track.")
    return [Signal(1.0, says)]


def of_exclusive_tracks(exclusive: float, accounts: int, tracks: int, plays: int) -> list[Signal]:
    """Return the signal from tracks that nobody else plays."""
    if exclusive < THEIRS:
        return []
    says = gettext(
        "{share} of all plays of {tracks} are by the same {accounts}. That is {plays}.",
        share=percent(exclusive),
        tracks=ngettext("{n} track", "{n} tracks", tracks),
        accounts=ngettext("{n} account", "{n} accounts", accounts),
        plays=ngettext("{n} play", "{n} plays", plays),
    )
    return [Signal(1.0 if exclusive >= 0.8 else 0.5, says)]


def of_breadth(inside: float, outside: float, by_lot: float, tracks: int) -> list[Signal]:
    """Return the signal from accounts that play as many of the tracks as a draw by lot would.

    People play some tracks often and others never, and strangers share few tracks.

    Parameters
    ----------
    inside
        Share of the group's tracks that one of its accounts plays, on average.
    outside
        The same for the accounts outside the group.
    by_lot
        What ``inside`` would be if each play were of a track drawn by lot.
    tracks
        How many tracks the group has.
    """
    if not is_broad(inside, outside, by_lot):
        return []
    says = gettext(
        "Each account plays {share} of the group's {n} tracks on average, as many as if they were "
        "drawn by lot. Other accounts play {others}.",
        share=percent(inside),
        n=tracks,
        others=percent(outside),
    )
    return [Signal(0.5, says)]


def is_broad(inside: float, outside: float, by_lot: float) -> bool:
    """Return whether accounts play as many of the tracks as a draw by lot would."""
    return inside >= BREADTH and inside >= BY_LOT * by_lot and 5 * outside <= inside


def is_even(unevenness: float | None) -> bool:
    """Return whether all tracks are played about equally often."""
    return unevenness is not None and unevenness <= RATHER_EVEN


def of_only(share: float) -> list[Signal]:
    """Return the signal from accounts that play nothing but the group's tracks."""
    if share < ONLY:
        return []
    says = gettext(
        "{share} of the plays of these accounts are of the group's tracks.", share=percent(share)
    )
    return [Signal(0.5, says)]


def of_days(dispersion: float | None) -> list[Signal]:
    """Return the signal from accounts that play the same amount every day.

    People play a lot on one day and nothing on the next. A program plays about as much each day.
    """
    if dispersion is None or dispersion > DICE:
        return []
    says = gettext(
        "Each account plays the group's tracks about equally often every day. People don't."
    )
    return [Signal(1.5, says)]


def of_repeats(repeats: float) -> list[Signal]:
    """Return the signal from accounts that repeat the same tracks."""
    if repeats < 5:
        return []
    says = gettext(
        "Each account plays each of its tracks {times} times on average.", times=number(repeats)
    )
    return [Signal(0.5, says)]


def of_artists(artists: float | None) -> list[Signal]:
    """Return the signal from the number of artists: fans have one, a farm has several clients."""
    if artists is None:
        return []
    if artists < ONE_ARTIST:
        return [Signal(-0.5, gettext("Almost all tracks are by one artist, as with fans."))]
    if artists >= 3:
        says = gettext("The tracks are by about {n} artists.", n=number(artists))
        return [Signal(0.5, says)]
    return []


def of_steps(in_step: float | None) -> list[Signal]:
    """Return the signal from accounts that begin a track in the same minute."""
    if in_step is None or in_step < IN_STEP:
        return []
    says = gettext(
        "The accounts begin the same track in the same minute {times} times as often as by chance.",
        times=number(in_step),
    )
    return [Signal(2.0, says)]


def of_pauses(share: float, accounts: int, hours: float) -> list[Signal]:
    """Return the signal from accounts that never pause."""
    if share < NO_PAUSE:
        return []
    if accounts == 1:
        # A family can do so too.
        says = gettext(
            "The account plays for {hours} hours or more without a pause of 4 hours.",
            hours=number(hours),
        )
        return [Signal(1.0, says)]
    says = gettext(
        "{share} of the accounts play for {hours} hours or more without a pause of 4 hours.",
        share=percent(share),
        hours=number(hours),
    )
    return [Signal(1.5, says)]


def of_networks(share: float | None) -> list[Signal]:
    """Return the signal from accounts on networks that few others use."""
    if share is None or share < 0.5:
        return []
    says = gettext(
        "{share} of the accounts are on networks that almost nobody else uses.",
        share=percent(share),
    )
    return [Signal(1.0, says)]

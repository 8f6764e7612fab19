"""Signals that plays are artificial, in points and in words.

Points are set by hand, so that each can be read, argued with and changed; ``bench/plays.py`` says
what comes of them. Every signal has honest causes, so no single one is enough. Numbers that a log
does not state give no signal and no points.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import NamedTuple

from phonoscope.catalogue.schema.play_results import ARTIFICIAL, PLAY_VERDICTS, UNDECIDED
from phonoscope.plays.lengths import LEAST_KNOWN, Lengths
from phonoscope.text import count, counted, percent

LEAST_UNCOUNTED = 0.05
"""Where fewer plays of the whole log end before 30 s, it does not hold such plays."""
UNCOUNTED_POINTS, BARELY_POINTS = 3.0, 2.0
BARELY = 0.2
"""Share of plays of 30 to 35 s from which on it is no coincidence."""
THEIRS = 0.5
"""Share of the plays of tracks from which on accounts are a group."""
EVEN, RATHER_EVEN = 0.05, 0.12
ONE_ARTIST = 1.5
DICE = 1.5
"""Variance by mean up to which accounts differ as dice would make them."""
NO_PAUSE = 0.5
IN_STEP = 5.0


class Signal(NamedTuple):
    """One signal, a reason for taking plays for artificial or for people."""

    points: float
    text: str


class Assessment(NamedTuple):
    """What all signals add up to."""

    score: float
    """Sum of the points."""
    verdict: str
    reasons: tuple[str, ...]


def assess(signals: Iterable[Signal], *, at_most_undecided: str | None = None) -> Assessment:
    """Add signals up.

    Parameters
    ----------
    signals
        In any order.
    at_most_undecided
        Why nobody can tell, if so, however many points there are.
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
    """Return what lengths of plays show, compared with the whole log."""
    if seen.known < LEAST_KNOWN or not log.known:
        return []
    found = []
    usual, short = log.uncounted / log.known, seen.uncounted / seen.known
    if usual >= LEAST_UNCOUNTED:
        # One more than were seen: none among fifty is less than none among a thousand.
        times = usual * seen.known / (seen.uncounted + 1)
        points = min(UNCOUNTED_POINTS, 0.75 * math.log2(max(1.0, times)))
        says = (
            f"{percent(short)} of {counted(seen.known, 'play')} end before 30 s, from which on "
            f"plays count; {percent(usual)} of all plays of the log do"
        )
        found.append(Signal(points, says))
    barely, usually = seen.barely / seen.known, max(log.barely / log.known, 1e-4)
    if barely >= BARELY:
        points = min(BARELY_POINTS, 0.6 * math.log2(max(1.0, barely / usually)))
        says = (
            f"{percent(barely)} of these plays end between 30 and 35 s, as soon as they count; "
            f"{percent(usually)} of all plays do"
        )
        found.append(Signal(points, says))
    return [signal for signal in found if signal.points >= 0.25]


def of_evenness(unevenness: float | None, tracks: int) -> list[Signal]:
    """Return what it shows that no track is played more than others."""
    if unevenness is None or unevenness > RATHER_EVEN:
        return []
    points = 1.0 if unevenness <= EVEN else 0.5
    return [Signal(points, f"all {count(tracks)} tracks are played alike: there are no favourites")]


def skips_like_people(seen: Lengths, log: Lengths) -> bool:
    """Return whether plays end before 30 s half as often as in the whole log, or oftener."""
    if seen.known < LEAST_KNOWN or log.uncounted < LEAST_UNCOUNTED * log.known:
        return False
    return 2 * seen.uncounted * log.known >= log.uncounted * seen.known


def of_dispersion(dispersion: float | None, artists: float | None) -> list[Signal]:
    """Return what it shows that no account has favourites of its own.

    Of one artist it shows nothing: who plays albums from end to end plays all tracks alike.
    """
    if dispersion is None or dispersion > DICE or (artists is not None and artists < ONE_ARTIST):
        return []
    says = "accounts differ in how often they play each track by no more than chance would have it"
    return [Signal(1.0, says)]


def of_exclusive_tracks(exclusive: float, accounts: int, tracks: int, plays: int) -> list[Signal]:
    """Return what it shows that accounts play tracks that nobody else plays."""
    if exclusive < THEIRS:
        return []
    says = (
        f"{percent(exclusive)} of all plays of {counted(tracks, 'track')} are by the same "
        f"{counted(accounts, 'account')}: {counted(plays, 'play')}"
    )
    return [Signal(1.0 if exclusive >= 0.8 else 0.5, says)]


def of_repeats(repeats: float) -> list[Signal]:
    """Return what it shows that accounts come back to the same tracks."""
    if repeats < 5:
        return []
    return [Signal(0.5, f"each account plays each of its tracks {repeats:.0f} times on average")]


def of_artists(artists: float | None) -> list[Signal]:
    """Return what the number of artists shows: fans have one, clients of a farm are several."""
    if artists is None:
        return []
    if artists < ONE_ARTIST:
        return [Signal(-0.5, "nearly all of it is of one artist, as with fans")]
    if artists >= 3:
        return [Signal(0.5, f"the tracks are of about {artists:.0f} artists")]
    return []


def of_steps(in_step: float | None) -> list[Signal]:
    """Return what it shows that accounts begin a track in the same minute."""
    if in_step is None or in_step < IN_STEP:
        return []
    times = f"{in_step:,.0f} times as often as chance would have it"
    return [Signal(2.0, f"accounts begin the same track in the same minute {times}")]


def of_pauses(share: float, accounts: int, hours: float) -> list[Signal]:
    """Return what it shows that accounts never rest."""
    if share < NO_PAUSE:
        return []
    nonstop = f"for {hours:.0f} hours and more without a pause of 4 hours"
    if accounts == 1:
        # A family does, and people with nothing else to do.
        return [Signal(1.0, f"the account plays {nonstop}")]
    return [Signal(1.5, f"{percent(share)} of the accounts play {nonstop}")]


def of_networks(share: float | None) -> list[Signal]:
    """Return what it shows that accounts sit at networks where few others are."""
    if share is None or share < 0.5:
        return []
    says = f"{percent(share)} of the accounts are at networks that hardly anybody else uses"
    return [Signal(1.0, says)]

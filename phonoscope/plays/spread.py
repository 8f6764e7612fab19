"""Thinly spread plays: whether songs with one or two of them were meant, or played by the way.

Who plays thousands of songs a few times each draws them by chance, and chance draws some of them
once or twice. Who hides among people plays what nobody asked for as well, and of that most once.
So few plays of a song say nothing by themselves, but they do beside the songs that the same
accounts play more often: of plays spread by chance these tell how many were drawn once or twice.
"""

from __future__ import annotations

from scipy.optimize import brentq
from scipy.special import pdtr, pdtrc

FEW = 2
"""Plays of a song that say nothing by themselves."""
LEAST_TRACKS = 20
"""Songs with more plays that it takes to tell."""
LEAST_MEAN = 1.0
"""Plays of a song on average: below, next to all songs have few, and the others cannot tell."""
TIMES = 2.0
"""So many times what chance leaves is still taken for it: not every song is asked for alike."""
BY_THE_WAY = 0.01
"""And so many beside, as a share of the songs with more plays."""


def is_spread(few: int, rest: int, rest_plays: int) -> bool:
    """Return whether songs with few plays are what chance leaves of plays spread over all.

    Plays of a song are taken for a Poisson variable, whose mean the songs with more than a few
    plays tell (the maximum likelihood of the distribution cut off below).

    Parameters
    ----------
    few
        Songs with 1 to :data:`FEW` plays of some accounts.
    rest
        Songs with more.
    rest_plays
        Plays of these.
    """
    if rest < LEAST_TRACKS or rest_plays <= _cut_mean(LEAST_MEAN) * rest:
        return False
    seen = rest_plays / rest
    mean = brentq(lambda mean: _cut_mean(mean) - seen, LEAST_MEAN, seen)
    by_chance = rest * (pdtr(FEW, mean) - pdtr(0, mean)) / pdtrc(FEW, mean)
    return bool(few <= TIMES * by_chance + BY_THE_WAY * rest)


def _cut_mean(mean: float) -> float:
    """Return the mean of a Poisson variable where it is above :data:`FEW`."""
    return float(mean * pdtrc(FEW - 1, mean) / pdtrc(FEW, mean))

"""Thinly spread plays: whether songs with one or two plays are targets, or played only as cover.

A program that plays thousands of songs a few times each picks them at random, and chance picks some
of them once or twice. A program that hides among people also plays other songs, most of them once.
So one or two plays of a song mean nothing alone. But the songs that the same accounts play more
often show how many songs chance would pick once or twice.
"""

from __future__ import annotations

from scipy.optimize import brentq
from scipy.special import pdtr, pdtrc

FEW = 2
"""Most plays of a song that mean nothing alone."""
LEAST_TRACKS = 20
"""Least songs with more plays, for an estimate."""
LEAST_MEAN = 1.0
"""Least mean plays of a song; below it almost all songs have few plays, and no estimate works."""
TIMES = 2.0
"""Up to this multiple of the chance count still fits chance, because targets aren't all equal."""
BY_THE_WAY = 0.01
"""Extra songs that still fit, as a share of the songs with more plays."""


def is_spread(few: int, rest: int, rest_plays: int) -> bool:
    """Return whether songs with few plays fit plays that are spread over all songs by chance.

    The plays of a song follow a Poisson distribution. Its mean is estimated from the songs with
    more than a few plays (maximum likelihood of the truncated distribution).

    Parameters
    ----------
    few
        Songs with 1 to :data:`FEW` plays by some accounts.
    rest
        Songs with more.
    rest_plays
        Plays of those songs.
    """
    if rest < LEAST_TRACKS or rest_plays <= _cut_mean(LEAST_MEAN) * rest:
        return False
    seen = rest_plays / rest
    mean = brentq(lambda mean: _cut_mean(mean) - seen, LEAST_MEAN, seen)
    by_chance = rest * (pdtr(FEW, mean) - pdtr(0, mean)) / pdtrc(FEW, mean)
    return bool(few <= TIMES * by_chance + BY_THE_WAY * rest)


def _cut_mean(mean: float) -> float:
    """Return the mean of a Poisson variable, given that it is above :data:`FEW`."""
    return float(mean * pdtrc(FEW - 1, mean) / pdtrc(FEW, mean))

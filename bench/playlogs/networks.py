"""Addresses as they are shared: neighbours at one provider, phones behind one gateway.

Without this every honest account has networks of its own, and any network of two accounts is an
attacker's: too easy for whoever looks at addresses. How many share one is invented.
"""

from __future__ import annotations

import numpy as np

from bench.playlogs.log import COUNTRIES, Plays
from bench.playlogs.world import Reals

ACCOUNTS_A_NETWORK = 5
"""Accounts of a country to one of its networks. Each is seen at several, so that some 25 are seen
at one, at some many more: they are used very unevenly."""


def share_networks(plays: Plays, accounts: int, seed: int) -> None:
    """Give each play one of its country's networks in place of one of its own.

    A network of before becomes the same one always: who was at two is at two, and accounts that
    shared one still do, now with people who have nothing to do with them. Programs so go through
    the homes of others and stay there, as those that are sold for it are used.
    """
    u = _uniform(plays.prefix.astype(np.uint64) + (np.uint64(seed) << np.uint64(32)))
    home = np.zeros(accounts, np.int64)
    home[plays.account] = plays.country
    size = np.maximum(4, np.bincount(home, minlength=len(COUNTRIES)) // ACCOUNTS_A_NETWORK)
    which = (size[plays.country] * u**2).astype(np.int64)
    first = (1 + np.arange(len(COUNTRIES)) * 16) << 16
    plays.prefix = (first[plays.country] + which).astype(np.int32)


def _uniform(key: np.ndarray) -> Reals:
    """Return a number from 0 to 1 for each key: splitmix64 (Steele, Lea & Flood, 2014)."""
    z = key + np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    z ^= z >> np.uint64(31)
    return (z >> np.uint64(11)) / float(1 << 53)

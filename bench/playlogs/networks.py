"""Shared addresses: neighbours at one provider, phones behind one gateway.

Without this every honest account has networks of its own, and any network of two accounts is an
attacker's, which would be too easy for an analysis of addresses. How many share one is invented.
"""

from __future__ import annotations

import numpy as np

from bench.playlogs.log import COUNTRIES, Plays
from bench.playlogs.world import Reals

ACCOUNTS_A_NETWORK = 5
"""Accounts of a country for each of its networks. Each account uses several, so about 25 accounts
share one network; use is very uneven, and some have many more."""


def share_networks(plays: Plays, accounts: int, seed: int) -> None:
    """Give each play one of its country's networks in place of one of its own.

    A former network always becomes the same new one. So accounts with two networks still have two,
    and accounts that shared one still do, now with unrelated people. Programs so use the networks
    of other homes and stay there, like the proxies that are sold for this.
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

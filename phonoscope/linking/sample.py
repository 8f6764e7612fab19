"""The same random share of every table: a number that is told from an id.

Rows of two tables that share ids can be joined for a small share of the ids: who takes the rows
with small numbers takes the same ids in both, without reading the others.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa

NUMBERS = 1024
"""Numbers there are: 0 to this less one, each for as many ids."""
_SIGNS = 8
"""Last bytes of an id that count; of ids made at random they are random, and row numbers differ."""
_PRIME, _START = np.uint64(0x100000001B3), np.uint64(0xCBF29CE484222325)
_SPREAD = np.uint64(0x9E3779B97F4A7C15)


def samples_of(ids: pa.Array) -> pa.Array:
    """Return a number for each id.

    The last eight bytes are hashed (FNV-1a, Fowler, Noll & Vo; then a multiplication that spreads
    row numbers), the same everywhere and for ever: numbers are stored.

    Parameters
    ----------
    ids
        Text.

    Returns
    -------
    pyarrow.Array
        int64, 0 to :data:`NUMBERS` less one; empty where the id is.
    """
    plain = ids.cast(pa.large_binary())
    offsets = np.frombuffer(plain.buffers()[1], np.int64)[plain.offset :][: len(plain) + 1]
    stored = plain.buffers()[2]
    signs = np.frombuffer(stored, np.uint8) if stored and stored.size else np.zeros(1, np.uint8)
    begins, ends = offsets[:-1], offsets[1:]
    hashed = np.full(len(plain), _START)
    for back in range(1, _SIGNS + 1):
        at = ends - back
        inside = at >= begins
        sign = np.where(inside, signs[np.where(inside, at, 0)], 0).astype(np.uint64)
        hashed = (hashed ^ sign) * _PRIME
    number = ((hashed ^ (hashed >> np.uint64(32))) * _SPREAD) >> np.uint64(54)
    return pa.array(number.astype(np.int64), mask=np.array(ids.is_null()))

"""The same random share of every table: a number that is computed from an id.

It lets two tables with the same ids be joined for a small share of them: the rows with small
numbers have the same ids in both tables, and the other rows stay unread.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa

NUMBERS = 1024
"""Count of numbers, from 0; each has about as many ids."""
_SIGNS = 8
"""Last bytes of an id that are hashed; random ids and row numbers differ in them."""
_PRIME, _START = np.uint64(0x100000001B3), np.uint64(0xCBF29CE484222325)
_SPREAD = np.uint64(0x9E3779B97F4A7C15)


def samples_of(ids: pa.Array) -> pa.Array:
    """Return a number for each id.

    The last eight bytes are hashed (FNV-1a, Fowler, Noll & Vo; then a multiplication that spreads
    row numbers). The numbers are stored, so the hash must never change.

    Parameters
    ----------
    ids
        Text.

    Returns
    -------
    pyarrow.Array
        int64, from 0 to below :data:`NUMBERS`; empty where the id is.
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

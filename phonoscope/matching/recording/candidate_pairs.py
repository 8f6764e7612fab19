"""Which recordings of a catalogue may be copies of each other: a join, never every pair.

Written in Ibis, so it runs in DuckDB and, unchanged, on Spark. Every recording's anchors, as
they are and altered, are looked up among the prints of all: rows grow with the catalogue, not
with its square, because a key is shared by a few recordings however many there are (it gets
longer with them) and of those that share it only the first count.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import ibis

from phonoscope.features.fingerprints import ALTERATIONS, MOST_ANCHORS

if TYPE_CHECKING:
    import ibis.expr.types as ir

FEWEST_BITS, MOST_BITS = 14, 32
_UPPER_HALF = 32
MOST_OF_A_KEY = 24
"""Most recordings of a key. A thousand copies are found through the first of them."""
FEWEST_ANCHORS = 2
"""Fewest anchors that two recordings share before they are compared."""


def key_bits(fingerprints: int) -> int:
    """Return how long a key must be so that few of so many prints share one by chance.

    Examples
    --------
    >>> key_bits(1_000), key_bits(1_000_000), key_bits(10**12)
    (14, 22, 32)
    """
    return max(FEWEST_BITS, min(MOST_BITS, math.ceil(math.log2(max(fingerprints, 2))) + 2))


def candidate_pairs(table: ir.Table, bits: int) -> ir.Table:
    """Return pairs worth comparing.

    Parameters
    ----------
    table
        The table ``prints``.
    bits
        Length of a key; see :func:`key_bits`.

    Returns
    -------
    ibis.expr.types.Table
        ``one`` and ``other`` (recording ids; ``other`` is ``one`` altered), ``alteration`` (index
        into :data:`phonoscope.features.fingerprints.ALTERATIONS`) and ``anchors`` that lead there.
    """
    places = table.select(other=table.recording_id, bits=table.print_bits.unnest())
    # A catalogue may come from anyone, and a division by nothing would end all of it.
    fitting = table.filter(
        table.anchor_at.length().between(1, MOST_ANCHORS),
        table.anchor_bits.length() == len(ALTERATIONS) * table.anchor_at.length(),
    )
    anchors = fitting.select(
        one=fitting.recording_id, bits=fitting.anchor_bits, many=fitting.anchor_at.length()
    )
    # Not by subscripts of the list: then every row would take along all of it.
    anchors = anchors.unnest("bits", offset="place")
    anchors = anchors.select(
        "one",
        "bits",
        alteration=(anchors.place / anchors.many).floor().cast("int64"),
        anchor=anchors.place % anchors.many,
    )
    looked_up = _keyed(anchors, bits)
    # First: most keys of prints are nobody's anchor, and putting those in order costs the most.
    keyed = _keyed(places, bits).semi_join(looked_up, ["part", "key"]).distinct()
    few = keyed.mutate(
        nth=ibis.row_number().over(
            ibis.window(group_by=[keyed.part, keyed.key], order_by=keyed.other)
        )
    )
    few = few.filter(few.nth < MOST_OF_A_KEY).drop("nth")
    joined = looked_up.join(few, ["part", "key"])
    joined = joined.filter(joined.one != joined.other)
    pairs = joined.group_by("one", "other", "alteration").aggregate(anchors=joined.anchor.nunique())
    return pairs.filter(pairs.anchors >= FEWEST_ANCHORS)


def _keyed(table: ir.Table, bits: int) -> ir.Table:
    """Give every print two keys: its lowest bits, and those of its upper half."""
    mask = (1 << bits) - 1
    low = table.mutate(part=ibis.literal(0, "int64"), key=table.bits & mask).drop("bits")
    high = table.mutate(part=ibis.literal(1, "int64"), key=(table.bits >> _UPPER_HALF) & mask).drop(
        "bits"
    )
    return low.union(high)

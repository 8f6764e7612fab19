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

if TYPE_CHECKING:
    import ibis.expr.types as ir

FEWEST_BITS, MOST_BITS = 20, 40
MOST_OF_A_KEY = 24
"""Recordings a key leads to. A thousand copies are found by way of the first of them."""
FEWEST_ANCHORS = 2
"""Anchors that have to lead from one recording to another for them to be compared."""


def key_bits(prints: int) -> int:
    """Return how long a key must be so that few of so many prints share one by chance."""
    return max(FEWEST_BITS, min(MOST_BITS, math.ceil(math.log2(max(prints, 2))) + 2))


def possible_pairs(prints: ir.Table, bits: int) -> ir.Table:
    """Return pairs worth comparing.

    Parameters
    ----------
    prints
        The table ``prints``.
    bits
        Length of a key; see :func:`key_bits`.

    Returns
    -------
    ibis.expr.types.Table
        ``one`` and ``other`` (recording ids; ``other`` is ``one`` altered), ``alteration`` (index
        into :data:`phonoscope.evidence.prints.ALTERATIONS`) and ``anchors`` that lead there.
    """
    mask = (1 << bits) - 1
    places = prints.select(
        "recording_id", "print_bits", place=ibis.range(prints.print_bits.length()).unnest()
    )
    keyed = places.select(
        other=places.recording_id, key=places.print_bits[places.place] & mask
    ).distinct()
    first = ibis.row_number().over(ibis.window(group_by=keyed.key, order_by=keyed.other))
    few = keyed.mutate(nth=first)
    few = few.filter(few.nth < MOST_OF_A_KEY).drop("nth")
    anchors = prints.select(
        "recording_id",
        "anchor_bits",
        many=prints.anchor_at.length(),
        place=ibis.range(prints.anchor_bits.length()).unnest(),
    )
    led = anchors.select(
        one=anchors.recording_id,
        key=anchors.anchor_bits[anchors.place] & mask,
        alteration=(anchors.place / anchors.many).floor().cast("int64"),
        anchor=anchors.place % anchors.many,
    )
    joined = led.join(few, "key")
    joined = joined.filter(joined.one != joined.other)
    pairs = joined.group_by("one", "other", "alteration").aggregate(anchors=joined.anchor.nunique())
    return pairs.filter(pairs.anchors >= FEWEST_ANCHORS)

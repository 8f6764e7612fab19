"""The fingerprints of recordings, as a catalogue stores them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from phonoscope.catalogue.backend import memtable
from phonoscope.features.fingerprints import ALTERATIONS, MOST_ANCHORS
from phonoscope.features.patches import CELLS_PER_S

if TYPE_CHECKING:
    import ibis.expr.types as ir

LAST_CELL = (1 << 31) - 1
NEAR = 4
"""Largest distance of a fingerprint from its expected place, cells."""


@dataclass(frozen=True, eq=False)
class StoredFingerprints:
    """Prints and anchors of one recording."""

    recording_id: str
    print_at: NDArray[np.int64]
    print_bits: NDArray[np.int64]
    anchor_at: NDArray[np.int64]
    anchor_bits: NDArray[np.int64]
    """Shape (alterations, anchors)."""
    pitch_profile: NDArray[np.int64]
    """See :class:`phonoscope.features.tonality.PitchRow`; empty if there is none."""

    @property
    def seconds(self) -> tuple[float, float]:
        """Where its prints begin and end, s."""
        return float(self.print_at[0]) / CELLS_PER_S, float(self.print_at[-1]) / CELLS_PER_S


def rows_with_ids(table: ir.Table, recording_ids: Iterable[str]) -> ir.Table:
    """Return the rows of some recordings.

    A join and not a list of ids in the query: a query of 10,000 ids takes longer to read than its
    answer.
    """
    wanted = pa.table({"recording_id": pa.array(sorted(recording_ids), pa.string())})
    return table.semi_join(memtable(table, wanted), "recording_id")


def read_fingerprints(
    prints: ir.Table, pitches: ir.Table, recording_ids: Iterable[str]
) -> dict[str, StoredFingerprints]:
    """Fetch the fingerprints of some recordings.

    Parameters
    ----------
    prints, pitches
        Tables of a catalogue.
    recording_ids
        Whose fingerprints are wanted; those without any, or with lists that don't fit together, are
        left out.
    """
    ids = set(recording_ids)
    profiles = dict(_columns(pitches, ids, "pitch_profile"))
    none = np.empty(0, np.int64)
    columns = ("print_at", "print_bits", "anchor_at", "anchor_bits")
    return {
        name: StoredFingerprints(
            name,
            at,
            bits,
            anchors,
            altered.reshape(len(ALTERATIONS), -1),
            profiles.get(name, none),
        )
        for name, at, bits, anchors, altered in _columns(prints, ids, *columns)
        if fit_together(at, bits)
        and len(altered) == len(ALTERATIONS) * len(anchors) > 0
        and are_places(anchors)
        and len(anchors) <= MOST_ANCHORS
    }


def fit_together(at: NDArray[Any], bits: NDArray[Any]) -> bool:
    """Whether these can be the places and bits of a recording's fingerprints.

    A catalogue may come from anyone.

    Examples
    --------
    >>> fit_together(np.array([3, 9]), np.array([-5, 7])), fit_together(np.array([9, 3]), [1, 2])
    (True, False)
    """
    return len(bits) == len(at) > 0 and are_places(at)


def are_places(at: NDArray[Any]) -> bool:
    """Whether these can be times of fingerprints, in cells: in order, and none before the start."""
    return bool((at >= 0).all() and (np.diff(at) >= 0).all() and (at <= LAST_CELL).all())


def _columns(table: ir.Table, ids: set[str], *columns: str) -> Iterator[tuple[Any, ...]]:
    """Yield the id of each of some recordings with its lists."""
    found = rows_with_ids(table, ids).select("recording_id", *columns).to_pyarrow()
    names = found["recording_id"].to_pylist()
    return zip(names, *(_arrays(found[name]) for name in columns), strict=True)


def _arrays(lists: pa.ChunkedArray) -> Iterator[NDArray[np.int64]]:
    """Yield each list of a column as an array; a missing list is empty."""
    for chunk in lists.chunks:
        # -1 is a possible print, and no possible place.
        values = chunk.values.fill_null(-1).to_numpy(zero_copy_only=False)
        values = values.astype(np.int64, copy=False)
        offsets = chunk.offsets.to_numpy()
        for at, missing in enumerate(chunk.is_null().to_pylist()):
            yield values[:0] if missing else values[offsets[at] : offsets[at + 1]]

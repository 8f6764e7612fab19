"""The fingerprints of recordings, as a catalogue stores them."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from phonoscope.catalogue.backend import memtable, stream, temporary_table
from phonoscope.errors import CatalogueError
from phonoscope.escape import printable
from phonoscope.features.fingerprints import ALTERATIONS, MOST_ANCHORS
from phonoscope.features.patches import CELLS_PER_S
from phonoscope.messages import gettext

if TYPE_CHECKING:
    import ibis.expr.types as ir

TOGETHER = 2_000
"""Recordings whose fingerprints are fetched at once."""
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
    return table.semi_join(memtable(table, _ids(recording_ids)), "recording_id")


def _ids(recording_ids: Iterable[str]) -> pa.Table:
    return pa.table({"recording_id": pa.array(sorted(recording_ids), pa.string())})


_LISTS = ("print_at", "print_bits", "anchor_at", "anchor_bits")
_NONE = np.empty(0, np.int64)


def _fingerprints(
    name: str, lists: Sequence[NDArray[np.int64]], profile: NDArray[np.int64]
) -> StoredFingerprints | None:
    """Return what a recording's lists say, or ``None`` when they don't fit together."""
    at, bits, anchors, altered = lists
    if (
        fit_together(at, bits)
        and len(altered) == len(ALTERATIONS) * len(anchors) > 0
        and are_places(anchors)
        and len(anchors) <= MOST_ANCHORS
    ):
        whole = altered.reshape(len(ALTERATIONS), -1)
        return StoredFingerprints(name, at, bits, anchors, whole, profile)
    return None


class FingerprintFiles(Mapping[str, StoredFingerprints]):
    """The fingerprints of any number of recordings: read once, and held in files.

    The files are mapped into memory, so the system keeps what there is memory for. Recordings
    without fingerprints, or with lists that don't fit together, are missing.

    Parameters
    ----------
    prints, pitches
        Tables of a catalogue.
    recording_ids
        Whose fingerprints are wanted.
    folder
        A temporary folder, which must outlive this.
    """

    def __init__(
        self, prints: ir.Table, pitches: ir.Table, recording_ids: Iterable[str], folder: str
    ) -> None:
        ids = set(recording_ids)
        self._prints = _ListFile(prints, ids, _LISTS, f"{folder}/prints")
        self._pitches = _ListFile(pitches, ids, ("pitch_profile",), f"{folder}/pitches")

    def __getitem__(self, recording_id: str) -> StoredFingerprints:
        (profile,) = self._pitches.lists(recording_id) or (_NONE,)
        lists = self._prints.lists(recording_id)
        found = _fingerprints(recording_id, lists, profile) if lists else None
        if found is None:
            raise KeyError(recording_id)
        return found

    def __iter__(self) -> Iterator[str]:
        return (name for name in self._prints.places if name in self)

    def __len__(self) -> int:
        return sum(1 for _ in self)


@contextmanager
def fingerprints_in_files(
    prints: ir.Table, pitches: ir.Table, recording_ids: Iterable[str]
) -> Iterator[FingerprintFiles]:
    """Hold the fingerprints of recordings in the system's temporary folder; see above.

    Raises
    ------
    CatalogueError
        When that folder can't be written, or its disk is full (``temporary-folder``).
    """
    with ExitStack() as stack:
        try:
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="phonoscope-copies-"))
            held = FingerprintFiles(prints, pitches, recording_ids, folder)
        except OSError as error:
            message = gettext(
                "The temporary folder can't be written: {reason}. Choose another one with TMPDIR.",
                reason=printable(os.strerror(error.errno) if error.errno else str(error)),
            )
            raise CatalogueError(message, code="temporary-folder") from error
        yield held


class _ListFile:
    """Lists of recordings, in a file that is mapped into memory."""

    def __init__(self, table: ir.Table, ids: set[str], columns: Sequence[str], path: str) -> None:
        self.places: dict[str, tuple[int, int]] = {}
        """Of each recording, the number of the batch, and the row in it."""
        schema = pa.schema([(name, pa.list_(pa.int64())) for name in columns])
        wanted, forget = temporary_table(table, _ids(ids))
        try:
            chosen = table.semi_join(wanted, "recording_id").select("recording_id", *columns)
            with pa.OSFile(path, "wb") as file, pa.ipc.new_file(file, schema) as kept:
                for number, batch in enumerate(stream(chosen, TOGETHER)):
                    for row, name in enumerate(batch["recording_id"].to_pylist()):
                        self.places[name] = number, row
                    kept.write_batch(_whole(batch, schema))
        finally:
            forget()
        mapped = pa.ipc.open_file(pa.memory_map(path))
        batches = map(mapped.get_batch, range(mapped.num_record_batches))
        self._lists = [
            [(b[c].values.to_numpy(), b[c].offsets.to_numpy()) for c in columns] for b in batches
        ]

    def lists(self, recording_id: str) -> list[NDArray[np.int64]]:
        """Return a recording's lists, none if it is missing."""
        if recording_id not in self.places:
            return []
        number, row = self.places[recording_id]
        return [values[at[row] : at[row + 1]] for values, at in self._lists[number]]


def _whole(batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    """Return lists of a batch; a missing list is empty."""
    made = []
    for name in schema.names:
        lists = [*_arrays(pa.chunked_array([batch[name]]))]
        offsets = np.concatenate([[0], np.cumsum([len(one) for one in lists])])
        values = np.concatenate(lists) if lists else _NONE
        made.append(pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), pa.array(values)))
    return pa.record_batch(made, schema)


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


def _arrays(lists: pa.ChunkedArray) -> Iterator[NDArray[np.int64]]:
    """Yield each list of a column as an array; a missing list is empty."""
    for chunk in lists.chunks:
        # -1 is a possible print, and no possible place.
        values = chunk.values.fill_null(-1).to_numpy(zero_copy_only=False)
        values = values.astype(np.int64, copy=False)
        offsets = chunk.offsets.to_numpy()
        for at, missing in enumerate(chunk.is_null().to_pylist()):
            yield values[:0] if missing else values[offsets[at] : offsets[at + 1]]

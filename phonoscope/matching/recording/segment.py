"""A segment of an index: prints of some recordings, written once, sorted, mapped into memory."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from phonoscope.atomic import sync_file, sync_folder
from phonoscope.errors import CatalogueError
from phonoscope.escape import printable
from phonoscope.messages import gettext

KEY_BITS = 32
"""Lowest bits of a print, by which segments are sorted."""
FEWEST_BUCKET_BITS = 10
_PER_BUCKET = 4
_CHUNK = 1 << 20
"""Prints that are sorted together when segments are merged."""
FILES: Mapping[str, str] = {
    "ids": "S16", "firsts": "<i8", "bits": "<i8", "at": "<i4", "order": "<u4", "starts": "<u4",
}  # fmt: skip
"""Arrays of a segment and their types.

``ids``: recording ids, 16 bytes each. ``firsts``: index of each recording's first print, and
the number of prints. ``bits``, ``at``: the prints and their places in cells, recording by
recording. ``order``: indices of prints, sorted by bucket. ``starts``: where each bucket starts
in ``order``, and the number of prints."""
MOST_PRINTS = (1 << 32) - 2


class DamagedIndexError(CatalogueError):
    """An index can't be used. It is derived from the catalogue, so it can be rebuilt."""


def damaged(path: Path) -> DamagedIndexError:
    """Return the error of a file or folder of an index that is damaged."""
    message = gettext("The index is damaged: {path}.", path=printable(str(path)))
    return DamagedIndexError(message, code="index-damaged")


def keys_of(bits: NDArray[np.int64]) -> NDArray[np.uint32]:
    """Return the keys of prints."""
    return (bits & np.int64((1 << KEY_BITS) - 1)).astype(np.uint32)


def bucket_bits(fingerprints: int) -> int:
    """Return how many bits of a key name a bucket, for a segment of so many prints."""
    return min(
        KEY_BITS - 2, max(FEWEST_BUCKET_BITS, round(np.log2(max(fingerprints, 1) / _PER_BUCKET)))
    )


@dataclass(frozen=True)
class IndexedRecording:
    """The fingerprints of one recording, to be indexed."""

    recording_id: str
    """32 hexadecimal digits."""
    at: NDArray[np.int32]
    bits: NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class IndexSegment:
    """An open segment; its arrays are maps of its files."""

    folder: Path
    ids: NDArray[Any]
    firsts: NDArray[np.int64]
    bits: NDArray[np.int64]
    at: NDArray[np.int32]
    order: NDArray[np.uint32]
    starts: NDArray[np.uint32]

    @cached_property
    def shift(self) -> int:
        """How far a key is shifted to name its bucket."""
        return KEY_BITS - int(np.log2(len(self.starts) - 1))

    def id_of(self, track: int) -> str:
        """Return the recording id of a track of this segment."""
        return bytes(self.ids[track]).ljust(16, b"\0").hex()

    def tracks_of(self, prints: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return to which tracks prints belong, by their indices."""
        return np.searchsorted(self.firsts, prints, side="right") - 1

    def prints_of(self, track: int) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
        """Return places and prints of a track."""
        some = slice(int(self.firsts[track]), int(self.firsts[track + 1]))
        return self.at[some], self.bits[some]

    def in_buckets(self, keys: NDArray[np.uint32]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the prints in the buckets of keys.

        Returns
        -------
        which
            Index of the key, for each print found.
        prints
            Index of the print.
        """
        bucket = (keys >> np.uint32(self.shift)).astype(np.int64)
        first = self.starts[bucket].astype(np.int64)
        counts = self.starts[bucket + 1].astype(np.int64) - first
        which = np.repeat(np.arange(len(keys)), counts)
        inside = np.arange(len(which)) - np.repeat(np.cumsum(counts) - counts, counts)
        return which, self.order[first[which] + inside].astype(np.int64)


def write(folder: Path, recordings: Iterable[IndexedRecording]) -> dict[str, Any]:
    """Write a segment of recordings that fit into memory; return its entry in the manifest."""
    ids, firsts, at, bits = [], [0], [], []
    for one in recordings:
        ids.append(bytes.fromhex(one.recording_id))
        firsts.append(firsts[-1] + len(one.bits))
        at.append(one.at)
        bits.append(one.bits)
    every = np.concatenate(bits) if bits else np.empty(0, np.int64)
    key = keys_of(every)
    width = bucket_bits(len(every))
    order = np.argsort(key, kind="stable").astype("<u4")
    arrays = {
        "ids": np.array(ids, "S16"),
        "firsts": np.array(firsts, "<i8"),
        "bits": every,
        "at": np.concatenate(at) if at else np.empty(0, np.int32),
        "order": order,
        "starts": _starts(key, width),
    }
    folder.mkdir(parents=True)
    for name, array in arrays.items():
        with (folder / name).open("wb") as file:
            file.write(np.ascontiguousarray(array.astype(FILES[name], copy=False)).tobytes())
    return sealed(folder)


def _starts(key: NDArray[np.uint32], width: int) -> NDArray[np.uint32]:
    counts = np.bincount(key >> np.uint32(KEY_BITS - width), minlength=1 << width)
    return np.concatenate([[0], np.cumsum(counts)]).astype("<u4")


def merge(
    folder: Path, segments: Sequence[IndexSegment], alive: Sequence[NDArray[np.bool_]]
) -> Any:
    """Write one segment of several, without the recordings that are not alive.

    Memory does not grow with the segments: prints are copied recording by recording, and sorted
    a range of keys at a time.
    """
    folder.mkdir(parents=True)
    moved = []
    total, tracks = 0, 0
    with (
        (folder / "ids").open("wb") as ids, (folder / "firsts").open("wb") as firsts,
        (folder / "bits").open("wb") as bits, (folder / "at").open("wb") as at,
    ):  # fmt: skip
        firsts.write(np.array([0], "<i8").tobytes())
        for segment, living in zip(segments, alive, strict=True):
            lengths = np.diff(segment.firsts)
            # Where each recording's prints move; those of dead ones nowhere.
            starts = total + np.cumsum(lengths * living) - lengths * living
            moved.append(np.where(living, starts - segment.firsts[:-1], np.iinfo(np.int64).min))
            for first, stop in _runs(living):
                some = slice(int(segment.firsts[first]), int(segment.firsts[stop]))
                ids.write(segment.ids[first:stop].tobytes())
                for low in range(some.start, some.stop, _CHUNK):
                    high = min(low + _CHUNK, some.stop)
                    bits.write(segment.bits[low:high].tobytes())
                    at.write(segment.at[low:high].tobytes())
            ends = (starts + lengths)[living].astype("<i8")
            firsts.write(ends.tobytes())
            total += int(lengths[living].sum())
            tracks += int(living.sum())
    width = bucket_bits(total)
    with (folder / "order").open("wb") as order, (folder / "starts").open("wb") as starts_file:
        starts_file.write(np.array([0], "<u4").tobytes())
        written = 0
        for low, high in _ranges(segments, width):
            keys, where = _gathered(segments, moved, low, high)
            sort = np.argsort(keys, kind="stable")
            order.write(where[sort].astype("<u4").tobytes())
            shift = np.uint64(KEY_BITS - width)
            inside = (keys.astype(np.uint64) - np.uint64(low)) >> shift
            counts = np.bincount(inside.astype(np.int64), minlength=(high - low) >> int(shift))
            starts_file.write((written + np.cumsum(counts)).astype("<u4").tobytes())
            written += len(keys)
    return sealed(folder)


def _runs(living: NDArray[np.bool_]) -> Iterable[tuple[int, int]]:
    edges = np.flatnonzero(np.diff(np.concatenate([[False], living, [False]]).astype(np.int8)))
    return zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True)


def _ranges(segments: Sequence[IndexSegment], width: int) -> Iterable[tuple[int, int]]:
    """Cut the keys into ranges of whole buckets that hold about a chunk of prints each."""
    # A range ends at a border of every segment's buckets and of the new ones.
    coarse = min(width, *(KEY_BITS - s.shift for s in segments))
    step = 1 << (KEY_BITS - coarse)
    held: NDArray[np.int64] = np.zeros(1 << coarse, np.int64)
    for segment in segments:
        per = 1 << (KEY_BITS - segment.shift - coarse)
        starts = segment.starts[::per].astype(np.int64)
        held += starts[1:] - starts[:-1]
    low, inside = 0, 0
    for index, count in enumerate(held.tolist()):
        if inside and inside + count > _CHUNK:
            yield low * step, index * step
            low, inside = index, 0
        inside += count
    yield low * step, (1 << coarse) * step


def _gathered(
    segments: Sequence[IndexSegment], moved: Sequence[NDArray[np.int64]], low: int, high: int
) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
    keys, where = [], []
    for segment, shift in zip(segments, moved, strict=True):
        first = int(segment.starts[low >> segment.shift])
        stop = int(segment.starts[high >> segment.shift])
        prints = segment.order[first:stop].astype(np.int64)
        by = shift[segment.tracks_of(prints)]
        alive = by != np.iinfo(np.int64).min
        keys.append(keys_of(segment.bits[prints[alive]]))
        where.append(prints[alive] + by[alive])
    return np.concatenate(keys), np.concatenate(where)


def sealed(folder: Path) -> dict[str, Any]:
    """Put a segment safely on disk; return its entry: sizes and checksums of its files."""
    files = {}
    for name in FILES:
        path = folder / name
        sync_file(path)
        files[name] = stamp(path)
    sync_folder(folder)
    sync_folder(folder.parent)
    return {"name": folder.name, "files": files}


def stamp(path: Path) -> dict[str, int]:
    """Return by what a file is known again."""
    status = path.stat()
    return {"bytes": status.st_size, "mtime_ns": status.st_mtime_ns, "crc32": checksum(path)}


def unchanged(path: Path, written: Mapping[str, int]) -> bool:
    """Tell whether a file is what was written; its content is read only where its time differs."""
    status = path.stat()
    if status.st_size != written["bytes"]:
        return False
    return status.st_mtime_ns == written["mtime_ns"] or checksum(path) == written["crc32"]


def checksum(path: Path) -> int:
    """Return the CRC-32 of a file."""
    value = 0
    with path.open("rb") as file:
        while chunk := file.read(1 << 22):
            value = zlib.crc32(chunk, value)
    return value


def open_segment(parent: Path, entry: Mapping[str, Any]) -> IndexSegment:
    """Open a segment.

    Raises
    ------
    DamagedIndexError
        When a file is missing, or not what was written.
    """
    folder = parent / str(entry["name"])
    arrays = {}
    for name, kind in FILES.items():
        path = folder / name
        try:
            if not unchanged(path, entry["files"][name]):
                raise damaged(path)
            size = path.stat().st_size
        except OSError as error:
            raise damaged(path) from error
        held = np.memmap(path, np.dtype(kind), "r") if size else np.empty(0, np.dtype(kind))
        # As a plain array: the class memmap is slow to index.
        arrays[name] = held.view(np.ndarray)
    return IndexSegment(folder, **arrays)

"""The index: which recordings have a print, found in microseconds.

It is a folder of segments (see :mod:`.segment`) and a manifest that lists the valid ones. It is
derived from the catalogue's table ``prints`` and can be rebuilt at any time. Many processes may
read while one adds: files never change, and the manifest is replaced in one step. A killed writer
leaves files that no manifest lists; the next writer removes them.
"""

from __future__ import annotations

import json
import shutil
import uuid
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from phonoscope import file_lock
from phonoscope.atomic import replacing, write_whole
from phonoscope.escape import printable
from phonoscope.features.fingerprints import weights
from phonoscope.matching.recording.segment import (
    MOST_PRINTS,
    DamagedIndexError,
    IndexedRecording,
    IndexSegment,
    damaged,
    merge,
    open_segment,
    stamp,
    unchanged,
    write,
)
from phonoscope.messages import gettext

FORMAT = 1
MANIFEST = "index.json"
SEGMENT_PRINTS = 1 << 22
"""Prints that are sorted in memory: about 100 MB."""
_FEWEST_TO_MERGE = 4
_TRIES = 5


@dataclass(frozen=True, eq=False)
class Index:
    """An index as it was when it was opened."""

    folder: Path
    segments: tuple[IndexSegment, ...]
    alive: tuple[NDArray[np.bool_], ...]
    """Which recordings of each segment are valid; others were replaced or removed."""
    parts: frozenset[str]
    """Parts of the catalogue's table whose prints are in it."""

    @classmethod
    def open(cls, folder: Path) -> Index:
        """Open an index for looking up.

        Raises
        ------
        DamagedIndexError
            When there is none, it is damaged, or it is from another version.
        """
        for _ in range(_TRIES):
            manifest = _read_manifest(folder)
            try:
                return _opened(folder, manifest)
            except DamagedIndexError:
                # A writer may have merged these segments away in between.
                if _read_manifest(folder)["generation"] == manifest["generation"]:
                    raise
        message = gettext(
            "The index {folder} changes too often to be opened. Try again later.",
            folder=printable(str(folder)),
        )
        raise DamagedIndexError(message, code="index-changing")

    @property
    def prints(self) -> int:
        """Prints in it."""
        return sum(len(segment.bits) for segment in self.segments)

    @property
    def recordings(self) -> int:
        """Recordings in it."""
        return sum(int(alive.sum()) for alive in self.alive)

    @property
    def bytes(self) -> int:
        """Bytes on disk."""
        held = (f.stat().st_size for s in self.segments for f in s.folder.iterdir())
        return sum(held) + (self.folder / MANIFEST).stat().st_size


def _read_manifest(folder: Path) -> dict[str, Any]:
    try:
        manifest: dict[str, Any] = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        version = manifest["format"], manifest["prints"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise damaged(folder) from error
    if version != (FORMAT, weights().name):
        message = gettext(
            "The index {folder} is from another version.", folder=printable(str(folder))
        )
        raise DamagedIndexError(message, code="index-version")
    return manifest


def _opened(folder: Path, manifest: dict[str, Any]) -> Index:
    segments, alive = [], []
    for entry in manifest["segments"]:
        segments.append(open_segment(folder, entry))
        alive.append(_alive(folder, entry, len(segments[-1].ids)))
    return Index(folder, tuple(segments), tuple(alive), frozenset(manifest["parts"]))


def _alive(folder: Path, entry: dict[str, Any], tracks: int) -> NDArray[np.bool_]:
    if not (kept := entry.get("alive")):
        return np.ones(tracks, bool)
    path = folder / entry["name"] / kept["name"]
    try:
        if unchanged(path, kept):
            return np.fromfile(path, np.bool_)
    except OSError:
        pass
    raise damaged(path)


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Let one process write at a time; the lock goes with the process, however that ends."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        file_lock.lock(lock, wait=True)
        yield


class IndexWriter:
    """Adds to an index; begins a new one where there is none that can be used."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        try:
            self._manifest = _read_manifest(folder)
            self._index = _opened(folder, self._manifest)
            self.begun_anew = False
        except DamagedIndexError:
            self._manifest = {
                "format": FORMAT, "prints": weights().name, "generation": 0, "parts": [],
                "segments": [],
            }  # fmt: skip
            self._index = _opened(folder, self._manifest)
            self.begun_anew = True
        self._clear()

    @property
    def parts(self) -> frozenset[str]:
        """Parts whose prints are in the index."""
        return self._index.parts

    def add(self, recordings: Iterable[IndexedRecording], parts: Sequence[str] = ()) -> None:
        """Add recordings; one that is there already is replaced. All of them, or none, count.

        Parameters
        ----------
        recordings
            Of each recording once, unless a later one is to replace an earlier.
        parts
            Parts of the catalogue that they came from.
        """
        entries: list[dict[str, Any]] = list(self._manifest["segments"])
        for batch in _batches(recordings):
            entries = self._without(entries, {one.recording_id for one in batch})
            name = f"segment-{uuid.uuid4().hex}"
            entries.append(write(self._folder / name, batch))
        self._publish(entries, {*self._manifest["parts"], *parts})

    def remove(self, recording_ids: set[str]) -> None:
        """Let recordings no longer be found."""
        self._publish(
            self._without(self._manifest["segments"], recording_ids), self._manifest["parts"]
        )

    def forget_parts(self, parts: Iterable[str]) -> None:
        """Forget that parts were added; their recordings stay."""
        gone = {*parts}
        self._publish(self._manifest["segments"], {*self._manifest["parts"]} - gone)

    def merge(self) -> None:
        """Merge segments of like size, so that few have to be looked into."""
        while group := _mergeable(self._index):
            chosen = [self._index.segments[i] for i in group]
            alive = [self._index.alive[i] for i in group]
            entry = merge(self._folder / f"segment-{uuid.uuid4().hex}", chosen, alive)
            entries = self._manifest["segments"]
            kept = [e for i, e in enumerate(entries) if i not in group]
            self._publish([*kept, entry], self._manifest["parts"])

    def _without(
        self, entries: Sequence[dict[str, Any]], recording_ids: set[str]
    ) -> list[dict[str, Any]]:
        wanted = np.array([bytes.fromhex(i) for i in recording_ids], "S16")
        changed = []
        for entry in entries:
            segment = open_segment(self._folder, entry)
            alive = _alive(self._folder, entry, len(segment.ids))
            gone = alive & np.isin(segment.ids, wanted)
            if not gone.any():
                changed.append(entry)
                continue
            path = segment.folder / f"alive-{uuid.uuid4().hex}"
            write_whole(path, (alive & ~gone).tobytes())
            changed.append({**entry, "alive": {"name": path.name, **stamp(path)}})
        return changed

    def _publish(self, segments: Sequence[dict[str, Any]], parts: Iterable[str]) -> None:
        manifest = {
            **self._manifest, "generation": self._manifest["generation"] + 1,
            "segments": list(segments), "parts": sorted(parts),
        }  # fmt: skip
        index = _opened(self._folder, manifest)
        with replacing(self._folder / MANIFEST) as file:
            file.write(json.dumps(manifest).encode())
        self._manifest, self._index = manifest, index
        self._clear()

    def _clear(self) -> None:
        """Remove what no manifest names: left by a killed writer, or merged."""
        named = {str(entry["name"]) for entry in self._manifest["segments"]}
        for folder in self._folder.glob("segment-*"):
            if folder.name not in named:
                shutil.rmtree(folder, ignore_errors=True)
        # Only who holds the lock writes, so a temporary manifest is a killed writer's.
        for left in self._folder.glob(f".{MANIFEST}.*"):
            left.unlink(missing_ok=True)


@contextmanager
def writing(folder: Path) -> Iterator[IndexWriter]:
    """Write to the index in a folder, once nobody else does."""
    with _locked(folder):
        yield IndexWriter(folder)


def _batches(recordings: Iterable[IndexedRecording]) -> Iterator[list[IndexedRecording]]:
    batch: dict[str, IndexedRecording] = {}
    held = 0
    for one in recordings:
        if not len(one.bits):
            continue
        held += len(one.bits)
        batch[one.recording_id] = one
        if held >= SEGMENT_PRINTS:
            yield list(batch.values())
            batch, held = {}, 0
    if batch:
        yield list(batch.values())


def _mergeable(index: Index) -> set[int]:
    """Choose segments to merge: several of like size, none much larger than those before it."""
    sizes = sorted((len(segment.bits), i) for i, segment in enumerate(index.segments))
    group: list[int] = []
    total = 0
    for size, i in sizes:
        if group and (size > 2 * total or total + size > MOST_PRINTS):
            if len(group) >= _FEWEST_TO_MERGE:
                break
            group, total = [], 0
        group.append(i)
        total += size
    return set(group) if len(group) >= _FEWEST_TO_MERGE else set()

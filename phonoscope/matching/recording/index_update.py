"""Update the index of a catalogue from its table ``prints``."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
import platformdirs

from phonoscope.catalogue.store import Store
from phonoscope.features.fingerprints import weights
from phonoscope.files import local_path
from phonoscope.matching.recording.index import Index, writing
from phonoscope.matching.recording.segment import DamagedIndexError, IndexedRecording
from phonoscope.progress import NoProgress, Progress

_log = logging.getLogger(__name__)

TABLE = "prints"
FOLDER = "index"
_COLUMNS = ["recording_id", "print_at", "print_bits", "print_model"]
_ROWS = 512


def index_folder(store: Store) -> Path:
    """Return where the index of a catalogue is kept: in its folder, or with other caches."""
    folder = local_path(store.uri)
    if folder is not None:
        return folder / FOLDER
    name = hashlib.blake2b(store.uri.encode(), digest_size=8).hexdigest()
    return Path(platformdirs.user_cache_dir("phonoscope")) / FOLDER / name


def current_index(store: Store, progress: Progress | None = None) -> Index:
    """Open the index of a catalogue, and first add what it lacks.

    An index that is damaged, half built or of another version is built again.

    Parameters
    ----------
    progress
        Takes in how many recordings are added, when any has to be.
    """
    folder, live = index_folder(store), store.live_parts(TABLE)
    try:
        index = Index.open(folder)
        if {*live} == index.parts:
            return index
    except DamagedIndexError:
        pass
    with writing(folder) as writer:
        lacking = [name for name in live if name not in writer.parts]
        if lacking or writer.begun_anew:
            _log.info("index: adding %d parts%s", len(lacking), " to a new one" * writer.begun_anew)
            recordings = _reported(recordings_in(store, lacking), progress or NoProgress())
            writer.add(recordings, lacking)
        if gone := writer.parts - {*live}:
            writer.forget_parts(gone)
        writer.merge()
    return Index.open(folder)


def _reported(
    recordings: Iterable[IndexedRecording], progress: Progress
) -> Iterator[IndexedRecording]:
    progress.start("index", unit="recordings")
    for one in recordings:
        yield one
        progress.advance()


def recordings_in(store: Store, parts: Sequence[str]) -> Iterator[IndexedRecording]:
    """Read the fingerprints in parts of a catalogue, oldest first, of this model only."""
    ours = weights().name
    for batch in store.batches(TABLE, parts, _COLUMNS, _ROWS):
        for row in batch.to_pylist():
            if row["print_model"] == ours and row["recording_id"] and row["print_bits"]:
                yield IndexedRecording(
                    row["recording_id"],
                    np.array(row["print_at"], np.int32),
                    np.array(row["print_bits"], np.int64),
                )

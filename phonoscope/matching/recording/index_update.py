"""Update the index of a catalogue from its table ``prints``."""

from __future__ import annotations

import atexit
import errno
import hashlib
import logging
import re
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import platformdirs

from phonoscope.catalogue.store import Store
from phonoscope.features.fingerprints import weights
from phonoscope.files import local_path
from phonoscope.matching.recording.index import Index, writing
from phonoscope.matching.recording.segment import DamagedIndexError, IndexedRecording
from phonoscope.matching.recording.stored_fingerprints import fit_together
from phonoscope.progress import NoProgress, Progress

_log = logging.getLogger(__name__)

TABLE = "prints"
FOLDER = "index"
_COLUMNS = ["recording_id", "print_at", "print_bits", "print_model"]
_ROWS = 512
_ID = re.compile(r"[0-9a-f]{32}")


def index_folder(store: Store) -> Path:
    """Return where the index of a catalogue is kept: in its folder, or with other caches."""
    folder = local_path(store.uri)
    return _cache_folder(store) if folder is None else folder / FOLDER


def _cache_folder(store: Store) -> Path:
    """Return the folder for the index of one catalogue among the user's caches.

    Another catalogue at the same place, such as on another disk, was made at another time.
    """
    told = b"\n".join([store.uri.encode(errors="surrogateescape"), store.made()])
    name = hashlib.blake2b(told, digest_size=8).hexdigest()
    return Path(platformdirs.user_cache_dir("phonoscope")) / FOLDER / name


def current_index(store: Store, progress: Progress | None = None) -> Index:
    """Open the index of a catalogue, and first add what it lacks.

    An index that is damaged, half built or of another version is built again. Where the catalogue
    can only be read, the index is kept among the user's caches, or until the process ends.

    Parameters
    ----------
    progress
        Takes in how many recordings are added, when any has to be.
    """
    own, live = index_folder(store), store.live_parts(TABLE)
    cached = _cache_folder(store)
    for folder in (own, cached):
        if (index := _up_to_date(folder, live)) is not None:
            return index
    for folder in dict.fromkeys((own, cached)):
        try:
            return _updated(store, folder, live, progress)
        except OSError as error:
            if folder == own != cached and error.errno not in _UNWRITABLE:
                raise
            _log.info("index: not written here: %s", errno.errorcode.get(error.errno or 0))
    temporary = tempfile.mkdtemp(prefix="phonoscope-index-")
    atexit.register(shutil.rmtree, temporary, ignore_errors=True)
    return _updated(store, Path(temporary), live, progress)


_UNWRITABLE = frozenset({errno.EROFS, errno.EACCES, errno.EPERM, errno.ENOTDIR, errno.EEXIST})


def _up_to_date(folder: Path, live: Sequence[str]) -> Index | None:
    """Open an index that lacks nothing; ``None`` when there is none."""
    try:
        index = Index.open(folder)
    except DamagedIndexError:
        return None
    return index if {*live} == index.parts else None


def _updated(store: Store, folder: Path, live: Sequence[str], progress: Progress | None) -> Index:
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
            if row["print_model"] == ours and (recording := _indexed(row)) is not None:
                yield recording


def _indexed(row: Mapping[str, Any]) -> IndexedRecording | None:
    """Return a row to be indexed, or ``None`` when no scan can have written it."""
    at = [-1 if cell is None else cell for cell in row["print_at"] or ()]
    places = np.array(at, np.int64)
    bits = np.array([-1 if cell is None else cell for cell in row["print_bits"] or ()], np.int64)
    if not _ID.fullmatch(row["recording_id"] or "") or not fit_together(places, bits):
        return None
    return IndexedRecording(row["recording_id"], places.astype(np.int32), bits)

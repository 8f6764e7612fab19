"""A catalogue that a failed command has just created: removed again when it holds nothing."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from phonoscope.catalogue.storage import TEMPORARY
from phonoscope.catalogue.store import MARKER, Store, open_store
from phonoscope.catalogue.versions import FOLDER as VERSIONS
from phonoscope.errors import CatalogueError
from phonoscope.files import local_path, uri_of

_RUNS = "ingests"
"""Table about runs, which isn't content."""
_UNFINISHED = "_unfinished"
_RUNNING = "running"


@contextmanager
def removed_when_empty(path: str | os.PathLike[str]) -> Iterator[None]:
    """Remove a catalogue that the block creates, if the block fails and the catalogue is empty.

    A catalogue that existed before is left alone, and so is one with any content, one that another
    process writes, and one on a remote store.

    Parameters
    ----------
    path
        Where the block creates the catalogue.
    """
    root = local_path(uri_of(path))
    if root is None or (root / MARKER).exists():
        yield
        return
    missing = [each for each in (root, *root.parents) if not each.exists()]
    try:
        yield
    except BaseException:
        with suppress(OSError, CatalogueError):
            _remove(root, missing)
        raise


def _remove(root: Path, created: list[Path]) -> None:
    if not (root / MARKER).exists() or not _is_empty(root):
        return
    for name in (_RUNS, _UNFINISHED, VERSIONS):
        for file in _files(root / name):
            file.unlink()
        with suppress(FileNotFoundError):
            (root / name).rmdir()
    (root / MARKER).unlink()
    for folder in created:
        folder.rmdir()


def _is_empty(root: Path) -> bool:
    """Whether a catalogue has no rows but those about ended runs, and nobody writes to it."""
    names = {entry.name for entry in root.iterdir() if not entry.name.startswith(TEMPORARY)}
    if names - {MARKER, _UNFINISHED, _RUNS, VERSIONS}:
        return False
    if any(file.suffix == ".lock" for file in _files(root / _UNFINISHED)):
        return False
    return not _is_running(open_store(root))


def _is_running(store: Store) -> bool:
    """Whether any run isn't marked as ended."""
    states: dict[str, str] = {}
    for row in store.rows(_RUNS, store.live_parts(_RUNS), ["scan_id", "state"]):
        states[row["scan_id"]] = row["state"]
    return _RUNNING in states.values()


def _files(folder: Path) -> list[Path]:
    return list(folder.iterdir()) if folder.is_dir() else []

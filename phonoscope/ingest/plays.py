"""Logs of plays into a catalogue: what :mod:`.run` does, with accounts hidden as asked."""

from __future__ import annotations

import os
from pathlib import Path

from phonoscope.catalogue.storage import Storage
from phonoscope.catalogue.store import Store
from phonoscope.errors import SourceError, UsageError
from phonoscope.files import local_path
from phonoscope.ingest.convert.pseudonyms import Pseudonyms, using
from phonoscope.ingest.detect import open_metadata
from phonoscope.ingest.formats.listenbrainz import LAYOUT as LISTENBRAINZ
from phonoscope.ingest.formats.play_csv import LAYOUT as PLAY_CSV
from phonoscope.ingest.formats.play_json import LAYOUT as PLAY_JSON
from phonoscope.ingest.formats.play_log import LOOKS_FOR
from phonoscope.ingest.formats.play_parquet import LAYOUT as PLAY_PARQUET
from phonoscope.ingest.pipeline import ingest
from phonoscope.ingest.summary import IngestSummary
from phonoscope.progress import Progress

_LAYOUTS = frozenset(layout.name for layout in (LISTENBRAINZ, PLAY_CSV, PLAY_JSON, PLAY_PARQUET))


def pseudonyms_of(
    place: Storage, key: str | os.PathLike[str] | None, *, pseudonymise: bool
) -> Pseudonyms:
    """Return what hides accounts.

    Raises
    ------
    UsageError
        When the key lies in the catalogue, cannot be used, or is given though nothing is hidden.
    """
    if not pseudonymise:
        if key is not None:
            raise UsageError("a key hides accounts: give either a key or --no-pseudonymise")
        return Pseudonyms.none()
    if key is None:
        return Pseudonyms.drawn()
    folder = local_path(place.uri)
    if folder is not None and Path(key).resolve().is_relative_to(folder.resolve()):
        raise UsageError(
            "the key must not lie in the catalogue: whoever is given that would have the key too"
        )
    return Pseudonyms.of_file(key)


def check_log(log: str | os.PathLike[str]) -> None:
    """Refuse what is no log of plays.

    Raises
    ------
    SourceError
        Says what it is, or what was looked for.
    """
    source, layout = open_metadata(log)
    if layout.name not in _LAYOUTS:
        raise SourceError(
            f"{source.name} is no log of plays but {layout.name}: phonoscope ingest reads it. "
            f"Found {source.found()}.\nLooked for {LOOKS_FOR}; or listens of ListenBrainz"
        )


def ingest_plays(
    store: Store,
    log: str | os.PathLike[str],
    *,
    pseudonyms: Pseudonyms,
    memory_mb: int,
    name: str | None,
    progress: Progress | None,
    restart: bool,
) -> IngestSummary:
    """Read a log of plays; see :func:`.run.ingest`."""
    check_log(log)
    with using(pseudonyms):
        return ingest(
            store,
            log,
            memory_mb=memory_mb,
            name=name,
            progress=progress,
            restart=restart,
        )

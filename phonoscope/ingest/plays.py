"""Play logs into a catalogue: what :mod:`.pipeline` does, with accounts hidden as asked."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

from phonoscope.catalogue.storage import Storage
from phonoscope.catalogue.store import Store
from phonoscope.errors import SourceError, UsageError
from phonoscope.files import local_path
from phonoscope.ingest.base import Source
from phonoscope.ingest.detect import open_job
from phonoscope.ingest.formats.listenbrainz import FORMAT as LISTENBRAINZ
from phonoscope.ingest.formats.play_csv import FORMAT as PLAY_CSV
from phonoscope.ingest.formats.play_json import FORMAT as PLAY_JSON
from phonoscope.ingest.formats.play_log import LOOKS_FOR
from phonoscope.ingest.formats.play_parquet import FORMAT as PLAY_PARQUET
from phonoscope.ingest.job import Job
from phonoscope.ingest.pipeline import ingest
from phonoscope.ingest.pseudonyms import Pseudonyms
from phonoscope.ingest.summary import IngestSummary
from phonoscope.progress import Progress

_FORMATS = frozenset(each.name for each in (LISTENBRAINZ, PLAY_CSV, PLAY_JSON, PLAY_PARQUET))


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


def open_log(log: str | os.PathLike[str]) -> Job[Source]:
    """Open a log of plays.

    Raises
    ------
    SourceError
        When it is not one: says what it is, or what was looked for.
    """
    job = open_job(log)
    if job.format.name not in _FORMATS:
        raise SourceError(
            f"{job.source.name} is no log of plays but {job.format.name}: phonoscope ingest reads "
            f"it. Found {job.source.found()}.\nLooked for {LOOKS_FOR}; or listens of ListenBrainz"
        )
    return job


def ingest_plays(
    store: Store,
    log: str | os.PathLike[str] | Job[Source],
    *,
    pseudonyms: Pseudonyms,
    memory_mb: int,
    name: str | None,
    progress: Progress | None,
    restart: bool,
) -> IngestSummary:
    """Read a log of plays, one that :func:`open_log` opened or a path; see :func:`.ingest`."""
    job = log if isinstance(log, Job) else open_log(log)
    return ingest(
        store,
        replace(job, pseudonyms=pseudonyms),
        memory_mb=memory_mb,
        name=name,
        progress=progress,
        restart=restart,
    )

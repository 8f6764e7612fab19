"""Ingest of play logs: like :mod:`.pipeline`, with accounts hidden as asked."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from phonoscope.catalogue.storage import Storage
from phonoscope.catalogue.store import Store
from phonoscope.errors import UsageError
from phonoscope.files import local_path
from phonoscope.ingest.base import Source
from phonoscope.ingest.detect import only_job, open_jobs
from phonoscope.ingest.formats.lastfm_json import FORMAT as LASTFM_JSON
from phonoscope.ingest.formats.listenbrainz import FORMAT as LISTENBRAINZ
from phonoscope.ingest.formats.play_csv import FORMAT as PLAY_CSV
from phonoscope.ingest.formats.play_json import FORMAT as PLAY_JSON
from phonoscope.ingest.formats.play_parquet import FORMAT as PLAY_PARQUET
from phonoscope.ingest.formats.youtube_takeout import FORMAT as YOUTUBE_TAKEOUT
from phonoscope.ingest.job import Job
from phonoscope.ingest.options import SourceOptions
from phonoscope.ingest.pipeline import ingest
from phonoscope.ingest.pseudonyms import Pseudonyms
from phonoscope.ingest.summary import IngestSummary
from phonoscope.messages import gettext
from phonoscope.progress import Progress

FORMATS = frozenset(
    each.name
    for each in (LASTFM_JSON, LISTENBRAINZ, PLAY_CSV, PLAY_JSON, PLAY_PARQUET, YOUTUBE_TAKEOUT)
)
"""Names of the formats of play logs."""


def pseudonyms_of(
    place: Storage, key: str | os.PathLike[str] | None, *, pseudonymise: bool
) -> Pseudonyms:
    """Return the pseudonyms that hide accounts.

    Raises
    ------
    UsageError
        When the key is in the catalogue, can't be used, or is given although nothing is hidden.
    """
    if not pseudonymise:
        if key is not None:
            raise UsageError(
                gettext("A key hides accounts. Give either --key or --no-pseudonymise, not both."),
                code="key-without-pseudonyms",
            )
        return Pseudonyms.none()
    if key is None:
        return Pseudonyms.drawn()
    folder = local_path(place.uri)
    if folder is not None and Path(key).resolve().is_relative_to(folder.resolve()):
        raise UsageError(
            gettext(
                "The key must not be in the catalogue, because anyone who gets the catalogue would "
                "get the key too. Choose another folder."
            ),
            code="key-in-catalogue",
        )
    return Pseudonyms.of_file(key)


def open_logs(
    log: str | os.PathLike[str],
    *,
    mapping: Mapping[str, str] | None = None,
    catalogue: str = "CATALOGUE",
    encoding: str | None = None,
    decimal: str | None = None,
) -> list[Job[Source]]:
    """Open a play log; a folder with several formats gives several jobs.

    Parameters
    ----------
    log
        File or folder.
    mapping
        Field by column of a CSV file, for columns whose names aren't known.
    catalogue
        The catalogue as the user named it, for the advice of an error.
    encoding, decimal
        See :class:`.options.SourceOptions`.

    Raises
    ------
    SourceError
        When it isn't a play log: says what it is, or what is missing.
    """
    options = SourceOptions(
        mapping,
        only=FORMATS,
        command="plays",
        catalogue=catalogue,
        encoding=encoding,
        decimal=decimal,
    )
    return open_jobs(log, options)


def open_log(log: str | os.PathLike[str]) -> Job[Source]:
    """Open a play log that has one format; raises as :func:`open_logs` does."""
    return only_job(open_logs(log))


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
    """Read a play log, a path or one that :func:`open_log` opened; see :func:`.ingest`."""
    job = log if isinstance(log, Job) else open_log(log)
    return ingest(
        store,
        replace(job, pseudonyms=pseudonyms),
        memory_mb=memory_mb,
        name=name,
        progress=progress,
        restart=restart,
    )

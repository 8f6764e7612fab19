"""Sources to read: opened, with their formats recognised."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence

from phonoscope.errors import SourceError
from phonoscope.files import local_path, shown, uri_of
from phonoscope.ingest.base import Source
from phonoscope.ingest.folder_jobs import FolderJobs
from phonoscope.ingest.job import Job
from phonoscope.ingest.opened import recognised
from phonoscope.ingest.options import SourceOptions
from phonoscope.ingest.pseudonyms import Pseudonyms
from phonoscope.ingest.readers.decompress import members_of
from phonoscope.ingest.readers.folder import Listed, files_in
from phonoscope.messages import gettext
from phonoscope.text import joined


def open_jobs(
    source: str | os.PathLike[str],
    options: SourceOptions | None = None,
    pseudonyms: Pseudonyms | None = None,
) -> list[Job[Source]]:
    """Open a source and recognise its format; a folder with several formats gives several jobs.

    Parameters
    ----------
    source
        File or folder.
    options
        What the user says of it.
    pseudonyms
        Hides accounts; by default with a key that is drawn now and never stored.

    Raises
    ------
    SourceError
        When it can't be read, or no format fits: says what is missing.
    UsageError
        When the options don't fit the source.
    """
    options, hide = options or SourceOptions(), pseudonyms or Pseudonyms.drawn()
    uri = uri_of(source)
    local = local_path(uri)
    if local is not None:
        name = shown(uri)
        files: Sequence[Listed] = (
            files_in(local, name) if local.is_dir() else members_of(local, name)
        )
        # A ZIP of one file is that file.
        if local.is_dir() or len(files) > 1:
            return FolderJobs(files, name, options).jobs(uri, hide)
    opened, found = recognised(uri, options)
    return [Job(uri, opened, found, options, hide)]


def open_job(
    source: str | os.PathLike[str],
    *,
    mapping: Mapping[str, str] | None = None,
    constants: Mapping[str, str] | None = None,
    id_from: Sequence[str] = (),
    pseudonyms: Pseudonyms | None = None,
) -> Job[Source]:
    """Open a source that has one format.

    Parameters
    ----------
    source
        File or folder.
    mapping, constants, id_from
        See :class:`.options.SourceOptions`.
    pseudonyms
        See :func:`open_jobs`.

    Raises
    ------
    SourceError
        As by :func:`open_jobs`; also when a folder has files of several formats.
    UsageError
        As by :func:`open_jobs`.
    """
    options = SourceOptions(mapping, constants, tuple(id_from))
    return only_job(open_jobs(source, options, pseudonyms))


def only_job(jobs: Sequence[Job[Source]]) -> Job[Source]:
    """Return the one job of a source.

    Raises
    ------
    SourceError
        When there are several.
    """
    if len(jobs) > 1:
        raise SourceError(
            gettext(
                "{folder} has files of several formats: {formats}. From Python, "
                "phonoscope.api.open_sources() opens one job for each.",
                folder=jobs[0].source.name,
                formats=joined([job.format.name for job in jobs]),
            ),
            code="several-formats",
        )
    return jobs[0]


def open_again(job: Job[Source]) -> Job[Source]:
    """Return a job whose source is opened again, to be read from its start."""
    jobs = open_jobs(job.origin, job.options, job.pseudonyms)
    return next((each for each in jobs if each.part == job.part), jobs[0])

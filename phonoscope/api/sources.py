"""Files to analyse and sources to ingest: look at them without a catalogue."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from phonoscope.deprecation import deprecated
from phonoscope.errors import UsageError
from phonoscope.files import uri_of
from phonoscope.messages import gettext

if TYPE_CHECKING:
    from phonoscope.analysis import Analysis
    from phonoscope.ingest.base import Source
    from phonoscope.ingest.job import Job
    from phonoscope.settings import Settings


def check(
    paths: Iterable[str | os.PathLike[str]],
    *,
    settings: Settings | None = None,
) -> Iterator[Analysis]:
    """Examine files in worker processes; nothing is stored.

    Parameters
    ----------
    paths
        Local paths or URIs.
    settings
        Workers, limits and the share of false alarms; by default those of the environment and
        the user's file.

    Yields
    ------
    Analysis
        One a path, in the order given. A file that is bad, too slow or crashes its worker
        gives one with :attr:`phonoscope.Analysis.error`, never an exception.
    """
    from phonoscope.scan.check import check_files
    from phonoscope.settings import Settings

    return check_files(paths, settings or Settings())


def listed(sources: Sequence[str | os.PathLike[str]]) -> list[str]:
    """Return the files that some sources name, as URIs: folders are walked, manifests read.

    Parameters
    ----------
    sources
        Files, folders, manifests (csv, parquet, txt) and fsspec URIs. A file that does not
        exist is returned as it is, for :func:`check` to say so.

    Raises
    ------
    UsageError
        When a folder holds no audio file, so that nothing is left to examine.
    """
    from phonoscope.scan.sources import list_sources

    found: dict[str, None] = {}
    for source in sources:
        try:
            files = list_sources([source])
        except UsageError:
            found[uri_of(source)] = None
        else:
            found.update((file.uri, None) for file in files)
    if not found:
        raise UsageError(gettext("No audio or video file was found."), code="no-audio-files")
    return list(found)


def format_of(
    source: str | os.PathLike[str],
    mapping: Mapping[str, str] | None = None,
    constants: Mapping[str, str] | None = None,
) -> str:
    """Return the name of the format of a source of metadata; reads no rows.

    Parameters
    ----------
    source, mapping, constants
        As for :meth:`phonoscope.api.Catalogue.ingest`.

    Raises
    ------
    SourceError
        When no format is recognised: says what was looked for and what was found.
    UsageError
        When the mapping does not fit the source.
    """
    from phonoscope.ingest.detect import open_job

    return open_job(source, mapping=mapping, constants=constants).format.name


@deprecated("format_of", since="0.2")
def layout_of(
    source: str | os.PathLike[str],
    mapping: Mapping[str, str] | None = None,
    stated: Mapping[str, str] | None = None,
) -> str:
    """Return the name of the format of a source of metadata; the older name of format_of."""
    return format_of(source, mapping, stated)


def open_log(log: str | os.PathLike[str]) -> Job[Source]:
    """Open a log of plays, for :meth:`phonoscope.api.Plays.ingest`.

    Raises
    ------
    SourceError
        When it is not one: says what it is, or what was looked for.
    """
    from phonoscope.ingest.plays import open_log

    return open_log(log)

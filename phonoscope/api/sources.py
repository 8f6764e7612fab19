"""Files to analyse and sources to ingest, without a catalogue."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
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
    """Analyse files in worker processes; nothing is stored.

    Parameters
    ----------
    paths
        Local paths or URIs.
    settings
        Workers, limits and the share of false alarms; by default from the environment and the
        settings file.

    Yields
    ------
    Analysis
        One for each path, in the order given. A file that is bad, too slow or crashes its worker
        gives one with :attr:`phonoscope.Analysis.error`, never an exception.
    """
    from phonoscope.scan.check import check_files
    from phonoscope.settings import Settings

    return check_files(paths, settings or Settings())


def listed(sources: Sequence[str | os.PathLike[str]]) -> list[str]:
    """Return the files of some sources as URIs: folders are walked, manifests are read.

    Parameters
    ----------
    sources
        Files, folders, manifests (csv, parquet, txt), playlists, cue sheets and fsspec URIs. A file
        that doesn't exist is returned too, and :func:`check` reports it.

    Raises
    ------
    UsageError
        When there is no audio file to analyse.
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


def open_sources(
    source: str | os.PathLike[str],
    mapping: Mapping[str, str] | None = None,
    *,
    constants: Mapping[str, str] | None = None,
    id_from: Sequence[str] = (),
    only: Collection[str] | None = None,
    command: str = "ingest",
    catalogue: str = "CATALOGUE",
    encoding: str | None = None,
    decimal: str | None = None,
    dates: str | None = None,
) -> list[Job[Source]]:
    """Open a source of metadata, for :meth:`phonoscope.api.Catalogue.ingest`; reads no rows.

    A file has one format. A folder with files of several formats gives one job for each format, and
    the first job names the files that no format fits (``job.unknown``).

    Parameters
    ----------
    source, mapping, constants, id_from
        As for :meth:`phonoscope.api.Catalogue.ingest`.
    only
        Names of the formats to accept; all by default.
    command, catalogue
        The command that reads the source (``"ingest"``, ``"charts"``, ``"plays"`` or ``"artists"``)
        and the catalogue that it names, for the advice of an error.
    encoding
        Encoding of a text file, as Python or others name it; detected by default.
    decimal
        Decimal sign in a CSV file, ``"."`` or ``","``; detected for each column by default.
    dates
        Order of day and month in dates such as 5/6/2024: ``"dmy"`` or ``"mdy"``; detected by
        default.

    Returns
    -------
    list[Job]
        One for each format; at least one.

    Raises
    ------
    SourceError
        When no format is recognised: says which one is nearest and what is missing.
    UsageError
        When the mapping, the constants or ``id_from`` don't fit the source, or there is no such
        encoding, decimal sign or order.
    """
    from phonoscope.ingest.detect import open_jobs
    from phonoscope.ingest.options import SourceOptions

    options = SourceOptions(
        mapping,
        constants,
        tuple(id_from),
        only,
        command,
        catalogue,
        encoding=encoding,
        decimal=decimal,
        dates=dates,
    )
    return open_jobs(source, options)


def format_of(
    source: str | os.PathLike[str],
    mapping: Mapping[str, str] | None = None,
    constants: Mapping[str, str] | None = None,
    *,
    id_from: Sequence[str] = (),
) -> str:
    """Return the name of the format of a source of metadata; reads no rows.

    Parameters
    ----------
    source, mapping, constants, id_from
        As for :meth:`phonoscope.api.Catalogue.ingest`.

    Raises
    ------
    SourceError
        When no format is recognised: says which one is nearest and what is missing.
    UsageError
        When the mapping doesn't fit the source.
    """
    from phonoscope.ingest.detect import open_job

    return open_job(source, mapping=mapping, constants=constants, id_from=id_from).format.name


@deprecated("format_of", since="0.2")
def layout_of(
    source: str | os.PathLike[str],
    mapping: Mapping[str, str] | None = None,
    stated: Mapping[str, str] | None = None,
) -> str:
    """Return the name of the format of a source of metadata; former name of format_of."""
    return format_of(source, mapping, stated)


def open_log(log: str | os.PathLike[str]) -> Job[Source]:
    """Open a play log, for :meth:`phonoscope.api.Plays.ingest`; a folder needs a single format.

    Raises
    ------
    SourceError
        When it isn't a play log: says what it is, or what is missing.
    """
    from phonoscope.ingest.plays import open_log

    return open_log(log)


def open_logs(
    log: str | os.PathLike[str],
    *,
    mapping: Mapping[str, str] | None = None,
    catalogue: str = "CATALOGUE",
    encoding: str | None = None,
    decimal: str | None = None,
) -> list[Job[Source]]:
    """Open a play log, for :meth:`phonoscope.api.Plays.ingest`: one job for each of its formats.

    Parameters
    ----------
    log
        File or folder.
    mapping
        Field by column of a CSV file, for columns whose names aren't known.
    catalogue
        The catalogue as the user named it, for the advice of an error.
    encoding, decimal
        As for :func:`open_sources`.

    Raises
    ------
    SourceError
        When it isn't a play log: says what it is, or what is missing.
    UsageError
        When there is no such encoding or decimal sign.
    """
    from phonoscope.ingest.plays import open_logs

    return open_logs(log, mapping=mapping, catalogue=catalogue, encoding=encoding, decimal=decimal)

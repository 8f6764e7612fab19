"""``phonoscope ingest``: metadata from elsewhere into a catalogue."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from phonoscope.cli.exits import Status
from phonoscope.cli.options import AsJson, Quiet, person_path
from phonoscope.cli.progress import TerminalProgress
from phonoscope.cli.quantities import clock, rows_a_second
from phonoscope.cli.terminal import columns, message, painted, program, write, write_json
from phonoscope.cli.text_forms import Dates, Decimal, Encoding
from phonoscope.errors import UsageError
from phonoscope.escape import printable
from phonoscope.messages import gettext, lines, ngettext

if TYPE_CHECKING:
    from phonoscope.api import IngestSummary
    from phonoscope.ingest.base import Source
    from phonoscope.ingest.job import Job

EXAMPLES = """\b
Examples:
  phonoscope ingest spotify_clean.sqlite3 --into my-catalogue
  phonoscope ingest dataset.csv --into my-catalogue
  phonoscope ingest my.csv --into my-catalogue --map Nr=track_id --map Song=name
  phonoscope ingest songs.csv --into my-catalogue --id-from name,artist
  phonoscope sql my-catalogue 'select reason, count(*) from rejects group by 1'
"""
INTERRUPTED = gettext(
    "The catalogue has every finished batch, and the table ingests shows 'interrupted'. Run the "
    "same command again to resume."
)
_SHOWN = 8
"""Columns, tables, files and reasons that are listed; --json has them all."""


def ingest(
    source: Annotated[
        str,
        typer.Argument(
            metavar="SOURCE",
            help="A file or folder with tracks, albums or artists: SQLite, Parquet, CSV, JSON or "
            "XML, packed or not. The format is detected automatically; docs/ingest-json.md lists "
            "the formats.",
        ),
    ],
    *,
    into: Annotated[
        str,
        typer.Option("--into", metavar="CATALOGUE", help="Catalogue; created if it doesn't exist."),
    ],
    mapping: Annotated[
        list[str] | None,
        typer.Option(
            "--map",
            metavar="COLUMN=FIELD",
            help="Read this column of a CSV file as this field; repeat it for each column. Other "
            "columns are read if their names are known. Fields are the columns of tracks and "
            "features in docs/schema.md, duration_s for seconds and duration_min for minutes.",
        ),
    ] = None,
    id_from: Annotated[
        str | None,
        typer.Option(
            "--id-from",
            metavar="FIELDS",
            help="For a CSV or Parquet file without ids: derive each track's id from these fields, "
            "such as name,artist. Rows whose fields are equal, apart from case and blanks, become "
            "one track.",
        ),
    ] = None,
    name: Annotated[
        str | None,
        typer.Option(
            "--as",
            metavar="NAME",
            help="Name to store in the column 'source'. Several files with one name are one "
            "source: of rows with the same key, the newest counts. [default: the path]",
        ),
    ] = None,
    encoding: Encoding = None,
    decimal: Decimal = None,
    dates: Dates = None,
    restart: Annotated[
        bool, typer.Option("--restart", help="Start over even if an earlier run was interrupted.")
    ] = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> Status:
    """Import tracks, albums and artists from a file or dump.

    Values are stored as stated, even a duration of 0 or a date in 2040. A cell that
    can't be read becomes empty, and the summary counts it. Rows without an id go to
    the table rejects with the reason, and the exit status is then 3. Rows read are
    always rows kept plus rows rejected.

    An interrupted ingest resumes when you run the same command again. Reading a
    source again replaces its rows. The files of a folder are read format by
    format, each with its own summary; if no format fits a file, the exit status
    is 3.

    docs/ingest-json.md documents the formats and the JSON.
    """
    from phonoscope import api

    fields = mapping_of(mapping) if mapping else None
    ids = _names(id_from) if id_from is not None else ()
    # The source is opened first, so that a refused one makes no catalogue.
    jobs = api.open_sources(
        person_path(source),
        fields,
        id_from=ids,
        catalogue=into,
        encoding=encoding,
        decimal=decimal,
        dates=dates,
    )
    return ingest_jobs(jobs, into, name=name, restart=restart, as_json=as_json, quiet=quiet)


def ingest_jobs(
    jobs: Sequence[Job[Source]],
    into: str,
    *,
    name: str | None = None,
    restart: bool = False,
    as_json: bool,
    quiet: bool,
) -> Status:
    """Ingest opened sources and write a summary of each.

    Parameters
    ----------
    jobs
        The sources.
    into, name, restart, as_json, quiet
        As for :func:`ingest`.
    """
    from phonoscope import api
    from phonoscope.catalogue.created import removed_when_empty

    rejected = 0
    with removed_when_empty(person_path(into)):
        catalogue = api.open_catalogue(person_path(into), create=True)
        for job in jobs:
            with TerminalProgress(quiet) as progress:
                summary = catalogue.ingest(job, progress=progress, name=name, restart=restart)
            rejected += summary.rejected
            if as_json:
                write_json(summary.to_json())
            else:
                write(summary_of(summary, into))
    unknown = [name for job in jobs for name in job.unknown]
    if not quiet:
        report_unknown(unknown)
        if not as_json:
            suggest_report(into)
    return Status.SOME_UNREADABLE if rejected or unknown else Status.DONE


def mapping_of(given: list[str]) -> dict[str, str]:
    """Return field by column, as options say it.

    Raises
    ------
    UsageError
        When one isn't COLUMN=FIELD, or names a column again.
    """
    fields: dict[str, str] = {}
    for each in given:
        # A column can have '=' in its name; no field does.
        column, equals, field = each.rpartition("=")
        if not equals or not column or not field:
            raise UsageError(
                gettext(
                    "--map needs COLUMN=FIELD, such as --map Song=name, not '{text}'.",
                    text=printable(each),
                ),
                code="mapping-form",
            )
        if column in fields:
            raise UsageError(
                gettext("--map names the column '{column}' twice.", column=printable(column)),
                code="column-twice",
            )
        fields[column] = field
    return fields


def _names(given: str) -> tuple[str, ...]:
    names = tuple(name.strip() for name in given.split(","))
    if not all(names):
        raise UsageError(
            gettext("--id-from needs fields separated by commas, such as name,artist."),
            code="id-from-form",
        )
    return names


def report_unknown(names: list[str]) -> None:
    """Tell the person which files of a folder were not read, if any."""
    if names:
        message(
            ngettext(
                "{n} file was not read, because no format fits it: {files}",
                "{n} files were not read, because no format fits them: {files}",
                len(names),
                files=_few(names),
            )
        )


def suggest_report(into: str) -> None:
    """Tell the person what to do after an ingest."""
    command = f"{shlex.quote(program())} report {shlex.quote(into)} --to report.html"
    message(gettext("Next: {command}", command=printable(command)))


def summary_of(summary: IngestSummary, into: str) -> str:
    """Return the results of an ingest as a block of lines.

    Parameters
    ----------
    summary
        What the ingest returned.
    into
        Catalogue, as the user named it.
    """
    read = ngettext(
        "{n} row = {kept} kept + {rejected} rejected",
        "{n} rows = {kept} kept + {rejected} rejected",
        summary.read,
        kept=summary.kept,
        rejected=summary.rejected,
    )
    rows: list[tuple[str, str]] = [(gettext("format"), gettext("{name}", name=summary.layout))]
    rows.append((gettext("read"), read))
    if len(summary.tables) > 1:
        rows += [
            (
                gettext("{table}", table=printable(name)),
                ngettext(
                    "{n} row, {rejected} rejected",
                    "{n} rows, {rejected} rejected",
                    count.read,
                    rejected=count.rejected,
                ),
            )
            for name, count in summary.tables.items()
        ]
    rows.append((gettext("rejected"), _rejected(summary, into)))
    if summary.emptied:
        rows.append((gettext("emptied"), _emptied(summary)))
    if said := _read_as(summary):
        rows.append((gettext("read as"), said))
    rows.append((gettext("written"), _written(summary)))
    if summary.ignored:
        names = [printable(name) or gettext("(no heading)") for name in summary.ignored]
        rows.append((gettext("not read"), _few(names)))
    rows += [(gettext("note"), printable(note)) for note in summary.notes]
    rows += [(gettext("question"), text) for text in _questions(summary)]
    rows.append((gettext("speed"), _speed(summary)))
    title = gettext("Ingested into {catalogue}", catalogue=printable(into))
    return f"{painted(title, 'bold')}\n{columns(rows)}"


def _rejected(summary: IngestSummary, into: str) -> str:
    if not summary.rejected:
        return gettext("none")
    query = "select source_table, row, reason, row_text from rejects"
    reasons = _few([f"{count:,} {printable(reason)}" for reason, count in summary.reasons.items()])
    command = printable(f"{shlex.quote(program())} sql {shlex.quote(into)}")
    return lines([reasons, gettext("{command}", command=f"{command} '{query}'")])


def _questions(summary: IngestSummary) -> list[str]:
    listed = list(summary.questions.items())
    asked: list[str] = [
        gettext(
            "{column}: did you mean {field}? Add --map {option}",
            column=printable(column[:60]),
            field=field,
            option=printable(shlex.quote(f"{column[:200]}={field}")),
        )
        for column, field in listed[:_SHOWN]
    ]
    more = len(listed) - _SHOWN
    if more > 0:
        asked.append(ngettext("and {n} more", "and {n} more", more))
    return asked


def _emptied(summary: IngestSummary) -> str:
    listed = [
        ngettext(
            "{n} cell: {column} {reason}, first in row {row}: {cell}",
            "{n} cells: {column} {reason}, first in row {row}: {cell}",
            each.count,
            column=printable(each.column),
            reason=each.reason,
            row=each.row,
            cell=printable(each.cell) or "?",
        )
        for each in summary.emptied[:_SHOWN]
    ]
    more = len(summary.emptied) - _SHOWN
    if more > 0:
        listed.append(ngettext("and {n} more column", "and {n} more columns", more))
    if any(each.reason == "could be two days" for each in summary.emptied):
        listed.append(gettext("Say which comes first: --dates dmy or --dates mdy"))
    return lines(listed)


def _read_as(summary: IngestSummary) -> str:
    """Return what was decided about a text file, where it isn't what most files are like."""
    found = []
    encoding = summary.read_as.get("encoding", "utf-8")
    if encoding not in ("utf-8", "utf-8-sig"):
        found.append(gettext("encoding {name}", name=encoding))
    for column, sign in summary.read_as.get("decimal", {}).items():
        found.append(
            gettext("decimal comma in {column}", column=column)
            if sign == ","
            else gettext("decimal sign of {column} unknown: --decimal", column=column)
        )
    for column, order in summary.read_as.get("dates", {}).items():
        found.append(
            gettext("day before month in {column}", column=column)
            if order == "dmy"
            else gettext("month before day in {column}", column=column)
        )
    return _few([str(each) for each in found]) if found else ""


def _written(summary: IngestSummary) -> str:
    written = [f"{name} {n:,}" for name, n in summary.written.items() if name != "rejects"]
    return gettext("{tables}", tables=", ".join(written)) if written else gettext("nothing")


def _speed(summary: IngestSummary) -> str:
    before = (summary.resumed_at_row or 1) - 1
    values = {
        "pace": rows_a_second(summary.read - before, summary.wall_s),
        "time": clock(summary.wall_s),
    }
    if before:
        return gettext("{pace} rows/s (in {time}, from row {row} on)", row=before + 1, **values)
    return gettext("{pace} rows/s (in {time})", **values)


def _few(names: list[str]) -> str:
    listed = ", ".join(names[:_SHOWN])
    more = len(names) - _SHOWN
    if more <= 0:
        return gettext("{names}", names=listed)
    return ngettext("{names} and {n} more", "{names} and {n} more", more, names=listed)

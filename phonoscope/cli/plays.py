"""``phonoscope plays``: play logs into a catalogue, and which plays are artificial."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from phonoscope.cli.exits import Status
from phonoscope.cli.ingest import mapping_of, report_unknown, suggest_report, summary_of
from phonoscope.cli.options import AsJson, EngineName, EngineOption, Quiet, person_path
from phonoscope.cli.play_results import json_of, results_of
from phonoscope.cli.progress import TerminalProgress
from phonoscope.cli.terminal import write, write_json
from phonoscope.cli.text_forms import Decimal, Encoding
from phonoscope.errors import UsageError
from phonoscope.messages import gettext

if TYPE_CHECKING:
    from phonoscope.api import IngestSummary
    from phonoscope.catalogue.schema.play_results import PlaysSummaryRow
    from phonoscope.ingest.base import Source
    from phonoscope.ingest.job import Job

EXAMPLES = """\b
Examples:
  phonoscope plays plays.parquet --into my-catalogue
  phonoscope plays monday.csv --into my-catalogue --key ~/plays.key
  phonoscope plays tuesday.csv --into my-catalogue --key ~/plays.key
  phonoscope plays --into my-catalogue --fail-on artificial
  phonoscope sql my-catalogue "select * from played_tracks where verdict = 'artificial'"
"""
INTERRUPTED = gettext(
    "The catalogue has every finished batch. A log that was being read resumes when you run the "
    "same command again, but only with --key. An interrupted analysis starts over."
)


class FailOnPlays(StrEnum):
    """Verdicts that ``--fail-on`` accepts."""

    ARTIFICIAL = "artificial"
    UNDECIDED = "undecided"


def plays(
    log: Annotated[
        str | None,
        typer.Argument(
            metavar="[LOG]",
            show_default=False,
            help="A file or folder of plays: CSV, JSON Lines or Parquet with an account, a track "
            "and a time in each row, or listens of ListenBrainz; packed or not. docs/plays.md "
            "lists the columns. Without it, the plays in the catalogue are analysed again.",
        ),
    ] = None,
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
            "columns are read if their names are known. Fields are user_hash, track_id, "
            "listened_utc, ended_utc, played_ms, played_s, name, artist_names, album_name, "
            "country, device, play_source and ip_hash.",
        ),
    ] = None,
    key: Annotated[
        str | None,
        typer.Option(
            "--key",
            metavar="FILE",
            help="Key that hides accounts and addresses. If the file doesn't exist, it is made, "
            "readable only by you. Logs that are read with the same key share accounts. Keep the "
            "key away from the catalogue, because with it people can find out who an account is. "
            "[default: a key that is never stored]",
        ),
    ] = None,
    as_written: Annotated[
        bool,
        typer.Option(
            "--no-pseudonymise", help="Store accounts as in the log, and addresses as networks."
        ),
    ] = False,
    name: Annotated[
        str | None,
        typer.Option(
            "--as",
            metavar="NAME",
            help="Name to store in the column 'source'. [default: the path]",
        ),
    ] = None,
    restart: Annotated[
        bool,
        typer.Option("--restart", help="Start over even if an earlier run was interrupted."),
    ] = False,
    weigh: Annotated[
        bool,
        typer.Option(
            "--weigh/--no-weigh",
            help="Whether to analyse the plays that were read. If several logs have one name, "
            "analyse them once, after the last.",
        ),
    ] = True,
    engine: EngineOption = EngineName.LOCAL,
    fail_on: Annotated[
        list[FailOnPlays] | None,
        typer.Option(
            "--fail-on",
            metavar="WHAT",
            help="Exit with status 1 when there are artificial or undecided plays. Can be given "
            "twice.",
        ),
    ] = None,
    encoding: Encoding = None,
    decimal: Decimal = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> Status:
    """Import a play log, hide its listeners, flag fake plays.

    Accounts and addresses become hashes before anything is stored. Rows that
    can't be kept go to the table rejects with the reason, and only the form of
    their cells; the exit status is then 3. A log that is read again replaces its
    rows.

    Then the plays are analysed. Evidence of artificial plays: groups of accounts
    that share tracks which almost nobody else plays, plays that end as soon as
    they count, and accounts that never pause. Every verdict has its reasons, every
    share its 95% interval. "No sign found" doesn't prove that people listen.

    docs/plays.md has columns, keys, reasons and error rates; docs/plays-json.md
    the JSON.
    """
    from phonoscope import api
    from phonoscope.catalogue.created import removed_when_empty

    if log is None and not weigh:
        raise UsageError(
            gettext("There is nothing to do. Name a log, or leave out --no-weigh."),
            code="nothing-to-do",
        )
    # The log is opened first, so that a refused one makes no catalogue and no key.
    jobs: list[Job[Source]] = []
    if log is not None:
        jobs = api.open_logs(
            person_path(log),
            mapping=mapping_of(mapping) if mapping else None,
            catalogue=into,
            encoding=encoding,
            decimal=decimal,
        )
    summaries: list[IngestSummary] = []
    with removed_when_empty(person_path(into)):
        catalogue = api.open_catalogue(person_path(into), create=bool(jobs))
        for job in jobs:
            with TerminalProgress(quiet) as progress:
                summary = catalogue.plays.ingest(
                    job,
                    progress,
                    key=None if key is None else person_path(key),
                    pseudonymise=not as_written,
                    name=name,
                    restart=restart,
                )
            summaries.append(summary)
            if not as_json:
                write(summary_of(summary, into))
    found: list[PlaysSummaryRow] = []
    nothing = bool(summaries) and not any(summary.kept for summary in summaries)
    if weigh and not nothing:
        with TerminalProgress(quiet) as progress:
            source = summaries[0].source if summaries else name
            found = catalogue.plays.analyse(source, engine=engine.value, progress=progress)
    if as_json:
        write_json(json_of(catalogue, summaries, found))
    elif nothing:
        write(gettext("No row of the log could be kept, so there is nothing to analyse."))
    elif weigh and not found:
        write(gettext("The catalogue has no plays. Name a log to read."))
    else:
        for one in found:
            write(results_of(catalogue, one))
    unknown = [name for job in jobs for name in job.unknown]
    if not quiet:
        report_unknown(unknown)
        if found and not as_json:
            suggest_report(into)
    rejected = any(summary.rejected for summary in summaries)
    return _status(found, fail_on, rejected=rejected or bool(unknown))


def _status(
    found: list[PlaysSummaryRow], fail_on: list[FailOnPlays] | None, *, rejected: bool
) -> Status:
    seen = {
        FailOnPlays.ARTIFICIAL: any(one.artificial_plays for one in found),
        FailOnPlays.UNDECIDED: any(one.undecided_plays for one in found),
    }
    if any(seen[what] for what in fail_on or ()):
        return Status.FOUND
    return Status.SOME_UNREADABLE if rejected else Status.DONE

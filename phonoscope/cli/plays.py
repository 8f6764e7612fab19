"""``phonoscope plays``: who played what into a catalogue, and which plays are artificial."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from phonoscope.cli.exits import Status
from phonoscope.cli.ingest import summary_of
from phonoscope.cli.options import AsJson, EngineName, EngineOption, Quiet, person_path
from phonoscope.cli.play_results import json_of, results_of
from phonoscope.cli.progress import TerminalProgress
from phonoscope.cli.terminal import write, write_json
from phonoscope.errors import UsageError

if TYPE_CHECKING:
    from phonoscope.catalogue.schema.play_results import PlaysSummaryRow

EXAMPLES = """\b
Examples:
  phonoscope plays plays.parquet --into my-catalogue
  phonoscope plays monday.csv --into my-catalogue --key ~/plays.key
  phonoscope plays tuesday.csv --into my-catalogue --key ~/plays.key
  phonoscope plays --into my-catalogue --fail-on artificial
  phonoscope sql my-catalogue "select * from played_tracks where verdict = 'artificial'"
"""
INTERRUPTED = (
    "Every finished batch is in the catalogue, whole. If a log was being read, table ingests says "
    "'interrupted'; with --key the same command goes on where it stopped, without it begins again. "
    "If plays were being weighed, phonoscope plays --into weighs them again."
)


class FailOnPlays(StrEnum):
    """What ``--fail-on`` may name."""

    ARTIFICIAL = "artificial"
    UNDECIDED = "undecided"


def plays(
    log: Annotated[
        str | None,
        typer.Argument(
            metavar="[LOG]",
            show_default=False,
            help="A file or folder of plays: CSV, JSON Lines or Parquet with an account, a track "
            "and a time in each row, or listens of ListenBrainz; packed as it may be. "
            "docs/plays.md lists the columns. Without it, plays that are there are weighed again.",
        ),
    ] = None,
    *,
    into: Annotated[
        str, typer.Option("--into", metavar="CATALOGUE", help="Catalogue; made when it is new.")
    ],
    key: Annotated[
        str | None,
        typer.Option(
            "--key",
            metavar="FILE",
            help="Key that hides accounts and addresses; made, readable by you only, when it is "
            "not there. Logs that are read with one key share accounts. Whoever has the key can "
            "try which account is whose: keep it apart from the catalogue. [default: one is drawn "
            "and forgotten]",
        ),
    ] = None,
    as_written: Annotated[
        bool,
        typer.Option(
            "--no-pseudonymise", help="Keep accounts as written, and addresses as networks."
        ),
    ] = False,
    name: Annotated[
        str | None,
        typer.Option(
            "--as",
            metavar="NAME",
            help="What the column 'source' says. [default: the path]",
        ),
    ] = None,
    restart: Annotated[
        bool,
        typer.Option("--restart", help="Begin at the start also where an earlier one was stopped."),
    ] = False,
    weigh: Annotated[
        bool,
        typer.Option(
            "--weigh/--no-weigh",
            help="Whether to weigh what was read; several logs of one name are best weighed once, "
            "after the last.",
        ),
    ] = True,
    engine: EngineOption = EngineName.LOCAL,
    fail_on: Annotated[
        list[FailOnPlays] | None,
        typer.Option(
            "--fail-on",
            metavar="WHAT",
            help="Exit with status 1 when there are such plays: artificial or undecided. May be "
            "given twice.",
        ),
    ] = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> Status:
    """Read who played what, without who, and tell artificial plays from others.

    Accounts and addresses become hashes with a key before anything is stored, rejected rows show
    the form of their cells only. A row that cannot be kept goes to table rejects with the reason,
    and the exit status is then 3; rows read are rows kept plus rows rejected. A log that is read
    again replaces what was read of it before.

    Then the plays are weighed: groups of accounts that keep company at tracks that hardly anybody
    else plays, plays that end as soon as they count, accounts that never rest. Every sign comes
    with its reasons, and every share with its interval; "no sign found" does not mean that people
    listen. docs/plays.md has columns, keys, reasons and error rates; docs/plays-json.md the JSON.
    """
    from phonoscope import api

    if log is None and not weigh:
        raise UsageError("there is nothing to do: name a log to read, or leave --no-weigh out")
    # The log is opened first: a refused one makes no empty catalogue and no key.
    opened = None if log is None else api.open_log(person_path(log))
    catalogue = api.open_catalogue(person_path(into), create=opened is not None)
    summary = None
    if opened is not None:
        with TerminalProgress(quiet) as progress:
            summary = catalogue.plays.ingest(
                opened,
                progress,
                key=None if key is None else person_path(key),
                pseudonymise=not as_written,
                name=name,
                restart=restart,
            )
        if not as_json:
            write(summary_of(summary, into))
    found: list[PlaysSummaryRow] = []
    nothing = summary is not None and not summary.kept
    if weigh and not nothing:
        with TerminalProgress(quiet) as progress:
            source = summary.source if summary else name
            found = catalogue.plays.analyse(source, engine=engine.value, progress=progress)
    if as_json:
        write_json(json_of(catalogue, summary, found))
    else:
        for one in found:
            write(results_of(catalogue, one))
        if nothing:
            write("No row of it could be kept, so there is nothing to weigh.")
        elif weigh and not found:
            write("No plays are in the catalogue: name a log to read.")
    return _status(found, fail_on, rejected=bool(summary and summary.rejected))


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

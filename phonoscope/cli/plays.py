"""``phonoscope plays``: who played what, and when, into a catalogue."""

from __future__ import annotations

from typing import Annotated

import typer

from phonoscope.cli.exits import Status
from phonoscope.cli.ingest import summary_of
from phonoscope.cli.options import AsJson, Quiet, person_path
from phonoscope.cli.pace import Pace
from phonoscope.cli.terminal import write, write_json

EXAMPLES = """\b
Examples:
  phonoscope plays plays.parquet --into my-catalogue
  phonoscope plays monday.csv --into my-catalogue --key ~/plays.key
  phonoscope plays tuesday.csv --into my-catalogue --key ~/plays.key
  phonoscope sql my-catalogue 'select user_hash, count(*) from listens group by all'
"""
INTERRUPTED = (
    "Every finished batch is in the catalogue, whole, and table ingests says 'interrupted'; with "
    "--key the same command goes on where it stopped, without it begins again."
)


def plays(
    log: Annotated[
        str,
        typer.Argument(
            metavar="LOG",
            help="A file or folder of plays: CSV, JSON Lines or Parquet with an account, a track "
            "and a time in each row, or listens of ListenBrainz; packed as it may be. "
            "docs/plays.md lists the columns.",
        ),
    ],
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
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> Status:
    """Read who played what into a catalogue, without who.

    Accounts and addresses become hashes with a key before anything is stored, rejected rows show
    the form of their cells only. A row that cannot be kept goes to table rejects with the reason,
    and the exit status is then 3; rows read are rows kept plus rows rejected. A log that is read
    again replaces what was read of it before. docs/plays.md has columns, keys and what they mean
    for privacy; docs/ingest-json.md documents the JSON.
    """
    from phonoscope import api

    # What the log is, is looked at first: a refused one makes no empty catalogue and no key.
    api.check_log(person_path(log))
    catalogue = api.open_catalogue(person_path(into), create=True)
    with Pace(quiet) as pace:
        summary = catalogue.ingest_plays(
            person_path(log),
            pace,
            key=None if key is None else person_path(key),
            pseudonymise=not as_written,
            name=name,
            tell=pace.tell,
            restart=restart,
        )
    if as_json:
        write_json(summary.to_json())
    else:
        write(summary_of(summary, into))
    return Status.SOME_UNREADABLE if summary.rejected else Status.DONE

"""``phonoscope sql``: ask a catalogue anything, read-only."""

from __future__ import annotations

import shutil
import sys
from typing import Annotated

import typer

from phonoscope.cli.exits import Status
from phonoscope.cli.options import AsJson, CatalogueArgument, Quiet, person_path
from phonoscope.cli.table import (
    distinct,
    write_aligned,
    write_csv,
    write_json_lines,
    write_tabs,
)
from phonoscope.cli.terminal import message
from phonoscope.errors import UsageError
from phonoscope.text import counted

EXAMPLES = """\b
Examples:
  phonoscope sql my-catalogue 'select uri, error from files where error is not null'
  phonoscope sql my-catalogue 'select codec, count(*) from recordings group by all' --csv
  phonoscope sql my-catalogue 'from recordings' --json | head -3
"""
INTERRUPTED = "The rows printed are right but may not be all; the catalogue is as it was."


def sql(
    catalogue: CatalogueArgument,
    query: Annotated[
        str, typer.Argument(metavar="QUERY", help="One SELECT in DuckDB's SQL; '-' reads stdin.")
    ],
    *,
    as_json: AsJson = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Write CSV with a heading.")] = False,
    quiet: Quiet = False,
) -> Status:
    """Ask a catalogue anything in SQL; nothing can be changed by it.

    Rows are written as they come: aligned on a terminal, separated by tabs in a pipe,
    as CSV or as JSON Lines. docs/schema.md names the tables
    """
    from phonoscope import api

    if as_json and as_csv:
        raise UsageError("--json and --csv exclude each other")
    text = sys.stdin.read() if query == "-" else query
    opened = api.open_catalogue(person_path(catalogue), create=False)
    with opened.sql_rows(text) as (found, rows):
        names = distinct(found)
        if as_json:
            # A column that is called like the key that names the shape becomes format_2.
            _, *names = distinct(["format", *found])
            write_json_lines(names, rows, "phonoscope-sql/1")
        elif as_csv:
            write_csv(names, rows)
        elif not sys.stdout.isatty():
            write_tabs(names, rows)
        else:
            count = write_aligned(names, rows, shutil.get_terminal_size().columns)
            if not quiet:
                message(counted(count, "row"))
    return Status.DONE

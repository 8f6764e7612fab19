"""``phonoscope sql``: query a catalogue, read-only."""

from __future__ import annotations

import shlex
import shutil
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from phonoscope.cli.exits import Status
from phonoscope.cli.options import AsJson, CatalogueArgument, Quiet, person_path
from phonoscope.cli.table import (
    Rows,
    distinct,
    write_aligned,
    write_csv,
    write_json_lines,
    write_tabs,
)
from phonoscope.cli.terminal import data, message, painted, program, say_next, wrapped, write
from phonoscope.errors import UsageError
from phonoscope.escape import printable
from phonoscope.messages import gettext, ngettext

if TYPE_CHECKING:
    from phonoscope.api import Catalogue

EXAMPLES = """\b
Examples:
  phonoscope sql my-catalogue
  phonoscope sql my-catalogue 'select uri, error from files where error is not null'
  phonoscope sql my-catalogue 'select key, count(*) from recordings group by all' --csv
  phonoscope sql my-catalogue 'from recordings' --json | head -3
"""
INTERRUPTED = gettext("The rows above are correct but may be incomplete.")
INTERNAL_TABLES = frozenset({"prints", "pitches"})
INTERNAL_COLUMNS = frozenset({"scan_id", "batch", "prints"})
"""What the list of tables leaves out: fingerprints and bookkeeping."""
FORM = "phonoscope-sql/1"


def sql(
    catalogue: CatalogueArgument,
    query: Annotated[
        str | None,
        typer.Argument(
            metavar="QUERY",
            help="One SELECT in DuckDB's SQL, or - for standard input. Without it, the tables are "
            "listed.",
        ),
    ] = None,
    *,
    as_json: AsJson = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Write CSV with a heading.")] = False,
    quiet: Quiet = False,
) -> Status:
    """Query a catalogue with SQL, read-only.

    Rows are written as they come: in columns on a terminal, separated by tabs in a pipe, as CSV or
    as one JSON object per line. docs/schema.md describes every table and column.
    """
    from phonoscope import api

    if as_json and as_csv:
        raise UsageError(
            gettext("--json and --csv can't be combined."), code="options-exclude-each-other"
        )
    text = sys.stdin.read() if query == "-" else query
    opened = api.open_catalogue(person_path(catalogue), create=False)
    if text is None:
        _list_tables(opened, catalogue, as_json, as_csv, quiet)
        return Status.DONE
    with opened.sql_rows(text) as (found, rows):
        if as_json or as_csv:
            _write_data(found, rows, as_json)
        elif not sys.stdout.isatty():
            write_tabs(distinct(found), rows)
        else:
            count = write_aligned(distinct(found), rows, shutil.get_terminal_size().columns)
            if not quiet:
                message(ngettext("{n} row", "{n} rows", count))
    return Status.DONE


def _write_data(found: list[str], rows: Iterator[Rows], as_json: bool) -> None:
    if as_json:
        # A column that is called like the key that names the shape becomes format_2.
        _, *names = distinct(["format", *found])
        write_json_lines(names, rows, FORM)
    else:
        write_csv(distinct(found), rows)


def _list_tables(
    opened: Catalogue, catalogue: str, as_json: bool, as_csv: bool, quiet: bool
) -> None:
    """Write each table with its number of rows and its columns."""
    tables = list(_tables(opened))
    if as_json or as_csv:
        cells = [(name, rows, columns) for name, rows, columns in tables]
        _write_data(["table", "rows", "columns"], iter([cells]), as_json)
        return
    for name, rows, columns in tables:
        if not rows:
            continue
        head = ngettext("{name}, {n} row", "{name}, {n} rows", rows, name=data(name))
        write(painted(head, "bold"))
        listed = wrapped(data(", ".join(columns)), indent=2)
        write("\n".join(f"  {line}" for line in listed.splitlines()))
    if empty := ", ".join(name for name, rows, _ in tables if not rows):
        write(wrapped(gettext("Empty: {tables}", tables=data(empty)), indent=0))
    query = f"{program()} sql {shlex.quote(catalogue)} 'from {tables[0][0]} limit 5'"
    say_next(gettext("Next: {command}", command=printable(query)), quiet)


def _tables(opened: Catalogue) -> Iterator[tuple[str, int, list[str]]]:
    """Yield names of tables with their number of rows and their columns."""
    from phonoscope.catalogue.schema.tables import tables

    listed = [name for name in tables() if name not in INTERNAL_TABLES]
    counts = (f"(from {name} select count(*)) as {name}" for name in listed)
    with opened.sql_rows(f"select {', '.join(counts)}") as (names, batches):
        (row,) = [row for rows in batches for row in rows]
    for name, rows in zip(names, row, strict=True):
        columns = [column.name for column in tables()[name].columns]
        yield name, rows, [column for column in columns if column not in INTERNAL_COLUMNS]

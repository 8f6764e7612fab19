"""``phonoscope ingest``: metadata from elsewhere into a catalogue."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Annotated

import typer

from phonoscope.cli.exits import Status
from phonoscope.cli.options import AsJson, Quiet, person_path
from phonoscope.cli.progress import TerminalProgress
from phonoscope.cli.quantities import rows_a_second, span
from phonoscope.cli.terminal import columns, painted, program, write, write_json
from phonoscope.errors import UsageError
from phonoscope.escape import printable
from phonoscope.text import counted

if TYPE_CHECKING:
    from phonoscope.api import IngestSummary

EXAMPLES = """\b
Examples:
  phonoscope ingest spotify_clean.sqlite3 --into my-catalogue
  phonoscope ingest dataset.csv --into my-catalogue
  phonoscope ingest songs.csv --into my-catalogue --map Code=track_id --map Song=name
  phonoscope sql my-catalogue 'select reason, count(*) from rejects group by all'
"""
INTERRUPTED = (
    "Every finished batch is in the catalogue, whole, and table ingests says 'interrupted'; the "
    "same command goes on where it stopped."
)
_SHOWN = 8
"""Names of unread columns and tables, and reasons, that are shown; --json has them all."""


def ingest(
    source: Annotated[
        str,
        typer.Argument(
            metavar="SOURCE",
            help="A file or folder: SQLite, Parquet, CSV, JSON or XML with tracks, albums or "
            "artists, in one of the formats that docs/ingest-json.md lists; packed with gzip, "
            "bzip2, xz, zstd or ZIP as it may be. The format is detected "
            "automatically.",
        ),
    ],
    *,
    into: Annotated[
        str, typer.Option("--into", metavar="CATALOGUE", help="Catalogue; made when it is new.")
    ],
    mapping: Annotated[
        list[str] | None,
        typer.Option(
            "--map",
            metavar="COLUMN=FIELD",
            help="Which column of a CSV file is which field, once for each; then only these are "
            "read. Fields are the columns of tracks and features in docs/schema.md, and "
            "duration_s for seconds. track_id is needed.",
        ),
    ] = None,
    name: Annotated[
        str | None,
        typer.Option(
            "--as",
            metavar="NAME",
            help="What the column 'source' says. Several files under one name are one source: of "
            "rows with one key the newest counts. [default: the path]",
        ),
    ] = None,
    restart: Annotated[
        bool,
        typer.Option(
            "--restart", help="Begin at the start also where an earlier ingest was stopped."
        ),
    ] = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> Status:
    """Read metadata of tracks, albums and artists into a catalogue.

    Values are kept as facts, not mended: durations of 0, dates in 2040. A row that cannot be
    kept goes to table rejects with the reason, and the exit status is then 3; rows read are
    rows kept plus rows rejected. An ingest that was stopped, or killed, goes on where it stopped
    when the same command is given again, unless the source has changed since. A source that is
    read again after that replaces what was read of it before. Catalogue.links() says which
    recording is which track. docs/ingest-json.md documents the JSON.
    """
    from phonoscope import api

    fields = _mapping(mapping) if mapping else None
    # What the source is, is looked at first: a refused one makes no empty catalogue.
    api.format_of(person_path(source), fields)
    catalogue = api.open_catalogue(person_path(into), create=True)
    with TerminalProgress(quiet) as progress:
        summary = catalogue.ingest(
            person_path(source), fields, progress, name=name, restart=restart
        )
    if as_json:
        write_json(summary.to_json())
    else:
        write(summary_of(summary, into))
    return Status.SOME_UNREADABLE if summary.rejected else Status.DONE


def _mapping(given: list[str]) -> dict[str, str]:
    fields: dict[str, str] = {}
    for each in given:
        # A column may have '=' in its name; no field does.
        column, equals, field = each.rpartition("=")
        if not equals or not column or not field:
            raise UsageError(f"--map takes COLUMN=FIELD, as in --map Song=name, not {each!r}")
        if column in fields:
            raise UsageError(f"--map names the column {column!r} twice")
        fields[column] = field
    return fields


def summary_of(summary: IngestSummary, into: str) -> str:
    """Return what an ingest came to, as a block of lines.

    Parameters
    ----------
    summary
        What the ingest returned.
    into
        Catalogue, as the user named it.
    """
    rows = [
        ("layout", summary.layout),
        ("read", f"{counted(summary.read, 'row')} = {summary.kept:,} kept + "
                 f"{summary.rejected:,} rejected"),
    ]  # fmt: skip
    rows += [
        (printable(name), f"{counted(count.read, 'row')}, {count.rejected:,} rejected")
        for name, count in summary.tables.items()
        if len(summary.tables) > 1
    ]
    rows.append(("rejected", _rejected(summary, into)))
    written = {name: n for name, n in summary.written.items() if name != "rejects"}
    rows.append(("written", ", ".join(f"{name} {n:,}" for name, n in written.items()) or "nothing"))
    if summary.ignored:
        rows.append(("not read", _few([printable(name) for name in summary.ignored])))
    before = (summary.resumed_at_row or 1) - 1
    pace = rows_a_second(summary.read - before, summary.wall_s)
    went_on = f", from row {before + 1:,} on" if before else ""
    rows.append(("speed", f"{pace} rows/s (in {span(summary.wall_s)}{went_on})"))
    return f"{painted(f'Ingested into {printable(into)}', 'bold')}\n{columns(rows)}"


def _rejected(summary: IngestSummary, into: str) -> str:
    if not summary.rejected:
        return "none"
    reasons = _few([f"{count:,} {printable(reason)}" for reason, count in summary.reasons.items()])
    query = "select source_table, row, reason, row_text from rejects"
    return f"{reasons}\n{printable(f'{shlex.quote(program())} sql {shlex.quote(into)}')} '{query}'"


def _few(names: list[str]) -> str:
    more = f" and {len(names) - _SHOWN:,} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more

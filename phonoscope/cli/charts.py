"""``phonoscope charts``: charts into a catalogue."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from phonoscope.cli.exits import Status
from phonoscope.cli.ingest import summary_of
from phonoscope.cli.options import AsJson, Quiet, person_path
from phonoscope.cli.progress import TerminalProgress
from phonoscope.cli.terminal import write, write_json
from phonoscope.errors import UsageError

if TYPE_CHECKING:
    from phonoscope.api import IngestSummary

EXAMPLES = """\b
Examples:
  phonoscope charts hot100.csv --into my-catalogue --chart 'Hot 100' --region us
  phonoscope charts billboard200.csv --into my-catalogue --albums
  phonoscope charts regional-global-weekly-2026-07-02.csv --into my-catalogue
  phonoscope charts list.csv --into my-catalogue --date 2026-07-02 --known-artists machines.csv
"""
INTERRUPTED = (
    "Every finished batch is in the catalogue, whole; the same command goes on where it stopped."
)
_MACHINES = "machine-artists"


def charts(
    files: Annotated[
        list[str],
        typer.Argument(
            metavar="FILE...",
            help="CSV files, or folders of them: a rank, a title and a performer a row. Of Spotify "
            "Charts region, day or week and date are taken from the name of the file.",
        ),
    ],
    *,
    into: Annotated[
        str, typer.Option("--into", metavar="CATALOGUE", help="Catalogue; made when it is new.")
    ],
    chart: Annotated[
        str | None,
        typer.Option("--chart", metavar="NAME", help="Name of the chart. [default: the file's]"),
    ] = None,
    region: Annotated[
        str | None, typer.Option("--region", metavar="NAME", help="Country or region.")
    ] = None,
    date: Annotated[
        str | None,
        typer.Option("--date", metavar="YYYY-MM-DD", help="Day of a chart that does not say it."),
    ] = None,
    albums: Annotated[
        bool,
        typer.Option(
            "--albums", help="The entries are albums: they are linked to no track of that name."
        ),
    ] = False,
    known_artists: Annotated[
        str | None,
        typer.Option(
            "--known-artists",
            metavar="CSV",
            help="List of artists that somebody says are machines: a name or id, with what is "
            "said (says) or where (evidence_url). It is evidence of who is listed, no verdict.",
        ),
    ] = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> Status:
    """Read charts into a catalogue, and say what of them is machine-made in its report.

    Each file is a source of its own, told from its columns; rows read are rows kept plus rows
    rejected. --chart, --region and --date go before what a file says. Catalogue.chart_links() says
    which entry is which track or recording, by what and how surely; the finding 'charts' of
    'phonoscope report' counts. With --json one line a file, as docs/ingest-json.md has it.
    """
    from phonoscope import api

    given = {"chart": chart, "region": region, "chart_date": date}
    constants = {name: value for name, value in given.items() if value is not None}
    if albums:
        constants["entry_kind"] = "album"
    for path in files:
        # Everything is looked at first: a refused file makes no catalogue.
        if (found := api.format_of(person_path(path), None, constants)) != "charts-csv":
            raise UsageError(f"{path} is not a chart (detected format: {found})")
    if known_artists is not None:
        found = api.format_of(person_path(known_artists))
        if found != _MACHINES:
            raise UsageError(f"{known_artists} is not a list of artists (detected format: {found})")
    catalogue = api.open_catalogue(person_path(into), create=True)
    summaries = []
    lists = [] if known_artists is None else [known_artists]
    for path in [*files, *lists]:
        with TerminalProgress(quiet) as progress:
            held = constants if path not in lists else None
            summary = catalogue.ingest(person_path(path), progress=progress, constants=held)
        summaries.append(summary)
        if as_json:
            write_json(summary.to_json())
        else:
            write(summary_of(summary, into))
    return _status(summaries)


def _status(summaries: Sequence[IngestSummary]) -> Status:
    rejected = any(summary.rejected for summary in summaries)
    return Status.SOME_UNREADABLE if rejected else Status.DONE

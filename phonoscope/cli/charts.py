"""``phonoscope charts``: charts into a catalogue."""

from __future__ import annotations

from typing import Annotated

import typer

from phonoscope.cli.exits import Status
from phonoscope.cli.ingest import ingest_jobs, mapping_of
from phonoscope.cli.options import AsJson, Quiet, person_path
from phonoscope.cli.text_forms import Dates, Decimal, Encoding
from phonoscope.messages import gettext

EXAMPLES = """\b
Examples:
  phonoscope charts hot100.csv --into my-catalogue --chart 'Hot 100' --region us
  phonoscope charts billboard200.csv --into my-catalogue --albums
  phonoscope charts regional-global-weekly-2026-07-02.csv --into my-catalogue
  phonoscope charts list.csv --into my-catalogue --date 2026-07-02 --map Place=rank
  phonoscope charts list.csv --into my-catalogue --known-artists machines.csv
"""
INTERRUPTED = gettext(
    "The catalogue has every finished batch. Run the same command again to resume."
)
_CHARTS = ("charts-csv", "charts-json")
_MACHINES = ("machine-artists", "artist-list")


def charts(
    files: Annotated[
        list[str],
        typer.Argument(
            metavar="FILE...",
            help="CSV or JSON files, or folders of them, with a rank, a title and a performer in "
            "each row. For downloads of Spotify Charts the name of the file gives region, period "
            "and date.",
        ),
    ],
    *,
    into: Annotated[
        str,
        typer.Option("--into", metavar="CATALOGUE", help="Catalogue; created if it doesn't exist."),
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
        typer.Option("--date", metavar="YYYY-MM-DD", help="Day of a chart that doesn't state it."),
    ] = None,
    albums: Annotated[
        bool,
        typer.Option("--albums", help="The entries are albums; they aren't linked to tracks."),
    ] = False,
    mapping: Annotated[
        list[str] | None,
        typer.Option(
            "--map",
            metavar="COLUMN=FIELD",
            help="Read this column of a CSV file as this field; repeat it for each column. Other "
            "columns are read if their names are known. Fields are rank, title, performer, "
            "chart_date, chart, region, track_id, isrc, peak_rank, previous_rank, times_on_chart "
            "and streams.",
        ),
    ] = None,
    known_artists: Annotated[
        str | None,
        typer.Option(
            "--known-artists",
            metavar="LIST",
            help="List of artists that someone calls machines: CSV with a name or id, and perhaps "
            "the claim (says) or its address (evidence_url); lines of names or addresses; or JSON. "
            "It shows who is listed, not who is a machine.",
        ),
    ] = None,
    encoding: Encoding = None,
    decimal: Decimal = None,
    dates: Dates = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> Status:
    """Import charts, to see how much of them is machine-made.

    Each file is a source of its own; a file that is read again replaces its rows.
    --chart, --region and --date override what the file states. Rows that can't be
    kept go to the table rejects with the reason, and the exit status is then 3.

    From Python, catalogue.chart_links() shows which entry is which track or
    recording, by which rule and how sure. The finding 'charts' of the report
    counts them. --json writes one line per file, see docs/ingest-json.md.
    """
    from phonoscope import api

    given = {"chart": chart, "region": region, "chart_date": date}
    constants = {name: value for name, value in given.items() if value is not None}
    if albums:
        constants["entry_kind"] = "album"
    fields = mapping_of(mapping) if mapping else None
    # All files are opened first, so that a refused one makes no catalogue.
    jobs = [
        job
        for path in files
        for job in api.open_sources(
            person_path(path),
            fields,
            constants=constants,
            only=_CHARTS,
            command="charts",
            catalogue=into,
            encoding=encoding,
            decimal=decimal,
            dates=dates,
        )
    ]
    if known_artists is not None:
        jobs += api.open_sources(
            person_path(known_artists), only=_MACHINES, command="artists", catalogue=into
        )
    return ingest_jobs(jobs, into, as_json=as_json, quiet=quiet)

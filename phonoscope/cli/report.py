"""``phonoscope report``: all findings of a catalogue in one file."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from phonoscope.cli.exits import Status
from phonoscope.cli.options import (
    AsJson,
    CatalogueArgument,
    EngineName,
    EngineOption,
    FullPaths,
    Quiet,
    person_path,
)
from phonoscope.cli.progress import TerminalProgress
from phonoscope.cli.terminal import message, write, write_json
from phonoscope.errors import UsageError
from phonoscope.escape import printable

EXAMPLES = """\b
Examples:
  phonoscope report my-catalogue
  phonoscope report my-catalogue --to findings.csv
  phonoscope report my-catalogue --format json --to findings.json
  phonoscope report my-catalogue --claims shipped --fail-on claim
  phonoscope report my-catalogue --source dump.sqlite3 --engine spark
  phonoscope report this-year --compare last-year --to changes.html
"""
INTERRUPTED = "The report was not written; the catalogue is as it was."


class Format(StrEnum):
    """Formats of a report."""

    HTML = "html"
    JSON = "json"
    CSV = "csv"


class ReportFailOn(StrEnum):
    """What ``--fail-on`` may name in a report."""

    CLAIM = "claim"


def report(
    catalogue: CatalogueArgument,
    *,
    to: Annotated[
        str | None,
        typer.Option("--to", metavar="FILE", help="Where to write it. [default: report.FORMAT]"),
    ] = None,
    form: Annotated[
        Format | None,
        typer.Option("--format", help="Format. [default: by the ending of --to, else html]"),
    ] = None,
    claims: Annotated[
        str | None,
        typer.Option(
            "--claims",
            metavar="FILE",
            help="Hold published claims against the catalogue: a YAML file, see docs/claims.md, "
            "or 'shipped' for the list that comes with Phonoscope.",
        ),
    ] = None,
    whole: Annotated[
        bool,
        typer.Option(
            "--whole",
            help="The catalogue is all that the claims speak of, not a sample of it: its numbers "
            "decide, not their intervals.",
        ),
    ] = False,
    compare: Annotated[
        str | None,
        typer.Option(
            "--compare",
            metavar="OTHER",
            help="Put another catalogue beside this one, or the same at another date: what "
            "differs, and by more than chance.",
        ),
    ] = None,
    source: Annotated[
        str | None,
        typer.Option(
            "--source",
            metavar="NAME",
            help="Of the metadata, look at this source only: its path, or its name from --as.",
        ),
    ] = None,
    full_paths: FullPaths = False,
    engine: EngineOption = EngineName.LOCAL,
    fail_on: Annotated[
        ReportFailOn | None,
        typer.Option(
            "--fail-on",
            metavar="WHAT",
            help="Exit with status 1 when a claim does not hold: claim.",
        ),
    ] = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> Status:
    """Write all findings of a catalogue: one self-contained page, JSON or CSV.

    The page needs no network when it is opened. What could not be read is part of it.
    """
    from phonoscope import api
    from phonoscope.findings.claim import Standing
    from phonoscope.findings.claims import SHIPPED

    _check(claims, whole, compare, fail_on)
    chosen = form or _format_of(to)
    path = person_path(to or f"report.{chosen.value}")
    opened = api.open_catalogue(person_path(catalogue), create=False)
    other = None if compare is None else api.open_catalogue(person_path(compare), create=False)
    listed = claims if claims in (None, SHIPPED) else person_path(claims)
    with TerminalProgress(quiet) as progress:
        made = opened.report(
            claims=listed,
            whole=whole,
            compare=other,
            source=source,
            full_paths=full_paths,
            engine=engine.value,
            progress=progress,
        )
    made.write(path, chosen.value)
    standings = {standing.value: made.standings[standing] for standing in Standing}
    if as_json:
        told = {"claims": standings} if claims is not None else {}
        shape = {"report": path, "written_as": chosen.value, **told}
        write_json(shape, "phonoscope-report-file/1")
    else:
        write(printable(path))
        if claims is not None and not quiet:
            message(", ".join(f"{words}: {number}" for words, number in standings.items()))
    failed = fail_on is not None and made.standings[Standing.DOES_NOT] > 0
    return Status.FOUND if failed else Status.DONE


def _check(
    claims: str | None, whole: bool, compare: str | None, fail_on: ReportFailOn | None
) -> None:
    """Check that options belong together, before anything is counted."""
    if claims is not None and compare is not None:
        raise UsageError("--claims and --compare do not go together: make two reports")
    if claims is None and (whole or fail_on is not None):
        raise UsageError("--whole and --fail-on claim need --claims")


def _format_of(to: str | None) -> Format:
    if to is None:
        return Format.HTML
    ending = to.rpartition(".")[2].lower()
    if ending in set(Format):
        return Format(ending)
    raise UsageError(f"{to} ends in no known format; say which: --format html, json or csv")

"""``phonoscope report``: all findings of a catalogue in one file."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from phonoscope.cli.exits import Status
from phonoscope.cli.options import AsJson, CatalogueArgument, Quiet, person_path
from phonoscope.cli.terminal import safe, write, write_json
from phonoscope.errors import UsageError

EXAMPLES = """\b
Examples:
  phonoscope report my-catalogue
  phonoscope report my-catalogue --to findings.csv
  phonoscope report my-catalogue --format json --to findings.json
"""
INTERRUPTED = "The report was not written; the catalogue is as it was."


class Format(StrEnum):
    """Formats of a report."""

    HTML = "html"
    JSON = "json"
    CSV = "csv"


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
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> Status:
    """Write all findings of a catalogue: one self-contained page, JSON or CSV.

    The page needs no network when it is opened. What could not be read is part of it.
    """
    from phonoscope import api

    chosen = form or _format_of(to)
    path = person_path(to or f"report.{chosen.value}")
    opened = api.open_catalogue(person_path(catalogue), create=False)
    opened.report(path, format=chosen.value)
    if as_json:
        write_json({"report": path, "format": chosen.value})
    else:
        write(safe(path))
    return Status.DONE


def _format_of(to: str | None) -> Format:
    if to is None:
        return Format.HTML
    ending = to.rpartition(".")[2].lower()
    if ending in set(Format):
        return Format(ending)
    raise UsageError(f"{to} ends in no known format; say which: --format html, json or csv")

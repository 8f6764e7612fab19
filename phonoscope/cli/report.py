"""``phonoscope report``: all findings of a catalogue in one file."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

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
from phonoscope.cli.pandas_later import pandas_later
from phonoscope.cli.progress import TerminalProgress
from phonoscope.cli.terminal import data, message, program, say_next, write, write_json
from phonoscope.errors import UsageError
from phonoscope.escape import printable
from phonoscope.messages import Localised, gettext, sentences

if TYPE_CHECKING:
    from phonoscope.findings.claim import Standing
    from phonoscope.findings.found import Found

EXAMPLES = """\b
Examples:
  phonoscope report my-catalogue
  phonoscope report my-catalogue --to findings.csv
  phonoscope report my-catalogue --format json --to findings.json
  phonoscope report my-catalogue --claims shipped --fail-on claim
  phonoscope report my-catalogue --source dump.sqlite3 --engine spark
  phonoscope report this-year --compare last-year --to changes.html
"""
INTERRUPTED = gettext("No report was written.")


class Format(StrEnum):
    """Formats of a report."""

    HTML = "html"
    JSON = "json"
    CSV = "csv"


class ReportFailOn(StrEnum):
    """What ``--fail-on`` can name in a report."""

    CLAIM = "claim"


def report(
    catalogue: CatalogueArgument,
    *,
    to: Annotated[
        str | None,
        typer.Option("--to", metavar="FILE", help="File to write.", show_default="report.html"),
    ] = None,
    form: Annotated[
        Format | None,
        typer.Option("--format", help="Format.", show_default="by the ending of --to"),
    ] = None,
    claims: Annotated[
        str | None,
        typer.Option(
            "--claims",
            metavar="FILE",
            help="Check published claims: a YAML file (see docs/claims.md), or 'shipped' for the "
            "list that comes with Phonoscope.",
        ),
    ] = None,
    whole: Annotated[
        bool,
        typer.Option(
            "--whole",
            help="With --claims: treat the catalogue as everything the claims cover, not a sample.",
        ),
    ] = False,
    compare: Annotated[
        str | None,
        typer.Option(
            "--compare",
            metavar="OTHER",
            help="Compare with another catalogue, or an earlier state of this one.",
        ),
    ] = None,
    source: Annotated[
        str | None,
        typer.Option(
            "--source",
            metavar="NAME",
            help="Use metadata from this source only: its path, or its name from --as.",
        ),
    ] = None,
    full_paths: FullPaths = False,
    engine: EngineOption = EngineName.LOCAL,
    fail_on: Annotated[
        ReportFailOn | None,
        typer.Option(
            "--fail-on",
            metavar="WHAT",
            help="Exit with status 1 if a claim doesn't hold: claim.",
        ),
    ] = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> Status:
    """Write a report of all findings: HTML, JSON or CSV.

    The HTML page is one file that needs no network. It also lists what could not be read.
    """
    from phonoscope import api
    from phonoscope.findings.claim import Standing
    from phonoscope.findings.claims import SHIPPED
    from phonoscope.findings.report import check_destination

    _check(claims, whole, compare, fail_on)
    pandas_later()
    chosen = form or _format_of(to)
    path = person_path(to or f"report.{chosen.value}")
    check_destination(path, chosen.value)
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
    standings = None if claims is None else made.standings
    if as_json:
        _write_json(path, chosen, standings)
    else:
        write(data(path))
        if standings is not None and not quiet:
            message(_claims(standings))
        say_next(_next(catalogue), quiet)
    status = _say_left_out(made.found)
    failed = fail_on is not None and made.standings[Standing.DOES_NOT] > 0
    return Status.FOUND if failed and status is Status.DONE else status


def _write_json(path: str, form: Format, standings: Mapping[Standing, int] | None) -> None:
    shape: dict[str, Any] = {"report": path, "written_as": form.value}
    if standings is not None:
        from phonoscope.findings.claim import Standing

        shape["claims"] = {standing.value: standings[standing] for standing in Standing}
    write_json(shape, "phonoscope-report-file/1")


def _say_left_out(found: Iterable[Found]) -> Status:
    """Say what left questions without an answer: damaged parts, and values that can't be."""
    from phonoscope.findings.found import DAMAGED, FAILED

    left_out = {one.answer.headline: one.answer.reason for one in found}
    for headline, reason in left_out.items():
        if reason in (DAMAGED, FAILED):
            message(sentences("phonoscope:", headline))
    if {DAMAGED, FAILED} & {*left_out.values()}:
        message(gettext("The report says which questions have no answer because of that."))
        return Status.SOME_UNREADABLE
    return Status.DONE


def _claims(standings: Mapping[Standing, int]) -> Localised:
    from phonoscope.findings.claim import Standing

    return gettext(
        "Claims: {holds} hold, {fails} don't hold, {unknown} can't be checked.",
        holds=standings[Standing.HOLDS],
        fails=standings[Standing.DOES_NOT],
        unknown=standings[Standing.UNTOLD],
    )


def _next(catalogue: str) -> Localised:
    command = printable(f"{program()} serve {shlex.quote(catalogue)}")
    return gettext("Next: open the report, or browse the catalogue: {command}", command=command)


def _check(
    claims: str | None, whole: bool, compare: str | None, fail_on: ReportFailOn | None
) -> None:
    """Check that options belong together, before anything is computed."""
    if claims is not None and compare is not None:
        raise UsageError(
            gettext("--claims and --compare can't be combined. Write two reports."),
            code="options-exclude-each-other",
        )
    if claims is None and (whole or fail_on is not None):
        raise UsageError(
            gettext("--whole and --fail-on claim need --claims."), code="option-missing"
        )


def _format_of(to: str | None) -> Format:
    if to is None:
        return Format.HTML
    ending = to.rpartition(".")[2].lower()
    if ending in set(Format):
        return Format(ending)
    wrong = gettext("The format of {file} is unknown.", file=printable(to))
    raise UsageError(
        sentences(wrong, gettext("Name it: --format html, json or csv.")), code="unknown-format"
    )

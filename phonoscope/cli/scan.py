"""``phonoscope scan``: examine recordings and keep the answers in a catalogue."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Annotated

import typer

from phonoscope.cli.exits import Status
from phonoscope.cli.options import (
    AsJson,
    EngineName,
    EngineOption,
    FailOnOption,
    FalseAlarms,
    Quiet,
    TimeLimit,
    Workers,
    names_any_in,
    person_path,
    settings_with,
)
from phonoscope.cli.progress import TerminalProgress
from phonoscope.cli.quantities import span, speed
from phonoscope.cli.terminal import columns, painted, program, write, write_json
from phonoscope.escape import printable
from phonoscope.text import counted

if TYPE_CHECKING:
    from phonoscope.api import ScanSummary

EXAMPLES = """\b
Examples:
  phonoscope scan ~/Music --into my-catalogue
  phonoscope scan deliveries.csv s3://bucket/inbox --into my-catalogue --workers 8
  phonoscope scan ~/Music --into my-catalogue --false-alarms 0.0001
  phonoscope scan /mnt/archive --into my-catalogue --engine spark --quiet --json
"""
INTERRUPTED = (
    "Every finished batch is in the catalogue, whole; the same command goes on where it stopped."
)


def scan(
    sources: Annotated[
        list[str],
        typer.Argument(
            metavar="PATH",
            help="Files, folders, manifests (csv, parquet or txt with one path or URI a row) or "
            "URIs such as s3://bucket/folder.",
        ),
    ],
    *,
    into: Annotated[
        str, typer.Option("--into", metavar="CATALOGUE", help="Catalogue; made when it is new.")
    ],
    engine: EngineOption = EngineName.LOCAL,
    fail_on: FailOnOption = None,
    as_json: AsJson = False,
    workers: Workers = None,
    time_limit: TimeLimit = None,
    false_alarms: FalseAlarms = None,
    quiet: Quiet = False,
) -> Status:
    """Examine every recording under some paths and keep the answers in a catalogue.

    A file that did not change since the last scan is not read again, and a scan that was
    stopped goes on where it stopped. A file that cannot be read is kept as a row with the
    reason; the exit status is then 3. --false-alarms holds for what this scan examines; each
    verdict is kept with the share it was made with.
    """
    from phonoscope import api

    catalogue = api.open_catalogue(person_path(into), create=True)
    with TerminalProgress(quiet) as progress:
        summary = catalogue.scan(
            *(person_path(source) for source in sources),
            engine=engine.value,
            settings=settings_with(workers, time_limit, false_alarms),
            progress=progress,
        )
    if as_json:
        write_json(summary.to_json())
    else:
        write(summary_of(summary, into))
    if names_any_in(fail_on, catalogue):
        return Status.FOUND
    return Status.SOME_UNREADABLE if summary.unreadable else Status.DONE


def summary_of(summary: ScanSummary, into: str) -> str:
    """Return what a scan came to, as a block of lines.

    Parameters
    ----------
    summary
        What the scan returned.
    into
        Catalogue, as the user named it.
    """
    known = [
        f"{summary.unchanged:,} unchanged since the last scan" if summary.unchanged else "",
        f"{summary.duplicates:,} the same bytes as another" if summary.duplicates else "",
    ]
    aside = "; ".join(part for part in known if part)
    rows = [
        ("files", counted(summary.listed, "file") + (f" ({aside})" if aside else "")),
        ("examined", _examined(summary)),
        ("unreadable", _unreadable(summary.unreadable_kinds, into)),
    ]
    if summary.examined:
        pace = speed(summary.examined, summary.audio_s, summary.wall_s)
        rows.append(("speed", f"{pace} (in {span(summary.wall_s)})"))
    return f"{painted(f'Scanned into {printable(into)}', 'bold')}\n{columns(rows)}"


def _examined(summary: ScanSummary) -> str:
    if not summary.examined:
        return "nothing new"
    return f"{counted(summary.examined, 'recording')}, {span(summary.audio_s)} of sound"


def _unreadable(kinds: dict[str, int], into: str) -> str:
    if not kinds:
        return "none"
    reasons = ", ".join(f"{count:,} {kind}" for kind, count in kinds.items())
    query = "select uri, error from files where error is not null"
    number = counted(sum(kinds.values()), "file")
    command = f"{shlex.quote(program())} sql {shlex.quote(into)} '{query}'"
    return f"{number}: {reasons}\n{printable(command)}"

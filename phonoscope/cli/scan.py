"""``phonoscope scan``: analyse recordings and store the results in a catalogue."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Annotated

import typer

from phonoscope.cli.exits import Status
from phonoscope.cli.new_catalogue import catalogue_for
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
from phonoscope.cli.terminal import (
    columns,
    painted,
    program,
    say_next,
    wrapped,
    write,
    write_json,
)
from phonoscope.escape import printable
from phonoscope.messages import Joined, Localised, gettext, lines, ngettext, sentences

if TYPE_CHECKING:
    from phonoscope.api import ScanSummary

EXAMPLES = """\b
Examples:
  phonoscope scan ~/Music --into my-catalogue
  phonoscope scan list.csv s3://bucket/inbox --into my-catalogue --workers 8
  phonoscope scan ~/Music --into my-catalogue --false-alarms 0.0001
  phonoscope scan ~/Music --into my-catalogue --again-if-model-changed
  phonoscope scan /mnt/archive --into my-catalogue --engine spark --quiet --json
"""
AGAIN = "--again-if-model-changed"
INTERRUPTED = gettext("Everything analysed so far is stored. Run the same command to continue.")


def scan(
    sources: Annotated[
        list[str],
        typer.Argument(
            metavar="PATH",
            help="Files, folders, URIs such as s3://bucket/folder, or lists of them (csv, parquet "
            "or txt, one per row; m3u, m3u8 or cue).",
        ),
    ],
    *,
    into: Annotated[
        str, typer.Option("--into", metavar="CATALOGUE", help="Catalogue to write to; may be new.")
    ],
    engine: EngineOption = EngineName.LOCAL,
    fail_on: FailOnOption = None,
    as_json: AsJson = False,
    workers: Workers = None,
    time_limit: TimeLimit = None,
    false_alarms: FalseAlarms = None,
    again_if_model_changed: Annotated[
        bool,
        typer.Option(
            AGAIN,
            help="Analyse recordings again that another version's model scored.",
        ),
    ] = False,
    quiet: Quiet = False,
) -> Status:
    """Analyse a music folder and store the results.

    Files that haven't changed since the last scan are skipped, and a stopped scan resumes. A file
    that can't be read is stored with the reason, and the exit status is 3.

    Each verdict is stored with the --false-alarms of its scan. Files that are already in the
    catalogue keep theirs.

    Verdicts of another version's model also stay as they are. --again-if-model-changed decodes
    those recordings again and stores new verdicts. A recording whose file is gone keeps its own.
    """
    settings = settings_with(workers, time_limit, false_alarms)
    with catalogue_for(into) as catalogue:
        with TerminalProgress(quiet) as progress:
            summary = catalogue.scan(
                *(person_path(source) for source in sources),
                engine=engine.value,
                settings=settings,
                progress=progress,
                again_if_model_changed=again_if_model_changed,
            )
        if as_json:
            write_json(summary.to_json())
        else:
            write(summary_of(summary, into))
            say_next(_next(into), quiet)
        if names_any_in(fail_on, catalogue):
            return Status.FOUND
    return Status.SOME_UNREADABLE if summary.unreadable else Status.DONE


def _next(into: str) -> Localised:
    report = f"{shlex.quote(program())} report {shlex.quote(into)} --to report.html"
    return gettext("Next: {command}", command=printable(report))


def summary_of(summary: ScanSummary, into: str) -> str:
    """Return the results of a scan as a block of lines.

    Parameters
    ----------
    summary
        What the scan returned.
    into
        Catalogue, as the user named it.
    """
    rows: list[tuple[str, str]] = [
        (gettext("files"), _files(summary)),
        (gettext("analysed"), _analysed(summary)),
        (gettext("unreadable"), _unreadable(summary.unreadable_kinds, into)),
    ]
    if said := _other_model(summary):
        rows.append((gettext("model"), wrapped(sentences(*said))))
    if summary.examined:
        pace = speed(summary.examined, summary.audio_s, summary.wall_s)
        took = gettext("{speed}; took {time}", speed=pace, time=span(summary.wall_s))
        rows.append((gettext("speed"), took))
    title = gettext("Scanned into {catalogue}", catalogue=printable(into))
    return f"{painted(title, 'bold')}\n{columns(rows)}"


def _files(summary: ScanSummary) -> Localised:
    facts = [ngettext("{n} file", "{n} files", summary.listed)]
    if summary.unchanged:
        facts.append(gettext("{n} unchanged since the last scan", n=summary.unchanged))
    if summary.duplicates:
        facts.append(
            ngettext(
                "{n} identical to another file", "{n} identical to other files", summary.duplicates
            )
        )
    return Joined("; ", tuple(facts))


def _analysed(summary: ScanSummary) -> Localised:
    if not summary.examined:
        return gettext("nothing new")
    return ngettext(
        "{n} recording, {time} of audio",
        "{n} recordings, {time} of audio",
        summary.examined,
        time=span(summary.audio_s),
    )


def _other_model(summary: ScanSummary) -> list[str]:
    """Return what became of the recordings that another model scored; nothing if there is none."""
    said: list[str] = []
    if summary.not_examined_again is None:
        if summary.other_model:
            said.append(
                ngettext(
                    "{n} recording was scored by another model. To analyse it again, add {option}.",
                    "{n} recordings were scored by another model. To analyse them again, add "
                    "{option}.",
                    summary.other_model,
                    option=AGAIN,
                )
            )
        return said
    if summary.examined_again:
        said.append(
            ngettext(
                "{n} recording was scored by another model and was analysed again.",
                "{n} recordings were scored by another model and were analysed again.",
                summary.examined_again,
            )
        )
    if summary.not_examined_again:
        said.append(
            ngettext(
                "{n} recording keeps the verdict of another model: its file wasn't found here, or "
                "can't be analysed.",
                "{n} recordings keep the verdict of another model: their files weren't found here, "
                "or can't be analysed.",
                summary.not_examined_again,
            )
        )
    return said


def _unreadable(kinds: dict[str, int], into: str) -> Localised:
    if not kinds:
        return gettext("none")
    reasons = [gettext("{n} {kind}", n=count, kind=kind) for kind, count in kinds.items()]
    query = "select uri, error from files where error is not null"
    command = f"{shlex.quote(program())} sql {shlex.quote(into)} '{query}'"
    found = ngettext(
        "{n} file: {reasons}",
        "{n} files: {reasons}",
        sum(kinds.values()),
        reasons=Joined(", ", tuple(reasons)),
    )
    return lines([found, gettext("List them: {command}", command=printable(command))])

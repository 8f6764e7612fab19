"""``phonoscope check``: analyse files and print the results."""

from __future__ import annotations

import os
import shutil
import sys
from contextlib import closing
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from phonoscope.cli.exits import Status
from phonoscope.cli.log import is_logging
from phonoscope.cli.options import (
    AsJson,
    FailOnOption,
    FalseAlarms,
    Quiet,
    TimeLimit,
    Workers,
    names_it,
    person_path,
    settings_with,
)
from phonoscope.cli.progress import TerminalProgress
from phonoscope.cli.terminal import (
    columns,
    message,
    program,
    say_next,
    wrapped,
    write,
    write_json,
)
from phonoscope.errors import UsageError
from phonoscope.messages import gettext, sentences
from phonoscope.text import percent

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from phonoscope.analysis import Analysis
    from phonoscope.api import Catalogue

EXAMPLES = """\b
Examples:
  phonoscope check song.mp3
  phonoscope check album/
  phonoscope check --false-alarms 0.0001 song.mp3
  phonoscope check --in my-catalogue song.mp3
  phonoscope check --json album/ | jq -r 'select(.declared != []) | .file'
  phonoscope check --fail-on generated --fail-on declared inbox/*.flac
"""
INTERRUPTED = gettext("The results so far are above; nothing is stored.")
IN_FULL = 3
"""Up to this many files are shown with all details, unless ``--full`` asks for them anyway."""


def check(
    files: Annotated[
        list[str],
        typer.Argument(metavar="FILE", help="Audio or video files, or folders of them."),
    ],
    *,
    as_json: AsJson = False,
    full: Annotated[
        bool, typer.Option("--full", help="Show all details of each file, as -v does.")
    ] = False,
    fail_on: FailOnOption = None,
    workers: Workers = None,
    time_limit: TimeLimit = None,
    false_alarms: FalseAlarms = None,
    in_catalogue: Annotated[
        str | None,
        typer.Option(
            "--in",
            metavar="CATALOGUE",
            help="Also judge each file by the human recordings of a calibrated catalogue.",
        ),
    ] = None,
    quiet: Quiet = False,
) -> Status:
    """Analyse audio files and explain each verdict.

    Up to three files are shown in detail. More files are listed one per line, generated ones
    first. Nothing is stored and nothing leaves this machine.

    'undecided' and 'no sign found' don't mean that a person made the recording.
    """
    from phonoscope import api

    settings = settings_with(workers, time_limit, false_alarms)
    opened = None if in_catalogue is None else _calibrated(person_path(in_catalogue))
    paths = api.listed(files)
    done: list[Analysis] = []
    try:
        with (
            TerminalProgress(quiet) as progress,
            # Closed on Ctrl-C and when nobody reads on: that ends the workers.
            closing(cast("Generator[Analysis]", api.check(paths, settings=settings))) as analyses,
        ):
            progress.start("scan", unit="files", total=len(paths))
            for analysis in analyses:
                if as_json:
                    local = {} if opened is None else {"local": _local_json(opened, analysis)}
                    with progress.aside():
                        write_json({**analysis.to_json(), **local})
                done.append(analysis)
                progress.advance(
                    audio_s=analysis.duration_s or 0.0,
                    unreadable=int(analysis.error is not None),
                    generated=int(analysis.verdict.verdict.value == "generated"),
                )
    finally:
        # Also after Ctrl-C: what was analysed is worth reading.
        if not as_json:
            in_full = full or is_logging() or len(paths) <= IN_FULL
            _show(done, opened, in_full=in_full, quiet=quiet)
    if any(names_it(fail_on, analysis) for analysis in done):
        return Status.FOUND
    unreadable = any(analysis.error is not None for analysis in done)
    return Status.SOME_UNREADABLE if unreadable else Status.DONE


def _calibrated(path: str) -> Catalogue:
    """Open a catalogue; without a calibration there is nothing to judge by."""
    from phonoscope import api

    opened = api.open_catalogue(path, create=False)
    if not opened.sql("from calibrations limit 1").read_all().num_rows:
        why = gettext("{path} has no calibration. See 'phonoscope calibrate'.", path=path)
        raise UsageError(why, code="no-calibration")
    return opened


def _local_json(opened: Catalogue, analysis: Analysis) -> dict[str, Any] | None:
    local = opened.local_p_value(analysis)
    return None if local is None else local.to_json()


def _local(opened: Catalogue, analysis: Analysis) -> str:
    """Return the local p-value of a file, as a line of its block."""
    from phonoscope.view.local_p_value import local_note

    local = opened.local_p_value(analysis)
    if local is None:
        return ""
    found = local.ignored
    if local.p_value is not None:
        rare = gettext(
            "{share} of this catalogue's human recordings look this much like a generator's "
            "output.",
            share=percent(local.p_value),
        )
        found = sentences(rare, local_note(local))
    return "\n" + columns([(gettext("catalogue"), wrapped(found))])


def _show(
    done: Sequence[Analysis], opened: Catalogue | None, *, in_full: bool, quiet: bool
) -> None:
    from phonoscope.cli import verdict_list
    from phonoscope.cli.analysis_summary import block_of

    ordered = verdict_list.ordered(done)
    if in_full:
        for analysis in ordered:
            local = "" if opened is None or analysis.error else _local(opened, analysis)
            write(block_of(analysis).rstrip("\n") + local + "\n")
    elif ordered:
        write("\n".join(verdict_list.lines_of(ordered, _width())))
    if not ordered or quiet:
        return
    sys.stdout.flush()
    if len(ordered) > 1:
        message(wrapped(verdict_list.summary(ordered), indent=0))
    command = f"{program()} scan FOLDER --into my-catalogue"
    say_next(gettext("Next: '{command}' stores the results.", command=command), quiet)


def _width() -> int:
    """Return how many columns a line may take; without limit where it's no terminal."""
    if not sys.stdout.isatty():
        return sys.maxsize
    return shutil.get_terminal_size((int(os.environ.get("COLUMNS", "80")), 24)).columns

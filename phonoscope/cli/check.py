"""``phonoscope check``: analyse files and print the results."""

from __future__ import annotations

import os
import shutil
import sys
from contextlib import closing
from typing import TYPE_CHECKING, Annotated, cast

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
    settings_with,
)
from phonoscope.cli.progress import TerminalProgress
from phonoscope.cli.terminal import message, program, say_next, wrapped, write, write_json
from phonoscope.messages import gettext

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from phonoscope.analysis import Analysis

EXAMPLES = """\b
Examples:
  phonoscope check song.mp3
  phonoscope check album/
  phonoscope check --false-alarms 0.0001 song.mp3
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
    quiet: Quiet = False,
) -> Status:
    """Analyse audio files and explain each verdict.

    Up to three files are shown in detail. More files are listed one per line, generated ones
    first. Nothing is stored and nothing leaves this machine.

    'undecided' and 'no sign found' don't mean that a person made the recording.
    """
    from phonoscope import api

    settings = settings_with(workers, time_limit, false_alarms)
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
                    with progress.aside():
                        write_json(analysis.to_json())
                done.append(analysis)
                progress.advance(
                    audio_s=analysis.duration_s or 0.0,
                    unreadable=int(analysis.error is not None),
                    generated=int(analysis.verdict.verdict.value == "generated"),
                )
    finally:
        # Also after Ctrl-C: what was analysed is worth reading.
        if not as_json:
            _show(done, in_full=full or is_logging() or len(paths) <= IN_FULL, quiet=quiet)
    if any(names_it(fail_on, analysis) for analysis in done):
        return Status.FOUND
    unreadable = any(analysis.error is not None for analysis in done)
    return Status.SOME_UNREADABLE if unreadable else Status.DONE


def _show(done: Sequence[Analysis], *, in_full: bool, quiet: bool) -> None:
    from phonoscope.cli import verdict_list
    from phonoscope.cli.analysis_summary import block_of

    ordered = verdict_list.ordered(done)
    if in_full:
        for analysis in ordered:
            write(block_of(analysis))
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

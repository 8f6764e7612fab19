"""``phonoscope check``: examine files and print what they show."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Annotated, cast

import typer

from phonoscope.cli.exits import Status
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
from phonoscope.cli.terminal import finish_stdout, write, write_json

if TYPE_CHECKING:
    from collections.abc import Generator

    from phonoscope.analysis import Analysis

EXAMPLES = """\b
Examples:
  phonoscope check song.mp3
  phonoscope check --false-alarms 0.0001 song.mp3
  phonoscope check --json album/ | jq -r 'select(.declared != []) | .file'
  phonoscope check --fail-on generated --fail-on declared inbox/*.flac || echo look
"""
INTERRUPTED = "What was printed is complete; nothing else was kept."


def _show(analysis: Analysis, as_json: bool, as_block: bool) -> None:
    from phonoscope.cli.analysis_summary import block_of, line_of

    if as_json:
        write_json(analysis.to_json())
    else:
        write(block_of(analysis) if as_block else line_of(analysis))
        finish_stdout()


def check(
    files: Annotated[
        list[str],
        typer.Argument(metavar="FILE", help="Audio or video files, or folders of them."),
    ],
    *,
    as_json: AsJson = False,
    full: Annotated[
        bool, typer.Option("--full", help="Print a block for every file, not one line for many.")
    ] = False,
    fail_on: FailOnOption = None,
    workers: Workers = None,
    time_limit: TimeLimit = None,
    false_alarms: FalseAlarms = None,
    quiet: Quiet = False,
) -> Status:
    """Examine files and print verdict, evidence and declared marks.

    One file is printed as a block, several as a line each. Nothing is stored and nothing
    leaves this machine. 'undecided' and 'no-sign-found' do not mean that a person made it.
    """
    from phonoscope import api

    settings = settings_with(workers, time_limit, false_alarms)
    paths = api.listed(files)
    as_block = full or len(paths) == 1
    found = unreadable = False
    with (
        TerminalProgress(quiet) as progress,
        # Closed on Ctrl-C and when nobody reads on: that ends the workers.
        closing(cast("Generator[Analysis]", api.check(paths, settings=settings))) as analyses,
    ):
        progress.start("scan", unit="files", total=len(paths))
        for analysis in analyses:
            with progress.aside():
                _show(analysis, as_json, as_block)
            failed = analysis.error is not None
            progress.advance(audio_s=analysis.duration_s or 0.0, unreadable=int(failed))
            found = found or names_it(fail_on, analysis)
            unreadable = unreadable or failed
    if found:
        return Status.FOUND
    return Status.SOME_UNREADABLE if unreadable else Status.DONE

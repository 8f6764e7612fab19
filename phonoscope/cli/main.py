"""The program ``phonoscope``: its commands, in the order a newcomer needs them."""

from __future__ import annotations

import os
import sys
from types import ModuleType
from typing import Annotated

import typer

from phonoscope.cli import (
    charts,
    check,
    compact,
    copies,
    demo,
    dossier,
    find,
    ingest,
    label,
    plays,
    report,
    scan,
    serve,
    share,
    sql,
    version,
    voices,
)
from phonoscope.cli.exits import Status, guarded
from phonoscope.cli.terminal import drop_stdout, message, prepare

HELP = """The open microscope for music catalogues.

Shows what was machine-made, what files declare of themselves and what a whole catalogue
looks like, with the evidence. Works offline: nothing is ever sent anywhere, and only
'demo' downloads anything.

\b
Exit status of every command:
  0    done; nothing found that --fail-on names
  1    done; found what --fail-on names
  2    not done: wrong usage, or something cannot be opened or written
  3    done, but some inputs could not be read; each is reported
  70   a fault of Phonoscope itself
  130  stopped by Ctrl-C; what it left behind is whole, and it says what
  141  whoever read the output stopped reading, as in '| head'

Progress and remarks go to stderr, data to stdout.
"""
EXAMPLES = """\b
Examples:
  phonoscope demo
  phonoscope check song.mp3
  phonoscope scan ~/Music --into my-catalogue
  phonoscope report my-catalogue --to report.html
"""

app = typer.Typer(
    name="phonoscope",
    help=HELP,
    epilog=EXAMPLES,
    no_args_is_help=True,
    add_completion=False,
    # Plain help pipes, reads aloud and starts faster than boxes.
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 88},
)


def _add(name: str, module: ModuleType, function: str = "") -> None:
    command = guarded(getattr(module, function or name), interrupted=module.INTERRUPTED)
    app.command(name, epilog=module.EXAMPLES)(command)


_add("demo", demo)
_add("check", check)
_add("scan", scan)
_add("ingest", ingest)
_add("charts", charts)
_add("plays", plays)
_add("find", find)
_add("copies", copies)
app.add_typer(label.app)
_add("report", report)
_add("share", share)
_add("dossier", dossier)
_add("voices", voices)
_add("sql", sql)
_add("serve", serve)
_add("compact", compact)
_add("version", version, "show_version")


def _print_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version as installed

        typer.echo(f"phonoscope {installed('phonoscope')}")
        raise typer.Exit


@app.callback()
def _common(
    debug: Annotated[
        bool,
        typer.Option("--debug", help="Show where an error happened; as PHONOSCOPE_DEBUG=1 does."),
    ] = False,
    _version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version."
        ),
    ] = False,
) -> None:
    if debug:
        os.environ["PHONOSCOPE_DEBUG"] = "1"


def main() -> None:
    """Run the program; never returns."""
    prepare()
    try:
        app(prog_name="phonoscope")
    except KeyboardInterrupt:
        message("Stopped before anything was done.")
        sys.exit(Status.INTERRUPTED)
    except BrokenPipeError:
        drop_stdout()
        sys.exit(Status.READER_GONE)


if __name__ == "__main__":
    main()

"""The program ``phonoscope``: its commands, in the order a newcomer needs them."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from functools import cache
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from phonoscope.cli.command import Command
from phonoscope.cli.exits import Status, guarded
from phonoscope.cli.terminal import drop_stdout, message, prepare
from phonoscope.errors import PluginError
from phonoscope.plugins import collected, without_duplicates

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


class Commands(TyperGroup):
    """The commands, and those of plugins where the built-in ones don't answer.

    Looking for plugins costs time, so a built-in command starts without it. Typer brings Click as a
    private copy, so its types have no public name to annotate with.
    """

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Return a command by name."""
        own = super().get_command(ctx, cmd_name)
        return own if own is not None else _outside().get(cmd_name)

    def list_commands(self, ctx: Any) -> list[str]:
        """Return the names of all commands."""
        return [*super().list_commands(ctx), *_outside()]


@cache
def _outside() -> Mapping[str, Any]:
    """Return the commands of plugins from outside, by name."""
    try:
        given = collected("phonoscope_commands")
        without_duplicates("phonoscope_commands", (one.name for one in given))
    except PluginError as error:
        message(str(error))
        raise typer.Exit(Status.NOT_DONE) from error
    program = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False)
    program.callback()(lambda: None)
    for one in given:
        _add(program, one)
    own = {one.name for one in collected("phonoscope_commands", outside=False)}
    group = typer.main.get_group(program)
    return {name: made for name, made in group.commands.items() if name not in own}


app = typer.Typer(
    cls=Commands,
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


def _add(program: typer.Typer, command: Command) -> None:
    if isinstance(command.function, typer.Typer):
        program.add_typer(command.function, name=command.name)
        return
    run = guarded(command.function, interrupted=command.interrupted)
    program.command(command.name, epilog=command.examples or None)(run)


for _one in collected("phonoscope_commands", outside=False):
    _add(app, _one)


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

"""The program ``phonoscope``: its commands, in the order a newcomer needs them."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from functools import cache
from importlib import import_module
from typing import Annotated, Any

import typer
from typer.exceptions import TyperException

from phonoscope.cli.command import COMPLETE, Command
from phonoscope.cli.exits import Status, guarded
from phonoscope.cli.help import HelpCommand, HelpGroup
from phonoscope.cli.terminal import drop_stdout, message, prepare
from phonoscope.errors import PhonoscopeError, PluginError, UsageError
from phonoscope.escape import printable
from phonoscope.messages import gettext, lines, sentences
from phonoscope.plugins import collected, without_duplicates
from phonoscope.threads import limit_process

HELP = """The open microscope for music catalogues.

See which recordings are machine-made, what files declare about themselves, which recordings are
copies, and what a whole catalogue looks like. Everything runs on this machine. Nothing is sent
anywhere, and only 'demo' downloads anything.

Results go to stdout; progress and messages go to stderr.
"""
EXAMPLES = """\b
Examples:
  phonoscope demo
  phonoscope check song.mp3
  phonoscope scan ~/Music --into my-catalogue
  phonoscope report my-catalogue --to report.html
"""
EXIT_STATUS = (
    (Status.DONE, gettext("Done.")),
    (Status.FOUND, gettext("Done, and found what --fail-on names.")),
    (Status.NOT_DONE, gettext("Not done: wrong usage, or something can't be opened or written.")),
    (Status.SOME_UNREADABLE, gettext("Done, but some inputs can't be read. Each one is reported.")),
    (Status.FAULT, gettext("A bug in Phonoscope.")),
    (Status.INTERRUPTED, gettext("Stopped by Ctrl-C.")),
    (Status.READER_GONE, gettext("The program that reads the output stopped, as in '| head'.")),
)
"""Exit statuses, which are the same for every command."""


class Commands(HelpGroup):
    """The commands, and those of plugins where the built-in ones don't answer.

    Looking for plugins costs time, so a built-in command starts without it.
    """

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Return a command by name."""
        own = super().get_command(ctx, cmd_name)
        return own if own is not None else _outside().get(cmd_name)

    def list_commands(self, ctx: Any) -> list[str]:
        """Return the names of all commands."""
        return [*_OWN, *_outside()]

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Return the command that a command line names, with the rest of the line."""
        name = args[0]
        if not name.startswith("-") and self.get_command(ctx, name) is None:
            raise _no_such_command(name, self.list_commands(ctx))
        return super().resolve_command(ctx, args)

    def more_sections(self) -> Iterator[tuple[str, list[tuple[str, str]]]]:
        """Yield the exit statuses as a section."""
        yield gettext("Exit status"), [(str(int(code)), text) for code, text in EXIT_STATUS]


def _no_such_command(name: str, names: Sequence[str]) -> UsageError:
    similar = get_close_matches(name, names)
    if similar:
        wrong = gettext(
            "There's no command {name}. Did you mean {similar}?",
            name=printable(name),
            similar=" ".join(similar),
        )
    else:
        wrong = gettext("There's no command {name}.", name=printable(name))
    listed = gettext("All commands: {command}", command="phonoscope --help")
    return UsageError(lines([wrong, listed]), code="unknown-command")


@cache
def _outside() -> Mapping[str, Any]:
    """Return the commands of plugins from outside, by name."""
    try:
        given = collected("phonoscope_commands")
        without_duplicates("phonoscope_commands", (one.name for one in given))
    except PluginError as error:
        message(sentences("phonoscope:", error.message))
        raise typer.Exit(Status.NOT_DONE) from error
    program = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False)
    program.callback()(lambda: None)
    for one in given:
        _add(program, one)
    own = {one.name for one in collected("phonoscope_commands", outside=False)}
    group = typer.main.get_group(program)
    return {name: made for name, made in group.commands.items() if name not in own}


def _empty() -> typer.Typer:
    """Return the program without a command."""
    return typer.Typer(
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


app = _empty()
"""The program with all commands."""


def _add(program: typer.Typer, command: Command) -> None:
    panel = command.group or None
    if isinstance(command.function, typer.Typer):
        for one in command.function.registered_commands:
            one.cls = HelpCommand
        program.add_typer(command.function, name=command.name, cls=HelpGroup, rich_help_panel=panel)
        return
    run = guarded(command.function, interrupted=command.interrupted)
    program.command(
        command.name, cls=HelpCommand, epilog=command.examples or None, rich_help_panel=panel
    )(run)


for _one in (_built_in := collected("phonoscope_commands", outside=False)):
    _add(app, _one)
_OWN = tuple(one.name for one in _built_in)
"""Names of the built-in commands, in the order of the help."""


def _print_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version as installed

        typer.echo(f"phonoscope {installed('phonoscope')}")
        raise typer.Exit


@app.callback()
def _common(
    debug: Annotated[
        bool,
        typer.Option("--debug", help="Show where in the code an error happened."),
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


def _program(arguments: Sequence[str]) -> typer.Typer:
    """Return the program for a command line: with one command, where the line begins with it.

    Typer reads the signatures of all commands of a program, which takes 0.1 CPU-s.
    """
    name = next((one for one in arguments if one != "--debug"), "")
    called = [one for one in _built_in if one.name == name]
    if not called or COMPLETE in os.environ:
        return app
    program = _empty()
    program.callback()(_common)
    _add(program, *called)
    return program


def main() -> None:
    """Run the program; never returns."""
    limit_process()
    prepare()
    try:
        sys.exit(_run())
    except KeyboardInterrupt:
        message(gettext("Stopped before anything was done."))
        sys.exit(Status.INTERRUPTED)
    except BrokenPipeError:
        drop_stdout()
        sys.exit(Status.READER_GONE)


def _run() -> int:
    if COMPLETE in os.environ:
        # A shell asks what the Tab key offers.
        import_module("typer.completion").completion_init()
    try:
        program = _program(sys.argv[1:])
        return int(program(prog_name="phonoscope", standalone_mode=False) or 0)
    except PhonoscopeError as error:
        message(sentences("phonoscope:", error.message))
    except TyperException as error:
        if type(error).__name__ == "NoArgsIsHelpError":
            message(error.message)
        else:
            from phonoscope.cli.usage_errors import explained

            message(sentences("phonoscope:", explained(error)))
    return Status.NOT_DONE


if __name__ == "__main__":
    main()

"""``phonoscope completion``: the Tab key completes commands and options."""

from __future__ import annotations

import os
from enum import StrEnum
from importlib import import_module
from pathlib import PurePath
from typing import Annotated, Any

import typer

from phonoscope.cli.command import COMPLETE
from phonoscope.cli.exits import Status
from phonoscope.cli.options import AsJson, Quiet
from phonoscope.cli.terminal import message, write, write_json
from phonoscope.errors import UsageError
from phonoscope.escape import printable
from phonoscope.messages import gettext, lines

EXAMPLES = """\b
Examples:
  phonoscope completion --install
  phonoscope completion fish --install
  eval "$(phonoscope completion bash)"
"""
INTERRUPTED = gettext("Nothing was changed.")
_PROGRAM = "phonoscope"


class Shell(StrEnum):
    """Shells that are supported."""

    BASH = "bash"
    ZSH = "zsh"
    FISH = "fish"


def completion(
    shell: Annotated[
        Shell | None,
        typer.Argument(
            metavar="SHELL", help="bash, zsh or fish.", show_default="the shell in $SHELL"
        ),
    ] = None,
    *,
    install: Annotated[
        bool, typer.Option("--install", help="Add it to your shell's startup files.")
    ] = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> Status:
    """Print or install Tab completion for your shell.

    Without --install, the script is printed and nothing changes.
    """
    typers: Any = import_module("typer.completion")
    chosen = (shell or _current()).value
    if install:
        _, path = typers.install(chosen, _PROGRAM, COMPLETE)
        if as_json:
            write_json({"shell": chosen, "path": str(path)}, "phonoscope-completion/1")
        else:
            write(printable(str(path)))
            if not quiet:
                message(gettext("Next: open a new terminal, then press Tab after 'phonoscope'."))
        return Status.DONE
    script = typers.get_completion_script(prog_name=_PROGRAM, complete_var=COMPLETE, shell=chosen)
    if as_json:
        write_json({"shell": chosen, "script": script}, "phonoscope-completion/1")
    else:
        write(script)
    return Status.DONE


def _current() -> Shell:
    name = PurePath(os.environ.get("SHELL", "")).name
    try:
        return Shell(name)
    except ValueError:
        wrong = gettext("Your shell isn't known to be bash, zsh or fish.")
        raise UsageError(
            lines([wrong, gettext("Name it: {command}", command="phonoscope completion bash")]),
            code="unknown-shell",
        ) from None

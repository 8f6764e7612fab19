"""The commands of the program, as Typer knows them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import typer

from phonoscope.cli.main import app


def commands() -> Iterator[tuple[tuple[str, ...], Any]]:
    """Yield the program, its commands and theirs, each with its name: ``("label", "read")``."""
    yield from _under((), typer.main.get_command(app))


def _under(name: tuple[str, ...], command: Any) -> Iterator[tuple[tuple[str, ...], Any]]:
    yield name, command
    for other, sub in getattr(command, "commands", {}).items():
        yield from _under((*name, other), sub)


def known_words(command: Any) -> set[str]:
    """Return the words that a help shows in every language: names, options and metavars."""
    words = {"phonoscope", "[OPTIONS]", "COMMAND [ARGS]..."}
    for _, one in commands():
        words.update({one.name or "", *(name for p in one.params for name in p.opts)})
        words.update(name for p in one.params for name in p.secondary_opts)
    for parameter in command.params:
        words.update({parameter.metavar or "", parameter.name.upper()})
        if parameter.type_descriptor.is_choice:
            words.update(str(one.value) for one in parameter.type_descriptor.choices)
    words.update({word.strip("[]").removesuffix("...") for word in words}, {"--help", "-h"})
    return words - {""}

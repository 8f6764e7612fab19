"""What a command of the program is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import typer

from phonoscope.messages import gettext

COMPLETE = "_PHONOSCOPE_COMPLETE"
"""Environment variable with which a shell asks for completions."""
LISTEN = gettext("Listen")
CATALOGUE = gettext("Catalogue")
FIND = gettext("Find")
DISCLOSE = gettext("Disclose")
EXPLORE = gettext("Explore")


@dataclass(frozen=True)
class Command:
    """One command, or a group of commands.

    Examples
    --------
    >>> def hello(name: str) -> int:
    ...     '''Greet a person.'''
    ...     print(f"Hello, {name}")
    ...     return 0
    >>> Command("hello", hello).name
    'hello'
    """

    name: str
    function: Callable[..., Any] | typer.Typer
    """A function that returns its exit status, for Typer; or a group of commands."""
    examples: str = ""
    """Shown at the end of its help."""
    interrupted: str = ""
    """What Ctrl-C leaves behind; shown when it happens."""
    group: str = ""
    """Heading under which the help lists it."""

"""What a command of the program is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import typer


@dataclass(frozen=True)
class Command:
    """One command, or a group of commands.

    Examples
    --------
    >>> def hello(name: str) -> int:
    ...     '''Greet somebody.'''
    ...     print(f"Hello, {name}")
    ...     return 0
    >>> Command("hello", hello).name
    'hello'
    """

    name: str
    function: Callable[..., Any] | typer.Typer
    """What Typer turns into a command, returning its exit status; or a group of commands."""
    examples: str = ""
    """Shown at the end of its help."""
    interrupted: str = "Stopped."
    """What Ctrl-C leaves behind; said to the user when it happens."""

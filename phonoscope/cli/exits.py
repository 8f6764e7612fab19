"""How a command ends: its exit status, and every error turned into a sentence."""

from __future__ import annotations

import functools
import os
import sys
import traceback
from collections.abc import Callable
from enum import IntEnum
from typing import Any

import typer

from phonoscope.cli.log import PARAMETER, log_to_stderr, with_verbose
from phonoscope.cli.terminal import ReaderGoneError, drop_stdout, finish_stdout, message
from phonoscope.errors import LabelError, PhonoscopeError, UnreadableError


class Status(IntEnum):
    """Exit statuses; the same for every command."""

    DONE = 0
    """Done; nothing was found that ``--fail-on`` names."""
    FOUND = 1
    """Done; found what ``--fail-on`` names."""
    NOT_DONE = 2
    """Not done: wrong usage, or a catalogue or output that cannot be opened or written."""
    SOME_UNREADABLE = 3
    """Done, but some inputs could not be read; each was reported."""
    FAULT = 70
    """A fault of Phonoscope itself (``EX_SOFTWARE``), so that it never passes for ``FOUND``."""
    INTERRUPTED = 130
    """Stopped by Ctrl-C (128 + SIGINT)."""
    READER_GONE = 141
    """Whoever read the output stopped reading (128 + SIGPIPE), as every Unix tool ends."""


def debugging() -> bool:
    """Whether tracebacks are wanted: ``--debug`` or ``PHONOSCOPE_DEBUG=1``."""
    return os.environ.get("PHONOSCOPE_DEBUG", "") not in ("", "0")


def guarded(command: Callable[..., Any], *, interrupted: str) -> Callable[..., None]:
    """Wrap a command so that it ends with a status and a sentence, never a traceback.

    The wrapped command also takes ``-v``, as every command does.

    Parameters
    ----------
    command
        Returns its :class:`Status`.
    interrupted
        What Ctrl-C leaves behind, for this command: said to the user when it happens.
    """

    @functools.wraps(command)
    def run(*args: Any, **kwargs: Any) -> None:
        log_to_stderr(kwargs.pop(PARAMETER))
        raise typer.Exit(_ended(lambda: command(*args, **kwargs), interrupted))

    vars(run)["__signature__"] = with_verbose(command)
    return run


def _ended(command: Callable[[], Status], interrupted: str) -> Status:
    try:
        status = command()
        finish_stdout()
    except ReaderGoneError:
        drop_stdout()
        return Status.READER_GONE
    except KeyboardInterrupt:
        message(f"Stopped. {interrupted}")
        return Status.INTERRUPTED
    except Exception as error:
        if debugging():
            traceback.print_exception(error, file=sys.stderr)
        status, words = _explained(error)
        message(f"phonoscope: {words}")
    return status


def _explained(error: Exception) -> tuple[Status, str]:
    if isinstance(error, UnreadableError | LabelError):
        return Status.SOME_UNREADABLE, error.message
    if isinstance(error, PhonoscopeError):
        return Status.NOT_DONE, error.message
    if isinstance(error, OSError):
        return Status.NOT_DONE, _in_words(error)
    fault = f"a fault in Phonoscope, please report it: {type(error).__name__}: {error}"
    return Status.FAULT, f"{fault}\nPHONOSCOPE_DEBUG=1 shows where it happened."


def _in_words(error: OSError) -> str:
    reason = error.strerror or type(error).__name__
    return f"{error.filename}: {reason}" if error.filename else reason

"""How a command ends: its exit status, and every error as a message."""

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
from phonoscope.cli.terminal import ReaderGoneError, data, drop_stdout, finish_stdout, message
from phonoscope.errors import OUT_OF_MEMORY, LabelError, PhonoscopeError, UnreadableError
from phonoscope.escape import printable
from phonoscope.messages import gettext, lines, sentences

_SETTING = "PHONOSCOPE_DEBUG=1"


class Status(IntEnum):
    """Exit statuses; the same for every command."""

    DONE = 0
    """Done; nothing was found that ``--fail-on`` names."""
    FOUND = 1
    """Done; found what ``--fail-on`` names."""
    NOT_DONE = 2
    """Not done: wrong usage, or a catalogue or output that can't be opened or written."""
    SOME_UNREADABLE = 3
    """Done, but some inputs can't be read; each is reported."""
    FAULT = 70
    """A bug in Phonoscope (``EX_SOFTWARE``); a status of its own, so it isn't read as ``FOUND``."""
    INTERRUPTED = 130
    """Stopped by Ctrl-C (128 + SIGINT)."""
    READER_GONE = 141
    """The reader of the output is gone (128 + SIGPIPE), as with every Unix tool."""


def debugging() -> bool:
    """Whether to show tracebacks: ``--debug`` or ``PHONOSCOPE_DEBUG=1``."""
    return os.environ.get("PHONOSCOPE_DEBUG", "") not in ("", "0")


def guarded(command: Callable[..., Any], *, interrupted: str) -> Callable[..., None]:
    """Wrap a command so that it ends with a status and a message, never a traceback.

    The wrapped command also takes ``-v``, as every command does.

    Parameters
    ----------
    command
        Returns its :class:`Status`.
    interrupted
        What Ctrl-C leaves behind; shown when it happens.
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
    except (KeyboardInterrupt, typer.Abort):
        message(sentences(gettext("Stopped."), interrupted))
        return Status.INTERRUPTED
    except Exception as error:
        if debugging():
            traceback.print_exception(error, file=sys.stderr)
        status, words = _explained(error)
        message(sentences("phonoscope:", words))
        try:
            finish_stdout()
        except (ReaderGoneError, OSError):
            # Or the interpreter would try again, and end with a status of its own.
            drop_stdout()
    return status


def _explained(error: Exception) -> tuple[Status, str]:
    if isinstance(error, UnreadableError | LabelError):
        return Status.SOME_UNREADABLE, error.message
    if isinstance(error, PhonoscopeError):
        return Status.NOT_DONE, error.message
    if isinstance(error, MemoryError):
        # Files are read in workers, so it isn't a file's fault.
        return Status.NOT_DONE, OUT_OF_MEMORY
    if damage := _damage(error):
        return Status.NOT_DONE, damage.message
    if isinstance(error, OSError):
        return Status.NOT_DONE, _in_words(error)
    fault = printable(f"{type(error).__name__}: {error}")
    return Status.FAULT, lines(
        [
            gettext("This is a bug in Phonoscope: {fault}", fault=fault),
            gettext("Please report it. {setting} shows where it happened.", setting=_SETTING),
        ]
    )


def _damage(error: Exception) -> PhonoscopeError | None:
    """Return the damage to an opened catalogue that an error comes from, if it does."""
    if "phonoscope.catalogue.store" not in sys.modules:
        return None
    from phonoscope.catalogue.damage import opened, reason_for

    return reason_for(error, opened())


def _in_words(error: OSError) -> str:
    reason = error.strerror or type(error).__name__
    if not error.filename:
        return data(reason)
    file = printable(str(error.filename))
    return gettext("{file} can't be used: {reason}.", file=file, reason=reason)

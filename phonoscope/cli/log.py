"""``-v`` and ``-vv``: what the program logs, on stderr."""

from __future__ import annotations

import inspect
import logging
from collections.abc import Callable
from typing import Annotated, Any

import typer

from phonoscope.cli.terminal import message

PARAMETER = "verbose"
_LEVELS = (logging.WARNING, logging.INFO, logging.DEBUG)
_Verbose = Annotated[
    int,
    typer.Option(
        "--verbose",
        "-v",
        count=True,
        metavar="",
        show_default=False,
        help="Log what happens to stderr; -vv adds details and paths.",
    ),
]


class _OnStderr(logging.Handler):
    """Writes records as everything else on stderr is written: safe, whatever is in them."""

    def emit(self, record: logging.LogRecord) -> None:
        message(self.format(record))


def log_to_stderr(verbosity: int) -> None:
    """Show what Phonoscope logs.

    Parameters
    ----------
    verbosity
        0: warnings; 1: what is done; 2 or more: also details.
    """
    logger = logging.getLogger("phonoscope")
    logger.setLevel(_LEVELS[min(verbosity, len(_LEVELS) - 1)])
    for known in [handler for handler in logger.handlers if isinstance(handler, _OnStderr)]:
        logger.removeHandler(known)
    handler = _OnStderr()
    handler.setFormatter(
        logging.Formatter("%(asctime)s %(levelname)-7s %(name)s: %(message)s", "%H:%M:%S")
    )
    logger.addHandler(handler)


def is_logging() -> bool:
    """Whether more than warnings is logged; then nothing moves on stderr."""
    return logging.getLogger("phonoscope").isEnabledFor(logging.INFO)


def with_verbose(command: Callable[..., Any]) -> inspect.Signature:
    """Return the parameters of a command, and ``-v`` after them."""
    own = inspect.signature(command, eval_str=True)
    verbose = inspect.Parameter(
        PARAMETER, inspect.Parameter.KEYWORD_ONLY, default=0, annotation=_Verbose
    )
    return own.replace(parameters=[*own.parameters.values(), verbose])

"""A question to the person at the terminal, before something is changed."""

from __future__ import annotations

import sys

from phonoscope.cli.terminal import in_language
from phonoscope.escape import printable

_YES = ("y", "yes")


def can_ask() -> bool:
    """Whether a person can see a question and answer it."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def confirmed(question: str) -> bool:
    """Ask a question, and return whether the person answered yes.

    Parameters
    ----------
    question
        A message that ends with ``[y/N]``.
    """
    sys.stderr.write(printable(in_language(question)) + " ")
    sys.stderr.flush()
    return sys.stdin.readline().strip().lower() in _YES

"""Writing to stdout and stderr: safe on a terminal, strict as data, quiet when unread."""

from __future__ import annotations

import json
import os
import shutil
import sys
import textwrap
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, TextIO

from phonoscope.escape import is_harmless, printable
from phonoscope.json_values import json_value
from phonoscope.language import ENGLISH, current
from phonoscope.messages import Message, localised

LABEL_WIDTH = 12
"""Least width of the names in a block, so that blocks line up."""
WIDEST = 100
_COLOURS = {
    "bold": "1",
    "dim": "2",
    "red": "31",
    "green": "32",
    "yellow": "33",
    "cyan": "36",
    "magenta": "35",
    "reverse": "7",
}


class ReaderGoneError(Exception):
    """The reader of stdout is gone (``| head``)."""


def prepare() -> None:
    """Make all streams usable and both outputs take any text: JSON is UTF-8 whatever the locale.

    Daemons close streams. The next file to be opened would get the number of a closed one, and what
    a library writes to stderr would be in that file.
    """
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        try:
            os.fstat(number)
        except OSError:
            # The lowest free number is this one, as those below are open.
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)
        if getattr(sys, name) is None:
            mode = "r" if number == 0 else "w"
            opened = open(number, mode, encoding="utf-8", closefd=False)  # noqa: SIM115  (stays open)
            setattr(sys, name, opened)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")


def in_language(text: str) -> str:
    """Return text in the reader's language; in English with spaces that can be searched for."""
    return str(text) if current() is ENGLISH else localised(text)


def write(text: str, end: str = "\n") -> None:
    """Write to stdout, in the language of the process.

    The caller made it :func:`phonoscope.escape.printable`.
    """
    try:
        sys.stdout.write(in_language(text) + end)
    except BrokenPipeError as error:
        raise ReaderGoneError from error


def finish_stdout() -> None:
    """Hand everything written to the reader now."""
    try:
        sys.stdout.flush()
    except BrokenPipeError as error:
        raise ReaderGoneError from error


def drop_stdout() -> None:
    """Send what is left to nowhere: the interpreter flushes once more when it ends."""
    _drop(sys.stdout)


def _drop(stream: TextIO) -> None:
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)


def write_json(value: Mapping[str, Any], form: str = "") -> None:
    """Write one line of strict JSON, handed to the reader at once.

    Numbers that JSON does not know (NaN, infinities) become ``null``; characters that are
    not printable are escaped, which JSON reads back as they were.

    Parameters
    ----------
    value
        An object.
    form
        Name and version of its shape, ``phonoscope-.../1``, which becomes its first key
        ``format``. Not needed where the object names it itself.
    """
    named = {"format": form, **value} if form else value
    text = json.dumps(json_value(named), ensure_ascii=False, allow_nan=False)
    if not text.isprintable():
        text = "".join(c if is_harmless(c) else json.dumps(c)[1:-1] for c in text)
    write(text)
    finish_stdout()


def message(text: str) -> None:
    """Write a message to stderr: safe, lines kept. Where nobody can read it, it is dropped."""
    written = printable(in_language(text), keep="\n") + "\n"
    try:
        sys.stderr.write(written)
        sys.stderr.flush()
    except (OSError, ValueError):
        # The result is on stdout and in the status; a message that is lost changes neither.
        with suppress(OSError, ValueError):
            _drop(sys.stderr)


def colourful() -> bool:
    """Whether stdout is a terminal that may be coloured (https://no-color.org)."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and _term() != "dumb"


def _term() -> str:
    return os.environ.get("TERM", "")


def painted(text: str, *colours: str) -> str:
    """Return text in colours on a terminal, and as it is anywhere else."""
    text = in_language(text)
    if not colours or not colourful():
        return text
    codes = ";".join(_COLOURS[colour] for colour in colours)
    return f"\x1b[{codes}m{text}\x1b[0m"


def wrapped(text: str, indent: int = LABEL_WIDTH + 4) -> str:
    """Return text, made safe, in lines that fit after an indent; at most 100 columns wide."""
    width = max(40, min(WIDEST, shutil.get_terminal_size((WIDEST, 24)).columns) - indent)
    safe = printable(in_language(text), keep="\n")
    return textwrap.fill(safe, width, break_long_words=False, break_on_hyphens=False)


def data(text: str) -> Message:
    """Return text from outside, made safe, as a message: the pseudo-locale marks it as data."""
    return Message("{text}", "", 1, {"text": printable(text)})


def say_next(text: str, quiet: bool) -> None:
    """Tell the person what to do next, in one line on stderr."""
    if not quiet:
        message(text)


def columns(rows: Iterable[tuple[str, str]], indent: str = "  ") -> str:
    """Return name and value in two aligned columns; a value may have several lines."""
    listed = [(in_language(name), in_language(value)) for name, value in rows]
    width = max([LABEL_WIDTH, *(len(name) for name, _ in listed)])
    lines = []
    for name, value in listed:
        first, *rest = value.split("\n")
        lines.append(f"{indent}{painted(f'{name:<{width}}', 'dim')}  {first}")
        lines.extend(f"{indent}{'':<{width}}  {line}" for line in rest)
    return "\n".join(lines)


def program() -> str:
    """Return how this program was called, as short as it works from here."""
    called = Path(sys.argv[0]).absolute()
    found = shutil.which("phonoscope")
    if called.name != "phonoscope" or (found and Path(found) == called):
        return "phonoscope"
    return os.path.relpath(called) if called.is_relative_to(Path.cwd()) else str(called)

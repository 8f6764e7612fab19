"""A terminal that remembers what it shows: lines, cursor, erasing and wrapping."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import struct
import subprocess
import termios
from collections.abc import Callable, Mapping, Sequence

_LINE = re.compile(r"[^\n]*\n|[^\n]+")
_TOKEN = re.compile(r"\x1b\[([?\d;]*)([A-Za-z])|\x1b.|[^\x1b]", re.S)
ROWS = 50


class Screen:
    """What a person sees after a program has written to a terminal.

    >>> screen = Screen(10)
    >>> screen.write("one\\r\\nworking\\r\\x1b[2Kdone")
    >>> screen.lines
    ['one', 'done']
    """

    def __init__(self, width: int) -> None:
        self._width = width
        self._rows: list[list[str]] = [[]]
        self._row = self._column = 0
        self.wrapped = 0
        """How many lines didn't fit into the width."""

    @property
    def lines(self) -> list[str]:
        """What is shown, from top to bottom."""
        return ["".join(row).rstrip() for row in self._rows]

    def write(self, text: str) -> None:
        """Take in what a program writes."""
        for token in _TOKEN.finditer(text):
            if token[2]:
                self._control(token[1], token[2])
            elif not token[0].startswith("\x1b"):
                self._character(token[0])

    def _control(self, numbers: str, kind: str) -> None:
        row = self._rows[self._row]
        if kind == "A":
            self._row = max(0, self._row - int(numbers or 1))
        elif kind == "K" and numbers == "2":
            row.clear()
        elif kind == "K":
            del row[self._column :]

    def _character(self, character: str) -> None:
        if character == "\r":
            self._column = 0
        elif character == "\n":
            self._move_down()
        else:
            if self._column == self._width:
                self.wrapped += 1
                self._move_down()
                self._column = 0
            row = self._rows[self._row]
            row.extend(" " * (self._column + 1 - len(row)))
            row[self._column] = character
            self._column += 1

    def _move_down(self) -> None:
        self._row += 1
        if self._row == len(self._rows):
            self._rows.append([])


def shown(
    command: Sequence[str],
    environment: Mapping[str, str],
    width: int,
    watch: Callable[[Screen], None] = lambda screen: None,
) -> tuple[Screen, int]:
    """Run a program with both of its outputs on a terminal; return what it shows and its status.

    Parameters
    ----------
    command, environment
        As for :mod:`subprocess`.
    width
        Columns of the terminal.
    watch
        Called whenever something was written: at each end of a line at the latest, however much a
        slow machine reads at once.
    """
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, width, 0, 0))
    variables = {k: v for k, v in environment.items() if k not in ("COLUMNS", "LINES")}
    process = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=theirs, stderr=theirs,
        env={**variables, "TERM": "xterm"},
    )  # fmt: skip
    os.close(theirs)
    screen, pending = Screen(width), b""
    while True:
        try:
            piece = os.read(ours, 65536)
        except OSError:  # Linux ends a terminal that nobody has open with EIO.
            break
        if not piece:
            break
        pending += piece
        text = pending.decode("utf-8", errors="ignore")
        pending = b"" if text.encode() == pending else pending
        if not pending:
            for line in _LINE.findall(text):
                screen.write(line)
                watch(screen)
    os.close(ours)
    return screen, process.wait(60)

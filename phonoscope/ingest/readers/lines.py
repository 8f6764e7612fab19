"""Lines of text files in any common encoding, in bounded memory."""

from __future__ import annotations

import codecs
import io
from collections.abc import Iterator
from typing import BinaryIO, Self

from phonoscope.errors import SourceError
from phonoscope.messages import gettext

MAX_LINE = 1 << 20
"""Most characters of a line, and of all lines of a row with line breaks in its cells."""
UNDECODABLE = "\udcff"
"""Replaces bytes that aren't text. Text can't contain it, so it marks such a cell."""
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_MARK = "phonoscope-undecodable"


def _mark(error: UnicodeError) -> tuple[str, int]:
    if isinstance(error, UnicodeDecodeError):
        return UNDECODABLE, error.end
    raise error


codecs.register_error(_MARK, _mark)


def encoding_of(head: bytes) -> str:
    """Return the encoding of a text file by its first bytes; UTF-8 by default."""
    for bom, encoding in _BOMS:
        if head.startswith(bom):
            return encoding
    # Headings are mostly ASCII, so in UTF-16 every second byte is 0.
    pairs = len(head) // 2
    even, odd = head[: 2 * pairs : 2], head[1 : 2 * pairs : 2]
    if pairs >= 4 and odd.count(0) > 0.8 * pairs and even.count(0) < 0.2 * pairs:
        return "utf-16-le"
    if pairs >= 4 and even.count(0) > 0.8 * pairs and odd.count(0) < 0.2 * pairs:
        return "utf-16-be"
    return "utf-8"


class Lines:
    """Lines of a file, with line breaks; :data:`UNDECODABLE` replaces what isn't text.

    Parameters
    ----------
    file
        Where to read; closed at the end of ``with``.
    encoding
        As :func:`encoding_of` names it.
    name
        Name of the file for people.
    """

    def __init__(self, file: BinaryIO, encoding: str, name: str) -> None:
        self._text = io.TextIOWrapper(file, encoding, errors=_MARK, newline="")
        self._name = name
        self.number = 0
        """Lines read."""
        self.pending = 0
        """Characters read since this was last set to 0, which a reader of rows does at each row."""
        self.last = ""
        """The line that was read last."""

    def place(self) -> int | None:
        """Return where the next line begins, for :meth:`go_to`; ``None`` if unknown."""
        try:
            return self._text.tell()
        except OSError:
            return None

    def go_to(self, place: int) -> None:
        """Continue at a place in the same file."""
        self._text.seek(place)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._text.close()

    def __iter__(self) -> Iterator[str]:
        """Yield the lines.

        Raises
        ------
        SourceError
            When a line, or the lines of one row, are too long to hold.
        """
        while line := self._text.readline(MAX_LINE + 1):
            self.number += 1
            self.pending += len(line)
            if self.pending > MAX_LINE:
                raise SourceError(
                    gettext(
                        "The row at line {line} of {file} has more than {n} characters. Either "
                        "the file isn't a table, or a quote in it is never closed.",
                        line=self.number,
                        file=self._name,
                        n=MAX_LINE,
                    ),
                    code="line-too-long",
                )
            self.last = line
            yield line

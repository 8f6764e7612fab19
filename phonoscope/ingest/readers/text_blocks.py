"""Whole lines of a text file in blocks of some megabytes, in bounded memory."""

from __future__ import annotations

from typing import NamedTuple

from phonoscope.ingest.readers.utf8_stream import Utf8Stream

BLOCK_BYTES = 1 << 22
MAX_LINE = 1 << 20
"""Most bytes of a line, and of all lines of a row with line breaks in its cells."""


class Block(NamedTuple):
    """Some lines."""

    begin: int
    """Where they begin, bytes of UTF-8 from the start of the text."""
    data: bytes
    """The lines. A line that is longer than :data:`MAX_LINE` can lack its end."""


class TextBlocks:
    """Cuts a text into blocks.

    A block ends with the first line that reaches a multiple of :data:`BLOCK_BYTES`, so blocks are
    the same wherever reading begins.

    Parameters
    ----------
    stream
        The text.
    begin
        Where the stream is.
    """

    def __init__(self, stream: Utf8Stream, begin: int) -> None:
        self._stream, self._held, self._place = stream, b"", begin

    def next(self) -> Block | None:
        """Return the next block; ``None`` at the end."""
        begin = self._place
        reached = (begin // BLOCK_BYTES + 1) * BLOCK_BYTES - begin
        data = self.peek(reached)
        at = data.find(b"\n", reached - 1)
        while at < 0 and len(data) - reached <= MAX_LINE:
            longer = self.peek(len(data) + MAX_LINE)
            if len(longer) == len(data):
                at = len(data) - 1
                break
            at, data = longer.find(b"\n", len(data)), longer
        if at < 0:
            # Nobody can hold such a line: its end is passed over.
            self.skip(len(data))
            self._skip_line()
        else:
            data = data[: at + 1]
            self.skip(at + 1)
        return Block(begin, data) if data else None

    def peek(self, size: int) -> bytes:
        """Return the next bytes without passing over them: ``size`` of them, or all."""
        parts, missing = [self._held], size - len(self._held)
        while missing > 0 and (part := self._stream.read(missing)):
            parts.append(part)
            missing -= len(part)
        self._held = b"".join(parts)
        return self._held

    def skip(self, size: int) -> None:
        """Pass over bytes that were seen."""
        self._held = self._held[size:]
        self._place += size

    def _skip_line(self) -> None:
        while data := self.peek(MAX_LINE):
            end = data.find(b"\n")
            self.skip(end + 1 if end >= 0 else len(data))
            if end >= 0:
                return

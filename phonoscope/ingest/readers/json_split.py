"""Large JSON documents cut into their records, without reading them whole.

Only brackets and quotes are looked at, with numpy, so cutting costs little beside parsing, and
depth costs nothing. A record is an object or array that lies ``base`` brackets deep: 0 for objects
one after another, 1 for one array of records, 2 for arrays that are values of one object.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from phonoscope.errors import SourceError

MAX_RECORD_BYTES = 1 << 23
"""A longer record is no row: what parses it would take some twenty times as much memory."""
_ESCAPED = re.compile(rb"\\[\s\S]")
_KEY = re.compile(rb'"((?:[^"\\]|\\.){0,200})"\s*:\s*$')
_KEY_BYTES = 512
_SPACE = b" \t\r\n,"
_QUOTE = ord('"')

_SIGNS = np.zeros(256, bool)
_SIGNS[[*b'"{}[]']] = True
_STEPS = np.zeros(256, np.int64)
_STEPS[[*b"{["]] = 1
_STEPS[[*b"}]"]] = -1


class Splitter:
    """Cuts a document into records.

    Parameters
    ----------
    base
        How many brackets lie around a record.
    name
        How a person calls the document.
    key
        With ``base`` 2: which of the object's values is read; by default the first array that
        holds objects or arrays.
    begin
        Where in the document the blocks begin, when that is after a record that was cut before.
    """

    def __init__(
        self, base: int, name: str, key: str | None = None, begin: int | None = None
    ) -> None:
        self._base, self._name = base, name
        self.key = key
        self.end = begin or 0
        """Where in the document the record that was yielded last ends, bytes."""
        self._held_at = self.end
        """Where in the document what is held begins."""
        self._depth = 0 if begin is None else base
        self._in_text = self._escaped = self._unmatched = False
        self._rest = b""
        self._open_at: int | None = None
        """Where in what is held the record that is open begins."""
        self._inside = base == 0 or begin is not None
        self._between = 0
        """Where in what is held the text after the last record, or the last bracket, begins."""
        self._candidate: str | None = None
        """Key of the array that was entered last."""

    def records(self, blocks: Iterable[bytes]) -> Iterator[bytes]:
        """Yield every record, also scalars that lie where records do, as they are written.

        Raises
        ------
        SourceError
            When brackets do not match, a record is too long, or the document breaks off.
        """
        for block in blocks:
            yield from self._cut(block)
        if self._depth or self._in_text:
            raise SourceError(f"{self._name} breaks off in the middle of a JSON document")
        if self._inside:
            yield from _scalars(self._rest[self._between :])

    def _cut(self, block: bytes) -> Iterator[bytes]:
        held = self._rest + block
        places, steps, depths = self._brackets(block)
        places += len(self._rest)
        base = self._base
        edges = ((steps > 0) & ((depths == base + 1) | (depths == base))) | (
            (steps < 0) & ((depths == base) | (depths == base - 1))
        )
        for at, step, depth in zip(
            places[edges].tolist(), steps[edges].tolist(), depths[edges].tolist(), strict=True
        ):
            if depth == base and step < 0:
                if self._open_at is not None:
                    self.end = self._held_at + at + 1
                    yield held[self._open_at : at + 1]
                self._open_at, self._between = None, at + 1
            elif depth == base + 1:
                self._begin()
                if self._inside:
                    self.end = self._held_at + at
                    yield from _scalars(held[self._between : at])
                    self._open_at = at
            elif step > 0:
                self._enter(held, at)
            else:
                if self._inside:
                    self.end = self._held_at + at
                    yield from _scalars(held[self._between : at])
                self._inside, self._between = base == 0, at + 1
        if self._unmatched:
            raise SourceError(f"{self._name} is no JSON: its brackets do not match")
        self._keep(held)

    def _begin(self) -> None:
        """With ``base`` 2, take the first array that holds objects for the one that is meant."""
        if self._base == 2 and self._candidate is not None and self.key is None:
            self.key, self._inside = self._candidate, True

    def _enter(self, held: bytes, at: int) -> None:
        """Enter a container of records, unless it is another one."""
        self._between = at + 1
        self._candidate = None
        if held[at : at + 1] != b"[":
            self._inside = False
        elif self._base < 2:
            self._inside = True
        else:
            found = _KEY.search(held[max(0, at - _KEY_BYTES) : at])
            self._candidate = found[1].decode(errors="replace") if found else ""
            self._inside = self._candidate == self.key

    def _keep(self, held: bytes) -> None:
        """Keep what the next block needs: an open record, or the text since the last bracket."""
        begin = self._between if self._open_at is None else self._open_at
        if not self._inside:
            # Only a key that stands before a bracket is still of use.
            begin = max(begin, len(held) - _KEY_BYTES)
        self._rest = held[begin:]
        self._held_at += begin
        self._between = max(0, self._between - begin)
        if self._open_at is not None:
            self._open_at = 0
        if len(self._rest) > MAX_RECORD_BYTES:
            raise SourceError(
                f"{self._name} holds a record of more than {MAX_RECORD_BYTES:,} bytes"
            )

    def _brackets(
        self, block: bytes
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
        """Return where brackets stand, which way they go, and how deep it is after each."""
        if self._escaped:
            block = b"." + block[1:]
        self._escaped = False
        if b"\\" in block:
            block = _ESCAPED.sub(b"..", block)
            self._escaped = block.endswith(b"\\")
        signs = np.frombuffer(block, np.uint8)
        places = np.flatnonzero(_SIGNS[signs])
        signs = signs[places]
        quotes = signs == _QUOTE
        in_text = ((np.cumsum(quotes) + self._in_text) & 1).astype(bool)
        brackets = ~quotes & ~in_text
        steps = _STEPS[signs[brackets]]
        depths = np.cumsum(steps) + self._depth
        if len(in_text):
            self._in_text = bool(in_text[-1])
        if len(depths):
            self._depth = int(depths[-1])
        end = int(np.argmax(depths < 0)) if (depths < 0).any() else len(depths)
        self._unmatched = end < len(depths)
        return places[brackets][:end], steps[:end], depths[:end]


def _scalars(text: bytes) -> Iterator[bytes]:
    """Yield what stands between records and is none: numbers, text, null."""
    text = text.strip(_SPACE)
    if text:
        yield text

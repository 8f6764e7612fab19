"""Large JSON documents cut into their records, without reading them whole.

Only brackets and quotes are read, with numpy, so cutting costs little compared with parsing, and
depth costs nothing. A record is an object or array ``base`` brackets deep: 0 for objects one after
another, 1 for one array of records, 2 for arrays that are values of one object.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from phonoscope.errors import SourceError
from phonoscope.messages import gettext

MAX_RECORD_BYTES = 1 << 23
"""Most bytes of a record; parsing takes some twenty times as much memory."""
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
        How many brackets surround a record.
    name
        Name of the document for people.
    key
        With ``base`` 2: which value of the object is read; by default the first array of objects
        or arrays.
    begin
        Where in the document the blocks begin, when that is after an earlier record.
    """

    def __init__(
        self, base: int, name: str, key: str | None = None, begin: int | None = None
    ) -> None:
        self._base, self._name = base, name
        self.key = key
        self.end = begin or 0
        """Where in the document the last yielded record ends, bytes."""
        self._held_at = self.end
        """Where in the document the held bytes begin."""
        self._depth = 0 if begin is None else base
        self._in_text = self._escaped = self._unmatched = False
        self._rest = b""
        self._open_at: int | None = None
        """Where in the held bytes the open record begins."""
        self._inside = base == 0 or begin is not None
        self._between = 0
        """Where in the held bytes the text after the last record or bracket begins."""
        self._candidate: str | None = None
        """Key of the array that was entered last."""

    def records(self, blocks: Iterable[bytes]) -> Iterator[bytes]:
        """Yield every record as written, including scalars in place of records.

        Raises
        ------
        SourceError
            When brackets don't match, a record is too long, or the document is incomplete.
        """
        for block in blocks:
            yield from self._cut(block)
        if self._depth or self._in_text:
            raise SourceError(
                gettext("{file} ends in the middle of a JSON document.", file=self._name),
                code="incomplete",
            )
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
            raise SourceError(
                gettext("{file} isn't valid JSON: its brackets don't match.", file=self._name),
                code="brackets",
            )
        self._keep(held)

    def _begin(self) -> None:
        """With ``base`` 2, read the first array that holds objects."""
        if self._base == 2 and self._candidate is not None and self.key is None:
            self.key, self._inside = self._candidate, True

    def _enter(self, held: bytes, at: int) -> None:
        """Enter a container, and see whether it holds the records."""
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
        """Hold what the next block needs: an open record, or the text since the last bracket."""
        begin = self._between if self._open_at is None else self._open_at
        if not self._inside:
            # Only a key before a bracket is still needed.
            begin = max(begin, len(held) - _KEY_BYTES)
        self._rest = held[begin:]
        self._held_at += begin
        self._between = max(0, self._between - begin)
        if self._open_at is not None:
            self._open_at = 0
        if len(self._rest) > MAX_RECORD_BYTES:
            raise SourceError(
                gettext(
                    "{file} has a record of more than {n} bytes. Phonoscope doesn't read such "
                    "long records.",
                    file=self._name,
                    n=MAX_RECORD_BYTES,
                ),
                code="record-too-long",
            )

    def _brackets(
        self, block: bytes
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
        """Return the places of brackets, their direction, and the depth after each."""
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
    """Yield what is between records: numbers, text, null."""
    text = text.strip(_SPACE)
    if text:
        yield text

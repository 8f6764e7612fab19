"""A text file as bytes of UTF-8, whatever its encoding."""

from __future__ import annotations

import codecs
from typing import BinaryIO

from phonoscope.encodings import UTF8, UTF8_MARKED

UNDECODABLE = "\udcff"
"""Replaces bytes that aren't text. Text can't contain it, so it marks such a cell."""
_MARK = "phonoscope-undecodable"
_BLOCK_BYTES = 1 << 20


def _mark(error: UnicodeError) -> tuple[str, int]:
    if isinstance(error, UnicodeDecodeError):
        return UNDECODABLE, error.end
    raise error


codecs.register_error(_MARK, _mark)


def decoded(data: bytes) -> str:
    """Return bytes of UTF-8 as text; :data:`UNDECODABLE` replaces what isn't text."""
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data.decode(UTF8, _MARK)


class Utf8Stream:
    """Reads a file as UTF-8; bytes that aren't text stay invalid.

    Parameters
    ----------
    file
        Where to read; the caller closes it.
    encoding
        Its encoding, as :mod:`phonoscope.encodings` names it.
    begin
        Where to begin, bytes of UTF-8 after the mark of the encoding.
    old_mac
        Whether its lines end in a carriage return alone.
    """

    def __init__(
        self, file: BinaryIO, encoding: str, begin: int = 0, *, old_mac: bool = False
    ) -> None:
        self._file, self._old_mac = file, old_mac
        self._decoder: codecs.IncrementalDecoder | None = None
        self._rest = b""
        if encoding in (UTF8, UTF8_MARKED):
            file.seek(begin + (len(codecs.BOM_UTF8) if encoding == UTF8_MARKED else 0))
            return
        self._decoder = codecs.getincrementaldecoder(encoding)(_MARK)
        # Only text shows where a place in UTF-8 is in the file.
        while begin:
            passed = self.read(min(begin, _BLOCK_BYTES))
            if not passed:
                break
            begin -= len(passed)

    def read(self, size: int) -> bytes:
        """Return at most ``size`` bytes; none at the end."""
        if self._decoder is None:
            data = self._file.read(size)
        else:
            while not self._rest:
                raw = self._file.read(_BLOCK_BYTES)
                text = self._decoder.decode(raw, final=not raw)
                self._rest = text.removeprefix("\ufeff").encode(UTF8, "surrogatepass")
                if not raw:
                    break
            data, self._rest = self._rest[:size], self._rest[size:]
        return data.replace(b"\r", b"\n") if self._old_mac else data

"""Serve the sound of a recording in the parts that a player requests."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO

from fastapi import Response
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from phonoscope.catalogue.music_folders import MusicFolders
from phonoscope.errors import ErrorKind, UnreadableError
from phonoscope.files import SourceStat, stat_source, uri_of
from phonoscope.messages import gettext

CHUNK = 1 << 16
_RANGE = re.compile(r"^bytes=(\d{0,18})-(\d{0,18})$")

PLAYABLE = {
    "aac": ("audio/aac", None),
    "flac": ("audio/flac", None),
    "matroska,webm": ("audio/webm", {"opus", "vorbis"}),
    "mov,mp4,m4a,3gp,3g2,mj2": ("audio/mp4", {"aac", "mp3", "flac", "opus"}),
    "mp3": ("audio/mpeg", None),
    "ogg": ("audio/ogg", {"opus", "vorbis", "flac"}),
    "wav": ("audio/wav", {"pcm_u8", "pcm_s16le", "pcm_s24le", "pcm_s32le", "pcm_f32le"}),
}
"""Media type of containers that browsers play, and the playable codecs if not all are."""


def media_type(container: str, codec: str) -> str | None:
    """Return the media type of a sound; ``None`` if browsers can't play it."""
    kind, codecs = PLAYABLE.get(container, (None, None))
    return kind if codecs is None or codec in codecs else None


@dataclass(frozen=True)
class Span:
    """Bytes from ``first`` up to and including ``last``."""

    first: int
    last: int

    @property
    def length(self) -> int:
        """Number of bytes."""
        return self.last - self.first + 1


class UnsatisfiableError(ValueError):
    """The range is outside the file."""


def wanted(header: str | None, size: int) -> Span | None:
    """Return the bytes that a Range header requests (RFC 9110, section 14).

    Returns
    -------
    Span or None
        ``None`` for the whole file: without a header, or with several ranges or a malformed
        header, which a server may ignore.

    Raises
    ------
    UnsatisfiableError
        If the range is outside the file.

    Examples
    --------
    >>> wanted("bytes=0-1", 10), wanted("bytes=-3", 10), wanted("bytes=8-99", 10)
    (Span(first=0, last=1), Span(first=7, last=9), Span(first=8, last=9))
    """
    match = _RANGE.match(header or "")
    if match is None or match.group(0) == "bytes=-":
        return None
    first, last = match.groups()
    if first == "":
        length = min(int(last), size)
        if length == 0:
            raise UnsatisfiableError
        return Span(size - length, size - 1)
    if last and int(last) < int(first):
        return None
    if int(first) >= size:
        raise UnsatisfiableError
    return Span(int(first), min(int(last), size - 1) if last else size - 1)


def open_first(files: Sequence[dict[str, Any]], folders: MusicFolders) -> BinaryIO:
    """Open the first of a recording's files that may be read, still exists and is unchanged.

    Parameters
    ----------
    files
        Rows of the table ``files``.
    folders
        Where files may be read; a row alone never opens anything.

    Raises
    ------
    UnreadableError
        Why the last of them can't be opened.
    """
    error = UnreadableError(ErrorKind.VANISHED, gettext("No file has this recording any more."))
    for row in files:
        try:
            real = folders.find(row["uri"])
            _check_unchanged(row, stat_source(uri_of(real)))
            return folders.open(row["uri"])
        except UnreadableError as found:
            error = found
    raise error


def _check_unchanged(row: dict[str, Any], now: SourceStat) -> None:
    same_size = row["size_bytes"] in (None, -1, now.size_bytes)
    if not same_size or row["mtime_ns"] not in (None, 0, now.mtime_ns):
        changed = gettext("The file has changed since the scan.")
        raise UnreadableError(ErrorKind.VANISHED, changed)


def respond(file: BinaryIO, kind: str, range_header: str | None, *, head: bool) -> Response:
    """Return the response to a request for a sound; it closes the file after sending."""
    size = file.seek(0, 2)
    headers = {"accept-ranges": "bytes", "cache-control": "private, max-age=3600"}
    try:
        span = wanted(range_header, size)
    except UnsatisfiableError:
        file.close()
        return Response(status_code=416, headers={**headers, "content-range": f"bytes */{size}"})
    status = 206 if span else 200
    if span:
        headers["content-range"] = f"bytes {span.first}-{span.last}/{size}"
    span = span or Span(0, size - 1)
    headers["content-length"] = str(span.length)
    if head:
        file.close()
        return Response(status_code=status, headers=headers, media_type=kind)
    return _Sound(file, span, status, headers, kind)


class _Sound(StreamingResponse):
    """Sends a span of a file and closes it, even if the player disconnects before the start."""

    def __init__(
        self, file: BinaryIO, span: Span, status: int, headers: dict[str, str], kind: str
    ) -> None:
        super().__init__(_bytes(file, span), status, headers, kind)
        self._file = file

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._file.close()


def _bytes(file: BinaryIO, span: Span) -> Iterator[bytes]:
    file.seek(span.first)
    left = span.length
    while left > 0 and (chunk := file.read(min(CHUNK, left))):
        left -= len(chunk)
        yield chunk

"""Packed sources, unpacked while they are read: gzip, bzip2, xz, zstd, and a ZIP of one file.

What is unpacked is never held: readers above bound lines and records, so memory stays flat. Time
is bounded by the size of the packed file, because one that unpacks to far more than any real text
does is refused where that is noticed.
"""

from __future__ import annotations

import io
import lzma
import os
import zipfile
import zlib
from bz2 import BZ2File
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from gzip import GzipFile
from typing import BinaryIO, Protocol, cast

import pyarrow as pa

from phonoscope.errors import SourceError
from phonoscope.escape import printable
from phonoscope.files import open_source

MOST_TIMES = 300
"""How many times its packed size a source may be. Dumps of metadata are 3 to 60 times theirs."""
FREE_BYTES = 1 << 28
"""Bytes that are unpacked before that is asked: a small file may well be one line repeated."""
XZ_MEMORY_BYTES = 1 << 28
"""What a dictionary of xz may take, bytes; its strongest usual setting takes 65 MiB."""
_MOST_LISTED_BYTES = 1 << 20
"""Size of a ZIP's table of contents up to which it is read, bytes."""
_BLOCK_BYTES = 1 << 18
_ZIP_WAYS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2)
_LEFT_BY_MACS = "__MACOSX/"


class _Reader(Protocol):
    def read(self, size: int, /) -> bytes: ...


@dataclass(frozen=True)
class Decompressed:
    """A source opened for reading."""

    stream: BinaryIO
    """Its bytes, unpacked; closing it closes everything."""
    stored: BinaryIO
    """The file as it lies there."""

    def share_read(self) -> float | None:
        """Return how much of the file was read, 0 to 1; ``None`` when its size is not known."""
        try:
            size = os.fstat(self.stored.fileno()).st_size
            return min(1.0, self.stored.tell() / max(1, size))
        except (OSError, ValueError):
            return None


def open_decompressed(uri: str, name: str) -> Decompressed:
    """Open a source, through what unpacks it when it is packed.

    Parameters
    ----------
    uri
        Where it is.
    name
        How a person calls it.

    Raises
    ------
    SourceError
        When it is packed in a way that cannot be read; also while it is read, when it is
        damaged, breaks off, or unpacks to far more than its size.
    UnreadableError
        When it cannot be opened.
    """
    stored = open_source(uri)
    try:
        way = compression_of(stored.read(16))
        stored.seek(0)
        if way is None:
            return Decompressed(stored, stored)
        with _InWords(name):
            raw = _Unpacking(_READERS[way](stored), stored, name)
        return Decompressed(cast(BinaryIO, io.BufferedReader(raw, _BLOCK_BYTES)), stored)
    except BaseException:
        stored.close()
        raise


def decompressed_head(uri: str, name: str, size: int) -> bytes:
    """Return the first bytes of a source, unpacked."""
    with closing(open_decompressed(uri, name).stream) as stream:
        return stream.read(size)


def compression_of(head: bytes) -> str | None:
    """Return what a file was packed with, by its first bytes; ``None`` when it is not packed."""
    # 'BZh9' may also begin a heading; a block, or the end, follows only in bzip2.
    if head[:3] == b"BZh" and head[4:10] in (b"1AY&SY", b"\x17rE8P\x90"):
        return "bzip2"
    return next((way for way, magic in _MAGIC.items() if head.startswith(magic)), None)


_MAGIC = {
    "gzip": b"\x1f\x8b\x08",
    "xz": b"\xfd7zXZ\0",
    "zstd": b"\x28\xb5\x2f\xfd",
    "ZIP": b"PK\x03\x04",
}


class _RefusedError(Exception):
    """Why a packed file is not read, in words."""


class _InWords:
    """Turns what the libraries say of a damaged file into an error for a person."""

    _KNOWN = (
        *(EOFError, OSError, zlib.error, lzma.LZMAError, zipfile.BadZipFile),
        *(pa.ArrowException, RuntimeError, NotImplementedError),
    )

    def __init__(self, name: str) -> None:
        self._name = name

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, _RefusedError):
            raise SourceError(f"{self._name}: {error}") from error
        if isinstance(error, self._KNOWN):
            said = str(error).splitlines()[0] if str(error) else type(error).__name__
            raise SourceError(
                f"{self._name} cannot be unpacked, it is damaged or breaks off: "
                f"{printable(said)[:200]}"
            ) from error


class _Unpacking(io.RawIOBase):
    """What a packed file holds, refused when it is out of all proportion."""

    def __init__(self, reader: _Reader, stored: BinaryIO, name: str) -> None:
        self._reader, self._stored, self._name = reader, stored, name
        self._decompressed_bytes = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._decompressed_bytes

    def seek(self, offset: int, whence: int = 0, /) -> int:
        """Go forward, by unpacking what lies between."""
        if whence != io.SEEK_SET or offset < self._decompressed_bytes:
            raise io.UnsupportedOperation("what is unpacked can be read forward only")
        passed = memoryview(bytearray(_BLOCK_BYTES))
        while self._decompressed_bytes < offset:
            if not self.readinto(passed[: offset - self._decompressed_bytes]):
                break
        return self._decompressed_bytes

    def readinto(self, buffer: memoryview, /) -> int:  # type: ignore[override]
        with _InWords(self._name):
            data = self._reader.read(len(buffer))
        self._decompressed_bytes += len(data)
        if self._decompressed_bytes > FREE_BYTES + MOST_TIMES * self._stored.tell():
            raise SourceError(
                f"{self._name} unpacks to more than {MOST_TIMES} times its size: it was made to "
                "fill memory or to take for ever; unpack it yourself if you trust it"
            )
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        super().close()
        self._stored.close()


class _Xz:
    """xz, whose dictionary may not be larger than :data:`XZ_MEMORY_BYTES`."""

    def __init__(self, stored: BinaryIO) -> None:
        self._stored = stored
        self._decoder: lzma.LZMADecompressor | None = None
        self._waiting = b""

    def read(self, size: int, /) -> bytes:
        while True:
            if self._decoder is None and not self._begin():
                return b""
            decoder = cast(lzma.LZMADecompressor, self._decoder)
            if decoder.needs_input and not self._waiting:
                self._waiting = self._stored.read(_BLOCK_BYTES)
                if not self._waiting:
                    raise EOFError("the file ends too early")
            data = decoder.decompress(self._waiting, size)
            self._waiting = b""
            if decoder.eof:
                self._waiting, self._decoder = decoder.unused_data, None
            if data:
                return data

    def _begin(self) -> bool:
        """Begin the next stream, of which a file may hold several; false at the end."""
        self._waiting = self._waiting.lstrip(b"\0")
        while not self._waiting:
            block = self._stored.read(_BLOCK_BYTES)
            if not block:
                return False
            self._waiting = block.lstrip(b"\0")
        self._decoder = lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=XZ_MEMORY_BYTES)
        return True


class _Listed(io.BufferedIOBase):
    """A ZIP while its table of contents is read, which must not be a long one."""

    def __init__(self, stored: BinaryIO) -> None:
        self._stored = stored

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = 0, /) -> int:
        return self._stored.seek(offset, whence)

    def tell(self) -> int:
        return self._stored.tell()

    def read(self, size: int | None = -1, /) -> bytes:
        if size is not None and size > _MOST_LISTED_BYTES:
            raise _RefusedError("the table of contents of the ZIP archive is too long")
        return self._stored.read(-1 if size is None else size)


def _zip_member(stored: BinaryIO) -> _Reader:
    archive = zipfile.ZipFile(cast(BinaryIO, _Listed(stored)))
    files = [
        f for f in archive.infolist() if not f.is_dir() and not f.filename.startswith(_LEFT_BY_MACS)
    ]
    if len(files) != 1:
        few = ", ".join(printable(f.filename[:60]) for f in files[:10])
        raise _RefusedError(
            f"a ZIP archive must hold one file to be read, and this one holds {len(files):,} "
            f"({few}{' ...' if len(files) > 10 else ''}): unpack it into a folder and name that"
        )
    if files[0].compress_type not in _ZIP_WAYS:
        raise _RefusedError("the ZIP archive is packed in a way that is not read; unpack it first")
    return cast(_Reader, archive.open(files[0]))


_READERS: dict[str, Callable[[BinaryIO], _Reader]] = {
    "gzip": lambda stored: GzipFile(fileobj=stored, mode="rb"),
    "bzip2": BZ2File,
    "xz": _Xz,
    "zstd": lambda stored: pa.CompressedInputStream(pa.PythonFile(stored, mode="r"), "zstd"),
    "ZIP": _zip_member,
}

"""Packed sources, unpacked while they are read: gzip, bzip2, xz, zstd, and ZIP.

A ZIP of one file is read as that file, one of several like a folder.

Unpacked data is never held: the readers above bound lines and records, so memory stays flat. The
size of the packed file bounds the time, because a file that unpacks to far more than any real text
is refused on the way.
"""

from __future__ import annotations

import io
import lzma
import os
import struct
import zipfile
import zlib
from bz2 import BZ2File
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from gzip import GzipFile
from pathlib import Path
from typing import BinaryIO, Protocol, cast

import pyarrow as pa

from phonoscope.errors import SourceError, UnreadableError
from phonoscope.escape import printable
from phonoscope.files import open_source, uri_of
from phonoscope.ingest.names import few
from phonoscope.messages import gettext, ngettext

MOST_TIMES = 300
"""Most times its packed size that a source can have. Dumps of metadata have 3 to 60 times."""
FREE_BYTES = 1 << 28
"""Bytes that are always unpacked, because a small file can be one line repeated."""
XZ_MEMORY_BYTES = 1 << 28
"""Most memory for the dictionary of xz, bytes; its strongest usual setting needs 65 MiB."""
_MOST_LISTED_BYTES = 1 << 20
"""Size of a ZIP's table of contents up to which it is read, bytes."""
_BLOCK_BYTES = 1 << 18
_ZIP_WAYS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2)
_LEFT_BY_MACS = "__MACOSX/"
_MEMBER = "zip://"
MOST_MEMBERS = 1000
"""Files of an archive that are read: each opening reads the table of contents again."""


class _Reader(Protocol):
    def read(self, size: int, /) -> bytes: ...


@dataclass(frozen=True)
class Decompressed:
    """A source opened for reading."""

    stream: BinaryIO
    """Its bytes, unpacked; closing it closes everything."""
    stored: BinaryIO
    """The packed file."""

    def share_read(self) -> float | None:
        """Return the share of the file that was read, 0 to 1; ``None`` without a known size."""
        try:
            size = os.fstat(self.stored.fileno()).st_size
            return min(1.0, self.stored.tell() / max(1, size))
        except (OSError, ValueError):
            return None


def open_decompressed(uri: str, name: str) -> Decompressed:
    """Open a source, and unpack it on the way if it is packed.

    Parameters
    ----------
    uri
        Where it is.
    name
        Its name for people.

    Raises
    ------
    SourceError
        When it is packed in a way that isn't supported; also during reading, when it is damaged
        or incomplete, or unpacks to far more than its size.
    UnreadableError
        When it can't be opened.
    """
    member = _member(uri)
    if member is not None:
        return _open_member(member, name)
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


@dataclass(frozen=True)
class ZipMember(os.PathLike[str]):
    """A file in a ZIP archive, named like a path so that it is opened like one."""

    archive: Path
    member: str

    def __fspath__(self) -> str:
        # The first "!/" ends the name of the archive.
        archive = str(self.archive).replace("%", "%25").replace("!", "%21")
        return f"{_MEMBER}{archive}!/{self.member}"

    def __str__(self) -> str:
        return os.fspath(self)

    @property
    def name(self) -> str:
        """The last part of its name."""
        return self.member.rpartition("/")[2]


def members_of(archive: Path, name: str) -> list[ZipMember]:
    """Return the files in an archive, in order of name; empty when it's no archive.

    Raises
    ------
    SourceError
        When it is damaged, or has more than :data:`MOST_MEMBERS` files.
    """
    try:
        stored = open_source(uri_of(archive))
    except UnreadableError:
        return []  # The one that opens it says why.
    with closing(stored):
        if compression_of(stored.read(16)) != "ZIP":
            return []
        with _InWords(name):
            found = {each.filename for each in _files_in(zipfile.ZipFile(_listed(stored)))}
            if len(found) > MOST_MEMBERS:
                raise _RefusedError(
                    gettext(
                        "The ZIP archive has more than {most} files. Unpack it into a folder and "
                        "name the folder.",
                        most=MOST_MEMBERS,
                    ),
                    "zip-files",
                )
    return [ZipMember(archive, each) for each in sorted(found)]


def _member(uri: str) -> ZipMember | None:
    if not uri.startswith(_MEMBER):
        return None
    archive, _, member = uri[len(_MEMBER) :].partition("!/")
    return ZipMember(Path(archive.replace("%21", "!").replace("%25", "%")), member)


def _open_member(member: ZipMember, name: str) -> Decompressed:
    stored = open_source(uri_of(member.archive))
    try:
        with _InWords(name):
            archive = zipfile.ZipFile(_listed(stored))
            reader = _opened(archive, archive.getinfo(member.member))
            raw = _Unpacking(reader, stored, name)
        return Decompressed(cast(BinaryIO, io.BufferedReader(raw, _BLOCK_BYTES)), stored)
    except BaseException:
        stored.close()
        raise


def packing_of(uri: str) -> str | None:
    """Return how a source is packed; ``None`` when it isn't."""
    if _member(uri) is not None:
        return "ZIP"
    with closing(open_source(uri)) as stored:
        return compression_of(stored.read(16))


def decompressed_head(uri: str, name: str, size: int) -> bytes:
    """Return the first bytes of a source, unpacked."""
    with closing(open_decompressed(uri, name).stream) as stream:
        return stream.read(size)


def compression_of(head: bytes) -> str | None:
    """Return how a file is packed, by its first bytes; ``None`` when it isn't."""
    # A heading can begin with 'BZh9' too; only bzip2 continues with a block or the end.
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
    """A packed file isn't read; says why in a message."""

    def __init__(self, why: str, code: str) -> None:
        self.why, self.code = why, code
        super().__init__(why)


class _InWords:
    """Turns an error of the unpacking libraries into one for people."""

    _KNOWN = (
        *(EOFError, OSError, zlib.error, lzma.LZMAError, zipfile.BadZipFile),
        *(pa.ArrowException, RuntimeError, NotImplementedError),
        # Names that aren't UTF-8 though they say so, and sizes and places that can't be.
        *(ValueError, struct.error, OverflowError, IndexError),
    )

    def __init__(self, name: str) -> None:
        self._name = name

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, _RefusedError):
            message = gettext("{file} can't be read. {reason}", file=self._name, reason=error.why)
            raise SourceError(message, code=error.code) from error
        if isinstance(error, self._KNOWN):
            reason = str(error).splitlines()[0] if str(error) else type(error).__name__
            raise SourceError(
                gettext(
                    "{file} can't be unpacked: it is damaged or incomplete ({reason}).",
                    file=self._name,
                    reason=printable(reason)[:200],
                ),
                code="not-unpacked",
            ) from error


class _Unpacking(io.RawIOBase):
    """The content of a packed file; refused when it is out of proportion."""

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
        """Move forward by unpacking what is in between."""
        if whence != io.SEEK_SET or offset < self._decompressed_bytes:
            raise io.UnsupportedOperation("packed data can only be read forward")
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
                gettext(
                    "{file} unpacks to more than {n} times its size, so it may be an attack on "
                    "your machine. If you trust it, unpack it yourself.",
                    file=self._name,
                    n=MOST_TIMES,
                ),
                code="unpacks-too-large",
            )
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        super().close()
        self._stored.close()


class _Xz:
    """xz with a dictionary of at most :data:`XZ_MEMORY_BYTES`."""

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
        """Begin the next stream of a file; false when there are no more."""
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
            raise _RefusedError(
                gettext("The table of contents of the ZIP archive is too long."), "zip-contents"
            )
        return self._stored.read(-1 if size is None else size)


def _listed(stored: BinaryIO) -> BinaryIO:
    return cast(BinaryIO, _Listed(stored))


def _files_in(archive: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    return [
        each
        for each in archive.infolist()
        if not each.is_dir()
        and not each.filename.startswith(_LEFT_BY_MACS)
        and not each.filename.rpartition("/")[2].startswith(".")
    ]


def _zip_member(stored: BinaryIO) -> _Reader:
    archive = zipfile.ZipFile(_listed(stored))
    files = _files_in(archive)
    if len(files) != 1:
        raise _RefusedError(
            ngettext(
                "A ZIP archive must have one file; this one has {n} ({files}). Unpack it into a "
                "folder and name the folder.",
                "A ZIP archive must have one file; this one has {n} ({files}). Unpack it into a "
                "folder and name the folder.",
                len(files),
                files=few([f.filename for f in files], most=10),
            ),
            "zip-files",
        )
    return _opened(archive, files[0])


def _opened(archive: zipfile.ZipFile, file: zipfile.ZipInfo) -> _Reader:
    if file.compress_type not in _ZIP_WAYS:
        raise _RefusedError(
            gettext("The ZIP archive uses an unsupported method. Unpack it first."), "zip-method"
        )
    return cast(_Reader, archive.open(file))


_READERS: dict[str, Callable[[BinaryIO], _Reader]] = {
    "gzip": lambda stored: GzipFile(fileobj=stored, mode="rb"),
    "bzip2": BZ2File,
    "xz": _Xz,
    "zstd": lambda stored: pa.CompressedInputStream(pa.PythonFile(stored, mode="r"), "zstd"),
    "ZIP": _zip_member,
}

"""JSON in every shape that metadata comes in: lines, one array, an object around an array."""

from __future__ import annotations

import codecs
import gc
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Any, BinaryIO

import orjson
import pyarrow as pa

from phonoscope.encodings import UTF8, UTF8_MARKED, encoding_of
from phonoscope.errors import SourceError
from phonoscope.escape import printable
from phonoscope.ingest.base import Position
from phonoscope.ingest.names import few, plain_name
from phonoscope.ingest.options import SourceOptions
from phonoscope.ingest.readers.decompress import Decompressed, open_decompressed
from phonoscope.ingest.readers.json_split import MAX_RECORD_BYTES, Splitter
from phonoscope.messages import gettext

CHUNK_ROWS = 8192
CHUNK_BYTES = 1 << 22
"""Bytes after which records are handed on: parsed they take up to twenty times as much."""
_BLOCK_BYTES = 1 << 20
_SAMPLED_ROWS = 100
"""Records that are read to recognise the format."""
_SAMPLED_BYTES = 1 << 22
_MOST_AROUND = 1000
"""Characters of a text around the records that is remembered."""
_DEPTH = 3
"""Depth down to which keys are read."""
_BROKEN = "not valid JSON"
_OTHER = "not a JSON object"
_SPACE = b" \t\r\n"
_UTF8 = (UTF8, UTF8_MARKED)


@dataclass(frozen=True)
class JsonRecords:
    """Some records."""

    first_row: int
    rows: Sequence[Mapping[str, Any]]
    """The objects; empty where the record isn't one."""
    texts: Sequence[bytes]
    """The same as written; empty where the source isn't JSON."""
    reject_reasons: Mapping[int, str]
    """Why a record can't be kept, by its place here."""
    begins: Position | None = None
    """See :class:`..base.Chunk`."""


class JsonFile:
    """A file of JSON, opened to see what its records are.

    Parameters
    ----------
    uri
        Where it is.
    name
        Its name for people.
    head
        Its first bytes, unpacked.
    options
        What the user says of it.

    Raises
    ------
    NotJsonError
        When it begins like JSON but isn't.
    """

    def __init__(
        self, uri: str, name: str, head: bytes, options: SourceOptions | None = None
    ) -> None:
        options = options or SourceOptions()
        self.name = name
        self.constants = options.constants
        """Values for all rows, by field; ``None`` where nobody says it is a chart."""
        self.command = options.command
        """The command that reads it."""
        self.around: dict[str, Any] = {}
        """Texts and numbers of the object that holds the records, if there is one."""
        self.start: Position | None = None
        self._uri = uri
        self._encoding = options.encoding or encoding_of(head)
        self._end_bytes = 0
        """Where the record that was read last ends, bytes of text in UTF-8."""
        self._file: Decompressed | None = None
        self._base: int | None = None
        """How many brackets surround a record; ``None`` when each record is a line."""
        self.holder: str | None = None
        """The key of the outermost object whose value holds the records, if there is one."""
        start = self._start()
        self._look(start)
        sample = self._sample(start)
        self.keys = frozenset(key for row in sample for key in _keys(row))
        """Keys of the first records, those within objects and lists joined by dots."""
        if not self.keys:
            raise NotJsonError(
                gettext(
                    "{file} begins like JSON but has no JSON object near its start.", file=name
                ),
                code="not-json",
            )

    @property
    def file_name(self) -> str:
        """The name of the file without endings; text from outside."""
        return plain_name(self._uri)

    def found(self) -> str:
        """See :class:`..base.Source`."""
        keys = few(sorted(self.keys), most=20)
        if self.holder:
            holder = printable(self.holder[:40])
            return gettext("JSON objects in '{key}' with the keys {keys}", key=holder, keys=keys)
        return gettext("JSON objects with the keys {keys}", keys=keys)

    def share_read(self) -> float | None:
        """See :class:`..base.Source`."""
        return self._file.share_read() if self._file else None

    def chunks(self) -> Iterator[JsonRecords]:
        """Yield all records from ``start`` on, some thousand at a time.

        Raises
        ------
        SourceError
            When a record is too long to hold, or the file is incomplete.
        """
        if self._base is None:
            yield from self._chunks_of_lines()
            return
        texts: list[bytes] = []
        first_row, held, begins = 1, 0, self.start
        for text in self._texts():
            texts.append(text)
            held += len(text)
            if len(texts) >= CHUNK_ROWS or held >= CHUNK_BYTES:
                yield _parsed(first_row, texts, begins)
                first_row += len(texts)
                texts, held, begins = [], 0, self._place()
        if texts:
            yield _parsed(first_row, texts, begins)

    def _chunks_of_lines(self) -> Iterator[JsonRecords]:
        first_row, begins = 1, self.start
        texts: list[bytes] = []
        held = 0
        with closing(self._blocks(self._begin)) as blocks:
            for lines, size in self._lines(blocks):
                # A blank one is rare, and found when it can't be parsed.
                texts += lines
                held += size
                self._end_bytes += size
                if len(texts) >= CHUNK_ROWS or held >= CHUNK_BYTES:
                    found = _parsed(first_row, texts, begins)
                    if found.rows:
                        yield found
                        first_row += len(found.rows)
                        begins = self._place()
                    texts, held = [], 0
        if texts:
            yield _parsed(first_row, texts, begins)

    def _place(self) -> Position | None:
        # Text in another encoding has other positions in the file than when it is read.
        return (self._end_bytes,) if self._encoding in _UTF8 else None

    def _start(self) -> bytes:
        start = b""
        with closing(self._blocks()) as blocks:
            for block in blocks:
                start += block
                if len(start) > MAX_RECORD_BYTES:
                    break
        return start

    def _look(self, start: bytes) -> None:
        """Tell lines, an array, and an object around an array apart."""
        lines = [line for line in start[:-1].split(b"\n", 8) if line.strip(_SPACE)]
        if len(lines) > 1 and any(isinstance(_value(line), dict) for line in lines[:2]):
            return
        whole = _value(start) if len(start) <= MAX_RECORD_BYTES else None
        if start.lstrip(_SPACE).startswith(b"["):
            self._base = 1
        elif isinstance(whole, dict):
            self.holder = _held(whole)
            self._base = 2 if self.holder else 0
            if self.holder:
                self.around = {
                    key: value
                    for key, value in whole.items()
                    if isinstance(value, str | int | float) and len(str(value)) <= _MOST_AROUND
                }
        elif isinstance(_value(next(self._first(0, start), b"")), dict):
            self._base = 0
        else:
            splitter = Splitter(2, self.name)
            next(_quiet(splitter.records([start])), None)
            self._base, self.holder = 2, splitter.key

    def _sample(self, start: bytes) -> list[Mapping[str, Any]]:
        rows: list[Mapping[str, Any]] = []
        if self._base is None:
            texts: Iterator[bytes] = iter(start.split(b"\n", _SAMPLED_ROWS)[:_SAMPLED_ROWS])
        else:
            texts = self._first(self._base, start)
        held = 0
        for text in texts:
            value = _value(text)
            held += len(text)
            rows += [value] if isinstance(value, dict) else []
            if len(rows) >= _SAMPLED_ROWS or held > _SAMPLED_BYTES:
                break
        return rows

    def _first(self, base: int, start: bytes) -> Iterator[bytes]:
        return _quiet(Splitter(base, self.name, self.holder).records([start]))

    def _texts(self) -> Iterator[bytes]:
        assert self._base is not None
        begin = self._begin
        with closing(self._blocks(begin)) as blocks:
            splitter = Splitter(self._base, self.name, self.holder, begin if self.start else None)
            for text in splitter.records(blocks):
                self._end_bytes = splitter.end
                yield text

    @property
    def _begin(self) -> int:
        return int(self.start[0]) if self.start else 0

    def _lines(self, blocks: Iterator[bytes]) -> Iterator[tuple[list[bytes], int]]:
        """Yield some lines, and how many bytes they have."""
        rest, self._end_bytes = b"", self._begin
        for block in blocks:
            held = rest + block
            *whole, rest = held.split(b"\n")
            if len(whole) <= CHUNK_ROWS:
                yield whole, len(held) - len(rest)
            else:
                for at in range(0, len(whole), CHUNK_ROWS):
                    some = whole[at : at + CHUNK_ROWS]
                    yield some, sum(map(len, some)) + len(some)
            if len(rest) > MAX_RECORD_BYTES:
                raise SourceError(
                    gettext(
                        "{file} has a line of more than {n} bytes. Phonoscope doesn't read such "
                        "long records.",
                        file=self.name,
                        n=MAX_RECORD_BYTES,
                    ),
                    code="record-too-long",
                )
        if rest and not rest.isspace():
            yield [rest], len(rest)

    def _blocks(self, begin: int = 0) -> Generator[bytes, None, None]:
        """Yield the file in UTF-8, from one of its positions on."""
        self._file = open_decompressed(self._uri, self.name)
        with closing(self._file.stream) as stream:
            if self._encoding in _UTF8:
                stream.seek(begin + (len(codecs.BOM_UTF8) if self._encoding == "utf-8-sig" else 0))
                while block := stream.read(_BLOCK_BYTES):
                    yield block
            else:
                yield from _in_utf8(stream, self._encoding)


class NotJsonError(SourceError):
    """It begins like JSON but isn't; perhaps it is a table whose heading begins so."""


def _in_utf8(stream: BinaryIO, encoding: str) -> Iterator[bytes]:
    # Bytes that aren't text stay invalid in UTF-8, so only their record is refused.
    decoder = codecs.getincrementaldecoder(encoding)("surrogatepass")
    if encoding.startswith("utf-32"):
        decoder = codecs.getincrementaldecoder(encoding)("replace")
    while block := stream.read(_BLOCK_BYTES):
        if text := decoder.decode(block):
            yield text.encode("utf-8", "surrogatepass")


def _value(text: bytes) -> object:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return None


def _quiet(texts: Iterator[bytes]) -> Iterator[bytes]:
    """Yield the complete records at the start of a document."""
    try:
        yield from texts
    except SourceError:
        return


def _held(whole: Mapping[str, Any]) -> str | None:
    """Return which value of an object is the list of records; ``None`` when there is none.

    An object with an id or a name is a record itself, even if it holds a list of others.
    """
    lists = [key for key, value in whole.items() if isinstance(value, list) and _of_objects(value)]
    return lists[0] if len(lists) == 1 and not {"id", "name", "title"} & set(whole) else None


def _of_objects(value: list[Any]) -> bool:
    # The first ones can be null, such as songs that are gone.
    return any(isinstance(each, dict) for each in value[:_SAMPLED_ROWS])


def _keys(value: object, path: str = "", depth: int = _DEPTH) -> Iterator[str]:
    if isinstance(value, list):
        value = next((item for item in value if isinstance(item, dict)), None)
    if isinstance(value, dict) and depth:
        for key, inner in value.items():
            yield path + key
            yield from _keys(inner, f"{path}{key}.", depth - 1)


@contextmanager
def uncollected() -> Iterator[None]:
    """Switch off the garbage collector while thousands of objects without cycles are made.

    It would take half of the time of parsing.
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _parsed(first_row: int, texts: list[bytes], begins: Position | None) -> JsonRecords:
    reject_reasons: dict[int, str] = {}
    loads = orjson.loads
    with uncollected():
        try:
            rows = [loads(text) for text in texts]
        except orjson.JSONDecodeError:
            texts = [text for text in texts if text and not text.isspace()]
            rows = [_value(text) for text in texts]
            reject_reasons = {at: _BROKEN for at, row in enumerate(rows) if row is None}
    if set(map(type, rows)) != {dict}:
        for at, row in enumerate(rows):
            if type(row) is not dict:
                rows[at] = {}
                reject_reasons.setdefault(at, _OTHER)
    return JsonRecords(first_row, rows, texts, reject_reasons, begins)


def reasons_array(reject_reasons: Mapping[int, str], length: int) -> pa.Array | None:
    """Return reasons by place as a column; ``None`` when there is none."""
    return (
        pa.array([reject_reasons.get(at) for at in range(length)], pa.string())
        if reject_reasons
        else None
    )

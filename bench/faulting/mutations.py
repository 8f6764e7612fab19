"""Mutated metadata: every file is read, refused in words, or has rejected rows; nothing else."""

from __future__ import annotations

import bz2
import csv
import gzip
import io
import json
import lzma
import random
import signal
import sqlite3
import tempfile
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from types import FrameType

import pyarrow as pa
import pyarrow.parquet as pq

from bench.faulting.tally import Tally
from phonoscope.errors import PhonoscopeError
from phonoscope.ingest.detect import open_job

ROWS = 40
LONGEST_S = 20
_WORDS = (
    b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", b"\0\0\0\0", b"\0", b'"', b"\n", b"\r", b",", b";",
    b"{", b"[", b"]", b"<", b"&", b"1e999", b"-1", b"NaN", b"\xef\xbb\xbf", b"\xfe\xff", b"PAR1",
    b"\x1f\x8b\x08", b"PK\3\4", b"BZh9", b"9" * 400, b"[" * 2000,
)  # fmt: skip


def _tracks() -> list[dict[str, object]]:
    return [
        {
            "id": f"t{n}", "name": f"Näme {n}", "artists": f"Artist {n % 5}",
            "duration_ms": 180_000 + n, "release_date": "2020-05-06", "explicit": n % 2 == 0,
            "popularity": n, "tempo": 120.5, "energy": 0.5, "danceability": 0.25,
        }
        for n in range(ROWS)
    ]  # fmt: skip


def _objects() -> list[dict[str, object]]:
    """Return tracks as a web API gives them."""
    return [
        {
            "type": "track", "id": f"t{n}", "name": f"Näme {n}", "duration_ms": 180_000 + n,
            "explicit": False, "popularity": n, "external_ids": {"isrc": f"USABC20{n:05}"},
            "artists": [{"id": f"a{n % 5}", "name": f"Artist {n % 5}", "type": "artist"}],
            "album": {"id": f"b{n % 9}", "name": "B", "release_date": "2020-05-06"},
        }
        for n in range(ROWS)
    ]  # fmt: skip


def _csv(separator: str = ",", encoding: str = "utf-8") -> bytes:
    text = io.StringIO()
    to = csv.DictWriter(text, [*_tracks()[0]], delimiter=separator)
    to.writeheader()
    to.writerows(_tracks())
    return text.getvalue().encode(encoding)


def _json_lines() -> bytes:
    return "\n".join(map(json.dumps, _objects())).encode()


def _parquet() -> bytes:
    to = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(_tracks()), to)
    return to.getvalue()


def _sqlite() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "x.db"
        connection = sqlite3.connect(file)
        connection.execute("CREATE TABLE tracks (id TEXT, name TEXT, duration_ms INT, isrc TEXT)")
        rows = [(f"t{n}", f"Name {n}", n, f"USABC20{n:05}") for n in range(ROWS)]
        connection.executemany("INSERT INTO tracks VALUES (?, ?, ?, ?)", rows)
        connection.commit()
        connection.close()
        return file.read_bytes()


def _zip(content: bytes) -> bytes:
    to = io.BytesIO()
    with zipfile.ZipFile(to, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("tracks.csv", content)
    return to.getvalue()


_XML = b"<?xml version='1.0'?><releases>%s</releases>" % b"".join(
    b"<release id='%d' status='Accepted'><title>T%d</title><artists><artist><id>%d</id><name>A"
    b"</name></artist></artists><released>2001-02-03</released><tracklist><track><position>1"
    b"</position><title>X</title><duration>3:21</duration></track></tracklist></release>"
    % (n, n, n)
    for n in range(1, ROWS)
)

SEEDS: dict[str, Callable[[], bytes]] = {
    "x.csv": _csv,
    "semicolons.csv": lambda: _csv(";"),
    "utf-16.csv": lambda: _csv(encoding="utf-16"),
    "x.jsonl": _json_lines,
    "x.json": lambda: json.dumps(_objects()).encode(),
    "object.json": lambda: json.dumps({"items": _objects(), "total": ROWS}).encode(),
    "x.parquet": _parquet,
    "x.db": _sqlite,
    "x.xml": lambda: _XML,
    "x.csv.gz": lambda: gzip.compress(_csv()),
    "x.csv.bz2": lambda: bz2.compress(_csv()),
    "x.csv.xz": lambda: lzma.compress(_csv()),
    "x.zip": lambda: _zip(_csv()),
}
"""Small files of every kind of metadata."""


def mutated(content: bytes, drawn: random.Random) -> bytes:
    """Return bytes with one to four changes: flipped, cut, repeated, put in or cut off."""
    found = bytearray(content)
    for _ in range(drawn.randint(1, 4)):
        at = drawn.randrange(len(found) + 1)
        kind = drawn.randrange(6)
        if kind == 0 and at < len(found):
            found[at] ^= 1 << drawn.randrange(8)
        elif kind == 1:
            del found[at : at + drawn.randrange(1, 64)]
        elif kind == 2:
            found[at:at] = found[at : at + drawn.randrange(1, 64)] * drawn.randrange(1, 4)
        elif kind == 3:
            found[at:at] = drawn.choice(_WORDS)
        elif kind == 4:
            word = drawn.choice(_WORDS)
            found[at : at + len(word)] = word
        else:
            del found[at:]
    return bytes(found)


class _TooLongError(BaseException):
    """Reading took too long."""


def _too_long(_: int, __: FrameType | None) -> None:
    raise _TooLongError


def read(tries: int, folder: Path, seed: int = 1, kept: Path | None = None) -> Tally:
    """Read mutated metadata.

    Parameters
    ----------
    tries
        Files, spread over the kinds.
    folder
        An empty folder.
    seed
        Of the mutations.
    kept
        Where files are kept that fail; by default nowhere.
    """
    tally, drawn = Tally("mutated metadata"), random.Random(seed)
    folder.mkdir(parents=True, exist_ok=True)
    seeds = {name: make() for name, make in SEEDS.items()}
    signal.signal(signal.SIGALRM, _too_long)
    for number in range(tries):
        name = [*seeds][number % len(seeds)]
        file = folder / name
        file.write_bytes(mutated(seeds[name], drawn))
        tally.tries += 1
        started = time.monotonic()
        signal.alarm(LONGEST_S)
        try:
            for chunk in open_job(file).chunks():
                tally.hits += chunk.read > 0
        except PhonoscopeError:
            pass
        except (_TooLongError, Exception) as error:
            took_s = time.monotonic() - started
            tally.failures.append(
                f"{name}, file {number}: {type(error).__name__} after {took_s:.1f} s: {error}"[:300]
            )
            if kept is not None:
                kept.mkdir(parents=True, exist_ok=True)
                (kept / f"{seed}-{number}-{name}").write_bytes(file.read_bytes())
        finally:
            signal.alarm(0)
        file.unlink()
    return tally

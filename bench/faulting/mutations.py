"""Mutated metadata: every file is read, refused in words, or has rejected rows; nothing else."""

from __future__ import annotations

import random
import signal
import time
from pathlib import Path
from types import FrameType

from bench.faulting.sources import SEEDS
from bench.faulting.tally import Tally, numbered
from phonoscope.errors import PhonoscopeError
from phonoscope.ingest.detect import open_jobs

LONGEST_S = 20
_WORDS = (
    b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", b"\0\0\0\0", b"\0", b'"', b"\n", b"\r", b",", b";",
    b"{", b"[", b"]", b"<", b"&", b"1e999", b"-1", b"NaN", b"\xef\xbb\xbf", b"\xfe\xff", b"PAR1",
    b"\x1f\x8b\x08", b"PK\3\4", b"BZh9", b"9" * 400, b"[" * 2000,
)  # fmt: skip


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


def read(
    tries: int,
    folder: Path,
    seed: int = 1,
    kept: Path | None = None,
    seconds: float | None = None,
) -> Tally:
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
    seconds
        Time after which no more files are read.
    """
    tally, drawn = Tally("mutated metadata"), random.Random(seed)
    folder.mkdir(parents=True, exist_ok=True)
    seeds = {name: make() for name, make in SEEDS.items()}
    # Processor time: on a busy machine, a starved process would count as one that hangs.
    signal.signal(signal.SIGPROF, _too_long)
    for number in numbered(tries, seconds):
        name = [*seeds][number % len(seeds)]
        file = folder / name
        file.write_bytes(mutated(seeds[name], drawn))
        tally.tries += 1
        started = time.monotonic()
        signal.setitimer(signal.ITIMER_PROF, LONGEST_S)
        try:
            chunks = (chunk for job in open_jobs(file) for chunk in job.chunks())
            tally.hits += sum(chunk.read for chunk in chunks) > 0
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
            signal.setitimer(signal.ITIMER_PROF, 0)
        file.unlink()
    return tally

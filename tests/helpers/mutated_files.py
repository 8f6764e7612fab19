"""Mutated real files, and what must hold for each: no exception, no hang, no growth."""

from __future__ import annotations

import io
import json
import math
import os
import resource
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from phonoscope.analysis import analyse
from phonoscope.disclosure.inventory import sound_digest
from phonoscope.disclosure.model import Declaration, Making, Part
from phonoscope.disclosure.read import read_marks
from phonoscope.disclosure.writing import Labelling, write_label
from phonoscope.errors import ErrorKind, LabelError, UnreadableError
from phonoscope.escape import printable
from tests.helpers.containers import SEEDS, seed

LONGEST_S = 10.0
MOST_GROWTH_MIB = 200

INTERESTING = (
    *(b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", b"\xff\xff\xff\x7f", b"\x80\0\0\0", b"\0\0\0\x80"),
    *(b"\0\0\0\0", b"\xff", b"\0", b"\x7f", b"ID3\4\0\x80", b"RIFF", b"OggS", b"fLaC", b"moov"),
    *(b"data", b"fmt ", b"AIGC", b"LIST", b"APETAGEX", b"\xff\xfb\x90\x44", b"\x1a\x45\xdf\xa3"),
    *(b"TXXX", b"ilst", b"----", b'{"AIGC":', b"made with suno", b"\0\0\xc0\x7f", b"\x80\x80"),
)
"""Sizes at the limits, and the words that parsers look for."""


LABELLING = Labelling((Declaration("", Part.WHOLE, Making.GENERATED, "Fuzz", None, "", ""),))


@dataclass(frozen=True)
class Change:
    """One mutation; places are shares of the length, half of them near the start."""

    what: str
    at: float
    length: float
    content: bytes

    def place(self, size: int) -> int:
        """Return where it happens in a file of this size, bytes."""
        # Headers are where parsers decide: half of all changes fall into the first 2 kB.
        reach = min(size, 2_048) if self.at < 0.5 else size
        return int((self.at * 2 % 1) * max(reach, 1))


CHANGES = ("flip", "truncate", "insert", "overwrite", "delete", "repeat", "splice", "zero")


def changed(data: bytes, change: Change, other: bytes) -> bytes:
    """Return a mutated copy."""
    at = change.place(len(data))
    span = max(1, int(change.length * change.length * min(len(data), 8_192)))
    content = change.content or b"\xff"
    match change.what:
        case "flip":
            bits = bytes(b ^ content[n % len(content)] for n, b in enumerate(data[at : at + 4]))
            return data[:at] + bits + data[at + 4 :]
        case "truncate":
            return data[:at]
        case "insert":
            return data[:at] + content + data[at:]
        case "overwrite":
            return data[:at] + content + data[at + len(content) :]
        case "delete":
            return data[:at] + data[at + span :]
        case "repeat":
            return data[:at] + data[at : at + span] * 5 + data[at:]
        case "splice":
            return data[:at] + other[change.place(len(other)) :][: 4 * span] + data[at:]
        case _:
            return data[:at] + bytes(span) + data[at + span :]


def mutated(name: str, other: str, changes: list[Change]) -> bytes:
    """Return the seed of this name after these changes."""
    data = seed(name)
    for change in changes:
        data = changed(data, change, seed(other))[: 1 << 20]
    return data


# ---- what must hold ---------------------------------------------------------------------


def hold_examination(path: Path) -> bool:
    """Examine a file and hold the row to what is promised; return whether it has sound."""
    started = time.process_time()
    exam = analyse(str(path))
    took_s = time.process_time() - started
    assert took_s < LONGEST_S, f"took {took_s:.1f} s"
    json.dumps(exam.to_json(), allow_nan=False).encode()
    assert exam.error_kind is not ErrorKind.INTERNAL, exam.error
    assert (exam.error is None) == (exam.error_kind is None)
    if exam.error is not None:
        assert exam.error.isprintable()
        assert exam.error.strip()
        assert "Traceback" not in exam.error
        return False
    assert exam.duration_s is not None
    assert 0 < exam.duration_s < 3_600
    for column, value in exam.descriptors.items():
        for number in value if isinstance(value, list | tuple) else (value,):
            assert not isinstance(number, float) or math.isfinite(number), (column, value)
    hold_texts(exam.tags, exam.declared)
    return True


def hold_marks(data: bytes) -> None:
    """Read tags and marks alone, of files that need not decode."""
    started = time.process_time()
    tags, declared = read_marks(io.BytesIO(data), {})
    took_s = time.process_time() - started
    assert took_s < LONGEST_S, f"took {took_s:.1f} s"
    hold_texts(tags, declared)


def hold_writing(data: bytes, folder: Path) -> None:
    """Label a damaged file: it is labelled and sounds the same, or is as it was and says why."""
    path = folder / "mutated"
    path.write_bytes(data)
    started = time.process_time()
    refused = ""
    try:
        write_label(path, LABELLING)
    except (LabelError, UnreadableError) as error:
        refused = str(error)
    if refused:
        assert path.read_bytes() == data
        assert refused == printable(refused)
    else:
        with path.open("rb") as now:
            assert sound_digest(io.BytesIO(data)) == sound_digest(now)
            assert "Fuzz" in {d.tool for d in read_marks(now, {})[1]}
    assert os.listdir(folder) == ["mutated"]
    took_s = time.process_time() - started
    assert took_s < LONGEST_S, f"took {took_s:.1f} s"


def hold_texts(tags: Any, declared: Any) -> None:
    for holder in (tags, *declared):
        for value in vars(holder).values():
            if isinstance(value, str):
                assert len(value) <= 500
                assert len(value.splitlines()) <= 1
                assert "\0" not in value
                value.encode()


def grown_mib(since_kib: int) -> float:
    return (peak_kib() - since_kib) / 1024


def peak_kib() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def drawn(rng: np.random.Generator) -> bytes:
    """Draw a mutated file."""
    changes = [
        Change(
            str(rng.choice(CHANGES)),
            float(rng.random()),
            float(rng.random()),
            INTERESTING[rng.integers(len(INTERESTING))]
            if rng.random() < 0.6
            else rng.bytes(int(rng.integers(1, 13))),
        )
        for _ in range(rng.integers(1, 7))
    ]
    first, second = rng.choice(SEEDS, 2)
    return mutated(str(first), str(second), changes)

"""Messages between a pool and its workers: pickles after their length."""

from __future__ import annotations

import os
import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from phonoscope.errors import ErrorKind

LENGTH = struct.Struct(">Q")
BEGUN = b""
"""A worker's first answer: it has a task and begins."""


@dataclass(frozen=True)
class Start:
    """What a worker has to know before its first task."""

    parent_pid: int
    memory_mb: int
    """Memory that it may use on top of what it needs to start, MB (2^20 bytes)."""


@dataclass(frozen=True)
class Task:
    """A call of a function that can be imported under its own name."""

    function: Callable[..., Any]
    arguments: tuple[Any, ...]


@dataclass(frozen=True)
class Failure:
    """Why a task has no value; becomes the error of a row."""

    kind: ErrorKind
    message: str


@dataclass(frozen=True)
class TaskResult:
    """The result of a task."""

    value: Any = None
    failure: Failure | None = None
    cpu_s: float = 0.0
    """Processor time of the worker since its last answer, s."""


def read_frame(descriptor: int) -> bytes | None:
    """Read one message from a pipe; ``None`` when the other side closed it."""
    head = _read_exactly(descriptor, LENGTH.size)
    return None if head is None else _read_exactly(descriptor, LENGTH.unpack(head)[0])


def write_frame(descriptor: int, content: bytes) -> None:
    """Write one message to a pipe."""
    rest = memoryview(LENGTH.pack(len(content)) + content)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def _read_exactly(descriptor: int, count: int) -> bytes | None:
    pieces = bytearray()
    while len(pieces) < count:
        piece = os.read(descriptor, min(count - len(pieces), 1 << 20))
        if not piece:
            return None
        pieces += piece
    return bytes(pieces)

"""What workers of these tests do instead of examining; they import it by its name."""

from __future__ import annotations

import dataclasses
import os
import signal
import sys
import time

from phonoscope.analysis import analyse
from phonoscope.disclosure.copy_beside import copy_beside
from phonoscope.errors import (
    DamagedCatalogueError,
    ErrorKind,
    LabelError,
    MissingExtraError,
    OutOfMemoryError,
    PluginError,
    UnreadableError,
)


def echo(value):
    return value


def pid():
    return os.getpid()


def sleep(seconds):
    time.sleep(seconds)
    return "awake"


def sleep_deaf(seconds):
    """Like a loop in C: no signal but SIGKILL gets through."""
    signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
    time.sleep(seconds)


def die(number):
    os.kill(os.getpid(), number)
    time.sleep(60)


def leave(status):
    os._exit(status)


def fail():
    raise ValueError("on purpose")


def not_picklable():
    return lambda: None


def eat(megabytes):
    return len(bytearray(megabytes << 20))


def chatter():
    print("a library that prints to stdout")
    os.write(1, b"and one that writes there\n")
    return sys.stdout.isatty()


def threads():
    import threadpoolctl

    return max((pool["num_threads"] for pool in threadpoolctl.threadpool_info()), default=1)


def telling_examination(uri, *, recording_id=None, false_alarms):
    """An examination that tells the share of false alarms it was asked for, weighed or not."""
    found = analyse(uri, recording_id=recording_id, false_alarms=false_alarms)
    verdict = dataclasses.replace(found.verdict, false_alarms=false_alarms)
    return dataclasses.replace(found, verdict=verdict)


def misbehaving_examination(uri, recording_id, size_bytes, mtime_ns, false_alarms):
    """An examination that does what the file's name says."""
    name = os.path.basename(uri)
    if "hang" in name:
        time.sleep(120)
    if "crash" in name:
        os.kill(os.getpid(), signal.SIGSEGV)
    if "slow" in name:
        time.sleep(1.5)
    return telling_examination(uri, recording_id=recording_id, false_alarms=false_alarms)


def slow_examination(uri, recording_id, size_bytes, mtime_ns, false_alarms):
    """Slow enough that a signal finds the scan at work."""
    time.sleep(0.05)
    return analyse(uri, recording_id=recording_id)


def refuse(kind):
    raise {
        "label": LabelError("no", code="signed"),
        "extra": MissingExtraError("spark", "It needs Spark."),
        "plugin": PluginError("p", "It fails.", code="import"),
        "damage": DamagedCatalogueError("It is damaged.", file="files/a.parquet"),
        "memory": OutOfMemoryError(),
    }[kind]


def count_down(start):
    yield from range(start, 0, -1)
    raise UnreadableError(ErrorKind.IO, "It ends.")


def copy_and_die(path):
    with copy_beside(path):
        os.abort()

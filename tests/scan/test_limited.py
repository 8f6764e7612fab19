"""A call in a limited worker: whatever it does, it costs one answer."""

import os
import resource
import subprocess
import sys
import time

import pytest

from phonoscope.analysis import analyse
from phonoscope.errors import (
    FILE_OUT_OF_MEMORY,
    OVER_WORKER_MEMORY,
    DamagedCatalogueError,
    ErrorKind,
    LabelError,
    MissingExtraError,
    OutOfMemoryError,
    PluginError,
    UnreadableError,
)
from phonoscope.files import identify_source
from phonoscope.scan.limited import LimitedWorker
from tests.helpers import tasks


@pytest.fixture(scope="module")
def worker():
    made = LimitedWorker(time_limit_s=5, memory_mb=512)
    yield made
    made.close()


def kind_of(worker, function, *arguments):
    with pytest.raises(UnreadableError) as raised:
        worker.call(function, *arguments)
    return raised.value.kind


def test_whatever_a_call_does_the_next_one_is_answered(worker, tmp_path):
    assert worker.call(os.getpid) != os.getpid()
    before_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert kind_of(worker, bytearray, 1 << 31) is ErrorKind.MEMORY_LIMIT
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before_kb < 100 << 10
    assert kind_of(worker, time.sleep, 60) is ErrorKind.TIME_LIMIT
    assert kind_of(worker, os.abort) is ErrorKind.CRASHED
    assert kind_of(worker, identify_source, str(tmp_path / "none")) is ErrorKind.VANISHED
    assert kind_of(worker, int, "x") is ErrorKind.INTERNAL
    assert worker.call(analyse, str(tmp_path / "none")).error_kind is ErrorKind.VANISHED


def test_a_closed_worker_refuses():
    made = LimitedWorker(time_limit_s=5, memory_mb=512)
    made.close()
    assert kind_of(made, os.getpid) is ErrorKind.CRASHED


@pytest.mark.parametrize(
    ("kind", "wanted", "code"),
    [
        ("label", LabelError, "signed"),
        ("extra", MissingExtraError, "missing-extra"),
        ("plugin", PluginError, "import"),
        ("damage", DamagedCatalogueError, "damaged-part"),
        ("memory", OutOfMemoryError, "memory-limit"),
    ],
)
def test_an_error_on_purpose_arrives_whole(worker, kind, wanted, code):
    with pytest.raises(wanted) as here:
        tasks.refuse(kind)
    with pytest.raises(wanted) as there:
        worker.call(tasks.refuse, kind)
    assert there.value.code == code
    if kind == "memory":
        assert (here.value.message, there.value.message) == (FILE_OUT_OF_MEMORY, OVER_WORKER_MEMORY)
    else:
        assert there.value.message == here.value.message
        assert vars(there.value) == vars(here.value)


def test_a_generator_runs_there_until_it_fails(worker):
    items = worker.each(tasks.count_down, 3)
    assert [next(items) for _ in range(3)] == [3, 2, 1]
    with pytest.raises(UnreadableError) as raised:
        next(items)
    assert raised.value.kind is ErrorKind.IO
    assert list(worker.each(range, 2)) == [0, 1]


FORKED = """
import os, sys
from phonoscope.errors import UnreadableError
from phonoscope.scan.limited import LimitedWorker
sys.marked = 7
MARKED = "getattr(__import__('sys'), 'marked', 'started')"
print("buffered", end=" ")
with LimitedWorker.of_command() as worker:
    print(worker.call(os.getppid) == os.getpid(), worker.call(eval, MARKED), end=" ")
    worker.call(os.write, 1, b"aside")
    try:
        worker.call(os.abort)
    except UnreadableError as error:
        print(error.kind.value, end=" ")
    print(worker.call(eval, MARKED))
"""


def test_the_worker_of_a_command_is_a_copy_of_it_and_the_next_one_is_started():
    ran = subprocess.run(
        [sys.executable, "-c", FORKED],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert ran.stdout.split() == ["buffered", "True", "7", "crashed", "started"]
    assert ran.stderr.split() == ["aside"]

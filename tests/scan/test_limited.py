"""A call in a limited worker: whatever it does, it costs one answer."""

import os
import resource
import time

import pytest

from phonoscope.analysis import analyse
from phonoscope.errors import ErrorKind, UnreadableError
from phonoscope.files import identify_source
from phonoscope.scan.limited import LimitedWorker


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

"""Linear algebra uses one thread inside Phonoscope, and what it had outside."""

import os
import subprocess
import sys
import threading

import numpy as np  # noqa: F401 - brings the library whose threads are counted
import pytest
import threadpoolctl

from phonoscope import threads
from phonoscope.threads import limit_process, on_one_thread, one_thread


def counts():
    return {pool["num_threads"] for pool in threadpoolctl.threadpool_info()}


@pytest.fixture
def two():
    """Let libraries have two threads, whatever the machine has."""
    with threadpoolctl.threadpool_limits(2):
        assert counts() == {2}
        yield
        assert counts() == {2}


def test_a_call_has_one_thread_and_the_program_keeps_its_own(two):
    assert on_one_thread(counts)() == {1}


def test_an_error_leaves_the_program_its_threads(two):
    with pytest.raises(ZeroDivisionError):
        on_one_thread(lambda: 1 / 0)()


def test_two_threads_of_a_program_leave_it_its_threads(two):
    entered, leave = threading.Event(), threading.Event()

    def second():
        with one_thread():
            entered.set()
            leave.wait(10)

    other = threading.Thread(target=second)
    with one_thread():
        other.start()
        entered.wait(10)
        assert counts() == {1}
    leave.set()
    other.join()


def test_a_process_is_limited_before_it_loads_anything_but_not_against_its_user(monkeypatch):
    for name in threads.NAMES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    limit_process()
    assert os.environ["OPENBLAS_NUM_THREADS"] == "1"
    assert os.environ["OMP_NUM_THREADS"] == "3"


def test_the_command_line_computes_on_one_thread():
    program = (
        "import sys, phonoscope.cli.main as m\n"
        "m._run = lambda: (__import__('numpy'), print(*{p['num_threads'] for p in\n"
        "    __import__('threadpoolctl').threadpool_info()}))[1] or 0\n"
        "m.main()"
    )
    kept = {name: value for name, value in os.environ.items() if name not in threads.NAMES}
    found = subprocess.run(
        [sys.executable, "-c", program],
        env=kept, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert (found.returncode, found.stdout.split()) == (0, ["1"]), found.stderr

"""The pool: a task that hangs or crashes costs itself and nothing else; nobody outlives us."""

import os
import shutil
import signal
import subprocess
import sys
import time

import pytest

from phonoscope.errors import ErrorKind, PhonoscopeError
from phonoscope.scan import pool as pool_module
from phonoscope.scan.pool import Pool
from tests.helpers import tasks


@pytest.fixture
def pool():
    with Pool(1, time_limit_s=60, memory_mb=512) as made:
        yield made


def call(pool, function, *arguments):
    pool.submit("tag", function, *arguments)
    done = []
    while not done:
        done = pool.wait(60)
    assert done[0].tag == "tag"
    return done[0].value


def is_alive(pid):
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def gone(pid, within_s=10.0):
    until_s = time.monotonic() + within_s
    while is_alive(pid) and time.monotonic() < until_s:
        time.sleep(0.05)
    return not is_alive(pid)


def test_one_worker_through_everything_a_task_may_do(pool):
    """One worker, because starting one takes a second."""
    assert call(pool, tasks.echo, {"a": (1, None)}) == {"a": (1, None)}
    assert call(pool, tasks.echo, "x" * 5_000_000) == "x" * 5_000_000
    first = call(pool, tasks.pid)
    assert first != os.getpid()
    assert call(pool, tasks.threads) == 1
    assert call(pool, tasks.chatter) is False
    failed = call(pool, tasks.fail)
    assert failed.kind is ErrorKind.INTERNAL
    assert "ValueError: on purpose" in failed.message
    assert call(pool, tasks.not_picklable).kind is ErrorKind.INTERNAL
    if sys.platform == "linux":
        assert call(pool, tasks.eat, 100) == 100 << 20
        assert call(pool, tasks.eat, 4096).kind is ErrorKind.MEMORY_LIMIT
    os.kill(first, signal.SIGINT)
    assert call(pool, tasks.pid) == first
    # Killed while it waits: no task is to blame, the next one gets another worker.
    os.kill(first, signal.SIGKILL)
    assert gone(first)
    assert call(pool, tasks.echo, 1) == 1
    assert call(pool, tasks.pid) != first


def test_a_task_that_hangs_or_crashes_is_said_and_the_next_one_runs():
    with Pool(1, time_limit_s=1.0, memory_mb=512) as pool:
        started_s = time.monotonic()
        hung = call(pool, tasks.sleep_deaf, 60)
        assert time.monotonic() - started_s < 30
        assert hung.kind is ErrorKind.TIME_LIMIT
        assert "1 second" in hung.message
        crashed = call(pool, tasks.die, signal.SIGSEGV)
        assert crashed.kind is ErrorKind.CRASHED
        assert "SIGSEGV" in crashed.message
        assert "status 3" in call(pool, tasks.leave, 3).message
        assert call(pool, tasks.echo, "next") == "next"


def test_a_slow_task_holds_up_only_its_own_worker():
    with Pool(2, time_limit_s=60, memory_mb=512) as pool:
        pool.submit("warm", tasks.echo, 0)
        pool.submit("slow", tasks.sleep, 30)
        finished = []
        while len(finished) < 20:
            for done in pool.wait(60):
                finished.append(done.tag)
            while pool.free and len(finished) < 20:
                pool.submit("quick", tasks.echo, 1)
        assert "slow" not in finished
        started_s = time.monotonic()
    assert time.monotonic() - started_s < 10, "leaving the pool ends what is under way"


def test_leaving_the_pool_ends_its_processes():
    with Pool(1, time_limit_s=60, memory_mb=512) as pool:
        worker = call(pool, tasks.pid)
        assert is_alive(worker)
    assert not is_alive(worker)


def test_workers_that_cannot_start_are_an_error_and_no_endless_loop(monkeypatch):
    monkeypatch.setattr(pool_module.sys, "executable", shutil.which("false"))
    with (
        Pool(1, time_limit_s=60, memory_mb=512) as pool,
        pytest.raises(PhonoscopeError) as caught,
    ):
        call(pool, tasks.echo, 1)
    assert caught.value.code == "worker-start"
    assert "exit status 1" in caught.value.message


ORPHANS = """
from tests.helpers import tasks
from phonoscope.scan.pool import Pool
with Pool(1, time_limit_s=600, memory_mb=512) as pool:
    pool.submit("pid", tasks.pid)
    while not (done := pool.wait(60)): pass
    print(done[0].value, flush=True)
    pool.submit("work", tasks.sleep, 600)
    while True: pool.wait(60)
"""


def test_workers_die_with_a_parent_that_is_killed():
    with subprocess.Popen(
        [sys.executable, "-c", ORPHANS],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        stdout=subprocess.PIPE,
        text=True,
    ) as parent:
        worker = int(parent.stdout.readline())
        assert is_alive(worker)
        parent.kill()
    assert gone(worker)

"""Faults made on purpose, a few of each kind; ``bench/faults.py`` makes many.

After each one nothing is lost, doubled or torn, and the same work ends well once the fault is gone.
"""

import subprocess
import sys

import pytest

from bench.faulting import disks, kills, mutations, network, pairs
from bench.faulting.work import WORK


def fine(tally):
    return (tally.failures, tally.tries > 0) == ([], True)


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in WORK if name != "ingest"])
def test_killed_at_a_random_point(name, tmp_path):
    tally = kills.kill(name, 1, tmp_path / "k", seed=5)
    assert fine(tally), tally.failures


@pytest.mark.parametrize("kind", disks.ERRORS)
@pytest.mark.parametrize("name", ["decisions", "label write"])
def test_a_disk_that_fails_in_small_work(name, kind, tmp_path):
    tally = disks.fail_disk(name, kind, 2, tmp_path / "d")
    assert fine(tally), tally.failures
    assert tally.hits > 0 or (name, kind) == ("label write", "link")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "kind"), [("ingest again", "write"), ("compact", "fsync"), ("plays", "read")]
)
def test_a_disk_that_fails_in_large_work(name, kind, tmp_path):
    tally = disks.fail_disk(name, kind, 1, tmp_path / "d")
    assert fine(tally), tally.failures
    assert tally.hits > 0


@pytest.mark.slow
@pytest.mark.parametrize(("one", "other"), [("ingest", "compact")])
def test_two_writers_at_once(one, other, tmp_path):
    tally = pairs.at_once(one, other, 1, tmp_path / "p")
    assert fine(tally), tally.failures


def test_mutated_metadata_is_read_or_refused_in_words(tmp_path):
    tally = mutations.read(130, tmp_path / "m", seed=2)
    assert fine(tally), tally.failures
    assert tally.hits > 13


def test_metadata_that_isnt_mutated_is_read(tmp_path, monkeypatch):
    monkeypatch.setattr(mutations, "mutated", lambda content, _: content)
    tally = mutations.read(len(mutations.SEEDS), tmp_path / "m")
    assert (tally.failures, tally.hits >= tally.tries) == ([], True)


@pytest.mark.slow
def test_no_command_connects_anywhere(tmp_path):
    commands = [one for one in network.every_command(tmp_path / "n") if one[0] in {"scan", "sql"}]
    tally = network.record(commands, tmp_path / "n", frozenset({0, 2}))
    assert fine(tally), tally.failures


def test_the_recording_of_connections_sees_one(tmp_path):
    """It could not fail otherwise."""
    (tmp_path / "n").mkdir()
    tally = network.record([["-c"]], tmp_path / "n", frozenset({2}))
    assert fine(tally), tally.failures
    hook = (tmp_path / "n" / "hooks" / "sitecustomize.py").read_text()
    recorded = tmp_path / "seen"
    code = f"import os; os.environ['PHONOSCOPE_RECORDED'] = {str(recorded)!r}\n{hook}\n"
    code += (
        "import socket\nsocket.socket(socket.AF_INET, socket.SOCK_DGRAM).connect(('127.0.0.1', 9))"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
    assert "socket.connect" in recorded.read_text()

"""Faults made on purpose, a few of each kind; ``bench/faults.py`` makes many.

After each one nothing is lost, doubled or torn, and the same work ends well once the fault is gone.
"""

import os
import subprocess
import sys

import pytest

from bench.faulting import disks, files, kills, mutations, network, pairs, requests
from bench.faulting.sources import SEEDS
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
@pytest.mark.parametrize(
    "names", [("ingest", "compact"), ("label", "charts", "copies", "calibrate", "voices")]
)
def test_writers_at_once(names, tmp_path):
    tally = pairs.at_once(names, 1, tmp_path / "p")
    assert fine(tally), tally.failures


def test_mutated_metadata_is_read_or_refused_in_words(tmp_path):
    tally = mutations.read(4 * len(SEEDS), tmp_path / "m", seed=2)
    assert fine(tally), tally.failures
    assert tally.hits > len(SEEDS)


def test_metadata_that_isnt_mutated_is_read(tmp_path, monkeypatch):
    monkeypatch.setattr(mutations, "mutated", lambda content, _: content)
    tally = mutations.read(len(SEEDS), tmp_path / "m")
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


@pytest.mark.slow
def test_a_file_that_kills_its_process_costs_that_file(tmp_path, monkeypatch):
    """The same file comes again, and the files after it are read."""
    assert files.mutated_file(7, 3) == files.mutated_file(7, 3) != files.mutated_file(7, 4)
    monkeypatch.setattr(files, "_read_some", _dies_at_two)
    tally = files.read(4, tmp_path / "f", seed=7, kept=tmp_path / "kept")
    assert (tally.tries, tally.hits) == (4, 3)
    assert [failure.split(":")[0] for failure in tally.failures] == ["file 2 of seed 7"]
    assert (tmp_path / "kept" / "7-2").read_bytes() == files.mutated_file(7, 2)


def _dies_at_two(numbers, seed, folder, answers):
    for number in numbers:
        if number == 2:
            os._exit(1)
        answers.send("sound")


@pytest.mark.slow
def test_requests_of_any_kind_are_answered(tmp_path):
    tally = requests.ask(100, tmp_path / "h", seed=4)
    assert fine(tally), tally.failures
    assert 10 < tally.hits < tally.tries

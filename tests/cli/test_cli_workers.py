"""Commands open files from anyone in a worker with limits, never in their own process."""

import os

import pytest

import phonoscope as ps
from phonoscope.cli.exits import Status, _explained
from phonoscope.cli.label_run import worker_on
from phonoscope.errors import OUT_OF_MEMORY, ErrorKind, UnreadableError
from tests.helpers import tasks
from tests.helpers.decoding import decoders
from tests.helpers.program import environment
from tests.helpers.sounds import sine, write


@pytest.mark.parametrize(
    "command",
    [
        ("find", "a.flac", "--in", "c"),
        ("label", "read", "a.flac"),
        ("label", "check", "a.flac", "--policy", "eu"),
        ("label", "write", "a.flac", "--what", "vocals=generated"),
        ("label", "remove", "a.flac", "--standard", "tags"),
    ],
    ids=" ".join,
)
def test_a_command_decodes_elsewhere(tmp_path, command):
    write(tmp_path / "a.flac", sine(1.0), form="flac-16")
    ps.open_catalogue(tmp_path / "c", create=True)
    mine, found = decoders(tmp_path, *command, environment=environment())
    assert found
    assert mine not in found


def test_a_worker_that_dies_leaves_no_copy(tmp_path):
    path = write(tmp_path / "a.wav", sine(0.2))
    with worker_on([str(path)]) as worker, pytest.raises(UnreadableError) as raised:
        worker.call(tasks.copy_and_die, path)
    assert raised.value.kind is ErrorKind.CRASHED
    assert os.listdir(tmp_path) == ["a.wav"]


def test_memory_that_runs_out_here_is_no_limit_of_a_worker():
    assert _explained(MemoryError()) == (Status.NOT_DONE, OUT_OF_MEMORY)

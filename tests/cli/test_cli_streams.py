"""Closed and broken standard streams: the status and the result are as with open ones."""

import json
import os
import subprocess

import pytest

from tests.helpers.program import PROGRAM, environment
from tests.helpers.sounds import noise, write

WITHOUT_STDERR = ["2>&-", "2>/dev/full", "2> >(true)", "<&- 2>&-", "<&-"]


def by_shell(command, redirection):
    line = " ".join([*(f"'{word}'" for word in [*PROGRAM, *command]), redirection])
    return subprocess.run(
        ["bash", "-c", f"sleep 0.05; {line}"],
        stdout=subprocess.PIPE,
        env=environment(),
        timeout=120,
        check=False,
    )


@pytest.fixture(scope="module")
def sound(tmp_path_factory):
    return write(tmp_path_factory.mktemp("sounds") / "a.wav", noise(1.0))


@pytest.mark.parametrize("redirection", WITHOUT_STDERR)
def test_without_stderr_the_result_is_whole(sound, redirection):
    ran = by_shell(["check", str(sound), "--json"], redirection)
    assert ran.returncode == 0
    assert json.loads(ran.stdout)["format"].startswith("phonoscope-check/")


@pytest.mark.parametrize("redirection", ["2>&-", "2>/dev/full"])
def test_without_stderr_errors_keep_their_status(sound, tmp_path, redirection):
    assert by_shell(["sql", str(tmp_path / "none"), "select 1"], redirection).returncode == 2
    assert by_shell(["check", str(tmp_path / "none.wav")], redirection).returncode == 3


def test_a_scan_without_any_stream_ends_well(sound, tmp_path):
    into = tmp_path / "c"
    ran = by_shell(["scan", os.path.dirname(sound), "--into", str(into)], "<&- >&- 2>&-")
    assert ran.returncode == 0
    counted = by_shell(["sql", str(into), "select count(*) n from files", "--json"], "2>&-")
    assert json.loads(counted.stdout)["n"] == 1


def test_an_output_that_cannot_be_written_is_not_done(sound):
    assert by_shell(["check", str(sound), "--json"], ">/dev/full").returncode == 2

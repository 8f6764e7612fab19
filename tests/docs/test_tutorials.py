"""Every tutorial, run from start to end: its shell and Python blocks, in order."""

import os
import re
import shlex
import signal
import stat
import subprocess
import sys
import time

import numpy as np
import pytest

from tests.helpers import program
from tests.helpers.metadata import HEAD, rows
from tests.helpers.music import drums
from tests.helpers.plays import farm, log_of, people
from tests.helpers.program import PROGRAM, ROOT, environment
from tests.helpers.sounds import write
from tests.helpers.sources import write_csv

FINDING = ROOT / "docs" / "tutorials" / "your-own-finding.md"
TUTORIALS = sorted({*FINDING.parent.glob("*.md")} - {FINDING})
BLOCK = re.compile(r"^```(sh|python)\n(.*?)^```", re.M | re.S)
ANSWERS_WITHIN_S = 60
QUOTED = re.compile(r"\"[^\"$`]*\"|'[^']*'|\s#.*")
FOR_A_SHELL = re.compile(r"[|&;<>$*?`]")
"""What a shell does something with outside of quotes, except for `~/`.

Commands without any are forked, which takes no start of Python.
"""


@pytest.fixture
def reader(tmp_path):
    """A home folder with what the tutorials ask for, and `phonoscope` on the path."""
    home = tmp_path / "home"
    for folder in ("Music", "inbox", "dump", "logs", "bin", "work"):
        (home / folder).mkdir(parents=True)
    sound = drums(100, duration_s=12)
    write(home / "Music" / "song.mp3", sound, form="mp3")
    write(home / "Music" / "master.wav", sound, form="wav-16")
    write(home / "inbox" / "song.mp3", sound, form="mp3")
    noise = np.random.default_rng(5).normal(0, 0.1, (1, 12 * 44_100)).astype(np.float32)
    write(home / "inbox" / "other.flac", noise, form="flac-16")
    write_csv(home / "dump" / "tracks.csv", [HEAD, *rows(300)])
    write_csv(home / "dump" / "last-year.csv", [HEAD, *rows(300, seed=2)])
    write_csv(home / "work" / "deliveries.csv", [HEAD, *rows(20, seed=3)])
    log_of([*people(), *farm()], home / "logs" / "plays.parquet")
    command = home / "bin" / "phonoscope"
    command.write_text(f'#!/bin/sh\nexec {shlex.join(PROGRAM)} "$@"\n')
    command.chmod(command.stat().st_mode | stat.S_IXUSR)
    return home


def blocks(tutorial):
    return BLOCK.findall(tutorial.read_text(encoding="utf-8"))


def lines(block):
    """Commands of a shell block with the exit statuses that the tutorial names."""
    for line in block.replace("\\\n", " ").splitlines():
        named = re.search(r"# exit status (\d+)(?: or (\d+))?", line)
        if line.strip() and not line.startswith("#"):
            yield line, [int(one) for one in named.groups() if one] if named else [0]


def run(line, home):
    user = {"HOME": str(home), "PATH": f"{home / 'bin'}:{os.environ['PATH']}"}
    env = environment(**user)
    words = shlex.split(line, comments=True)
    if words[1:2] == ["serve"]:
        return served(line, home, env)
    if words[:1] == ["phonoscope"] and not FOR_A_SHELL.search(QUOTED.sub("", line)):
        given = [f"{home}{word[1:]}" if word.startswith("~/") else word for word in words[1:]]
        done = program.run(*given, cwd=home / "work", **user)
        return done.returncode, done.stdout + done.stderr
    done = subprocess.run(
        ["bash", "-c", line], cwd=home / "work", env=env, capture_output=True, text=True,
        check=False, timeout=200,
    )  # fmt: skip
    return done.returncode, done.stdout + done.stderr


def served(line, home, env):
    """Start the server, wait for its address, and stop it as Ctrl-C does."""
    words = [*shlex.split(line, comments=True), "--port", "0"]
    with subprocess.Popen(
        [*PROGRAM, *words[1:]], cwd=home / "work", env=env, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True,
        # A shell that runs the tests in the background has them ignore Ctrl-C.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509
    ) as server:  # fmt: skip
        printed, until = "", time.monotonic() + ANSWERS_WITHIN_S
        while "http://" not in printed and time.monotonic() < until:
            printed += server.stdout.readline()
        server.send_signal(signal.SIGINT)
        server.wait(ANSWERS_WITHIN_S)
    return (0 if "http://" in printed else 1), printed


@pytest.mark.slow
@pytest.mark.parametrize("tutorial", TUTORIALS, ids=lambda path: path.stem)
def test_a_tutorial_runs_from_start_to_end(tutorial, reader):
    for kind, block in blocks(tutorial):
        if kind == "python":
            env = environment(HOME=str(reader))
            done = subprocess.run(
                [sys.executable, "-c", block], cwd=reader / "work", env=env, capture_output=True,
                text=True, check=False, timeout=200,
            )  # fmt: skip
            assert done.returncode == 0, done.stderr
            continue
        for line, expected in lines(block):
            status, printed = run(line, reader)
            assert status in expected, f"{line}\n{printed}"
            for written in re.findall(r"(?:--to|>) (\S+)", line):
                assert (reader / "work" / written).stat().st_size > 0, line


def test_every_tutorial_has_something_to_run():
    assert all(blocks(tutorial) for tutorial in TUTORIALS)


def test_the_tutorial_on_findings_shows_the_example_that_is_installed_and_run():
    # tests/test_plugins.py installs the example with pip and runs it.
    example = (ROOT / "examples" / "phonoscope-sped-up" / "phonoscope_sped_up.py").read_text()
    shown = [line for _, block in blocks(FINDING) for line in block.splitlines()]
    code = [line.strip() for line in shown if line.strip() not in ("", "...")]
    assert len(code) > 30
    assert [line for line in code if line not in example] == []

"""Every example in the help is a command line that works."""

import glob
import os
import re
import shlex
import shutil

import pytest
import typer

from phonoscope.cli import main
from tests.helpers.commands import commands
from tests.helpers.sounds import noise, write
from tests.helpers.tunes import RATE, excerpt, tune

EXAMPLES = [
    (" ".join(name), example)
    for name, command in commands()
    for example in re.findall(
        r"^  (\S.*(?:\n   +.*)*)$", (command.epilog or "").partition("Examples:")[2], re.M
    )
]
RUN = {"", "check", "scan", "find", "copies", "report", "share", "releases", "sql", "compact",
       "version", "completion"}  # fmt: skip
"""Commands whose examples are run; others have tutorials, which are run."""
NOT_RUN = re.compile(r"demo|s3://|/mnt/|engine spark|--different|ffmpeg|--install|check --in")
"""Needs a download, a store, a cluster, ids, a calibration, another program, or a home folder to
change."""


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    """A home folder with everything that the examples name."""
    home = tmp_path_factory.mktemp("home")
    for folder in ("Music", "album", "inbox"):
        (home / folder).mkdir()
    song = write(home / "Music" / "song.flac", tune(51, 20.0), RATE, "flac-16")
    for copy in ("song.mp3", "album/one.flac", "inbox/one.flac", "generated.mp3"):
        shutil.copy(song, home / copy)
    write(home / "Music" / "other.wav", noise(3.0))
    for part in ("excerpt.wav", "radio-hour.mp3"):
        write(home / part, excerpt(tune(51, 20.0), 5.0, 10.0), RATE,
              "mp3" if part.endswith("mp3") else "wav-16")  # fmt: skip
    assert call(["scan", str(home / "Music"), "--into", str(home / "my-catalogue"), "--quiet"]) == 0
    for other in ("training-set", "this-year", "last-year"):
        shutil.copytree(home / "my-catalogue", home / other)
    return home


def call(words):
    return main.app(words, prog_name="phonoscope", standalone_mode=False)


def words_of(example):
    """The words of the command of Phonoscope in an example, which may be a pipe."""
    joined = " ".join(example.replace("\\\n", " ").split())
    inside = re.sub(r'^eval "\$\((.*)\)"$', r"\1", joined)
    lexer = shlex.shlex(inside, posix=True, punctuation_chars="|")
    lexer.whitespace_split = True
    lexer.commenters = ""
    words = list(lexer)
    start = words.index("phonoscope")
    end = next((i for i, word in enumerate(words) if i > start and set(word) == {"|"}), None)
    return words[start + 1 : end]


def expanded(word):
    path = os.path.expanduser(word)
    return (sorted(glob.glob(path)) or [word]) if "*" in path else [path]


@pytest.mark.parametrize(("name", "example"), EXAMPLES)
def test_an_example_is_valid_usage(name, example):
    ctx = None
    command, words = typer.main.get_command(main.app), words_of(example)
    assert not name or words[: len(name.split())] == name.split() or words[0] != name
    while True:
        ctx = command.make_context("phonoscope", list(words), parent=ctx)
        if not hasattr(command, "commands"):
            break
        _, command, words = command.resolve_command(ctx, [*ctx._protected_args, *ctx.args])


@pytest.mark.parametrize(
    ("name", "example"),
    [one for one in EXAMPLES if one[0] in RUN and not NOT_RUN.search(one[1])],
)
def test_an_example_runs(name, example, prepared, monkeypatch, capsys):
    monkeypatch.chdir(prepared)
    monkeypatch.setenv("HOME", str(prepared))
    monkeypatch.setenv("SHELL", "/bin/bash")
    monkeypatch.setenv("PHONOSCOPE_WORKERS", "1")
    words = [one for word in words_of(example) for one in expanded(word)]
    # With --fail-on, 1 is an answer.
    assert call(words) in ((0, 1) if "--fail-on" in words else (0,))
    assert capsys.readouterr().out or (prepared / "report.html").exists()


def test_every_command_has_an_example():
    named = {name for name, _ in EXAMPLES}
    assert named == {" ".join(name) for name, _ in commands()}

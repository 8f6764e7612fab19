"""``find`` and ``copies`` as a user runs them."""

from __future__ import annotations

import re
import subprocess

import pytest

from tests.helpers.program import PROGRAM, ROOT, environment, run, strict_json
from tests.helpers.sounds import write
from tests.helpers.tunes import RATE, excerpt, sped, tune

HOSTILE = "\x1b[31mred<script>"
DOCUMENTED = (ROOT / "docs" / "find-json.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    folder = tmp_path_factory.mktemp("place")
    music = folder / "music"
    music.mkdir()
    write(music / "one.flac", tune(51, 30.0), RATE, "flac-16", tags={"title": HOSTILE})
    write(music / "copy.wav", sped(tune(51, 30.0), 11, 10), RATE)
    write(music / "two.wav", tune(52, 30.0), RATE)
    write(folder / "excerpt.wav", excerpt(tune(52, 30.0), 9.0, 10.0), RATE)
    write(folder / "absent.wav", tune(53, 10.0), RATE)
    assert run("scan", music, "--into", folder / "c").returncode == 0
    return folder


def test_an_excerpt_is_found_with_its_place_and_share(place):
    found = run("find", place / "excerpt.wav", "--in", place / "c")
    assert (found.returncode, found.stderr.count("Traceback")) == (0, 0)
    assert "two.wav" in found.stdout
    assert re.search(r"0:09 to 0:19 of 0:30", found.stdout)
    assert re.search(r"\d+%", found.stderr)


def test_nothing_found_is_said_and_is_no_failure(place):
    found = run("find", place / "absent.wav", "--in", place / "c", "--fail-on", "found")
    assert found.returncode == 0
    assert "absent" not in found.stdout
    assert found.stderr == ""


def test_found_fails_when_asked_to(place):
    asked = ("find", place / "excerpt.wav", "--in", place / "c", "--fail-on", "found", "-q")
    found = run(*asked)
    assert (found.returncode, found.stderr) == (1, "")


def test_standard_input_is_looked_up(place):
    done = subprocess.run(
        [*PROGRAM, "find", "-", "--in", str(place / "c"), "--json"],
        input=(place / "excerpt.wav").read_bytes(),
        capture_output=True, env=environment(), timeout=120, check=False,
    )  # fmt: skip
    (found,) = strict_json(done.stdout.decode())
    assert found["file"] == "-"
    assert found["matches"][0]["files"][0].endswith("two.wav")
    assert found["covered_share"] > 0.8


def test_the_json_is_documented(place):
    sought = run("find", place / "excerpt.wav", "--in", place / "c", "--json")
    (found,) = strict_json(sought.stdout)
    fields = {*found, *found["matches"][0]}
    groups = strict_json(run("copies", place / "c", "--json").stdout)
    fields |= {*groups[0], *groups[0]["members"][0]}
    documented = {*re.findall(r"^\| `(\w+)` \|", DOCUMENTED, re.M)}
    assert fields == documented


def ids_in(done):
    assert done.returncode == 0, done.stderr
    return re.findall(r"\[([0-9a-f]{32})\]", done.stdout)


def test_copies_are_listed_and_a_decision_is_kept(place):
    listed = run("copies", place / "c")
    ids = ids_in(listed)
    assert len(ids) == 2
    assert "\x1b" not in listed.stdout
    # The next step is a command that works.
    assert f"--different {ids[0]} {ids[1]}" in listed.stderr
    assert ids_in(run("copies", place / "c", "--different", *ids)) == []
    assert ids_in(run("copies", place / "c")) == []
    assert ids_in(run("copies", place / "c", "--same", *ids)) == ids
    assert run("copies", place / "c", "--quiet").stderr == ""


@pytest.mark.parametrize(
    "arguments",
    [("find", "no-such.wav"), ("find", "bad.mp3"), ("find", "excerpt.wav", "--false-matches", "2")],
)
def test_errors_are_short_messages(place, arguments):
    (place / "bad.mp3").write_bytes(b"not music" * 50)
    done = run(*arguments, "--in", place / "c", cwd=place)
    assert done.returncode in (2, 3)
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    assert len(done.stderr) < 400


def test_a_missing_catalogue_is_named(place):
    done = run("find", place / "excerpt.wav", "--in", place / "nowhere")
    assert done.returncode == 2
    assert str(place / "nowhere") in done.stderr

import os
import re
import subprocess

import numpy as np
import pytest

from phonoscope.detector.generated import NO_VOICE_MODEL, NOT_HUMAN, Stretch
from tests.helpers.batches import analysis, detected, stretches
from tests.helpers.program import PROGRAM, ROOT, environment, run, run_on_terminal, strict_json
from tests.helpers.screen import shown
from tests.helpers.sounds import noise, sine, write

DOCUMENTED = (ROOT / "docs" / "check-json.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def song(tmp_path_factory):
    """Too short to weigh, so that it is undecided whatever weights are shipped."""
    return write(tmp_path_factory.mktemp("song") / "song.flac", noise(2.0), form="flac-16")


@pytest.fixture(scope="module")
def broken(tmp_path_factory):
    path = tmp_path_factory.mktemp("broken") / "broken.mp3"
    path.write_text("this is not music")
    return path


@pytest.fixture(scope="module")
def declared(tmp_path_factory):
    path = tmp_path_factory.mktemp("declared") / "made.mp3"
    return write(
        path, sine(2.0), form="mp3", tags={"comment": "made with suno; https://suno.com/song/1"}
    )


def documented_fields(heading=""):
    """The names in the table of docs/check-json.md that follows a heading."""
    text = DOCUMENTED.split(heading, 1)[1] if heading else DOCUMENTED
    table = re.search(r"\| field \|.*?\n((?:\|.*\n)+)", text)
    return re.findall(r"^\| `(\w+)`", table[1], re.M)


def test_one_file_is_a_block_with_units(song):
    done = run("check", song)
    assert done.returncode == 0
    said = done.stdout
    assert said.startswith(f"{song}\n  undecided\n")
    for fact in ("flac", "44.1 kHz", "16 bit", "stereo", "2.0 s", "LUFS", "dBTP"):
        assert fact in said, fact
    assert NOT_HUMAN in " ".join(said.split())


def test_many_files_are_a_line_each_by_verdict_in_columns(song, broken, declared, tmp_path):
    other = write(tmp_path / "longer name.wav", noise(2.0, seed=9))
    done = run("check", broken, song, other, declared)
    heading, *lines = done.stdout.splitlines()
    # Generated ones first, here one by declaration alone, unreadable ones last.
    assert [line.split()[0] for line in lines] == [
        "declared", "undecided", "undecided", "unreadable"
    ]  # fmt: skip
    assert "broken.mp3 " in run("check", broken, song, other, declared, cwd=broken.parent).stdout
    column = heading.index("File")
    for line, path in zip(lines, (declared, song, other, broken), strict=True):
        assert line[column:].startswith(f"{path}")
    notes = heading.index("Notes")
    assert "Suno" in lines[0][notes:]
    assert "not-audio" in lines[3][notes:]
    # The counts, and what to do next.
    counts, following = done.stderr.splitlines()[-2:]
    assert re.findall(r"\d+", counts) == ["4", "1", "2", "1"]
    assert "phonoscope scan" in following


def test_the_moving_line_is_gone_before_the_results_and_never_wider_than_the_terminal(
    song, broken, declared, tmp_path
):
    other = write(tmp_path / "other.wav", noise(2.0, seed=9))
    seen = []
    screen, status = shown(
        [*PROGRAM, "check", "--fail-on", "generated", song, broken, declared, other],
        environment(),
        60,
        lambda screen: seen.append((screen.wrapped, screen.lines)),
    )
    assert status == 1
    moving = [lines for _, lines in seen if any("0/4 files" in line for line in lines)]
    assert moving
    assert not any(" left" in line for lines in moving for line in lines)
    # The rows of the results may be wider; nothing before them is.
    before = next(wrapped for wrapped, lines in seen if any("Verdict" in one for one in lines))
    assert before == 0
    assert screen.lines[0].startswith("Verdict")
    assert not any("files/s" in line for line in screen.lines)


def test_a_narrow_terminal_cuts_lines_and_keeps_the_ends_of_names(song, tmp_path):
    for number in range(4):
        (tmp_path / f"{'long' * 20}-{number}.flac").symlink_to(song)
    printed, _ = run_on_terminal("check", tmp_path, COLUMNS="60", NO_COLOR="1")
    lines = printed.rstrip().split("\r\n")
    assert len(lines) == 5
    assert all(len(line) <= 60 for line in lines)
    assert all(f"-{number}.flac" in printed for number in range(4))


@pytest.mark.parametrize("option", ["--full", "-v"])
def test_details_of_many_files_on_request(song, broken, declared, tmp_path, option):
    other = write(tmp_path / "other.wav", noise(2.0, seed=9))
    done = run("check", option, song, broken, declared, other)
    assert done.stdout.count("\n  verdict ") == 3
    assert done.stdout.count("\n  error ") == 1
    assert run("check", song, other).stdout.count("\n  verdict ") == 2


def test_json_is_strict_and_has_exactly_the_documented_fields(song, broken, declared):
    done = run("check", "--json", song, broken, declared)
    objects = strict_json(done.stdout)
    assert [o["verdict"] for o in objects] == ["undecided", "unreadable", "generated"]
    for found in objects:
        assert list(found) == documented_fields()
        assert all(f"`{name}`" in DOCUMENTED for name in found["tags"])
        for statement in found["evidence"]:
            assert list(statement) == documented_fields("A statement of `evidence`")
        for mark in found["declared"]:
            assert list(mark) == documented_fields("A mark of `declared`")
        for segment in found["segments"]:
            assert list(segment) == documented_fields("A segment of `segments`")
    assert objects[2]["declared"]
    assert objects[0]["duration_s"] == pytest.approx(2.0)
    assert objects[1]["error_kind"] == "not-audio"


def test_json_of_a_weighed_recording_has_exactly_the_documented_fields():
    parts = (Stretch(0.0, 60.0, 0.4, None), Stretch(60.0, 90.0, 1e-5, 0.001, called=True))
    verdict = detected(1e-5, stretches=parts, lines_hz=(5512.5,))
    found = analysis("a", segments=stretches(0.1, 0.9), verdict=verdict).to_json()
    assert list(found) == documented_fields()
    for segment in found["segments"]:
        assert list(segment) == documented_fields("A segment of `segments`")
    for stretch in found["stretches"]:
        assert list(stretch) == documented_fields("A stretch of `stretches`")
    assert [stretch["called"] for stretch in found["stretches"]] == [False, True]
    assert (found["lines_hz"], found["of_this_model"]) == ([5512.5], False)
    assert (found["p_voice"], found["p_voice_reason"]) == (None, NO_VOICE_MODEL)


def test_json_of_a_sound_with_nan_and_silence_is_strict(tmp_path):
    samples = sine(2.0)
    samples[:, 100:200] = np.nan
    paths = [
        write(tmp_path / "nan.wav", samples, form="wav-float"),
        write(tmp_path / "silence.wav", np.zeros((1, 44_100), np.float32)),
        write(tmp_path / "one-sample.wav", np.ones((1, 1), np.float32)),
    ]
    done = run("check", "--json", *paths)
    assert done.returncode == 0
    assert len(strict_json(done.stdout)) == 3


def test_fail_on_names_what_makes_the_status_1(song, declared):
    assert run("check", song, "--fail-on", "generated", "--fail-on", "declared").returncode == 0
    assert run("check", song, "--fail-on", "generated", "--fail-on", "undecided").returncode == 1
    assert run("check", declared, "--fail-on", "declared").returncode == 1


def test_an_unreadable_file_is_reported_and_the_status_is_3(song, broken):
    assert run("check", song, "no-such-file.mp3").returncode == 3
    # What was asked for and found goes first: 3 says that nothing else was found.
    assert run("check", song, broken, "--fail-on", "undecided").returncode == 1


def test_a_folder_is_checked_file_by_file(song, tmp_path):
    write(tmp_path / "a.wav", sine(1.0))
    write(tmp_path / "b.wav", sine(1.0, frequency_hz=500.0))
    done = run("check", "--json", tmp_path)
    assert [o["uri"] for o in strict_json(done.stdout)] == [
        str(tmp_path / "a.wav"),
        str(tmp_path / "b.wav"),
    ]


HOSTILE = [
    "[red]x[bold].wav",
    "new\nline.wav",
    "clear\x1b[2Jscreen.wav",
    "reversed\u202evaw.exe.wav",
    "bell\x07.wav",
    "csi\x9b31m.wav",
    "ночь 夜 🎵.wav",
    os.fsdecode(b"latin-\xe9.wav"),
    "-rf.wav",
]


def test_hostile_names_are_printed_harmlessly_and_can_be_opened_again(tmp_path):
    for number, name in enumerate(HOSTILE):
        write(tmp_path / f"{number}.tmp", sine(0.3)).rename(tmp_path / name)
    for arguments in ([], ["--full"], ["--json"]):
        done = run("check", tmp_path, *arguments)
        assert done.returncode == 0
        # Numbers are not separated from their units.
        assert done.stdout.replace("\n", "").isprintable()
        assert "Traceback" not in done.stderr
        for name in HOSTILE:
            assert name in done.stdout or not name.isprintable()
    found = strict_json(done.stdout)
    assert len(found) == len(HOSTILE)
    again = strict_json(run("check", "--json", *[f["uri"] for f in found]).stdout)
    assert [f["recording_id"] for f in again] == [f["recording_id"] for f in found]
    assert [f["error"] for f in again] == [None] * len(HOSTILE)


def test_tags_are_printed_harmlessly(tmp_path):
    hostile = "x\x1b]0;owned\x07 [bold]y[/bold]"
    path = write(tmp_path / "t.flac", sine(1.0), form="flac-16", tags={"title": hostile})
    printed, status = run_on_terminal("check", path)
    assert status == 0
    assert "\x1b]0" not in printed
    assert "\x07" not in printed
    assert "[bold]y[/bold]" in printed


def test_colours_only_on_a_terminal(song):
    printed, _ = run_on_terminal("check", song)
    assert "\x1b[" in printed
    plain, _ = run_on_terminal("check", song, NO_COLOR="1")
    assert "\x1b[" not in plain
    piped = run("check", song)
    assert "\x1b" not in piped.stdout + piped.stderr


def test_quiet_says_nothing_on_stderr(song, declared):
    assert run("check", "--quiet", song, declared).stderr == ""
    assert run("check", "--json", song, declared).stderr.count("\n") == 1
    assert "2 files" in run("check", song, declared).stderr


def test_a_reader_that_stops_reading_ends_it_quietly(song, tmp_path):
    for number in range(50):
        (tmp_path / f"{number}.flac").symlink_to(song)
    process = subprocess.Popen(
        [*PROGRAM, "check", "--json", tmp_path],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(),
    )
    process.stdout.readline()
    process.stdout.close()
    assert process.wait(timeout=60) == 141
    assert "Traceback" not in process.stderr.read()
    process.stderr.close()

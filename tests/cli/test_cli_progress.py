"""What a command shows of its progress: on a terminal, in a pipe, and not at all."""

import io
import re
import sys
from collections import Counter

import pytest

from phonoscope.cli import progress as module
from phonoscope.cli.progress import TerminalProgress
from phonoscope.cli.task import Task


def scan(**more):
    return Task("scan", "files", 10, 0.0, **more)


def ingest(**more):
    return Task("ingest", "rows", None, 100.0, **more)


def test_files_show_rate_speed_time_left_and_what_could_not_be_read():
    task = scan(done=4, counters=Counter(unchanged=5))
    task.done += 3
    task.counters.update(audio_s=600.0, unreadable=2)
    # 3 files took 6 s, so the last 3 take as long; those of an earlier run don't count.
    expected = "7/10 files, 0.5 files/s, 100\u00d7 real time, 0:06 left, 2 unreadable"
    assert task.text(6.0) == expected
    assert scan().text(1.0) == "0/10 files"
    assert Task("scan", "files", 0, 0.0).text(1.0) == ""


@pytest.mark.parametrize("done", [0, 1, 10])
def test_no_time_is_left_before_work_has_begun_or_after_its_end(done):
    task = scan()
    task.done = done
    assert "left" not in task.text(0.01)
    assert ("left" in task.text(5.0)) == (done == 1)


def test_rows_show_the_share_that_is_known():
    task = ingest()
    task.reached(0.25, 105.0)
    assert task.text(105.0) == ""
    task.done, task.counters = 1000.0, Counter(rejected=2)
    task.reached(0.5, 110.0)
    assert task.text(110.0) == "1,000 rows, 100 rows/s, 50%, 0:10 left, 2 rejected"


def test_rows_that_were_read_before_are_no_speed():
    task = ingest(done=1_000_000)
    task.done += 100
    assert task.text(110.0) == "1,000,100 rows, 10.0 rows/s"


def test_sound_and_steps():
    find = Task("find", "s", 60.0, 0.0)
    find.done = 15.0
    assert find.text(5.0) == "0:15 of 1:00, 3.0\u00d7 real time, 0:15 left"
    plays = Task("plays", "steps", 8, 0.0, step="groups of accounts")
    plays.done = 2
    assert plays.text(10.0) == "2/8 steps, 0:10, 0:30 left: groups of accounts"


class Terminal(io.StringIO):
    def isatty(self):
        return True


def work(progress):
    with progress:
        progress.start("scan", unit="files", total=3, unchanged=4)
        progress.advance(1, unreadable=1)
        progress.start("findings", unit="questions", total=2)
        progress.step("How \x1b[2J many?")
        progress.message("a sentence")
        progress.advance()


def test_a_pipe_gets_plain_lines_now_and_then(capsys, monkeypatch):
    work(TerminalProgress(quiet=False))
    announced, said = capsys.readouterr().err.splitlines()
    assert re.findall(r"\d+", announced) == ["3", "4"]
    assert said == "a sentence"
    monkeypatch.setattr(module, "PLAIN_EVERY_S", 0.0)
    work(TerminalProgress(quiet=False))
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "\x1b" not in shown.err
    assert "1/3 files" in shown.err
    assert "1 unreadable" in shown.err
    assert "How \\x1b[2J many?" in shown.err


def test_quiet_shows_nothing_and_still_counts(capsys):
    progress = TerminalProgress(quiet=True)
    work(progress)
    assert progress.done == 1
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("stopped", [False, True])
def test_a_terminal_is_clean_at_the_end(monkeypatch, stopped):
    """Also after Ctrl-C: the line is cleared, and the cursor that was hidden is back."""
    monkeypatch.setattr(sys, "stderr", Terminal())
    monkeypatch.setenv("TERM", "xterm")
    try:
        with TerminalProgress(quiet=False) as progress:
            progress.start("scan", unit="files", total=3)
            progress.advance()
            if stopped:
                raise KeyboardInterrupt
    except KeyboardInterrupt:
        assert stopped
    written = sys.stderr.getvalue()
    assert "1/3 files" in written
    assert written.rindex("\x1b[?25h") > written.rindex("\x1b[?25l")
    # The last thing done to the line is to erase it.
    assert written.rindex("\x1b[2K") > written.rindex("1/3 files")


def test_messages_are_written_above_the_moving_line(monkeypatch):
    monkeypatch.setattr(sys, "stderr", Terminal())
    monkeypatch.setenv("TERM", "xterm")
    work(TerminalProgress(quiet=False))
    written = sys.stderr.getvalue()
    assert "a sentence\n" in written
    assert "\x1b[2J" not in written


def test_a_task_that_this_version_does_not_know_is_shown_by_its_code():
    assert Task("tuning", "files", None, 0.0).doing == "tuning"

"""Every JSON output names its format and version, whichever command writes it."""

import re
import socket

import pytest

from phonoscope.cli import main, serve
from phonoscope.cli.reference import command_names
from tests.helpers.program import ROOT, strict_json
from tests.helpers.sounds import noise, write
from tests.helpers.sources import write_csv

NAMED = re.compile(r"phonoscope-[a-z-]+/[1-9][0-9]*")
LICENCE = "voice_id,name,owner,uses\nanna,Anna,A,covers\n"


@pytest.fixture
def said(capsys, monkeypatch):
    """Runs a command in this process; returns the lines of JSON that it wrote."""
    monkeypatch.setenv("PHONOSCOPE_WORKERS", "1")

    def run(*arguments):
        capsys.readouterr()
        code = main.app(
            [str(one) for one in arguments], prog_name="phonoscope", standalone_mode=False
        )
        out, err = capsys.readouterr()
        assert code in (0, 3), err
        return strict_json(out)

    return run


def test_every_command_names_the_format_of_its_json(said, tmp_path, capsys, monkeypatch):
    music, into = tmp_path / "music", tmp_path / "c"
    music.mkdir()
    monkeypatch.chdir(tmp_path)
    song = write(music / "song.flac", noise(3.0, seed=1), form="flac-16")
    (music / "same.flac").write_bytes(song.read_bytes())
    tracks = write_csv(tmp_path / "t.csv", [["id", "name", "duration_ms"], ["a", "A", "1000"]])
    chart = write_csv(
        tmp_path / "chart.csv",
        [["Rank", "Title", "Artist", "Date"], ["1", "One", "Two", "2026-01-02"]],
    )
    log = write_csv(
        tmp_path / "log.csv",
        [["user_id", "track_id", "played_at"], *(["u", f"t{i}", 1_751_000_000 + i * 300]
         for i in range(9))],
    )  # fmt: skip
    (tmp_path / "voices.csv").write_text(LICENCE)
    said("scan", music, "--into", into, "--json")
    commands = {
        "demo": ["--music", music, "--into", tmp_path / "d"],
        "check": [song],
        "scan": [music, "--into", into],
        "ingest": [tracks, "--into", into],
        "charts": [chart, "--into", into],
        "plays": [log, "--into", into],
        "find": [song, "--in", into],
        "copies": [into],
        "label read": [song],
        "label write": [song, "--what", "whole", "--dry-run"],
        "label check": [song, "--policy", "eu"],
        "label policies": [],
        "label rights": [],
        "report": [into, "--to", tmp_path / "r.json"],
        "share": [into],
        "dossier": [song, "--in", into],
        "voices": [into],
        "sql": [into, "select 1 n, 'x' format"],
        "compact": [into],
        "version": [],
    }
    # serve would not end: what it says is asked for below.
    assert {*commands, "serve"} == {*command_names()}
    said("voices", into, "add", "--from", tmp_path / "voices.csv", "--json")
    for name, arguments in commands.items():
        lines = said(*name.split(), *arguments, "--json")
        for line in lines:
            assert next(iter(line)) == "format", name
            assert NAMED.fullmatch(line["format"]), name
        if name == "sql":
            assert lines == [{"format": "phonoscope-sql/1", "n": 1, "format_2": "x"}]
        elif name not in ("copies", "version"):
            assert lines, name
    (report,) = strict_json((tmp_path / "r.json").read_text().replace("\n", ""))
    assert NAMED.fullmatch(report["format"])
    with socket.create_server(("127.0.0.1", 0)) as listener:
        serve._announce(listener, "127.0.0.1", as_json=True, quiet=True)
    (line,) = strict_json(capsys.readouterr().out)
    assert line["format"] == "phonoscope-serve/1"


def test_the_formats_are_documented():
    pages = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "docs").glob("*.md"))
    for name in ("check", "ingest", "plays", "find", "copies", "label-read", "label-write"):
        assert f"phonoscope-{name}/1" in pages

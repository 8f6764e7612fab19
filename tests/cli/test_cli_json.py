"""Every JSON output names its format and version, and docs/json.md knows its fields."""

import re
import socket

import pytest

from phonoscope.cli import main, serve
from phonoscope.cli.reference import command_names
from tests.helpers.calibrated import drawn, make
from tests.helpers.catalogues import plausible
from tests.helpers.json_page import fields, formats
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


def check(shape, name):
    """Check that an object names its format first, and that all its fields are documented."""
    assert next(iter(shape)) == "format", name
    assert NAMED.fullmatch(shape["format"]), name
    plugins = {field for field in shape if field.startswith("plugin ")}
    assert {*shape} - plugins <= fields(shape["format"]), name


def test_every_command_names_the_format_of_its_json_and_its_fields_are_documented(
    said, tmp_path, capsys, monkeypatch
):
    music, into = tmp_path / "music", tmp_path / "c"
    music.mkdir()
    monkeypatch.chdir(tmp_path)
    song = write(music / "song.flac", noise(3.0, seed=1), form="flac-16")
    (music / "same.flac").write_bytes(song.read_bytes())
    write(music / "other.flac", noise(3.0, seed=2), form="flac-16")
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
    ids = said("sql", into, "select recording_id from recordings", "--json")
    same = [row["recording_id"] for row in ids]
    commands = {
        "demo": ["--music", music, "--into", tmp_path / "d"],
        "check": [song],
        "scan": [music, "--into", into],
        "ingest": [tracks, "--into", into],
        "charts": [chart, "--into", into],
        "plays": [log, "--into", into],
        "find": [song, "--in", into],
        "copies": [into, "--same", *same],
        "label read": [song],
        "label write": [song, "--what", "whole", "--dry-run"],
        "label remove": [song, "--standard", "all", "--dry-run"],
        "label check": [song, "--policy", "eu"],
        "label policies": [],
        "label rights": [],
        "report": [into, "--claims", "shipped", "--to", tmp_path / "r.json"],
        "share": [into],
        "releases": [into],
        "royalties": [into],
        "dossier": [song, "--in", into],
        "voices": [into],
        "sql": [into, "select 1 n, 'x' format"],
        "compact": [into],
        "calibrate": [make(tmp_path / "own", drawn("old", 60)).path],
        "completion": ["bash"],
        "version": [],
    }
    # serve would not end: what it says is asked for below.
    assert {*commands, "serve"} == {*command_names()}
    said("voices", into, "add", "--from", tmp_path / "voices.csv", "--json")
    for name, arguments in commands.items():
        lines = said(*name.split(), *arguments, "--json")
        assert lines, name
        for line in lines:
            # The other fields of a row are what the query asked for.
            check({"format": line["format"]} if name == "sql" else line, name)
        if name == "sql":
            assert lines == [{"format": "phonoscope-sql/1", "n": 1, "format_2": "x"}]
    for line in said("label", "rights", "--use", "training", "--json"):
        check(line, "label rights --use")
    (report,) = strict_json((tmp_path / "r.json").read_text().replace("\n", ""))
    check(report, "report --format json")
    said("label", "write", song, "--what", "whole", "--standard", "sidecar", "--json")
    (sidecar,) = strict_json((music / "song.flac.declared.json").read_text().replace("\n", ""))
    check(sidecar, "sidecar")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        serve._announce(listener, "127.0.0.1", as_json=True, quiet=True)
    (line,) = strict_json(capsys.readouterr().out)
    assert line["format"] == "phonoscope-serve/1"
    check(line, "serve")


def test_every_field_of_the_api_is_documented():
    from phonoscope.web.app import create_app
    from tests.helpers.served import TestClient

    with TestClient(create_app(plausible(40)), base_url="http://localhost") as client:
        recordings = client.get("/api/recordings").json()
        one = recordings["recordings"][0]["recording_id"]
        answers = {
            "phonoscope-recordings/1": recordings,
            "phonoscope-report/2": client.get("/api/findings").json(),
            "phonoscope-api-version/1": client.get("/api/version").json(),
            "phonoscope-copies-page/1": client.get("/api/copies").json(),
            "phonoscope-decisions/1": client.get("/api/decisions").json(),
            "phonoscope-error/1": client.get("/api/nothing").json(),
        }
        detail = client.get(f"/api/recordings/{one}").json()
    for name, answer in answers.items():
        check(answer, name)
        assert answer["format"] == name
    # It also has its files and its local p-value (docs/api-json.md).
    assert detail.pop("files")
    assert detail.pop("local") is None
    check(detail, "recording")


def test_every_format_in_the_program_is_on_the_page():
    """Read from the source, so that a new format cannot be forgotten."""
    found = {
        name
        for path in (ROOT / "phonoscope").rglob("*.py")
        for name in re.findall(r'"(phonoscope-[a-z-]+/\d+)"', path.read_text(encoding="utf-8"))
    }
    read_only = {f"phonoscope-{name}/1" for name in ("claims", "rights", "ddex", "versions")}
    assert found - read_only == {*formats()}
    assert all(fields(name) for name in formats())

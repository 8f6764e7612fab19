"""``phonoscope ingest``, as a user runs it."""

import os
import re
import signal
import subprocess
import time

import pytest

import phonoscope as ps
from phonoscope.ingest.cell import MAX_TEXT_BYTES
from phonoscope.ingest.job import formats
from tests.helpers.program import PROGRAM, ROOT, environment, run, strict_json
from tests.helpers.sources import web_api, write_csv

DOCUMENTED = (ROOT / "docs" / "ingest-json.md").read_text(encoding="utf-8")
TRACKS = [["id", "name", "duration_ms"], ["a", "A", "1000"], ["b", "B", "2000"]]


def listed(document, heading):
    """Names in the first column of the table under a heading row, and their types."""
    rows = document.split(f"| {heading} |")[1].split("\n\n")[0].splitlines()[2:]
    return {re.match(r"\| `([^`]+)`", row)[1]: row.split("|")[2].strip() for row in rows}


def ask(catalogue, query):
    return ps.open_catalogue(catalogue).sql(query).read_all().to_pylist()


def test_a_file_is_ingested_and_can_be_asked(tmp_path):
    path = write_csv(tmp_path / "x.csv", TRACKS)
    done = run("ingest", path, "--into", tmp_path / "c")
    assert done.returncode == 0
    assert "flat-csv" in done.stdout
    assert "2 rows = 2 kept + 0 rejected" in done.stdout
    assert ask(tmp_path / "c", "select name from tracks order by 1") == [
        {"name": "A"},
        {"name": "B"},
    ]


def test_rejected_rows_are_status_3_and_are_shown(tmp_path):
    done = run("ingest", web_api(tmp_path / "x.db"), "--into", tmp_path / "c")
    assert done.returncode == 3
    assert "2 duration_ms is no number" in done.stdout
    assert "artist_images" in done.stdout
    query = done.stdout.split("'")[1]
    assert len(ask(tmp_path / "c", query)) == 12


def test_the_json_is_the_documented_one(tmp_path):
    done = run("ingest", web_api(tmp_path / "x.db"), "--into", tmp_path / "c", "--json")
    (found,) = strict_json(done.stdout)
    kinds = {str: "string", int: "number", float: "number", dict: "object", list: "array"}
    kinds[type(None)] = "number or null"
    assert {name: kinds[type(value)] for name, value in found.items()} == listed(
        DOCUMENTED, "field | type | what it is"
    )
    for counted in found["tables"].values():
        assert set(counted) == {"read", "kept", "rejected", "reasons"}
        assert counted["read"] == counted["kept"] + counted["rejected"]
    assert found["read"] == found["kept"] + found["rejected"]
    for each in formats():
        assert f"`{each.name}`" in DOCUMENTED
    assert f"{MAX_TEXT_BYTES:,} bytes" in DOCUMENTED


def test_every_reason_is_documented(tmp_path):
    bad = [["x", "X", "x"], ["", "Y", "1"], ["z", "Z" * 5000, "1"], ["z"]]
    path = write_csv(tmp_path / "x.csv", [*TRACKS, *bad])
    (found,) = strict_json(run("ingest", path, "--into", tmp_path / "c", "--json").stdout)
    assert set(found["reasons"]) <= set(listed(DOCUMENTED, "reason | what it means"))
    assert len(found["reasons"]) == 4


def test_a_mapping_is_given_column_by_column(tmp_path):
    path = write_csv(tmp_path / "x.csv", [["a=b", "Song", "Sec"], ["1", "One", "1.5"]])
    mapped = ("--map", "a=b=track_id", "--map", "Song=name", "--map", "Sec=duration_s")
    done = run("ingest", path, "--into", tmp_path / "c", *mapped, "--as", "mine")
    assert done.returncode == 0, done.stderr
    assert ask(tmp_path / "c", "select source, track_id, duration_ms from tracks") == [
        {"source": "mine", "track_id": "1", "duration_ms": 1500}
    ]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--map", "name"], "COLUMN=FIELD"),
        (["--map", "id=track_id", "--map", "id=name"], "twice"),
        (["--map", "nothing=track_id"], "no column 'nothing'"),
    ],
)
def test_a_wrong_mapping_is_status_2_and_makes_no_catalogue(tmp_path, arguments, says):
    path = write_csv(tmp_path / "x.csv", TRACKS)
    done = run("ingest", path, "--into", tmp_path / "c", *arguments)
    assert done.returncode == 2
    assert says in done.stderr
    assert not (tmp_path / "c").exists()


def test_an_unknown_format_is_status_2_says_what_was_found_and_makes_no_catalogue(tmp_path):
    path = write_csv(tmp_path / "x.csv", [["rank", "song\x1b[2J"], ["1", "One"]])
    done = run("ingest", path, "--into", tmp_path / "c")
    assert done.returncode == 2
    assert "rank, song\\x1b[2J" in done.stderr
    assert "Looked for" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "c").exists()


# A shell that runs the tests in the background has them, and what they start, ignore Ctrl-C.
SLOW = """
import signal
import time
signal.signal(signal.SIGINT, signal.default_int_handler)
import phonoscope.ingest.writer as writer
import phonoscope.ingest.readers.sqlite_file as sqlite_file
writer.PART_ROWS = 1000
sqlite_file.BATCH_ROWS = 500
flush = writer.Writer.flush
def slow(self):
    flush(self)
    time.sleep(0.3)
writer.Writer.flush = slow
"""


@pytest.mark.parametrize("ending", [signal.SIGKILL, signal.SIGINT])
def test_an_ingest_that_was_ended_leaves_whole_parts_and_goes_on(tmp_path, ending):
    path = web_api(tmp_path / "x.db", more=30_000, features=False)
    (tmp_path / "sitecustomize.py").write_text(SLOW)
    catalogue = tmp_path / "c"
    slow = subprocess.Popen(
        [*PROGRAM, "ingest", path, "--into", catalogue, "--quiet"],
        env=environment(PYTHONPATH=f"{tmp_path}:{ROOT}"),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    deadline_s = time.monotonic() + 60
    while not len(parts_of(catalogue, "tracks")) >= 3:
        assert time.monotonic() < deadline_s
        assert slow.poll() is None
        time.sleep(0.02)
    slow.send_signal(ending)
    slow.wait(60)
    (partly,) = ask(catalogue, "select count(*) n, count(distinct track_id) ids from tracks")
    assert 0 < partly["n"] == partly["ids"] < 30_003
    state = "running" if ending == signal.SIGKILL else "interrupted"
    assert ask(catalogue, "select state, read from ingests") == [{"state": state, "read": None}]

    (tmp_path / "sitecustomize.py").write_text(SLOW.replace("0.3", "0"))
    again = subprocess.run(
        [*PROGRAM, "ingest", path, "--into", catalogue],
        env=environment(PYTHONPATH=f"{tmp_path}:{ROOT}"),
        capture_output=True,
        text=True,
        check=False,
    )
    assert again.returncode == 3
    row = ask(catalogue, "select resumed_at_row n from ingests")[0]["n"]
    assert row > 1
    assert f"goes on at row {row:,} of {path}" in again.stderr
    query = "select count(*) n, count(distinct track_id) ids from tracks"
    assert ask(catalogue, query) == [{"n": 30_003, "ids": 30_003}]
    (counted,) = ask(catalogue, "select count(*) n from rejects")
    assert counted["n"] == ask(catalogue, "select max(rejected) n from ingests")[0]["n"]


def parts_of(catalogue, table):
    folder = catalogue / table
    return [n for n in os.listdir(folder) if n[0] != "."] if folder.is_dir() else []


def test_charts_are_read_with_what_is_said_of_them(tmp_path):
    path = write_csv(tmp_path / "x.csv", [["rank", "title", "artist"], ["1", "Song", "A"]])
    known = write_csv(tmp_path / "k.csv", [["artist_name", "says"], ["A", "so"]])
    refused = run("charts", path, "--into", tmp_path / "c")
    assert refused.returncode == 2
    assert "--date" in refused.stderr
    assert not (tmp_path / "c").exists()
    done = run(
        *("charts", path, "--into", tmp_path / "c", "--date", "2026-07-02", "--chart", "Top"),
        *("--known-artists", known, "--json"),
    )
    assert done.returncode == 0
    assert [row["layout"] for row in strict_json(done.stdout)] == ["charts-csv", "machine-artists"]
    query = "select chart, chart_date, rank, title from chart_entries"
    assert ask(tmp_path / "c", query) == [
        {"chart": "Top", "chart_date": "2026-07-02", "rank": 1, "title": "Song"}
    ]
    wrong = run("charts", known, "--into", tmp_path / "c")
    assert wrong.returncode == 2
    assert "machine-artists" in wrong.stderr

"""scan, report, sql, compact and serve: one catalogue, used from the command line."""

import csv
import io
import json
import os
import re
import signal
import subprocess
import time
import urllib.request

import pytest

from phonoscope.cli import report
from phonoscope.cli.table import distinct
from phonoscope.errors import UsageError
from tests.helpers.program import PROGRAM, environment, run, run_on_terminal, strict_json
from tests.helpers.sounds import noise, sine, write


@pytest.fixture(scope="module")
def music(tmp_path_factory):
    folder = tmp_path_factory.mktemp("music")
    write(folder / "a.flac", noise(3.0), form="flac-16")
    write(folder / "b.wav", sine(2.0))
    write(folder / "[red]c.mp3", sine(2.0), form="mp3")
    (folder / "broken.mp3").write_text("not music")
    (folder / "empty.ogg").touch()
    return folder


@pytest.fixture(scope="module")
def scanned(music, tmp_path_factory):
    into = tmp_path_factory.mktemp("scanned") / "my catalogue"
    return into, run("scan", music, "--into", into)


@pytest.fixture(scope="module")
def catalogue(scanned):
    return scanned[0]


def test_a_scan_ends_with_a_summary_and_names_the_next_step(scanned):
    into, done = scanned
    assert done.returncode == 3
    for fact in ("5 files", "3 recordings", "2 files: ", "1 empty", "1 not-audio", "files/s"):
        assert fact in done.stdout, fact
    assert f"phonoscope sql '{into}'" in done.stdout
    assert f"phonoscope report '{into}'" in done.stderr.splitlines()[-1]


@pytest.mark.parametrize("arguments", [["nowhere"], ["folder"], ["music", "--false-alarms", "2"]])
def test_a_scan_that_fails_leaves_no_catalogue_behind(music, tmp_path, arguments):
    (tmp_path / "folder").mkdir()
    (tmp_path / "music").symlink_to(music)
    before = sorted(tmp_path.iterdir())
    done = run("scan", *arguments, "--into", "new/catalogue", cwd=tmp_path)
    assert done.returncode == 2
    assert arguments[-1] in done.stderr
    assert sorted(tmp_path.iterdir()) == before
    # What was there before stays.
    (tmp_path / "new").mkdir()
    assert run("scan", *arguments, "--into", "new", cwd=tmp_path).returncode == 2
    assert list((tmp_path / "new").iterdir()) == []


def test_a_second_scan_reads_nothing_again_and_writes_json(music, scanned):
    done = run("scan", music, "--into", scanned[0], "--json", "--quiet")
    assert done.stderr == ""
    (summary,) = strict_json(done.stdout)
    assert summary["examined"] == 0
    assert summary["listed"] == 5


def test_ctrl_c_leaves_a_catalogue_that_the_next_scan_completes(tmp_path):
    folder, into = tmp_path / "m", tmp_path / "c"
    folder.mkdir()
    for number in range(40):
        write(folder / f"{number:02}.wav", noise(20.0, seed=number))
    process = subprocess.Popen(
        [*PROGRAM, "scan", folder, "--into", into, "--workers", "2"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(PHONOSCOPE_BATCH_FILES="2"),
        start_new_session=True,
    )
    wait_until(lambda: any(into.glob("files/*.parquet")))
    # A terminal sends Ctrl-C to every process in the foreground, workers too.
    interrupt(process)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in said
    assert run("scan", folder, "--into", into, "--quiet").returncode == 0
    (row,) = sql_rows(into, "select count(*) n, count(distinct uri) d from files")
    assert row == {"n": 40, "d": 40}


def interrupt(process):
    os.killpg(process.pid, signal.SIGINT)


def wait_until(happened, limit_s=60.0):
    deadline_s = time.monotonic() + limit_s
    while not happened():
        assert time.monotonic() < deadline_s
        time.sleep(0.02)


def sql_rows(catalogue, query):
    done = run("sql", catalogue, query, "--json")
    assert done.returncode == 0, done.stderr
    rows = strict_json(done.stdout)
    assert {row.pop("format") for row in rows} <= {"phonoscope-sql/1"}
    return rows


def test_sql_in_a_pipe_is_tabs_without_colours(catalogue):
    done = run("sql", catalogue, "select codec, channels from recordings order by codec")
    assert done.stdout == "codec\tchannels\nflac\t2\nmp3\t2\npcm_s16le\t2\n"
    assert done.stderr == ""


def test_sql_on_a_terminal_is_aligned(catalogue):
    printed, status = run_on_terminal(
        "sql", catalogue, "select codec, channels as number_of_channels from recordings order by 1"
    )
    lines = printed.replace("\x1b[1m", "").replace("\x1b[0m", "").split("\r\n")
    assert status == 0
    assert lines[:2] == ["codec      number_of_channels", "flac                        2"]


def test_sql_writes_csv_that_reads_back(catalogue):
    query = "select 'a,\"b\"\nc' t, null n, 1.5 f, true b, [1, 2] l, 'x' t"
    done = run("sql", catalogue, query, "--csv")
    heading, row = csv.reader(io.StringIO(done.stdout))
    assert heading == ["t", "n", "f", "b", "l", "t_2"]
    assert row == ['a,"b"\nc', "", "1.5", "true", "[1, 2]", "x"]


def test_sql_writes_strict_json(catalogue):
    query = (
        "select 'nan'::double nan, 'inf'::double inf, 1::hugeint h, date '2026-01-02' d, "
        "{'a': 1} s, '\\x41'::blob b, 1.25::decimal(9,2) m, chr(27) || '[31m' || chr(8238) t"
    )
    done = run("sql", catalogue, query, "--json")
    (row,) = strict_json(done.stdout)
    assert row["nan"] is None
    assert row["inf"] is None
    assert row["d"] == "2026-01-02"
    assert row["s"] == {"a": 1}
    assert row["t"] == "\x1b[31m\u202e"
    assert done.stdout.strip().isprintable()


def test_sql_prints_hostile_names_harmlessly(catalogue):
    printed, _ = run_on_terminal(
        "sql",
        catalogue,
        "select uri, chr(27) || '[2J' || chr(9) as x from files order by uri",
        NO_COLOR="1",
    )
    assert "[red]c.mp3" in printed
    assert "\x1b" not in printed
    assert "\\x1b[2J\\t" in printed


@pytest.mark.parametrize("form", [["--json"], ["--csv"], []])
def test_an_endless_result_streams_and_ends_quietly_when_unread(catalogue, form):
    process = subprocess.Popen(
        [*PROGRAM, "sql", catalogue, "select range r from range(100_000_000_000)", *form],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(),
    )
    process.stdout.readline()
    process.stdout.close()
    assert process.wait(timeout=60) == 141
    assert process.stderr.read() == ""
    process.stderr.close()


def test_sql_without_a_query_lists_tables_and_columns(catalogue):
    done = run("sql", catalogue)
    assert done.returncode == 0
    lines = done.stdout.splitlines()
    assert "files, 5 rows" in lines
    assert "recordings, 3 rows" in lines
    assert re.search(r"\buri, size_bytes\b", done.stdout)
    for internal in ("scan_id", "batch", "prints"):
        assert not re.search(rf"\b{internal}\b", done.stdout)
    # Tables without rows are named last.
    assert "playlists" in done.stdout.split("rejects")[0].split("Empty")[1]
    # The next step works.
    query = re.search(r"sql '.*' '(.*)'$", done.stderr)[1]
    assert run("sql", catalogue, query).returncode == 0
    listed = {row["table"]: row for row in strict_json(run("sql", catalogue, "--json").stdout)}
    assert (listed["files"]["rows"], listed["tracks"]["rows"]) == (5, 0)
    assert "uri" in listed["files"]["columns"]


def test_sql_reads_its_query_from_stdin(catalogue):
    assert run("sql", catalogue, "-", stdin="select 7 as n").stdout == "n\n7\n"


@pytest.mark.parametrize(
    "query",
    [
        "drop table files",
        "select 1; select 2",
        "selekt",
        "select * from 'x.csv'",
        "select nope",
        "",
    ],
)
def test_sql_that_is_wrong_or_writes_is_status_2_with_a_reason(catalogue, query):
    done = run("sql", catalogue, query)
    assert done.returncode == 2
    assert len(done.stderr) > 20
    assert "Traceback" not in done.stderr


def test_names_of_columns_become_distinct():
    assert distinct(["a", "b", "a", "a", "a_2"]) == ["a", "b", "a_2", "a_3", "a_2_2"]


@pytest.mark.parametrize("form", ["html", "json", "csv"])
def test_a_report_is_written_in_the_format_its_name_says(catalogue, tmp_path, form):
    path = tmp_path / f"r.{form}"
    done = run("report", catalogue, "--to", path)
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"{path}\n"
    text = path.read_text(encoding="utf-8")
    if form == "html":
        assert text.lower().startswith("<!doctype html>")
    elif form == "json":
        json.loads(text)
    else:
        assert len(list(csv.reader(io.StringIO(text)))) > 1


CLAIMS = """format: phonoscope-claims/1
claims:
  - {id: all, says: All of it., source: me, date: "2026", figure: unreadable.unreadable_share,
     at_least: %s}
  - {id: none, says: Unknown., source: me, date: "2026", figure: no.such, value: 1}
"""


@pytest.mark.parametrize(("share", "status"), [("0", 0), ("1.1", 1)])
def test_a_report_fails_on_a_claim_that_does_not_hold(catalogue, tmp_path, share, status):
    claims, path = tmp_path / "claims.yaml", tmp_path / "r.json"
    claims.write_text(CLAIMS % share)
    done = run("report", catalogue, "--to", path, "--claims", claims, "--fail-on", "claim")
    assert (done.returncode, done.stdout) == (status, f"{path}\n"), done.stderr
    claims_line = done.stderr.splitlines()[-2]
    assert re.findall(r"\d+", claims_line) == [str(1 - status), str(status), "1"]
    standings = [c["standing"] for c in json.loads(path.read_text())["claims"]]
    assert standings == ["does not hold" if status else "holds", "cannot be told"]
    claims.write_text("- no list of claims")
    done = run("report", catalogue, "--to", path, "--claims", claims)
    assert done.returncode == 2
    assert str(claims) in done.stderr


def test_two_catalogues_are_compared(catalogue, tmp_path):
    path = tmp_path / "r.json"
    done = run("report", catalogue, "--compare", catalogue, "--to", path, "--json")
    assert json.loads(done.stdout) == {
        "format": "phonoscope-report-file/1",
        "report": str(path),
        "written_as": "json",
    }
    differences = [f["difference"] for f in json.loads(path.read_text())["comparison"]["figures"]]
    assert len(differences) > 5
    assert set(differences) <= {0, None}
    done = run("report", catalogue, "--compare", tmp_path / "none", "--to", path)
    assert done.returncode == 2
    assert str(tmp_path / "none") in done.stderr


def target(tmp_path, name):
    (tmp_path / "folder.html").mkdir()
    (tmp_path / "locked").mkdir(mode=0o500)
    return str(tmp_path / name)


@pytest.mark.parametrize("name", ["no/r.html", "folder.html", "locked/r.html"])
def test_where_a_report_goes_is_checked_before_anything_is_opened(tmp_path, monkeypatch, name):
    path = target(tmp_path, name)
    # Root may write anywhere.
    monkeypatch.setattr(os, "access", lambda folder, _: "locked" not in str(folder))
    with pytest.raises(UsageError) as error:
        report.report("no-such-catalogue", to=path)
    assert error.value.code == "unwritable"


def test_a_report_to_a_missing_folder_is_status_2(catalogue, tmp_path):
    done = run("report", catalogue, "--to", tmp_path / "no" / "r.html")
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert len(done.stderr.splitlines()) <= 3


def test_compact_keeps_the_rows(catalogue):
    query = "select uri, recording_id, error_kind from files order by uri"
    before = sql_rows(catalogue, query)
    done = run("compact", catalogue, "--json")
    assert done.returncode == 0
    strict_json(done.stdout)
    assert sql_rows(catalogue, query) == before


def test_serve_prints_its_address_and_ends_with_ctrl_c(catalogue):
    process = subprocess.Popen(
        [*PROGRAM, "serve", catalogue, "--port", "0", "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(),
    )
    found = json.loads(process.stdout.readline())
    assert found["url"].startswith("http://127.0.0.1:")
    with urllib.request.urlopen(found["url"], timeout=30) as page:
        assert b"<html" in page.read().lower()
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "Traceback" not in said


def test_a_taken_port_is_status_2_and_names_the_way_out(catalogue):
    import socket

    with socket.create_server(("127.0.0.1", 0)) as taken:
        done = run("serve", catalogue, "--port", str(taken.getsockname()[1]))
    assert done.returncode == 2
    assert "--port 0" in done.stderr

"""``phonoscope ingest``, as a user runs it."""

import json
import os
import re
import shlex
import signal
import subprocess
import time

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import phonoscope as ps
from phonoscope.api import open_sources
from phonoscope.ingest.cell import MAX_TEXT_BYTES
from phonoscope.ingest.job import formats
from phonoscope.language import PSEUDO, language
from phonoscope.messages import localised
from tests.helpers.program import PROGRAM, ROOT, environment, run, strict_json
from tests.helpers.pseudo import PSEUDO_ENV, untranslated
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
    assert re.search(r"\b2 rows = 2 \w+ \+ 0 ", done.stdout)
    command = done.stderr.splitlines()[-1].partition(": ")[2]
    assert command == f"phonoscope report {tmp_path / 'c'} --to report.html"
    assert ask(tmp_path / "c", "select name from tracks order by 1") == [
        {"name": "A"},
        {"name": "B"},
    ]


def test_rejected_rows_are_status_3_and_are_shown(tmp_path):
    done = run("ingest", web_api(tmp_path / "x.db", odd=True), "--into", tmp_path / "c")
    assert done.returncode == 3
    assert "2 cells: duration_ms is not a number, first in row 5: " in done.stdout
    assert "artist_images" in done.stdout
    query = done.stdout.split("'")[1]
    assert len(ask(tmp_path / "c", query)) == 6


def test_the_json_is_the_documented_one(tmp_path):
    done = run("ingest", web_api(tmp_path / "x.db"), "--into", tmp_path / "c", "--json")
    (found,) = strict_json(done.stdout)
    kinds = {str: "string", int: "number", float: "number", dict: "object", list: "array"}
    kinds[type(None)] = "number or null"
    assert {name: kinds[type(value)] for name, value in found.items()} == listed(
        DOCUMENTED, "field | type | what it is"
    )
    for counted in found["tables"].values():
        assert set(counted) == {"read", "kept", "rejected", "reasons", "emptied"}
        assert counted["read"] == counted["kept"] + counted["rejected"]
    assert found["read"] == found["kept"] + found["rejected"]
    for each in formats():
        assert f"`{each.name}`" in DOCUMENTED
    assert f"{MAX_TEXT_BYTES:,} bytes" in DOCUMENTED


def test_every_reason_is_documented(tmp_path):
    bad = [["x", "X", "x"], ["", "Y", "1"], ["z", "Z" * 5000, "1"], ["z"]]
    path = write_csv(tmp_path / "x.csv", [*TRACKS, *bad])
    (found,) = strict_json(run("ingest", path, "--into", tmp_path / "c", "--json").stdout)
    emptied = {f"{each['column']} {each['reason']}" for each in found["emptied"]}
    assert {*found["reasons"], *emptied} <= set(listed(DOCUMENTED, "reason | what it means"))
    assert (len(found["reasons"]), len(emptied)) == (2, 2)


def test_a_mapping_is_given_column_by_column(tmp_path):
    path = write_csv(tmp_path / "x.csv", [["a=b", "Song", "Sec"], ["1", "One", "1.5"]])
    mapped = ("--map", "a=b=track_id", "--map", "Song=name", "--map", "Sec=duration_s")
    done = run("ingest", path, "--into", tmp_path / "c", *mapped, "--as", "mine")
    assert done.returncode == 0, done.stderr
    assert ask(tmp_path / "c", "select source, track_id, duration_ms from tracks") == [
        {"source": "mine", "track_id": "1", "duration_ms": 1500}
    ]


@pytest.mark.parametrize(
    ("arguments", "names"),
    [
        (["--map", "name"], "COLUMN=FIELD"),
        (["--map", "id=track_id", "--map", "id=name"], "'id'"),
        (["--map", "nothing=track_id"], "'nothing'"),
        (["--map", "id=trakc_id"], "'track_id'"),
        (["--id-from", "name,,artist"], "name,artist"),
        (["--id-from", "artst"], "'artst'"),
    ],
)
def test_a_wrong_mapping_is_status_2_and_makes_no_catalogue(tmp_path, arguments, names):
    path = write_csv(tmp_path / "x.csv", TRACKS)
    done = run("ingest", path, "--into", tmp_path / "c", *arguments)
    assert done.returncode == 2
    assert names in done.stderr
    assert not (tmp_path / "c").exists()


def test_an_unknown_format_is_status_2_shows_the_columns_and_makes_no_catalogue(tmp_path):
    path = write_csv(tmp_path / "x.csv", [["rank", "song\x1b[2J"], ["1", "One"]])
    done = run("ingest", path, "--into", tmp_path / "c")
    assert done.returncode == 2
    assert "rank, song\\x1b[2J" in done.stderr
    assert len(done.stderr.splitlines()) <= 10
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
def test_an_interrupted_ingest_leaves_whole_parts_and_resumes(tmp_path, ending):
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
    assert f"{row:,}" in again.stderr
    assert str(path) in again.stderr
    query = "select count(*) n, count(distinct track_id) ids from tracks"
    assert ask(catalogue, query) == [{"n": 30_003, "ids": 30_003}]
    (counted,) = ask(catalogue, "select count(*) n from rejects")
    assert counted["n"] == ask(catalogue, "select max(rejected) n from ingests")[0]["n"]


def parts_of(catalogue, table):
    folder = catalogue / table
    return [n for n in os.listdir(folder) if n[0] != "."] if folder.is_dir() else []


def test_charts_are_read_with_constants_for_all_rows(tmp_path):
    path = write_csv(tmp_path / "x.csv", [["rank", "title", "artist"], ["1", "Song", "A"]])
    known = write_csv(tmp_path / "k.csv", [["artist_name", "says"], ["A", "so"]])
    refused = run("charts", path, "--into", tmp_path / "c")
    assert refused.returncode == 2
    assert "--date" in refused.stderr
    assert not (tmp_path / "c").exists()
    assert "ingest" not in refused.stderr
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
    assert f"phonoscope ingest {known} --into {tmp_path / 'c'}" in wrong.stderr


def advised(stderr, *, at=-1):
    """The arguments of a command that an error shows."""
    commands = re.findall(r"phonoscope ((?:ingest|charts|plays) .+)$", stderr, re.MULTILINE)
    return shlex.split(commands[at])


def test_a_refused_file_is_read_by_the_commands_of_the_error(tmp_path):
    rows = [["Song", "Ref Code"], ["One", "x1"], ["Two", "x2"]]
    path = write_csv(tmp_path / "my songs.csv", rows)
    refused = run("ingest", path, "--into", tmp_path / "c")
    assert refused.returncode == 2
    lines = refused.stderr.splitlines()
    assert len(lines) <= 10
    assert "flat-csv" in refused.stderr
    assert "track_id" in refused.stderr
    assert not (tmp_path / "c").exists()
    mapped = advised(refused.stderr, at=0)
    assert {"Ref Code=track_id", "Song=name"} <= set(mapped)
    for arguments in (mapped, advised(refused.stderr, at=1)):
        done = run(*arguments, "--json")
        assert done.returncode == 0, done.stderr
        assert strict_json(done.stdout)[0]["written"]["tracks"] == 2
    ids = [row["track_id"] for row in ask(tmp_path / "c", "select track_id from tracks order by 1")]
    assert len(ids) == 2
    assert all(each.startswith("derived:") for each in ids)


@pytest.mark.parametrize("command", ["charts", "plays"])
def test_charts_and_plays_speak_only_of_their_own_formats(tmp_path, command):
    path = write_csv(tmp_path / "x.csv", [["rank", "title", "user", "ts"], ["1", "x", "u", "1"]])
    refused = run(command, path, "--into", tmp_path / "c")
    assert refused.returncode == 2
    assert not (tmp_path / "c").exists()
    assert len(refused.stderr.splitlines()) <= 10
    own = {"charts": {"charts-csv"}, "plays": {"plays-csv"}}[command]
    assert {each.name for each in formats() if each.name in refused.stderr} == own
    assert "phonoscope ingest" not in refused.stderr


def test_charts_and_plays_name_the_command_for_another_format(tmp_path):
    tracks = write_csv(tmp_path / "x.csv", TRACKS)
    for command in ("charts", "plays"):
        refused = run(command, tracks, "--into", tmp_path / "c")
        assert refused.returncode == 2
        assert "flat-csv" in refused.stderr
        assert advised(refused.stderr)[0] == "ingest"
    chart = write_csv(
        tmp_path / "y.csv", [["rank", "title", "artist", "date", "peak"], ["1", "t", "a", "d", "1"]]
    )
    assert advised(run("plays", chart, "--into", tmp_path / "c").stderr)[0] == "charts"
    assert not (tmp_path / "c").exists()


def mixed(folder):
    folder.mkdir()
    write_csv(folder / "a.csv", TRACKS)
    write_csv(folder / "b.csv", [TRACKS[0], ["c", "C", "3000"]])
    (folder / "c.json").write_text(
        '{"id": "j", "name": "J", "duration_ms": 1, "artists": [{"id": "x", "name": "X"}]}'
    )
    table = {"id": ["p"], "name": ["P"], "duration_ms": [1]}
    pq.write_table(pa.table(table), folder / "d.parquet")
    (folder / "README.md").write_text("# About\n")
    return folder


def test_a_folder_is_read_format_by_format(tmp_path):
    folder = mixed(tmp_path / "folder")
    done = run("ingest", folder, "--into", tmp_path / "c", "--json")
    assert done.returncode == 3
    assert "README.md" in done.stderr
    read = {row["layout"]: row["read"] for row in strict_json(done.stdout)}
    assert read == {"flat-parquet": 1, "flat-csv": 3, "web-api-json": 2}
    ids = [row["track_id"] for row in ask(tmp_path / "c", "select track_id from tracks order by 1")]
    assert ids == ["a", "b", "c", "j", "p"]
    # Reading it again replaces all of it, and doubles nothing.
    (folder / "README.md").unlink()
    write_csv(folder / "b.csv", [TRACKS[0], ["e", "E", "3000"]])
    assert run("ingest", folder, "--into", tmp_path / "c").returncode == 0
    ids = [row["track_id"] for row in ask(tmp_path / "c", "select track_id from tracks order by 1")]
    assert ids == ["a", "b", "e", "j", "p"]


def test_a_folder_without_any_known_format_is_refused(tmp_path):
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "README.md").write_text("# About\n")
    (folder / "notes.txt").write_text("nothing\n")
    refused = run("ingest", folder, "--into", tmp_path / "c")
    assert refused.returncode == 2
    assert len(refused.stderr.splitlines()) <= 10
    assert not (tmp_path / "c").exists()


CUT_OFF = json.dumps([{"id": "j", "name": "J", "duration_ms": 1, "artists": [{"name": "X"}]}] * 20)[
    :-30
]


def test_a_failed_ingest_leaves_no_empty_catalogue(tmp_path):
    (tmp_path / "cut.json").write_text(CUT_OFF)
    into = tmp_path / "new" / "c"
    failed = run("ingest", tmp_path / "cut.json", "--into", into)
    assert failed.returncode == 2
    assert not (tmp_path / "new").exists()
    # A folder that was there before stays, without a catalogue in it.
    into.mkdir(parents=True)
    assert run("ingest", tmp_path / "cut.json", "--into", into).returncode == 2
    assert list(into.iterdir()) == []


def test_a_failed_ingest_leaves_a_catalogue_with_rows_alone(tmp_path):
    tracks = write_csv(tmp_path / "x.csv", TRACKS)
    assert run("ingest", tracks, "--into", tmp_path / "c").returncode == 0
    (tmp_path / "cut.json").write_text(CUT_OFF)
    assert run("ingest", tmp_path / "cut.json", "--into", tmp_path / "c").returncode == 2
    assert ask(tmp_path / "c", "select count(*) n from tracks") == [{"n": 2}]
    states = ask(tmp_path / "c", "select state from ingests order by 1")
    assert states == [{"state": "done"}, {"state": "failed"}]


def test_an_empty_catalogue_of_another_process_is_left_alone(tmp_path):
    from phonoscope.catalogue.created import removed_when_empty

    path = tmp_path / "c"

    def fail(*, locked):
        with removed_when_empty(path):
            ps.open_catalogue(path, create=True)
            (path / "_unfinished").mkdir(exist_ok=True)
            if locked:
                (path / "_unfinished" / "x.lock").touch()
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail(locked=True)
    assert (path / "phonoscope.toml").exists()
    (path / "_unfinished" / "x.lock").unlink()
    # It exists already when the next command begins, so that command leaves it alone.
    with pytest.raises(KeyboardInterrupt):
        fail(locked=False)
    assert (path / "phonoscope.toml").exists()


def test_nothing_but_names_is_untranslated(tmp_path):
    path = write_csv(tmp_path / "x.csv", [*TRACKS, ["c", "C", "x"]])
    strange = write_csv(tmp_path / "y.csv", [["rank", "song"], ["1", "x"]])
    done = subprocess.run(
        [*PROGRAM, "ingest", path, "--into", tmp_path / "c"],
        env={**environment(), **PSEUDO_ENV}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert untranslated(done.stdout) == []
    assert untranslated(done.stderr.splitlines()[-1]) == []
    for command, source in (("ingest", strange), ("charts", strange), ("plays", path)):
        only = {"charts": {"charts-csv"}, "plays": {"plays-csv"}}.get(command)
        with pytest.raises(ps.SourceError) as refused:
            open_sources(source, only=only, command=command)
        assert untranslated(localised(refused.value.message, language(PSEUDO))) == []

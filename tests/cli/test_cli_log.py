"""-v and -vv: what is done, on stderr only, and nothing personal."""

import json
import re

from tests.helpers.program import run, strict_json
from tests.helpers.sources import write_csv

ACCOUNT, ADDRESS, TRACK = "anna.smith@example.org", "192.0.2.77", "track-of-anna"


def log(tmp_path):
    rows = [[ACCOUNT, f"{TRACK}{i}", 1_751_000_000 + 300 * i, ADDRESS] for i in range(50)]
    rows.append(["", "", "yesterday", ADDRESS])
    return write_csv(tmp_path / "log.csv", [["user_id", "track_id", "played_at", "ip"], *rows])


def test_a_log_of_plays_is_logged_without_anything_personal(tmp_path):
    done = run("plays", log(tmp_path), "--into", tmp_path / "c", "-vv", "--quiet", "--json")
    assert done.returncode == 3
    (found,) = strict_json(done.stdout)
    assert found["kept"] == 50
    for personal in (ACCOUNT, ADDRESS, TRACK, "anna", "192.0.2"):
        assert personal not in done.stderr
    lines = done.stderr.splitlines()
    assert all(
        re.match(r"\d\d:\d\d:\d\d (INFO|DEBUG) +phonoscope\.[\w.]+: ", line) for line in lines
    )
    assert any("phonoscope.ingest.pipeline: format recognised: plays-csv" in one for one in lines)
    assert any("plays analysed: 1 accounts" in line for line in lines)
    # Where the source lies is said only at the second -v.
    assert any("DEBUG" in line and "log.csv" in line for line in lines)


def test_v_logs_no_paths_and_without_it_nothing_is_logged(tmp_path):
    path = write_csv(tmp_path / "x.csv", [["id", "name", "duration_ms"], ["a", "A", "1000"]])
    done = run("ingest", path, "--into", tmp_path / "c", "-v", "--quiet", "--json")
    assert "format recognised: flat-csv" in done.stderr
    assert "DEBUG" not in done.stderr
    assert str(tmp_path) not in done.stderr
    assert json.loads(done.stdout)["read"] == 1
    assert run("ingest", path, "--into", tmp_path / "c", "--quiet").stderr == ""
